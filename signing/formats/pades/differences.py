"""What may differ between two revisions of a PDF: pyHanko's rules, with what the field needs."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader, RawPdfPath
from pyhanko.sign import diff_analysis
from pyhanko.sign.diff_analysis import (
    DiffResult,
    FieldComparisonContext,
    FormUpdate,
    FormUpdatingRule,
    ModificationLevel,
    ReferenceUpdate,
    StandardDiffPolicy,
    SuspiciousModification,
)
from pyhanko.sign.diff_analysis.constants import (
    ACROFORM_EXEMPT_STRICT_COMPARISON,
    VALUE_UPDATE_KEYS,
)
from pyhanko.sign.diff_analysis.rules.form_field_rules import (
    _walk_page_tree_annots,
    is_field_visible,
)
from pyhanko.sign.fields import FieldMDPSpec, MDPPerm

from signing.formats.pades import annotations, forms
from signing.formats.pades.alike import Alike
from signing.formats.pades.opening import Reader
from signing.formats.pades.tagged import Tags


class _Policy(StandardDiffPolicy):
    def review_file(
        self, reader: PdfFileReader, base_revision: Any, *rest: Any, **more: Any
    ) -> DiffResult | SuspiciousModification:
        """From a revision, or its number, to the last one."""
        assert isinstance(reader, Reader)
        base = getattr(base_revision, "revision", base_revision)
        old = _Revision(reader, base)
        known = reader._historical_resolver_cache  # noqa: SLF001
        for number in range(base + 1, reader.total_revisions):
            if not isinstance(known.get(number), _Update):
                known[number] = _Update(reader, number)
        try:
            return super().review_file(reader, old, *rest, **more)
        finally:
            old.cache.clear()  # see `opening.forget`

    def apply(
        self,
        old: HistoricalResolver,
        new: HistoricalResolver,
        field_mdp_spec: FieldMDPSpec | None = None,
        doc_mdp: MDPPerm | None = None,
    ) -> DiffResult:
        assert isinstance(old, _Revision)
        assert isinstance(new, _Update)
        new.unused = _unused(old, new)
        old.check_promises(new)
        if old.tidied() != new.tidied():
            raise SuspiciousModification("What stands in a list itself was changed")
        copies = Alike(old, new).restored()
        if copies:
            new.cache.update(copies)
            forms.tidy(new)
        locks: Any = forms.Locks(field_mdp_spec) if field_mdp_spec is not None else None
        try:
            return super().apply(old, new, locks, doc_mdp)
        finally:
            for one in copies:
                del new.cache[one]


_HOLDS: Final = (generic.DictionaryObject, generic.ArrayObject)
_REFERS: Final = (generic.IndirectObject, generic.DecryptedObjectProxy, *_HOLDS)


class _View(HistoricalResolver):
    """What refers to nothing refers to null (ISO 32000-2 §7.3.10)."""

    reader: Reader
    _within: list[Any] | None = None

    def tidied(self) -> list[Any]:
        """Of its form, the fields that stand in the list itself; the others are made tidy. So are
        the annotations of its pages."""
        if self._within is None:
            forms.tidy(self)
            self._within = [*forms.take_within(self), *annotations.take_within(self)]
        return self._within

    def _collect_indirect_references(
        self, obj: Any, seen: set[generic.Reference], since_revision: int | None = None
    ) -> None:
        if isinstance(obj, generic.IndirectObject):
            ref = obj.reference
            introduced = self.reader.introduced(ref)
            if ref in seen or introduced is None or introduced < (since_revision or 0):
                return
            seen.add(ref)
            obj = self(ref)
        if isinstance(obj, _HOLDS):
            for one in obj.values() if isinstance(obj, generic.DictionaryObject) else obj:
                if isinstance(one, _REFERS):
                    self._collect_indirect_references(one, seen, since_revision)


class _Revision(_View):
    """A number below /Size that nothing has and nothing refers to may be taken by an update, and so
    may that of a cross-reference stream, as some writers do: nothing refers to the stream by its
    number (ISO 32000-2 §7.5.8.1)."""

    def __init__(self, reader: Reader, revision: int) -> None:
        super().__init__(reader, revision)
        streams = self._trailer.pop(_OFFICE, None)
        self._of_office = [] if streams is None else list(_references(streams.get_object()))

    def check_promises(self, update: HistoricalResolver) -> None:
        """Raises SuspiciousModification where an update has what this revision referred to and did
        not have. LibreOffice refers to a document of its own so, and DSS counts on from its end: to
        what is no stream that refers for nobody."""
        self._load_reverse_xref_cache()  # type: ignore[no-untyped-call]
        before = self.reader.xrefs
        for ref in update.explicit_refs_in_revision():
            if before.get_historical_ref(ref, self.revision) is not None:
                continue
            office = ref in self._of_office and isinstance(update(ref), generic.StreamObject)
            if office or self._get_usages_of_ref(ref):
                raise SuspiciousModification(f"The signed revision referred to {ref}")

    def is_ref_unassignable(self, ref: generic.Reference) -> bool:
        return super().is_ref_unassignable(ref) or self._is_nothing(ref) or self._is_table(ref)

    def _is_nothing(self, ref: generic.Reference) -> bool:
        if self.reader.xrefs.get_historical_ref(ref, self.revision) is not None:
            return False
        self._load_reverse_xref_cache()  # type: ignore[no-untyped-call]
        return not self._get_usages_of_ref(ref)

    def _is_table(self, ref: generic.Reference) -> bool:
        tables = (
            self.reader.xrefs.get_xref_container_info(number).stream_ref
            for number in range(self.revision + 1)
        )
        if not any(one is not None and one.idnum == ref.idnum for one in tables):
            return False
        self._load_reverse_xref_cache()  # type: ignore[no-untyped-call]
        held = self(ref)
        is_stream = isinstance(held, generic.StreamObject) and held.get("/Type") == "/XRef"
        absent = isinstance(held, generic.NullObject)
        return (is_stream or absent) and not self._get_usages_of_ref(ref)


class _Update(_View):
    """Numbers may be freed that were never used, as iText does with those it kept for nothing."""

    unused: frozenset[generic.Reference] = frozenset()

    def refs_freed_in_revision(self) -> Any:
        return super().refs_freed_in_revision() - self.unused  # type: ignore[no-untyped-call]

    def explicit_refs_in_revision(self) -> Any:
        return super().explicit_refs_in_revision() - self.unused  # type: ignore[no-untyped-call]


def _unused(old: HistoricalResolver, new: HistoricalResolver) -> frozenset[generic.Reference]:
    """Of what a revision frees, that which was nothing before."""
    before = old.reader.xrefs
    freed = before.refs_freed_in_revision(new.revision)
    return frozenset(one for one in freed if before.get_historical_ref(one, old.revision) is None)


_OFFICE: Final = "/AdditionalStreams"
"""Of the trailer: documents in LibreOffice's formats, each a type and a reference."""


