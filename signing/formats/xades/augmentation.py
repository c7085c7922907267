"""Time-stamps and proofs for XML signatures that are there already (EN 319 132-1 §6.3). What is
added is put between the bytes of the document, none of which is written anew."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Final
from xml.parsers import expat

from lxml import etree

from signing.formats import protection
from signing.formats.detached import NOTHING, Detached
from signing.formats.protection import Protection
from signing.formats.seal import TimeStamper, ValidationData
from signing.formats.xades import nesting, properties, references, stamps, unsigned
from signing.formats.xades.canonical import EXCLUSIVE, canonical
from signing.formats.xades.parsing import (
    DS,
    SIGNATURE,
    Element,
    Malformed,
    Tree,
    child,
    countersigned,
    parse,
    signatures,
)
from signing.formats.xades.properties import Properties
from signing.formats.xades.reading import names_of_files
from signing.formats.xades.references import Sources
from signing.formats.xades.stamps import Stamps
from signing.formats.xades.writing import XADES

_OBJECT: Final = f"{{{DS}}}Object"
_QUALIFYING, _UNSIGNED, _PROPERTIES = (
    f"{{{XADES}}}{name}"
    for name in ("QualifyingProperties", "UnsignedProperties", "UnsignedSignatureProperties")
)
_PATH: Final = (_OBJECT, _QUALIFYING, _UNSIGNED, _PROPERTIES)
_START: Final = re.compile(r"<(\w+:\w+)")
_UTF_16: Final = (
    *((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")),
    *((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be")),
)

_STAMPS: Final = (f"{{{XADES}}}ArchiveTimeStamp", f"{{{unsigned.LATER}}}ArchiveTimeStamp")

Step = Callable[[Element, Properties, Sources], str]


@dataclass(frozen=True, slots=True)
class OfXml:
    """An XML document with signatures. `files`: what may be signed by its name; `detached`: what
    is signed and elsewhere; `package`: the files are the parts of one."""

    document: bytes
    files: Mapping[str, bytes] = field(default_factory=dict)
    detached: Detached = NOTHING
    package: bool = False

    media_type = "application/xml"

    def certificates(self) -> frozenset[bytes]:
        held = [
            one.dump()
            for element, found in self._each()
            for one in properties.knowledge(element, found).known_certs
        ]
        tokens = (token for _, found in self._each() for token in stamps.tokens(found))
        return frozenset((*held, *(o for one in tokens for o in protection.certificates(one))))

    def protection(self) -> Protection:
        """By the signatures that nothing else in it has to carry: those over these are stamped with
        them, and what these are over with their content."""
        held = nesting.in_document(self._sources())
        each = [one for one, over in held.items() if countersigned(one) is None and not over]
        found = (_properties(one, one.getroottree()) for one in each)
        return protection.of(map(stamps.archived, found))

    def names(self) -> set[str]:
        """Of the files that its signatures are over."""
        return names_of_files(parse(self.document))

    def stamped(self, stamp: TimeStamper) -> "OfXml":
        def step(element: Element, found: Properties, _: Sources) -> str:
            if any(one.tag == f"{{{XADES}}}SignatureTimeStamp" for one in found.unsigned):
                return ""
            value = child(element, f"{{{DS}}}SignatureValue")
            return unsigned.signature_time_stamp(
                stamp(hashlib.sha256(canonical(value, EXCLUSIVE)).digest())
            )

        return self._with(step)

    def with_proofs(self, data: ValidationData) -> "OfXml":
        def step(_: Element, found: Properties, __: Sources) -> str:
            held = {one.tag for one in found.unsigned}
            had = {f"{{{XADES}}}{kind}Values" for kind in ("Certificate", "Revocation")}
            write = unsigned.time_stamp_validation_data if held & had else unsigned.values
            return write(data)

        return self._with(step)

    def archived(self, stamp: TimeStamper) -> "OfXml":
        method = etree.Element(f"{{{DS}}}CanonicalizationMethod", Algorithm=EXCLUSIVE)

        def step(element: Element, found: Properties, sources: Sources) -> str:
            covered = references.check(element, sources)
            if not covered.content_found:
                raise Malformed("what it signs is elsewhere")
            over = Stamps(element, found, covered).archived(
                method, found.unsigned, "sha256", later=True
            )
            return unsigned.archive_time_stamp(stamp(over))

        return self._with(step)

    def dump(self) -> bytes:
        return self.document

    def _each(self) -> Iterator[tuple[Element, Properties]]:
        tree = parse(self.document)
        yield from ((element, _properties(element, tree)) for element in signatures(tree))

    def _sources(self) -> Sources:
        return Sources(parse(self.document), self.files, self.detached, self.package)

    def _with(self, step: Step) -> "OfXml":
        """With what a step says of each signature, at the end of its unsigned properties. A
        signature over another is within that one's (§5.2.7.2), and comes before it."""
        made = self
        depths = [len(list(one.iterancestors(SIGNATURE))) for one, _ in self._each()]
        for number in sorted(range(len(depths)), key=lambda one: -depths[one]):
            made = made._with_one(number, step)
        return made

    def _with_one(self, number: int, step: Step) -> "OfXml":
        sources = self._sources()
        held = nesting.in_document(sources)
        element = signatures(sources.tree)[number]
        if held[element] or _is_stamped(element):
            return self
        found = _properties(element, sources.tree)
        added = step(element, found, sources)
        if not added:
            return self
        at, missing = _places(self.document)[number]
        for name in reversed(missing):
            added = f"<xades:{name}>{added}</xades:{name}>"
        text = _declared(added, found.element).encode(_codec(self.document))
        return replace(self, document=self.document[:at] + text + self.document[at:])


