"""What a signature refers to, and whether that is what was signed (XML Signature §4.4.3).

Transforms are a few that are known; no expression that a file brings is ever evaluated.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from signing.formats import primitives
from signing.formats.detached import Detached
from signing.formats.xades import canonical, expressions, relationships
from signing.formats.xades.algorithms import digest_name
from signing.formats.xades.expressions import LeftOut
from signing.formats.xades.parsing import (
    DS,
    SIGNATURE,
    Absent,
    Declared,
    Element,
    Emptied,
    Malformed,
    Tree,
    by_id,
    child,
    parse,
    text,
)
from signing.formats.xades.values import decode, value_of
from signing.rules.evidence import Digest

_MOST: Final = 2_048
_MOST_TRANSFORMS: Final = 8

_BASE64: Final = f"{DS}base64"
_MANIFEST: Final = f"{DS}Manifest"
_PROPERTIES: Final = "#SignedProperties"
_NAME: Final = 1_000
"""Characters of a URI that are told."""


@dataclass(frozen=True)
class Sources:
    """Where what is signed may be: the document itself, files by their names (in a container), or
    what came beside it. `package`: the container is one of ECMA-376 part 2; `certificates`: those
    in it (DER), one of which may be the signer's where a signature brings none."""

    tree: Tree
    files: Mapping[str, bytes] = field(default_factory=dict)
    detached: Detached = field(default_factory=Detached)
    package: bool = False
    certificates: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Reached:
    """What one ds:Reference is to, as it is hashed. `nodes`: it was made canonical for want of a
    transform that does; `target`: the element of this document that it is to."""

    reference: Element
    octets: bytes
    nodes: bool
    target: Element | None = None

    def by_method(self, method: Element | None) -> bytes:
        """As a time-stamp takes it (EN 319 132-1 §4.5): nodes are made canonical its own way."""
        return canonical.by_method(parse(self.octets), method) if self.nodes else self.octets


@dataclass
class Covered:
    """What a signature's references reach; `reached` in their order, those of manifests left
    out."""

    elements: list[Element] = field(default_factory=list)
    left_out: list[Element] = field(default_factory=list)  # signatures, by a transform
    whole: bool = False
    files: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)  # of these, what was signed otherwise
    missing: list[str] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    objects: list[Digest] = field(default_factory=list)
    reached: list[Reached] = field(default_factory=list)
    content_found: bool = True
    matches: bool = True
    outside: int = 0  # references to what is not in the document
    signs: bool = False  # something besides its own properties


def check(signature: Element, sources: Sources) -> Covered:
    """Follow each reference of a signature's SignedInfo; raises Malformed."""
    listed = _listed(signature)
    found = Covered(outside=sum(map(_is_outside, listed)))
    for reference in listed:
        octets, target = _follow(reference, signature, sources, found)
        if octets is not None:
            found.reached.append(Reached(reference, octets, _is_of_nodes(reference), target))
        found.signs = found.signs or not _is_of_properties(reference)
        for manifest in _manifests(reference, target, sources):
            for each in manifest.findall(f"{{{DS}}}Reference")[:_MOST]:
                _follow(each, signature, sources, found)
    found.content_found = found.content_found and found.signs
    return found


def _is_of_properties(reference: Element) -> bool:
    """Whether it is to what the signer said of the signature, in whatever version of XAdES."""
    return str(reference.get("Type", "")).endswith(_PROPERTIES)


def outside(signature: Element) -> list[str]:
    """The URIs of what is not in the document; raises Malformed."""
    return [str(one.get("URI")) for one in _listed(signature) if _is_outside(one)]


def _listed(signature: Element) -> list[Element]:
    found: list[Element] = signature.findall(f"{{{DS}}}SignedInfo/{{{DS}}}Reference")
    if not 0 < len(found) <= _MOST:
        raise Malformed("references")
    return found


def _manifests(reference: Element, target: Element | None, sources: Sources) -> list[Element]:
    """Those that are signed by a reference: to one (§4.4.3.1), or in a package to an object with
    one (ECMA-376 part 2 §13.2.4)."""
    if target is None:
        return []
    if reference.get("Type") == _MANIFEST:
        return [target]
    listed: list[Element] = target.findall(f"{{{DS}}}Manifest") if sources.package else []
    return listed


def file_name(uri: str) -> str:
    """The name that a relative URI is of (RFC 3986 §2.1)."""
    return unquote(uri).removeprefix("./")