def _references(held: Any) -> Iterator[generic.Reference]:
    for one in held if isinstance(held, generic.ArrayObject) else ():
        if isinstance(one, generic.IndirectObject):
            yield one.reference


class _NewSignatures(diff_analysis.SigFieldCreationRule):
    """What belongs to a signature field that is not seen is not seen either."""

    def apply(
        self, context: FieldComparisonContext
    ) -> Iterable[tuple[ModificationLevel, FormUpdate]]:
        for level, update in super().apply(context):
            if _is_new_and_unseen(context, update.field_name or ""):
                yield (
                    min(level, ModificationLevel.LTA_UPDATES),
                    replace(update, valid_when_locked=True),
                )
            else:
                yield level, update


def _is_new_and_unseen(context: FieldComparisonContext, name: str) -> bool:
    spec = context.field_specs.get(name)
    if spec is None or spec.old_field_ref is not None or spec.new_field_ref is None:
        return False
    return not is_field_visible(spec.new_field_ref.get_object())


class _Placed(diff_analysis.FieldMDPRule):
    """A signature field that was in the form and on no page may be put on one with its signature;
    where that is seen, after a signature that certifies it may not, as a new one may not."""

    def apply(
        self, context: FieldComparisonContext
    ) -> Iterable[tuple[ModificationLevel, FormUpdate]]:
        signatures = {
            name: spec for name, spec in context.field_specs.items() if spec.field_type == "/Sig"
        }
        if not all(one.old_field and one.new_field for one in signatures.values()):
            return  # the rule for new ones looks at the pages
        signed = {
            spec.new_field_ref: name
            for name, spec in signatures.items()
            if "/V" not in (spec.old_field or ()) and "/V" in (spec.new_field or ())
        }
        if not signed:
            return
        seen = any(is_field_visible(ref.get_object()) for ref in signed if ref is not None)
        pages = context.old.root["/Pages"], context.new.root["/Pages"]
        for update in _walk_page_tree_annots(
            *pages, signed, context.old, valid_when_locked=True, refs_seen=set()
        ):
            yield (
                ModificationLevel.FORM_FILLING if seen else ModificationLevel.LTA_UPDATES,
                replace(update, valid_when_certifying=not seen),
            )