def _properties(element: Element, tree: Tree) -> Properties:
    """Raises Malformed."""
    found = properties.find(element, tree)
    if found is None or found.namespace != XADES:
        raise Malformed("no properties of XAdES as it is now")
    return found


def _is_stamped(element: Element) -> bool:
    """Whether an archive time-stamp of the signature that it signs is over it."""
    within = element
    for holder in element.iterancestors("{*}*"):
        if holder.tag == _PROPERTIES and any(one.tag in _STAMPS for one in within.itersiblings()):
            return True
        within = holder
    return False


def _declared(added: str, within: Element) -> str:
    """With the namespaces of the prefixes `ds` and `xades`, where they aren't these around it."""
    wanted = {"ds": DS, "xades": XADES}
    around = within.nsmap
    more = "".join(
        f' xmlns:{prefix}="{uri}"' for prefix, uri in wanted.items() if around.get(prefix) != uri
    )
    held = etree.fromstring(f"<a xmlns:ds='{DS}' xmlns:xades='{XADES}'>{added}</a>")
    if not more:
        return added
    parts, rest = [], added
    for one in held:
        name = f"{one.prefix}:{etree.QName(one).localname}"
        end = rest.index(f"</{name}>") + len(name) + 3
        parts.append(_START.sub(rf"<\1{more}", rest[:end], count=1))
        rest = rest[end:]
    return "".join(parts)


def _places(document: bytes) -> list[tuple[int, tuple[str, ...]]]:
    """For each ds:Signature, in the order in which they begin: where its unsigned properties end,
    and which elements have to be put around what is added there; raises Malformed."""
    reader = expat.ParserCreate(namespace_separator=" ")
    open_ones: list[str] = []
    begun: list[list[tuple[int, int]]] = []
    inside: list[tuple[int, int]] = []

    def start(name: str, _: dict[str, str]) -> None:
        open_ones.append("{" + name.replace(" ", "}") if " " in name else name)
        if open_ones[-1] == SIGNATURE:
            inside.append((len(begun), len(open_ones)))
            begun.append([])

    def end(_: str) -> None:
        number, depth = inside[-1] if inside else (0, len(open_ones))
        path = tuple(open_ones[depth:])
        if inside and len(path) > 1 and path == _PATH[: len(path)]:
            begun[number].append((len(path), reader.CurrentByteIndex))
        if open_ones.pop() == SIGNATURE:
            inside.pop()

    reader.StartElementHandler, reader.EndElementHandler = start, end
    try:
        reader.ParseFile(BytesIO(document))
    except (expat.ExpatError, LookupError) as error:
        raise Malformed("not XML, or in an encoding that only one reader knows") from error
    closing = "</".encode(_codec(document))
    return [_place(document, found, closing) for found in begun]


def _codec(document: bytes) -> str:
    """How text is encoded in it: of what is added, which is ASCII, all others are one."""
    return next((codec for mark, codec in _UTF_16 if document.startswith(mark)), "ascii")


def _place(
    document: bytes, found: list[tuple[int, int]], closing: bytes
) -> tuple[int, tuple[str, ...]]:
    depths = [depth for depth, _ in found]
    names = ("UnsignedProperties", "UnsignedSignatureProperties")
    for depth, missing in ((4, ()), (2, names)):
        if depths.count(depth) == 1 and (depth == 4 or 3 not in depths):
            [at] = [place for each, place in found if each == depth]
            if document.startswith(closing, at):
                return at, missing
    raise Malformed("no place for unsigned properties")
