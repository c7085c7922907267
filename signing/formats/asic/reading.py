"""Everything that can be found out about a container (EN 319 162-1), as evidence for validation:
ASiC-S and ASiC-E, with CAdES, XAdES, or time-stamps alone."""

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from pyhanko.sign.validation.policy_decl import LocalKnowledge

from signing.formats.asic import archives, manifests, profile
from signing.formats.asic.archives import Archives
from signing.formats.asic.container import EXTENDED, META, MIMETYPE, SIMPLE
from signing.formats.asic.manifests import Manifest
from signing.formats.asic.opening import (
    Broken,
    Encrypted,
    Opened,
    TooMuch,
    data_files,
    open_container,
)
from signing.formats.cades import reading as cades
from signing.formats.cms import WHATEVER, Pieces
from signing.formats.coverage import Coverage
from signing.formats.opc import reading as opc
from signing.formats.profile import with_fault
from signing.formats.signature import MOST_OBJECTS, beside_it, sharing
from signing.formats.time_stamps import Stamp
from signing.formats.trust import Asked
from signing.formats.xades import reading as xades
from signing.formats.xades.parsing import Malformed, parse
from signing.rules.evidence import DocumentEvidence, Fault, SignatureEvidence, Unreadable
from signing.rules.report import Format, Part

_CMS: Final = re.compile(r"META-INF/.*\.(p7s|tst)", re.IGNORECASE)
_XML: Final = re.compile(r"META-INF/.*signatures?[^/]*\.xml", re.IGNORECASE)
_BESIDE: Final = frozenset({f"{META}manifest.xml", f"{META}container.xml"})
_OPEN_DOCUMENT: Final = "application/vnd.oasis.opendocument."
_MOST_SHARED: Final = 64
_TYPES: Final = {SIMPLE: Format.ASIC_S, EXTENDED: Format.ASIC_E}


@dataclass
class _Container:
    opened: Opened
    asked: Asked
    data: list[str]
    coverage: Coverage
    manifests: dict[str, Manifest] = field(default_factory=dict)
    archives: Archives = field(init=False)
    nested: set[str] = field(default_factory=set)  # signatures that other signatures sign

    @property
    def files(self) -> dict[str, bytes]:
        return self.opened.files


def read(document: bytes, nothing: DocumentEvidence, asked: Asked) -> DocumentEvidence:
    """`nothing`, and what there is to find."""
    try:
        opened = open_container(document)
    except Encrypted:
        return replace(nothing, unreadable=Unreadable.ENCRYPTED)
    except TooMuch as error:
        signed = any(map(_is_known, error.names)) or opc.is_package(error.names)
        why = Unreadable.NOT_CHECKED if signed else Unreadable.UNSUPPORTED
        return replace(nothing, unreadable=why)
    except Broken:
        return replace(nothing, unreadable=Unreadable.DAMAGED)
    if opc.is_package(opened.files):
        return opc.read(opened.files, nothing, asked, sound=opened.sound)
    held = _Container(opened, asked, [*data_files(opened.files)], Coverage(opened.files))
    form = _format(held)
    if form is None:
        return replace(nothing, unreadable=Unreadable.UNSUPPORTED)
    found = tuple(_signatures(held))
    ours = bool(found) and all(one.profiled for one in found)
    faults = (
        () if opened.sound and not (ours and not _stands(document, held)) else (Fault.CONTAINER,)
    )
    return replace(
        nothing,
        format=form,
        signatures=tuple(replace(one, faults=(*faults, *one.faults)) for one in found),
        parts=tuple(_parts(held)) if found else (),
        repaired=not opened.neat,
    )


def _is_known(name: str) -> bool:
    """Whether only a container that may be signed has a file of that name."""
    return name == MIMETYPE or bool(_CMS.fullmatch(name) or _XML.fullmatch(name))