class _Store(diff_analysis.WhitelistRule):
    """Validation data may be added, exchanged and taken away, whatever it looks like: no reader
    draws it. So may all that it refers to, unless something else referred to that before."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[ReferenceUpdate]:
        if "/DSS" not in new.root:
            return
        changed = new.explicit_refs_in_revision()
        old._load_reverse_xref_cache()  # noqa: SLF001
        for ref in _reached(new, new.root.raw_get("/DSS")) & changed:
            uses = old._get_usages_of_ref(ref)  # noqa: SLF001
            if all(_is_by_store(old, use) for use in uses):
                yield ReferenceUpdate(ref)


def _is_by_store(old: HistoricalResolver, use: RawPdfPath) -> bool:
    """Whether a way to an object leads through the catalogue's store, however it came to the
    catalogue."""
    nodes = use.walk_nodes(old.trailer_view, transparent_dereference=False)
    return any(
        step == "/DSS"
        and isinstance(node, generic.IndirectObject)
        and node.reference == old.root_ref
        for step, (_, node) in zip(use, nodes, strict=True)
    )


class _Metadata(diff_analysis.MetadataUpdateRule):
    """Metadata may change to metadata. What stays as it was signed may be anything."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[ReferenceUpdate]:
        had, has = map(_metadata, (old, new))
        changed = new.explicit_refs_in_revision()
        if had != has or (isinstance(has, generic.IndirectObject) and has.reference in changed):
            yield from super().apply(old, new)


def _metadata(resolver: HistoricalResolver) -> Any:
    root = resolver.root
    return root.raw_get("/Metadata") if "/Metadata" in root else None


def _reached(resolver: HistoricalResolver, start: generic.PdfObject) -> set[generic.Reference]:
    """All that an object refers to, and what that does."""
    found: set[generic.Reference] = set()
    waiting = [start]
    while waiting:
        one = waiting.pop()
        if isinstance(one, generic.IndirectObject):
            if one.reference in found:
                continue
            found.add(one.reference)
            one = resolver(one.reference)
        if isinstance(one, generic.DictionaryObject):
            waiting += one.values()
        elif isinstance(one, generic.ArrayObject):
            waiting += one
    return found


_FLAGS: Final = "/SigFlags"
"""That there are signatures (ISO 32000-2 table 225): some writers leave it to the next to say."""

_CHOSEN: Final = frozenset({"/I", "/TI", "/RV"})
"""What is written with the value of a choice or of a rich text (tables 231, 234)."""

POLICY: Final = _Policy(
    global_rules=[
        diff_analysis.CatalogModificationRule(),
        Tags().as_qualified(ModificationLevel.FORM_FILLING),
        *(
            rule.as_qualified(ModificationLevel.LTA_UPDATES)
            for rule in (
                diff_analysis.DocInfoRule(),
                diff_analysis.XrefStreamRule(),
                diff_analysis.ObjectStreamRule(),
                _Store(),
                _Metadata(),  # type: ignore[no-untyped-call]
            )
        ),
    ],
    form_rule=FormUpdatingRule(
        field_rules=[
            _NewSignatures(),  # type: ignore[no-untyped-call]
            _Placed(),
            diff_analysis.SigFieldModificationRule(),
            diff_analysis.GenericFieldModificationRule(
                value_update_keys=VALUE_UPDATE_KEYS | _CHOSEN
            ),
        ],
        ignored_acroform_keys=ACROFORM_EXEMPT_STRICT_COMPARISON | {_FLAGS},
    ),
)
