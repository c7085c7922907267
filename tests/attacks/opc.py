"""An office document with a signature, as office programs make them (ECMA-376 part 2)."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from lxml import etree

from tests.attacks.pki import Holder
from tests.attacks.xades import DS, INCLUSIVE, Made, Reference, written

_OPC = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATED = "application/vnd.openxmlformats-package.relationships+xml"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def relationships(*listed: tuple[str, str, str]) -> bytes:
    """A part of relationships, each with its ID, its type and its target."""
    inner = "".join(
        f'<Relationship Type="{kind}" Id="{name}" Target="{target}"/>'
        for name, kind, target in listed
    )
    return f'<Relationships xmlns="{_OPC}/relationships">{inner}</Relationships>'.encode()


PROPERTIES = ("r1", f"{_OPC}/relationships/metadata/core-properties", "docProps/core.xml")
MAIN = ("r2", f"{_OFFICE}/officeDocument", "word/document.xml")
ORIGIN = ("r3", f"{_OPC}/relationships/digital-signature/origin", "_xmlsignatures/origin.sigs")
IMAGE = ("r4", f"{_OFFICE}/image", "word/image.png")

PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_OPC}/content-types">'
    f'<Default Extension="rels" ContentType="{_RELATED}"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_MAIN}"/>'
    '<Override PartName="/_xmlsignatures/sig1.xml" ContentType='
    '"application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml"/>'
    "</Types>".encode(),
    "_rels/.rels": relationships(PROPERTIES, MAIN, ORIGIN),
    "word/document.xml": b"<document>What was agreed.</document>",
    "docProps/core.xml": b"<properties/>",
    "_xmlsignatures/origin.sigs": b"",
}
_CANONICAL = (
    f'<Relationships xmlns="{_OPC}/relationships"><Relationship Id="{MAIN[0]}" '
    f'Target="{MAIN[2]}" TargetMode="Internal" Type="{MAIN[1]}"></Relationship></Relationships>'
).encode()


def package(parts: Mapping[str, bytes]) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return out.getvalue()


def signed(holder: Holder, **how: Any) -> dict[str, bytes]:
    """The parts with their signature, which is over the document and the way to it."""
    chosen = f'<m:RelationshipReference xmlns:m="{_OPC}/digital-signature" SourceId="{MAIN[0]}"/>'
    listed = (
        Reference(
            f"/_rels/.rels?ContentType={_RELATED}",
            (f"{_OPC}/RelationshipTransform", INCLUSIVE),
            octets=_CANONICAL,
            inner=chosen,
        ),
        Reference(f"/word/document.xml?ContentType={_MAIN}", octets=PARTS["word/document.xml"]),
    )
    inner = f"<ds:Manifest>{''.join(map(written, listed))}</ds:Manifest>"
    held = f'<ds:Object xmlns:ds="{DS}" Id="package">{inner}</ds:Object>'
    octets = etree.tostring(etree.fromstring(held), method="c14n")
    holder_of_it: Any = etree.Element("holder")
    made = Made(holder, objects=held.replace(f' xmlns:ds="{DS}"', ""), **how)
    signature = made.within(holder_of_it, Reference("#package", kind=f"{DS}Object", octets=octets))
    return PARTS | {"_xmlsignatures/sig1.xml": etree.tostring(signature)}
