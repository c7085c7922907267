"""The structure of a tagged PDF (ISO 32000-2 §14.7): it grows with the field of a later signature,
for which some writers add an element."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver
from pyhanko.sign.diff_analysis import ReferenceUpdate, WhitelistRule

from signing.formats.pades import forms
from signing.formats.pades.alike import Alike

_DEEPEST: Final = 32
_ROOT: Final = ("/Root", "/StructTreeRoot")
_OF_A_FIELD: Final = frozenset({"/Type", "/S", "/P", "/Pg", "/K", "/ID"})
_OF_A_NODE: Final = frozenset({"/Nums", "/Kids", "/Limits"})
_GROWS: Final = frozenset({"/K"})
_ROOT_GROWS: Final = _GROWS | {"/ParentTree", "/ParentTreeNextKey"}


class Tags(WhitelistRule):
    """Elements for new signature fields may come behind the others; all else stays as it was."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[ReferenceUpdate]:
        if "/StructTreeRoot" not in old.root or "/StructTreeRoot" not in new.root:
            return
        old._load_reverse_xref_cache()  # noqa: SLF001
        changed = [
            ref
            for ref in new.explicit_refs_in_revision()
            if any(tuple(use)[:2] == _ROOT for use in old._get_usages_of_ref(ref))  # noqa: SLF001
            and _is_of_structure(old(ref))
        ]
        growth = _Growth(old, new)
        if changed and all(map(growth.allows, changed)) and growth.of_numbers():
            for ref in changed:
                added = new.collect_dependencies(new(ref), since_revision=old.revision + 1)
                yield from map(ReferenceUpdate, (ref, *added))


class _Growth:
    def __init__(self, old: HistoricalResolver, new: HistoricalResolver) -> None:
        self._old, self._new = old, new
        self._alike = Alike(old, new)
        fields = forms.signature_widgets(new)
        self._fields = {ref for ref in fields if old.is_ref_unassignable(ref)}
        trees = [_entry(one.root["/StructTreeRoot"], "/ParentTree") for one in (old, new)]
        self._nodes: set[generic.Reference] = set()
        self._had = dict(_numbered(trees[0], _DEEPEST, self._nodes))
        self._has = dict(_numbered(trees[1], _DEEPEST, set()))

    def allows(self, ref: generic.Reference) -> bool:
        """Whether an element, the root, or a list of theirs has only got elements behind those that
        it had. The nodes of /ParentTree are looked at together."""
        before, after = self._old(ref), self._new(ref)
        uses = self._old._get_usages_of_ref(ref)  # noqa: SLF001
        if not all(tuple(use)[:2] == _ROOT for use in uses):
            return False
        if ref in self._nodes:
            nodes = (before, after)
            return all(_is_plain(one) and one.keys() <= _OF_A_NODE for one in nodes)
        if isinstance(before, generic.ArrayObject):
            return isinstance(after, generic.ArrayObject) and self._lists(before, after)
        if not _is_plain(after):
            return False
        grows = _ROOT_GROWS if before.get("/Type") == "/StructTreeRoot" else _GROWS
        same = before.keys() - grows == after.keys() - grows and all(
            before.raw_get(key) == after.raw_get(key) for key in before.keys() - grows
        )
        return same and self._lists(_entry(before, "/K"), _entry(after, "/K"))

    def _lists(self, before: Any, after: Any) -> bool:
        had, has = _listed(before), _listed(after)
        more = has[len(had) :]
        return has[: len(had)] == had and all(map(self._is_of_field, more))

    def _is_of_field(self, one: Any) -> bool:
        """Whether it is a new element for the field of a new signature, and says nothing else."""
        element = one.get_object()
        if (
            not isinstance(one, generic.IndirectObject)
            or not self._old.is_ref_unassignable(one.reference)
            or not isinstance(element, generic.DictionaryObject)
            or not element.keys() <= _OF_A_FIELD
            or element.get("/S") != "/Form"
        ):
            return False
        kids = [kid.get_object() for kid in _listed(_entry(element, "/K"))]
        return bool(kids) and all(
            isinstance(kid, generic.DictionaryObject)
            and kid.get("/Type") == "/OBJR"
            and isinstance(_entry(kid, "/Obj"), generic.IndirectObject)
            and kid.raw_get("/Obj").reference in self._fields
            for kid in kids
        )

    def of_numbers(self) -> bool:
        """Whether /ParentTree leads where it led, and from new numbers to new elements."""
        return self._had.keys() <= self._has.keys() and all(
            self._alike.same(self._had[number], one)
            if number in self._had
            else self._is_of_field(one)
            for number, one in self._has.items()
        )


def _is_of_structure(held: Any) -> bool:
    if _is_plain(held):
        kinds = ("/StructTreeRoot", "/StructElem")
        return held.get("/Type") in kinds or "/S" in held or held.keys() <= _OF_A_NODE
    return isinstance(held, generic.ArrayObject)


def _is_plain(held: Any) -> bool:
    return isinstance(held, generic.DictionaryObject) and not isinstance(held, generic.StreamObject)


def _numbered(tree: Any, depth: int, nodes: set[generic.Reference]) -> Iterator[tuple[int, Any]]:
    """What a number tree leads to (§7.9.7), and its nodes."""
    node = tree.get_object() if tree is not None else None
    if not isinstance(node, generic.DictionaryObject) or not depth:
        return
    if isinstance(tree, generic.IndirectObject):
        nodes.add(tree.reference)
    listed = _listed(_entry(node, "/Nums"))
    yield from ((int(one), held) for one, held in zip(listed[::2], listed[1::2], strict=True))
    for kid in _listed(_entry(node, "/Kids")):
        yield from _numbered(kid, depth - 1, nodes)


def _entry(of: Any, name: str) -> Any:
    return of.raw_get(name) if name in of else None


def _listed(held: Any) -> list[Any]:
    """A list as it is written, and what is none as a list of that."""
    value = held.get_object() if held is not None else None
    if isinstance(value, generic.ArrayObject):
        return list(list.__iter__(value))
    return [] if held is None else [held]