def _stands(document: bytes, held: _Container) -> bool:
    """Whether a container of our seals alone is in our form."""
    lasting = held.archives.manifests
    others = {*lasting, *(one.name for one in lasting.values())}
    return profile.stands(document, held.files, held.manifests, others)


def _format(held: _Container) -> Format | None:
    """By its type, else by what it holds; None where it is another kind of ZIP file."""
    said = held.opened.media_type
    if said in _TYPES:
        return _TYPES[said]
    known = (_CMS, _XML, archives.RECORD)
    if not any(one.fullmatch(name) for one in known for name in held.files):
        return Format.ZIP if said.startswith(_OPEN_DOCUMENT) else None
    if said and not said.startswith(("application/vnd.bdoc", _OPEN_DOCUMENT)):
        return Format.ZIP
    alone = len(held.data) == 1 and not any(map(manifests.NAME.fullmatch, held.files))
    return Format.ASIC_S if alone and not said else Format.ASIC_E


def _signatures(held: _Container) -> Iterator[SignatureEvidence]:
    said = list(filter(manifests.NAME.fullmatch, held.files))
    for name in said[: manifests.MOST]:
        try:
            held.manifests[name] = manifests.read(held.files, name)
        except WHATEVER:
            yield SignatureEvidence(name.removeprefix(META), (Fault.CONTAINER,))
    if len(said) > manifests.MOST:
        yield SignatureEvidence("", (Fault.CONTAINER,))
    tokens = {name for name in held.files if _CMS.fullmatch(name) or _XML.fullmatch(name)}
    held.archives = archives.find(held.files, held.manifests.values(), tokens, held.asked)
    held.asked = sharing(held.asked, *_shared(held))
    held.nested = set(_nested(held))
    for name in held.files:
        try:
            if _CMS.fullmatch(name):
                yield from _of_cms(held, name)
            elif _XML.fullmatch(name):
                yield from _of_xml(held, name)
            elif archives.RECORD.fullmatch(name):
                yield from _of_record(held, name)
        except WHATEVER:
            yield SignatureEvidence(name.removeprefix(META), (Fault.UNREADABLE,))


def _nested(held: _Container) -> Iterator[str]:
    """The names of signatures that another one in the container signs."""
    for manifest in held.manifests.values():
        archiving = {*held.archives.manifests, *held.archives.broken}
        if manifest.of not in archiving and _CMS.fullmatch(manifest.of):
            yield from manifest.covered
    for name in filter(_XML.fullmatch, held.files):
        with suppress(*WHATEVER):
            yield from xades.names_of_files(parse(held.files[name]))


def _shared(held: _Container) -> Iterator[LocalKnowledge]:
    """The validation data of each signature, where there are several."""
    named = [name for name in held.files if _CMS.fullmatch(name) or _XML.fullmatch(name)]
    for name in named[:_MOST_SHARED] if len(named) > 1 else ():
        with suppress(*WHATEVER):
            content = held.files[name]
            yield cades.shared(content) if _CMS.fullmatch(name) else xades.shared(parse(content))


def _of_xml(held: _Container, name: str) -> Iterator[SignatureEvidence]:
    document, over = held.files[name], held.archives.over(name)
    asked = beside_it(held.asked, over)
    outer = tuple(_outer(held, name)) if name in held.nested else ()
    signatures = xades.find(document, parse(document), asked, held.files, outer=outer)
    for found in signatures:
        called = _called(name, found.evidence.name)
        held.coverage.add(called, found.covered.files, found.covered.changed)
        nested = found.evidence.signed_by_another or name in held.nested
        yield replace(found.evidence, name=called, signed_by_another=nested)


def _outer(held: _Container, name: str) -> Iterator[Stamp]:
    """The archive time-stamps of XAdES signatures in other files that sign this one."""
    for other in filter(_XML.fullmatch, held.files):
        if other != name:
            with suppress(*WHATEVER):
                yield from xades.archives_over(name, parse(held.files[other]), held.files)