def _follow(
    reference: Element, signature: Element, sources: Sources, found: Covered
) -> tuple[bytes | None, Element | None]:
    """What a reference is to, if it is here, and the element, if it is to one."""
    method = child(reference, f"{{{DS}}}DigestMethod")
    name = digest_name(method.get("Algorithm") if method is not None else None)
    expected = value_of(child(reference, f"{{{DS}}}DigestValue"))
    found.hashes.append(name)
    if name and not _is_of_properties(reference):
        found.objects.append(
            Digest(name, expected.hex(), unquote(reference.get("URI", ""))[:_NAME])
        )
    others = len(found.files)
    try:
        octets, target = _Dereferenced(reference, signature, sources, found).octets()
    except Absent:
        found.content_found = False
        return None, None
    except Emptied:
        found.matches = False
        return None, None
    fits = primitives.hashes_to(expected, name, octets)
    if not fits and found.outside > 1 and _is_any(reference, sources):
        found.content_found = False  # what came beside the signature is another one of them
        found.missing.append(reference.get("URI", ""))
        return None, None
    found.matches = found.matches and fits
    found.changed += () if fits else found.files[others:]
    return octets, target


def chosen(reference: Element, tree: Tree) -> Element | None:
    """The signed properties that a reference is to, where an expression chooses them; raises
    Malformed."""
    transforms = canonical.transforms(reference)
    return expressions.chosen(transforms[0], tree) if transforms else None


def _is_outside(reference: Element) -> bool:
    """Whether it is to something that is not in the document (§4.4.3.2)."""
    uri = reference.get("URI")
    return uri is not None and uri.partition("#")[0] != ""


def _is_any(reference: Element, sources: Sources) -> bool:
    """Whether it was taken to be to the one file that came, of another name."""
    named = sources.detached.named(reference.get("URI", ""))
    return sources.detached.only is not None and named is None and _is_outside(reference)


def _is_of_nodes(reference: Element) -> bool:
    """Whether its transforms, if there are any, only leave signatures out of this document."""
    by = (transform.get("Algorithm") for transform in canonical.transforms(reference))
    inside = reference.get("URI", "x").partition("#")[0] == ""
    return inside and all(one in expressions.ALGORITHMS for one in by)


