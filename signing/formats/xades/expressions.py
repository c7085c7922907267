"""Transforms that leave signatures out of what is signed (XML Signature §6.6.3, §6.6.4;
XML-Signature XPath Filter 2.0). No expression that a file brings is evaluated: a few are known."""

from dataclasses import dataclass
from typing import Final

from signing.formats.xades.parsing import DS, Absent, Element, child

_ENVELOPED: Final = f"{DS}enveloped-signature"
_XPATH: Final = "http://www.w3.org/TR/1999/REC-xpath-19991116"
_FILTER: Final = "http://www.w3.org/2002/06/xmldsig-filter2"

ALGORITHMS: Final = frozenset({_ENVELOPED, _XPATH, _FILTER})
"""Of transforms that only choose nodes."""

_COUNTED: Final = "count(ancestor-or-self::{0}:Signature"
_OF_ALL: Final = {
    _XPATH: ("not(ancestor-or-self::{}:Signature)",),
    _FILTER: ("/descendant::{}:Signature", "//{}:Signature"),
}
_OF_OWN: Final = {
    _XPATH: (f"{_COUNTED}|here()/ancestor::{{0}}:Signature[1])>{_COUNTED})",),  # §6.6.4
    _FILTER: ("here()/ancestor::{}:Signature[1]",),
}


@dataclass(frozen=True)
class LeftOut:
    """`every`: all signatures, or else the one that brings it. `nodes`: each node is chosen by
    itself, so that of what is within a signature nothing is left."""

    every: bool
    nodes: bool

    def is_of(self, signature: Element, own: Element) -> bool:
        return self.every or signature is own


def left_out(transform: Element) -> LeftOut | None:
    """None where it is a transform of another kind. Raises Absent for an expression that isn't
    known."""
    algorithm = transform.get("Algorithm", "")
    if algorithm not in ALGORITHMS:
        return None
    if algorithm == _ENVELOPED:
        return LeftOut(every=False, nodes=False)
    said = child(transform, f"{{{DS if algorithm == _XPATH else _FILTER}}}XPath")
    if said is not None and (algorithm == _XPATH or said.get("Filter") == "subtract"):
        for known, every in ((_OF_ALL, True), (_OF_OWN, False)):
            if _says(said, known[algorithm]):
                return LeftOut(every=every, nodes=True)
    raise Absent(f"an expression for {algorithm}")


def _says(said: Element, expressions: tuple[str, ...]) -> bool:
    """Whether an expression is one of these, under whatever prefix the namespace has."""
    names = [prefix for prefix, uri in said.nsmap.items() if uri == DS and prefix]
    expression = "".join((said.text or "").split())
    return any(expression == each.format(name) for each in expressions for name in names)
