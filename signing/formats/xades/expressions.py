"""Transforms that leave signatures out of what is signed (XML Signature §6.6.3, §6.6.4;
XML-Signature XPath Filter 2.0). No expression that a file brings is evaluated: a few are known."""

import re
from dataclasses import dataclass
from typing import Final

from signing.formats.xades.parsing import DS, Absent, Element, Tree, by_id, child

_ENVELOPED: Final = f"{DS}enveloped-signature"
XPATH: Final = "http://www.w3.org/TR/1999/REC-xpath-19991116"
_FILTER: Final = "http://www.w3.org/2002/06/xmldsig-filter2"

ALGORITHMS: Final = frozenset({_ENVELOPED, XPATH, _FILTER})
"""Of transforms that only choose nodes."""

_COUNTED: Final = "count(ancestor-or-self::{0}:Signature"
_SAID: Final = {
    (XPATH, "not(ancestor-or-self::{}:Signature)"): "every",
    (XPATH, f"{_COUNTED}|here()/ancestor::{{0}}:Signature[1])>{_COUNTED})"): "own",  # §6.6.4
    (_FILTER, "/descendant::{}:Signature"): "every",
    (_FILTER, "//{}:Signature"): "every",
    (_FILTER, "/descendant::*[name()='{}:Signature']"): "called",
    (_FILTER, "/*/{}:Signature"): "outer",
    (_FILTER, "here()/ancestor::{}:Signature[1]"): "own",
}
"""Which signatures an expression leaves out, {} being a prefix for their namespace."""

_PROPERTIES: Final = re.compile(
    r"(?://\*\[@Id=|id\()(['\"])([^'\"]+)\1[\])]/([\w.-]+):QualifyingProperties/\3:SignedProperties"
)
"""What Austria's security layer signs them by."""

_WITHIN: Final = re.compile(r"(?://\*\[@Id=|id\()(['\"])([^'\"]+)\1[\])]/node\(\)")
"""And what it signs itself."""

_VALUE: Final = re.compile(r"ancestor-or-self::([\w.-]+):SignatureValue\[@Id=(['\"])([^'\"]+)\2\]")


@dataclass(frozen=True)
class LeftOut:
    """`which`: every signature, those below the root (outer), those of one prefix (called), or the
    one that brings it (own). `nodes`: each node is chosen by itself, so that of what is within a
    signature nothing is left."""

    which: str
    nodes: bool
    prefix: str = ""

    def is_of(self, signature: Element, own: Element) -> bool:
        if self.which == "own":
            return signature is own
        if self.which == "outer":
            return signature.getparent() is signature.getroottree().getroot()
        return self.which == "every" or signature.prefix == self.prefix


def is_enveloped(transform: Element) -> bool:
    """XML Signature §6.6.4."""
    return str(transform.get("Algorithm")) == _ENVELOPED


def left_out(transform: Element) -> LeftOut | None:
    """None where it is a transform of another kind. Raises Absent for an expression that isn't
    known."""
    algorithm = transform.get("Algorithm", "")
    if algorithm not in ALGORITHMS:
        return None
    if is_enveloped(transform):
        return LeftOut("own", nodes=False)
    said = child(transform, f"{{{DS if algorithm == XPATH else _FILTER}}}XPath")
    if said is not None and (algorithm == XPATH or said.get("Filter") == "subtract"):
        expression = "".join((said.text or "").split())
        prefixes = [prefix for prefix, uri in said.nsmap.items() if uri == DS and prefix]
        for (kind, known), which in _SAID.items():
            for prefix in prefixes:
                if kind == algorithm and expression == known.format(prefix):
                    return LeftOut(which, nodes=True, prefix=prefix)
    raise Absent(f"an expression for {algorithm}")


def around(transform: Element, tree: Tree) -> Element | None:
    """The element of which a transform alone keeps what is within, by its Id. As `chosen`."""
    said = _intersecting(transform)
    found = _WITHIN.fullmatch("".join((said.text or "").split())) if said is not None else None
    return by_id(tree, found[2]) if found is not None else None


def _intersecting(transform: Element) -> Element | None:
    said = child(transform, f"{{{_FILTER}}}XPath")
    if said is None or transform.get("Algorithm") != _FILTER or said.get("Filter") != "intersect":
        return None
    return said


def value_in(transform: Element, tree: Tree) -> Element:
    """The ds:SignatureValue that a transform alone keeps of another file, by its Id: there stands
    what was countersigned. Raises Malformed where it isn't that."""
    said = child(transform, f"{{{DS}}}XPath")
    found = _VALUE.fullmatch("".join((said.text or "").split())) if said is not None else None
    if said is None or found is None or said.nsmap.get(found[1]) != DS:
        raise Absent("an expression for a file")
    value = by_id(tree, found[3])
    if value.tag != f"{{{DS}}}SignatureValue":
        raise Absent("no such value")
    return value


def chosen(transform: Element, tree: Tree) -> Element | None:
    """The SignedProperties that a transform alone keeps, by the Id of what is around them; None
    where it is a transform of another kind. Raises Malformed where there are none such."""
    said = _intersecting(transform)
    if said is None:
        return None
    found = _PROPERTIES.fullmatch("".join((said.text or "").split()))
    if found is None:
        return None
    space = said.nsmap.get(found[3])
    path = (f"{{{space}}}{name}" for name in ("QualifyingProperties", "SignedProperties"))
    properties = child(by_id(tree, found[2]), *path)
    if properties is None:
        raise Absent("no such properties")
    return properties