def _of_cms(held: _Container, name: str) -> Iterator[SignatureEvidence]:
    over = [each for each, one in held.manifests.items() if one.of == name]
    encoded = held.files[name]
    if len(over) > 1:
        raise Malformed("two manifests for one signature")
    if name in held.archives.manifests or name in held.archives.broken:
        return  # what it proves is told of the signatures that it is over
    signed = over[0] if over else _simple(held, encoded)
    content = Pieces((held.files[signed],)) if signed is not None else None
    manifest = held.manifests.get(signed or "")
    stamps = held.archives.over(name)
    found_ones = cades.signatures(encoded, content, held.asked, stamps)
    for found in found_ones:
        called = _called(name, found.name)
        names = manifest.covered if manifest else [signed or ""]
        held.coverage.add(called, names, _changed(found, names, manifest))
        bare = manifest is None and held.opened.media_type == EXTENDED
        weighed = with_fault(found, Fault.CONTAINER) if bare else _with_manifest(found, manifest)
        yield replace(weighed, name=called, signed_by_another=name in held.nested)


def _of_record(held: _Container, name: str) -> Iterator[SignatureEvidence]:
    """One over files alone; what it proves of signatures is told of these. Without a manifest it is
    over the one file (§4.3.3.2)."""
    said = () if held.opened.media_type == SIMPLE else held.manifests.values()
    other = next((one for one in said if one.of == name), None)
    manifest = held.archives.records.get(name, other)
    over = manifest.covered if manifest else held.data[:1]
    over = [one for one in over if one in held.files]
    signed = any(map(_CMS.fullmatch, over)) or any(map(_XML.fullmatch, over))
    if signed and name in held.archives.records:
        return
    called = _called(name)
    objects = [Pieces((held.files[each],)) for each in over]
    found_ones = cades.of_record(held.archives.record(name), objects or None, held.asked)
    for found in found_ones[:1]:
        held.coverage.add(called, over, _changed(found, over, manifest))
    for found in found_ones:
        yield replace(_with_manifest(found, manifest), name=called)


def _changed(
    found: SignatureEvidence, names: Collection[str], manifest: Manifest | None
) -> Collection[str]:
    """Of the files that a signature is over, those that are not what was signed: all, where that is
    not so of what it was made over itself."""
    if not found.digest_matches:
        return names
    return manifest.changed if manifest is not None else ()


def _with_manifest(found: SignatureEvidence, manifest: Manifest | None) -> SignatureEvidence:
    """A signature over a manifest is over what that names (§4.4.3.2)."""
    if manifest is None:
        return found
    return replace(
        found,
        content_found=found.content_found and manifest.found,
        digest_matches=found.digest_matches and manifest.matches,
        hashes=tuple(dict.fromkeys((*found.hashes, *manifest.hashes))),
        objects=(*found.objects, *manifest.objects[:MOST_OBJECTS]),
    )


def _simple(held: _Container, encoded: bytes) -> str | None:
    """ASiC-S §4.3: the one file that is there. Where others were added, the one that fits."""
    for name in held.data:
        found = cades.signatures(encoded, Pieces((held.files[name],)), held.asked)
        if all(one.digest_matches for one in found):
            return name
    return held.data[0] if held.data else None


def _parts(held: _Container) -> Iterator[Part]:
    """Every file that the container is for, and those that have no business in META-INF."""
    yield from map(held.coverage.part, held.data)
    data = frozenset(held.data)
    for name in held.files:
        known = name in data or name == MIMETYPE or name in _BESIDE
        if not known and not any(
            one.fullmatch(name) for one in (_CMS, _XML, manifests.NAME, archives.RECORD)
        ):
            yield held.coverage.part(name)


def _called(name: str, signature: str = "Signature1") -> str:
    """A signature of a file: by the file's name, and by its number after the first; one that is
    over it, by its own number too."""
    number, *over = signature.removeprefix("Signature").split("/")
    called = name.removeprefix(META) + (f":{number}" if number != "1" else "")
    return "/".join((called, *over))
