"""The relationships of a package's parts, and which of them are signed (ECMA-376 part 2 §9.3,
§13.2.4.24)."""

from typing import Final

from lxml import etree

from signing.formats.xades import canonical
from signing.formats.xades.parsing import Element, Malformed, parse

TRANSFORM: Final = "http://schemas.openxmlformats.org/package/2006/RelationshipTransform"

_NAMESPACE: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
_SIGNATURES: Final = "http://schemas.openxmlformats.org/package/2006/digital-signature"


def listed(part: bytes) -> list[Element]:
    """The relationships in a part; raises Malformed."""
    root = parse(part).getroot()
    found: list[Element] = root.findall(f"{{{_NAMESPACE}}}Relationship")
    if root.tag != f"{{{_NAMESPACE}}}Relationships" or len(found) != len(root):
        raise Malformed("not relationships")
    return found


def chosen(part: bytes, transform: Element) -> list[Element]:
    """Those that a transform leaves, by their IDs; raises Malformed."""
    ids = {one.get("SourceId") for one in transform.iter(f"{{{_SIGNATURES}}}RelationshipReference")}
    groups = f"{{{_SIGNATURES}}}RelationshipsGroupReference"
    types = {one.get("SourceType") for one in transform.iter(groups)}
    kept = [one for one in listed(part) if one.get("Id") in ids or one.get("Type") in types]
    if len({one.get("Id") for one in kept}) != len(kept):
        raise Malformed("an ID twice")
    return sorted(kept, key=lambda one: str(one.get("Id")))


def selected(part: bytes, transform: Element) -> bytes:
    """What is signed of a part's relationships; raises Malformed."""
    root = etree.Element(f"{{{_NAMESPACE}}}Relationships", nsmap={None: _NAMESPACE})
    for one in chosen(part, transform):
        said = {"TargetMode": "Internal"} | dict(one.attrib)
        etree.SubElement(root, f"{{{_NAMESPACE}}}Relationship", said)
    return canonical.canonical(root, canonical.INCLUSIVE)
