"""Time-stamps and proofs for XML signatures that are there already (EN 319 132-1 §6.3). What is
added is put between the bytes of the document, none of which is written anew."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from lxml import etree

from signing.formats import protection
from signing.formats.cades.sealing import with_validation_data
from signing.formats.cades.signed_data import SignedData
from signing.formats.detached import NOTHING, Detached
from signing.formats.ers import renewal
from signing.formats.ers.augmentation import of_record
from signing.formats.protection import Protection
from signing.formats.seal import TimeStamper, ValidationData
from signing.formats.xades import nesting, places, properties, records, references, stamps, unsigned
from signing.formats.xades.canonical import EXCLUSIVE, canonical
from signing.formats.xades.parsing import (
    DS,
    SIGNATURE,
    Element,
    Malformed,
    Tree,
    child,
    countersigned,
    ids,
    parse,
    signatures,
)
from signing.formats.xades.properties import Properties
from signing.formats.xades.reading import names_of_files
from signing.formats.xades.references import Sources
from signing.formats.xades.stamps import Stamps
from signing.formats.xades.writing import XADES

_START: Final = re.compile(r"<(\w+:\w+)")
_ARCHIVE: Final = "}ArchiveTimeStamp"

Step = Callable[[Element, Properties, Sources], "str | Token | list[str]"]
"""What is added, or put in the place of the last time-stamp, or of the last evidence records."""


@dataclass(frozen=True, slots=True)
class Token:
    """What the last time-stamp of a signature, which nothing is over yet, is to be."""

    encoded: bytes


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
        return protection.soonest(map(_protection, found))

    @property
    def is_bare(self) -> bool:
        """Whether a signature of it has no properties of XAdES. Raises Malformed."""
        tree = parse(self.document)
        return any(properties.find(one, tree) is None for one in signatures(tree))

    def names(self) -> set[str]:
        """Of the files that its signatures are over."""
        return names_of_files(parse(self.document))

    def stamped(self, stamp: TimeStamper) -> "OfXml":
        def step(element: Element, found: Properties, _: Sources) -> str:
            [kind] = found.named("SignatureTimeStamp")
            if any(one.tag in {kind, records.SEALING} for one in found.unsigned):
                return ""
            value = child(element, f"{{{DS}}}SignatureValue")
            token = stamp(hashlib.sha256(canonical(value, EXCLUSIVE)).digest())
            if found.namespace == XADES:
                return unsigned.signature_time_stamp(token)
            name = next(iter(ids(value) or ids(element)), "")
            return unsigned.older("SignatureTimeStamp", token, name, found.namespace)

        return self._with(step)

    def with_proofs(self, data: ValidationData) -> "OfXml":
        def step(_: Element, found: Properties, __: Sources) -> str | Token | list[str]:
            recorded = records.within(found)
            if recorded:
                return records.made_of(recorded[-1], lambda one: renewal.with_proofs(one, data))
            held = {one.tag for one in found.unsigned}
            if held.isdisjoint(found.named("CertificateValues", "RevocationValues")):
                return unsigned.values(data)
            if found.namespace == XADES:
                return unsigned.time_stamp_validation_data(data)
            signed = SignedData.parse(stamps.last(found))  # an older version has no other place
            return Token(with_validation_data(signed, data).dump())

        return self._with(step)

    def archived(self, stamp: TimeStamper) -> "OfXml":
        method = etree.Element(f"{{{DS}}}CanonicalizationMethod", Algorithm=EXCLUSIVE)

        def step(element: Element, found: Properties, sources: Sources) -> str | list[str]:
            covered = references.check(element, sources)
            if not covered.content_found:
                raise Malformed("what it signs is elsewhere")
            those, recorded = Stamps(element, found, covered), records.within(found)
            if recorded:
                over_all = those.group(recorded[-1])
                return records.made_of(
                    recorded[-1], lambda one: renewal.renewed(one, [over_all], stamp)
                )
            later = found.namespace == XADES
            over = those.archived(method, found.unsigned, "sha256", later=later)
            if later:
                return unsigned.archive_time_stamp(stamp(over))
            name = next(iter(ids(element)), "")
            return unsigned.older("ArchiveTimeStamp", stamp(over), name, found.namespace)

        return self._with(step)

    def dump(self) -> bytes:
        return self.document

    def _each(self) -> Iterator[tuple[Element, Properties]]:
        tree = parse(self.document)
        yield from ((element, _properties(element, tree)) for element in signatures(tree))

    def _sources(self) -> Sources:
        return Sources(parse(self.document), self.files, self.detached, self.package)

    def _with(self, step: Step) -> "OfXml":
        """With what a step says of each signature that no other one signs whole, at the end of its
        unsigned properties. A signature over another's value is within that one's (§5.2.7.2), and
        comes before it."""
        made, held = self, nesting.in_document(self._sources())
        depths = [len(list(one.iterancestors(SIGNATURE))) for one in held]
        free = [number for number, around in enumerate(held.values()) if not around]
        for number in sorted(free, key=lambda one: -depths[one]):
            made = made._with_one(number, step)
        return made

    def _with_one(self, number: int, step: Step) -> "OfXml":
        sources = self._sources()
        element = signatures(sources.tree)[number]
        if _is_stamped(element):
            return self
        found = _properties(element, sources.tree)
        added = step(element, found, sources)
        if not added:
            return self
        place = places.find(self.document)[number]
        if isinstance(added, list):
            made = self
            for (start, end), text in zip(place.records[::-1], added[::-1], strict=True):
                made = made._replaced(start, end, text)
            return made
        if isinstance(added, Token):
            if place.token is None:
                raise Malformed("no time-stamp that proofs could be put into")
            return self._replaced(*place.token, base64.b64encode(added.encoded).decode())
        added = _declared(added, found, within=bool(place.missing))
        for name in reversed(place.missing):
            added = f"<xades:{name}>{added}</xades:{name}>"
        if place.missing:
            added = _declared(added, found)
        return self._replaced(place.at, place.at, added)

    def _replaced(self, start: int, end: int, text: str) -> "OfXml":
        encoded = text.encode(places.codec(self.document))
        return replace(self, document=self.document[:start] + encoded + self.document[end:])


def _protection(found: Properties) -> Protection:
    recorded = records.within(found)
    if recorded:
        return protection.soonest(map(of_record, records.encoded(recorded[-1])))
    return protection.of([stamps.archived(found)])


def _properties(element: Element, tree: Tree) -> Properties:
    """Raises Malformed."""
    found = properties.find(element, tree)
    if found is None:
        raise Malformed("no properties of XAdES")
    return found


def _is_stamped(element: Element) -> bool:
    """Whether an archive time-stamp of the signature that it signs is over it."""
    within = element
    for holder in element.iterancestors("{*}*"):
        among = holder.tag.endswith("}UnsignedSignatureProperties")
        if among and any(one.tag.endswith(_ARCHIVE) for one in within.itersiblings("{*}*")):
            return True
        within = holder
    return False


def _declared(added: str, found: Properties, *, within: bool = False) -> str:
    """With the namespaces of the prefixes `ds` and `xades`, where they aren't these around it;
    `within`: in an element that has been given them. What was defined later is around values of
    XAdES 1.3.2, whatever version it is among."""
    around = {**found.element.nsmap, **({"ds": DS, "xades": found.namespace} if within else {})}
    parts, rest = [], added
    for one in etree.fromstring(f"<a xmlns:ds='{DS}' xmlns:xades='{XADES}'>{added}</a>"):
        name = etree.QName(one)
        version = XADES if name.namespace == unsigned.LATER else found.namespace
        wanted = {"ds": DS, "xades": version}
        more = "".join(
            f' xmlns:{prefix}="{uri}"'
            for prefix, uri in wanted.items()
            if around.get(prefix) != uri and f"xmlns:{prefix}=" not in rest[: rest.index(">")]
        )
        tag = f"{one.prefix}:{name.localname}"
        end = rest.index(f"</{tag}>") + len(tag) + 3
        parts.append(_START.sub(rf"<\1{more}", rest[:end], count=1))
        rest = rest[end:]
    return "".join(parts)
