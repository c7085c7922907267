"""XML that may be hostile: no DTD, no entities, no network, nothing deep or endless."""

from typing import Any, Final, TypeAlias

from lxml import etree

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
SIGNATURE: Final = f"{{{DS}}}Signature"

Element: TypeAlias = Any  # of lxml, which tells no types
Tree: TypeAlias = Any

_ID: Final = frozenset({"Id", "ID", "id"})


class Malformed(ValueError):
    """Not XML that we read, or not a signature as it has to be."""


class Declared(Malformed):
    """Its DTD may change what it says: it is not read."""


class Absent(Malformed):
    """What was signed is not here, or in no form that we can have it in."""


class Emptied(Malformed):
    """Its transforms leave nothing of what was to be signed."""


def parse(document: bytes) -> Tree:
    """Raises Malformed."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=True,
        recover=False,
        remove_blank_text=False,
        strip_cdata=False,
    )
    try:
        tree = etree.fromstring(document, parser).getroottree()
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Malformed("not XML") from error
    if tree.docinfo.internalDTD is not None or tree.docinfo.doctype:
        raise Declared
    return tree


def signatures(tree: Tree) -> list[Element]:
    return list(tree.iter(SIGNATURE))


def countersigned(signature: Element) -> Element | None:
    """The signature that one is over, where it is among that one's unsigned properties
    (EN 319 132-1 §5.2.7)."""
    beside = False
    for above in signature.iterancestors("{*}*"):
        if above.tag == SIGNATURE:
            return above if beside else None
        beside = beside or above.tag.endswith("}UnsignedSignatureProperties")
    return None


def names(tree: Tree) -> dict[Element, str]:
    """What each signature is called, in the order in which they begin: `Signature2`, and
    `Signature2/1` the first over it."""
    found: dict[Element, str] = {}
    counts: dict[Element | None, int] = {}
    for one in signatures(tree):
        over = countersigned(one)
        counts[over] = counts.get(over, 0) + 1
        found[one] = (
            f"{found[over]}/{counts[over]}" if over is not None else f"Signature{counts[None]}"
        )
    return found


def by_id(tree: Tree, name: str) -> Element:
    """The one element of that ID, of those that anyone would take for it; raises Malformed."""
    found = [one for one in tree.iter("{*}*") if name in ids(one)]
    if not found:
        raise Absent("nothing has that ID")
    if len(found) > 1:
        raise Malformed("an ID twice")
    return found[0]


def ids(element: Element) -> set[str]:
    """An attribute of that name in any namespace may be one: without a DTD nobody can tell."""
    return {value for name, value in element.items() if name.rpartition("}")[2] in _ID}


def child(element: Element, *path: str) -> Element | None:
    """The one descendant on a path of qualified names; None where it is not one."""
    for name in path:
        found = element.findall(name)
        if len(found) != 1:
            return None
        [element] = found
    return element


def text(element: Element | None) -> str:
    """The text of an element that has nothing else within; raises Malformed."""
    if element is None or len(element):
        raise Malformed("a value is missing")
    return "".join((element.text or "").split())