@dataclass
class _Dereferenced:
    """One reference on its way from a URI to octets."""

    reference: Element
    signature: Element
    sources: Sources
    found: Covered

    def octets(self) -> tuple[bytes, Element | None]:
        uri, transforms = self.reference.get("URI"), canonical.transforms(self.reference)
        if len(transforms) > _MOST_TRANSFORMS:
            raise Malformed("transforms")
        if uri is None and transforms and expressions.is_enveloped(transforms[0]):
            uri = ""  # its signature can only be within this document
        if uri is not None and (uri == "" or uri.startswith("#")):
            target, comments = self._target(uri)
            if self._is_elsewhere(target):
                raise Absent("only its digest is here")
            within = chosen(self.reference, self.sources.tree)
            if within is not None and target in within.iterancestors():
                target, transforms = within, transforms[1:]
            around = expressions.around(transforms[0], self.sources.tree) if transforms else None
            if around is not None and target in (around, *around.iterancestors()):
                return self._within(around, transforms[1:]), target
            return self._of_element(target, transforms, comments=comments), target
        return _of_octets(self._outside(uri), transforms), None

    def _within(self, around: Element, transforms: list[Element]) -> bytes:
        """What is in an element, made canonical."""
        method, *more = transforms or [None]
        self.found.elements += list(around.iterchildren("{*}*"))
        return _of_octets(canonical.within(around, method), more)

    def _is_elsewhere(self, target: Element) -> bool:
        """A file of a DIGIDOC-XML document that came without its content (`HASHCODE`)."""
        said = target.get("DigestValue", "")
        signed = text(child(self.reference, f"{{{DS}}}DigestValue"))
        named = target.tag.endswith("DataFile") and target.get("ContentType") == "HASHCODE"
        return named and "".join(said.split()) == signed

    def _target(self, uri: str) -> tuple[Element, bool]:
        """An element of this document, and whether comments go with it (§4.4.3.3)."""
        root = self.sources.tree.getroot()
        if uri in {"", "#xpointer(/)"}:
            return root, uri != ""
        name = uri[1:]
        pointed = name.startswith("xpointer(id(") and name.endswith("))")
        return by_id(self.sources.tree, name[13:-3] if pointed else name), pointed

    def _outside(self, uri: str | None) -> bytes:
        """A file of the container, or of those that came beside the signature: the one of that
        name, or the only one."""
        name = file_name(uri) if uri is not None else ""
        if name not in self.sources.files:
            name = name.removeprefix("/")  # RFC 3986 §4.2: from the container's root
        if name in self.sources.files:
            self.found.files.append(name)
            return self.sources.files[name]
        named = self.sources.detached.named(uri or "")
        if named is not None:
            self.found.files.append(named[0])
            return named[1]
        if self.sources.detached.only is None:
            self.found.missing.append(uri or "")
            raise Absent(name)
        return self.sources.detached.only

    def _of_element(self, target: Element, transforms: list[Element], *, comments: bool) -> bytes:
        """§4.4.3.2: signatures may be left out, then it is made canonical."""
        whole = target is self.sources.tree.getroot()
        removed: list[LeftOut] = []
        for number, transform in enumerate(transforms):
            algorithm = transform.get("Algorithm", "")
            left_out = expressions.left_out(transform)
            if left_out is not None:
                removed.append(left_out)
                continue
            kept = self._kept(target, removed, whole=whole)
            if algorithm == _BASE64:
                octets = decode("".join("".join(kept.itertext()).split()))
            else:
                octets = canonical.canonical(
                    kept, algorithm, canonical.prefixes(transform), comments=comments
                )
            return self._reached(target, _of_octets(octets, transforms[number + 1 :]), whole=whole)
        kept = self._kept(target, removed, whole=whole)
        octets = canonical.canonical(kept, canonical.INCLUSIVE, comments=comments)
        return self._reached(target, octets, whole=whole)

    def _reached(self, target: Element, octets: bytes, *, whole: bool) -> bytes:
        self.found.whole = self.found.whole or whole
        self.found.elements.append(target)
        return octets

    def _kept(self, target: Element, removed: list[LeftOut], *, whole: bool) -> Element | Tree:
        """A copy of the document without some of its signatures; the element itself otherwise.
        Raises Emptied where they leave nothing of it."""
        tree = self.sources.tree
        if not removed:
            return tree if whole else target
        signatures = list(tree.iter(SIGNATURE))
        own = self.signature
        marked = [n for n, one in enumerate(signatures) if any(e.is_of(one, own) for e in removed)]
        within = {target, *target.iterancestors(SIGNATURE)}
        around = [one for one in signatures if one in within]
        if any(each.nodes and each.is_of(one, own) for each in removed for one in around):
            raise Emptied("of what is within a signature nothing is left")
        self.found.left_out += [signatures[number] for number in marked]
        place = next(number for number, one in enumerate(tree.iter()) if one is target)
        copied = copy.deepcopy(tree)
        kept = next(one for number, one in enumerate(copied.iter()) if number == place)
        for one in [each for number, each in enumerate(copied.iter(SIGNATURE)) if number in marked]:
            cut(one)
        return copied if whole else kept


def _of_octets(octets: bytes, transforms: list[Element]) -> bytes:
    """A file as it is, decoded, or made canonical where it is XML: all of it, or a value."""
    for transform in transforms:
        algorithm = transform.get("Algorithm", "")
        if algorithm == _BASE64:
            octets = decode("".join(octets.decode("ascii", "replace").split()))
        elif algorithm == relationships.TRANSFORM:
            octets = relationships.selected(octets, transform)
        elif algorithm == expressions.XPATH:
            value = expressions.value_in(transform, _part(octets))
            octets = canonical.canonical(value, canonical.INCLUSIVE)
        else:
            octets = canonical.canonical(
                _part(octets), algorithm, canonical.prefixes(transform), comments=True
            )
    return octets


def _part(octets: bytes) -> Tree:
    """A file of XML; raises Absent where its DTD may change what it says."""
    try:
        return parse(octets, office=True)
    except Declared as error:
        raise Absent("what it says depends on a DTD") from error


def cut(element: Element) -> None:
    """Take an element out, and leave the text after it."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        raise Malformed("a signature of itself")
    if element.tail and before is not None:
        before.tail = (before.tail or "") + element.tail
    elif element.tail:
        parent.text = (parent.text or "") + element.tail
    parent.remove(element)
