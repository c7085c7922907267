"""Everything that can be found out about a container (EN 319 162-1), as evidence for validation:
ASiC-S and ASiC-E, with CAdES, XAdES, or time-stamps alone."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from signing.formats import primitives
from signing.formats.asic.container import EXTENDED, META, MIMETYPE, SIMPLE
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
from signing.formats.trust import Asked
from signing.formats.xades import reading as xades
from signing.formats.xades.algorithms import digest_name
from signing.formats.xades.parsing import DS, Malformed, child, parse, text
from signing.formats.xades.references import decode, file_name
from signing.rules.evidence import DocumentEvidence, Fault, SignatureEvidence, Unreadable
from signing.rules.report import Format, Level, Part

_CMS: Final = re.compile(r"META-INF/[^/]*\.(p7s|tst)", re.IGNORECASE)
_XML: Final = re.compile(r"META-INF/[^/]*signatures?[^/]*\.xml", re.IGNORECASE)
_MANIFEST: Final = re.compile(r"META-INF/[^/]*ASiC[^/]*Manifest[^/]*\.xml", re.IGNORECASE)
_BESIDE: Final = frozenset({f"{META}manifest.xml", f"{META}container.xml"})
_OPEN_DOCUMENT: Final = "application/vnd.oasis.opendocument."
_TYPES: Final = {SIMPLE: Format.ASIC_S, EXTENDED: Format.ASIC_E}
_MOST_REFERENCES: Final = 4_096


@dataclass
class _Manifest:
    """An ASiCManifest: the signature that it is for, and what it says is signed (§A.4)."""

    signature: str
    covered: list[str] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    found: bool = True
    matches: bool = True


@dataclass
class _Container:
    opened: Opened
    asked: Asked
    signed_by: dict[str, list[str]]
    manifests: dict[str, _Manifest] = field(default_factory=dict)

    @property
    def files(self) -> dict[str, bytes]:
        return self.opened.files


def read(document: bytes, nothing: DocumentEvidence, asked: Asked) -> DocumentEvidence:
    """`nothing`, and what there is to find."""
    try:
        opened = open_container(document)
    except Encrypted:
        return replace(nothing, unreadable=Unreadable.ENCRYPTED)
    except TooMuch:
        return replace(nothing, unreadable=Unreadable.NOT_CHECKED)
    except Broken:
        return replace(nothing, unreadable=Unreadable.DAMAGED)
    held = _Container(opened, asked, {name: [] for name in data_files(opened.files)})
    form = _format(held)
    if form is None:
        return replace(nothing, unreadable=Unreadable.UNSUPPORTED)
    found = tuple(_signatures(held))
    faults = () if opened.sound else (Fault.CONTAINER,)
    return replace(
        nothing,
        format=form,
        signatures=tuple(replace(one, faults=(*faults, *one.faults)) for one in found),
        parts=tuple(_parts(held)) if found else (),
        repaired=not opened.neat,
    )


def _format(held: _Container) -> Format | None:
    """By its type, else by what it holds; None where it is another kind of ZIP file."""
    said = held.opened.media_type
    if said in _TYPES:
        return _TYPES[said]
    if not any(_CMS.fullmatch(name) or _XML.fullmatch(name) for name in held.files):
        return None
    if said and not said.startswith(("application/vnd.bdoc", _OPEN_DOCUMENT)):
        return Format.ZIP
    alone = len(held.signed_by) == 1 and not any(map(_MANIFEST.fullmatch, held.files))
    return Format.ASIC_S if alone and not said else Format.ASIC_E


def _signatures(held: _Container) -> Iterator[SignatureEvidence]:
    for name in filter(_MANIFEST.fullmatch, held.files):
        try:
            held.manifests[name] = _manifest(held.files, name)
        except WHATEVER:
            yield SignatureEvidence(name.removeprefix(META), (Fault.CONTAINER,))
    for name in held.files:
        try:
            if _CMS.fullmatch(name):
                yield from _of_cms(held, name)
            elif _XML.fullmatch(name):
                yield from _of_xml(held, name)
        except WHATEVER:
            yield SignatureEvidence(name.removeprefix(META), (Fault.UNREADABLE,))


def _of_xml(held: _Container, name: str) -> Iterator[SignatureEvidence]:
    tree = parse(held.files[name])
    for number, found in enumerate(xades.find(tree, held.asked, held.files, None), start=1):
        called = _called(name, number)
        for covered in found.covered.files:
            held.signed_by.get(covered, []).append(called)
        yield replace(found.evidence, name=called)


def _of_cms(held: _Container, name: str) -> Iterator[SignatureEvidence]:
    manifests = [each for each, one in held.manifests.items() if one.signature == name]
    encoded = held.files[name]
    if len(manifests) > 1:
        raise Malformed("two manifests for one signature")
    if cades.is_time_stamp(encoded) and manifests and _archives(held, manifests[0]):
        return  # what it proves is told of the signatures that it is over
    over = manifests[0] if manifests else _simple(held, encoded)
    content = Pieces((held.files[over],)) if over is not None else None
    manifest = held.manifests.get(over or "")
    for number, found in enumerate(cades.signatures(encoded, content, held.asked), start=1):
        called = _called(name, number)
        for covered in manifest.covered if manifest else [over or ""]:
            held.signed_by.get(covered, []).append(called)
        yield replace(_with_manifest(found, manifest), name=called, level=_level(held, name, found))


def _with_manifest(found: SignatureEvidence, manifest: _Manifest | None) -> SignatureEvidence:
    """A signature over a manifest is over what that names (§4.4.3.2)."""
    if manifest is None:
        return found
    return replace(
        found,
        content_found=found.content_found and manifest.found,
        digest_matches=found.digest_matches and manifest.matches,
        hashes=tuple(dict.fromkeys((*found.hashes, *manifest.hashes))),
    )


def _simple(held: _Container, encoded: bytes) -> str | None:
    """ASiC-S §4.3: the one file that is there. Where others were added, the one that fits."""
    names = list(held.signed_by)
    for name in names:
        found = cades.signatures(encoded, Pieces((held.files[name],)), held.asked)
        if all(one.digest_matches for one in found):
            return name
    return names[0] if names else None


def _level(held: _Container, name: str, found: SignatureEvidence) -> Level | None:
    """§4.4.4: an archive manifest under a time-stamp makes B-LTA of B-LT."""
    if found.level is not Level.LT:
        return found.level
    archived = any(
        _archives(held, each) and name in one.covered and one.found and one.matches
        for each, one in held.manifests.items()
    )
    return Level.LTA if archived else found.level


def _archives(held: _Container, name: str) -> bool:
    """Whether a manifest is of an archive time-stamp over signatures and their manifests, which is
    over just that."""
    manifest = held.manifests[name]
    token = held.files.get(manifest.signature, b"")
    if "archive" not in name.lower() or not cades.is_time_stamp(token):
        return False
    [stamp] = cades.signatures(token, Pieces((held.files[name],)), held.asked)
    return stamp.digest_matches and stamp.signature_verifies and not stamp.faults


def _manifest(files: dict[str, bytes], name: str) -> _Manifest:
    """Raises Malformed."""
    root = parse(files[name]).getroot()
    references = root.findall("{*}SigReference")
    if not root.tag.endswith("}ASiCManifest") or len(references) != 1:
        raise Malformed("not an ASiCManifest")
    made = _Manifest(file_name(references[0].get("URI", "")))
    listed = root.findall("{*}DataObjectReference")
    if not 0 < len(listed) <= _MOST_REFERENCES:
        raise Malformed("references")
    for one in listed:
        covered = file_name(one.get("URI", ""))
        method = child(one, f"{{{DS}}}DigestMethod")
        algorithm = digest_name(method.get("Algorithm") if method is not None else None)
        expected = decode(text(child(one, f"{{{DS}}}DigestValue")))
        made.covered.append(covered)
        made.hashes.append(algorithm)
        if covered not in files:
            made.found = False
        elif not primitives.hashes_to(expected, algorithm, files[covered]):
            made.matches = False
    return made


def _parts(held: _Container) -> Iterator[Part]:
    """Every file that the container is for, and those that have no business in META-INF."""
    for name, signers in held.signed_by.items():
        content = held.files[name]
        yield Part(name, len(content), hashlib.sha256(content).hexdigest(), tuple(signers))
    for name, content in held.files.items():
        known = name in held.signed_by or name == MIMETYPE or name in _BESIDE
        if not known and not any(one.fullmatch(name) for one in (_CMS, _XML, _MANIFEST)):
            yield Part(name, len(content), hashlib.sha256(content).hexdigest(), ())


def _called(name: str, number: int) -> str:
    called = name.removeprefix(META)
    return called if number == 1 else f"{called}:{number}"
