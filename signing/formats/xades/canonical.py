"""Canonical XML (1.0, 1.1, exclusive), of a document or of one element in it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from xml.sax.saxutils import escape

from lxml import etree

from signing.formats.xades.parsing import DS, Absent, Element, Tree, parse

_XML: Final = "{http://www.w3.org/XML/1998/namespace}"

EXCLUSIVE: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
INCLUSIVE: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_INCLUSIVE_1_1: Final = "http://www.w3.org/2006/12/xml-c14n11"
_WITH_COMMENTS: Final = ("#WithComments", "WithComments")
_NO_PREFIX: Final = "#default"
"""In a list of prefixes, the namespace without one (Exclusive XML Canonicalization §3)."""

ALGORITHMS: Final = frozenset(
    {
        *(INCLUSIVE, f"{INCLUSIVE}#WithComments"),
        *(_INCLUSIVE_1_1, f"{_INCLUSIVE_1_1}#WithComments"),
        *(EXCLUSIVE, f"{EXCLUSIVE}WithComments"),
    }
)


def by_method(element: Element, method: Element | None) -> bytes:
    """By a ds:CanonicalizationMethod (or ds:Transform); without one, or one that names nothing, by
    Canonical XML 1.0."""
    if method is None:
        return canonical(element, INCLUSIVE)
    return canonical(element, method.get("Algorithm") or INCLUSIVE, prefixes(method))


def prefixes(method: Element) -> list[str]:
    """InclusiveNamespaces (Exclusive XML Canonicalization §3)."""
    said = method.find(f"{{{EXCLUSIVE}}}InclusiveNamespaces")
    return said.get("PrefixList", "").split() if said is not None else []


def canonical(
    what: Element | Tree, algorithm: str, inclusive: Sequence[str] = (), *, comments: bool = False
) -> bytes:
    """`comments`: they are among what is canonicalised. Raises Absent for an unknown algorithm."""
    if algorithm not in ALGORITHMS:
        raise Absent(f"canonicalisation by {algorithm}")
    with_comments = comments and algorithm.endswith(_WITH_COMMENTS)
    exclusive = algorithm.startswith(EXCLUSIVE)
    if _NO_PREFIX in inclusive:
        # lxml hands on only what its dictionary of names has; it has every namespace.
        etree.fromstring(f'<known xmlns:as="{_NO_PREFIX}"/>')
    with _inherited(what, algorithm):
        return bytes(
            etree.tostring(
                _alone(what),
                method="c14n",
                exclusive=exclusive,
                with_comments=with_comments,
                inclusive_ns_prefixes=list(inclusive) if exclusive else None,
            )
        )


def _alone(what: Element | Tree) -> Tree:
    """An element as a document, with the namespaces that it has from around it: in its own document
    libxml2 undeclares some of them for what is deeper within."""
    if not etree.iselement(what) or what.getparent() is None:
        return what
    return parse(etree.tostring(what, encoding="UTF-8", with_tail=False))


def within(around: Element, method: Element | None) -> bytes:
    """What is in an element, without the element and without comments."""
    texts = (around.text, *(one.tail for one in around))
    parts = (b"", *(b"" if one.tag is etree.Comment else by_method(one, method) for one in around))
    return b"".join(
        part + (escape(text or "").replace("\r", "&#xD;")).encode()
        for part, text in zip(parts, texts, strict=True)
    )


@contextmanager
def _inherited(what: Element | Tree, algorithm: str) -> Iterator[None]:
    """Canonical XML 1.0 §2.4: an element that stands alone has its ancestors' xml:* attributes.
    lxml gives it their namespaces, and not these."""
    added = []
    if etree.iselement(what) and not algorithm.startswith(EXCLUSIVE):
        for above in what.iterancestors():
            for name, value in above.attrib.items():
                kept = not algorithm.startswith(_INCLUSIVE_1_1) or name != f"{_XML}id"
                if str(name).startswith(_XML) and kept and name not in what.attrib:
                    if name == f"{_XML}base" and algorithm.startswith(_INCLUSIVE_1_1):
                        raise Absent("xml:base that is inherited")
                    what.set(name, value)
                    added.append(name)
    try:
        yield
    finally:
        for name in added:
            del what.attrib[name]


def transforms(reference: Element) -> list[Element]:
    """The ds:Transform elements of a ds:Reference."""
    found: list[Element] = reference.findall(f"{{{DS}}}Transforms/{{{DS}}}Transform")
    return found
