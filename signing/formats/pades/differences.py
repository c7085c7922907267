"""What may differ between two revisions of a PDF: pyHanko's rules, with what the field needs."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader
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
from pyhanko.sign.diff_analysis.constants import ACROFORM_EXEMPT_STRICT_COMPARISON
from pyhanko.sign.diff_analysis.rules.form_field_rules import is_field_visible


class _Policy(StandardDiffPolicy):
    def review_file(
        self, reader: PdfFileReader, base_revision: Any, *rest: Any, **more: Any
    ) -> DiffResult | SuspiciousModification:
        """From a revision, or its number, to the last one."""
        base = getattr(base_revision, "revision", base_revision)
        old = _Revision(reader, base)
        try:
            return super().review_file(reader, old, *rest, **more)
        finally:
            old.cache.clear()  # see `opening.forget`

    def apply(
        self, old: HistoricalResolver, new: HistoricalResolver, *rest: Any, **more: Any
    ) -> DiffResult:
        for resolver in (old, new):
            _tidy(resolver)
        unused = _unused(old, new)
        update = _Update(new, unused) if unused else new
        return super().apply(old, update, *rest, **more)


def _tidy(resolver: HistoricalResolver) -> None:
    """Take out of a form's list what is no field of its own, as it is looked at here: nothing, a
    reference to nothing, and a second mention."""
    listed: Any = None
    with suppress(KeyError, TypeError):
        listed = resolver.root["/AcroForm"]["/Fields"]
    if not isinstance(listed, generic.ArrayObject):
        return
    kept: dict[Any, Any] = {}
    for number, one in enumerate(listed):
        if not isinstance(one.get_object(), generic.NullObject):
            known = one.reference if isinstance(one, generic.IndirectObject) else number
            kept.setdefault(known, one)
    listed[:] = kept.values()


class _Revision(HistoricalResolver):
    """A number below /Size that nothing has and nothing refers to may be taken by an update, and so
    may that of a cross-reference stream, as some writers do: nothing refers to the stream by its
    number (ISO 32000-2 §7.5.8.1)."""

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


class _Update(HistoricalResolver):
    """Numbers may be freed that were never used, as iText does with those it kept for nothing."""

    def __init__(self, update: HistoricalResolver, unused: set[generic.Reference]) -> None:
        super().__init__(update.reader, update.revision)
        self._unused = unused

    def refs_freed_in_revision(self) -> Any:
        return super().refs_freed_in_revision() - self._unused  # type: ignore[no-untyped-call]

    def explicit_refs_in_revision(self) -> Any:
        return super().explicit_refs_in_revision() - self._unused  # type: ignore[no-untyped-call]


def _unused(old: HistoricalResolver, new: HistoricalResolver) -> set[generic.Reference]:
    """Of what a revision frees, that which was nothing before."""
    before, last = old.reader.xrefs, old.revision
    freed = new.refs_freed_in_revision()
    return {one for one in freed if before.get_historical_ref(one, last) is None}


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
            if all(tuple(use)[: len(_STORE)] == _STORE for use in uses):
                yield ReferenceUpdate(ref)


_STORE: Final = ("/Root", "/DSS")


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

POLICY: Final = _Policy(
    global_rules=[
        diff_analysis.CatalogModificationRule(),
        *(
            rule.as_qualified(ModificationLevel.LTA_UPDATES)
            for rule in (
                diff_analysis.DocInfoRule(),
                diff_analysis.XrefStreamRule(),
                diff_analysis.ObjectStreamRule(),
                _Store(),
                diff_analysis.MetadataUpdateRule(),
            )
        ),
    ],
    form_rule=FormUpdatingRule(
        field_rules=[
            _NewSignatures(),  # type: ignore[no-untyped-call]
            diff_analysis.SigFieldModificationRule(),
            diff_analysis.GenericFieldModificationRule(),
        ],
        ignored_acroform_keys=ACROFORM_EXEMPT_STRICT_COMPARISON | {_FLAGS},
    ),
)
