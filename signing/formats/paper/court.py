"""A report for a court: one sheet of A4, Khmer and English, the verdict first.

It says what the page of the verdict says, in the same words, and nothing more. What does not fit
(many seals) is counted, and those that do not pass are shown first.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from core.pages import LANGUAGES, Pages
from core.pages.dates import in_cambodia, number, spoken
from signing.formats.paper.sheet import HEIGHT, WIDTH, Colour, Sheet, Type, drawable
from signing.rules.report import Indication, PartState, Party, SignatureReport, Tone, Verdict
from signing.rules.shown import shown
from signing.rules.validation import Checked

_MARGIN: Final = 16.0
_INNER: Final = WIDTH - 2 * _MARGIN
_LABELS: Final = 58.0
_VALUES: Final = _INNER - _LABELS
_NAME_MOST: Final = 100
_PART_MOST: Final = 60
_PARTS: Final = 3

_BRAND: Final = Type(9, 5, (43, 47, 119))
_TITLE: Final = Type(13, 8.5)
_WORD: Final = Type(17, 10)
_WORD_LATIN: Final = Type(12, 6.5)
_TEXT: Final = Type(9.5, 5.8)
_LATIN: Final = Type(9.5, 4.8)
_HEAD: Final = Type(10, 6.2)
_SMALL: Final = Type(8, 4.3)
_LABEL: Final = Type(7.5, 4.3, (70, 74, 96))

_FITTING: Final = (1.0, 0.9)
"""How much smaller the evidence may be set for all seals to have room."""
_SMALLEST: Final = (0.9, 0.8, 0.7, 0.6)
"""And for the one that decides, whatever names there are in it."""

_TONES: Final[dict[Tone, tuple[Colour, str]]] = {
    Tone.RIGHT: ((11, 107, 58), "solid"),
    Tone.WRONG: ((168, 29, 36), "thick"),
    Tone.DOUBT: ((138, 75, 0), "dashed"),
    Tone.PLAIN: ((65, 74, 102), "solid"),
}


@dataclass(frozen=True, slots=True)
class Office:
    """Who made the report. `url`: where anyone checks again; without it the report was made on
    somebody's own machine, and nobody seals it. `number` is the answer's own."""

    url: str | None = None
    number: str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    """A label and its values, one under the other, in lines that fit."""

    label: Sequence[str]
    values: Sequence[str]
    height: float


@dataclass(frozen=True, slots=True)
class _Block:
    """Rows that stand together under a head."""

    head: Sequence[str]
    rows: Sequence[_Row]

    @property
    def height(self) -> float:
        return len(self.head) * _HEAD.line + sum(row.height for row in self.rows) + 2.5


@dataclass(frozen=True, slots=True)
class _Plan:
    """What stands below the verdict: the file, the seals that there is room for, in words how many
    more there are, the check, the last lines, and where these begin."""

    file: _Block
    seals: Sequence[_Block]
    more: Sequence[str]
    check: _Block
    foot: Sequence[str]
    bottom: float
    all: bool


class _Court:
    """The sheet as it is filled."""

    def __init__(self, checked: Checked, pages: Pages, office: Office) -> None:
        self.checked, self.report, self.office = checked, checked.report, office
        self.text: Callable[..., str] = pages.text
        self.sheet = Sheet(pages.text("en", "paper.title"), self.report.checked_at)
        self.y = _MARGIN
        self.small, self.label = _SMALL, _LABEL

    def fill(self) -> bytes:
        self._verdict()
        plan = self._best()
        self._block(plan.file)
        for block in plan.seals:
            self._block(block)
        self._write(plan.more, self.small)
        self.y = plan.bottom - plan.check.height
        self._block(plan.check)
        self.sheet.write(_MARGIN, plan.bottom, plan.foot, self.small)
        return self.sheet.output()

    def _best(self) -> _Plan:
        """The largest type in which every seal has room; else in which one has."""
        for scale in _FITTING:
            plan = self._plan(scale)
            if plan.all:
                return plan
        for scale in _SMALLEST:
            plan = self._plan(scale)
            if plan.seals:
                break
        return plan

    def _plan(self, scale: float) -> _Plan:
        self.small = _SMALL.scaled(scale)
        self.label = _LABEL.scaled(scale)
        said = [*self._both("paper.limits"), *self._both(self._sealed())]
        foot = [line for one in said for line in self.sheet.lines(one, self.small, _INNER)]
        bottom = HEIGHT - _MARGIN - len(foot) * self.small.line
        file, check = self._file(), self._check()
        room = bottom - check.height - self.y - file.height
        ordered = sorted(enumerate(self.report.signatures, start=1), key=self._decides)
        seals = self._seals(ordered, room)
        left = [one for _, one in ordered[len(seals) :]]
        return _Plan(file, seals, self._more(left), check, foot, bottom, not left)

    def _decides(self, numbered: tuple[int, SignatureReport]) -> tuple[bool, bool]:
        """First come those that gave the document its verdict, last those that pass."""
        one, whole = numbered[1], self.report
        said = (one.indication, one.sub_indication) == (whole.indication, whole.sub_indication)
        return one.indication is Indication.TOTAL_PASSED, not said

    def _seals(self, ordered: Sequence[tuple[int, SignatureReport]], room: float) -> list[_Block]:
        """Those that there is room for, and for the line that says how many more there are."""
        blocks: list[_Block] = []
        more = len(LANGUAGES) * self.small.line
        for numbered in ordered:
            block = self._seal(*numbered)
            room -= block.height
            if room < (0 if len(blocks) + 1 == len(ordered) else more):
                break
            blocks.append(block)
        return blocks

    def _verdict(self) -> None:
        """The word and its sentence in a frame, and what to do."""
        brand = " · ".join(self.text(lang, "common.service_name") for lang in LANGUAGES)
        self._write([brand], _BRAND)
        self._write([" · ".join(self._both("paper.title"))], _TITLE)
        self.y += 2
        colour, style = _TONES[self.report.verdict.tone]
        top, pad = self.y, 4.0
        self.y += pad - 1
        parts = zip(LANGUAGES, (_WORD, _WORD_LATIN), (_TEXT, _LATIN), strict=True)
        for lang, word, kind in parts:
            said = Type(word.size, word.line, colour)
            self._write([self._of_verdict(lang, "title")], said, pad)
            self._write([self._of_verdict(lang, "sentence")], kind, pad)
        self.y += pad - 1
        self.sheet.box(_MARGIN, top, _INNER, self.y - top, colour, style)
        self.y += 2.5
        self._write([" · ".join(self._both("paper.what_to_do"))], _HEAD)
        for lang, kind in zip(LANGUAGES, (_TEXT, _LATIN), strict=True):
            self._write([self._of_verdict(lang, "next")], kind)
        self.y += 2

    def _file(self) -> _Block:
        report = self.report
        rows = []
        if self.checked.name:
            rows.append(self._row("paper.file", _name(self.checked.name)))
        if report.size:
            rows.append(self._row("paper.size", *self._said("detail.bytes", count=report.size)))
            rows.append(self._row("paper.digest", report.digest))
        if report.unsigned_bytes:
            told = self._said("note.unsigned_bytes", count=report.unsigned_bytes)
            rows.append(self._row("", *told))
        missing = list(dict.fromkeys(n for one in report.signatures for n in one.missing))
        changed, nobody = (
            [part.name for part in report.parts if part.state is state]
            for state in (PartState.CHANGED, PartState.SIGNED_BY_NOBODY)
        )
        labels = ("paper.changed", "paper.signed_by_nobody", "report.missing")
        for label, names in zip(labels, (changed, nobody, missing), strict=True):
            if names:
                rows.append(self._row(label, *self._names(names)))
        return _Block((), rows)

    def _names(self, names: Sequence[str]) -> list[str]:
        told = [_name(one, _PART_MOST) for one in names[:_PARTS]]
        more = len(names) - len(told)
        return [*told, *(self._said("paper.parts_more", count=more) if more else ())]

    def _check(self) -> _Block:
        report, office = self.report, self.office
        policy = (report.policy, f"SHA-256 {report.policy_digest}")
        by = [office.url] if office.url else self._both("paper.here")
        rows = [
            self._row("report.checked_at", self._time(report.checked_at)),
            self._row("paper.checked_by", *by),
            self._row("detail.policy", *policy),
            self._row("detail.indication", _indications(report.indication, report.sub_indication)),
        ]
        if office.url:
            rows.append(self._row("paper.again", f"{office.url}/"))
        if office.number:
            rows.append(self._row("paper.number", office.number))
        return _Block(self._head(" · ".join(self._both("report.the_check"))), rows)

    def _more(self, left: Sequence[SignatureReport]) -> list[str]:
        if not left:
            return []
        passed = sum(one.indication is Indication.TOTAL_PASSED for one in left)
        return self._said("paper.more", count=len(left), passed=passed)

    def _seal(self, place: int, signature: SignatureReport) -> _Block:
        numbered = [
            self.text(lang, "report.seal", number=number(lang, place)) for lang in LANGUAGES
        ]
        rows = list(self._facts(signature))
        if signature.sub_indication is not None:
            why = f"reason.{signature.sub_indication}"
            each = (
                f"{self.text(lang, f'{why}.sentence')} {self.text(lang, f'{why}.next')}"
                for lang in LANGUAGES
            )
            rows.append(self._row("report.why", *each))
        rows += [self._row("", *self._both(f"note.{note}")) for note in signature.notes]
        return _Block(self._head(" · ".join(numbered)), rows)

    def _facts(self, signature: SignatureReport) -> Iterator[_Row]:
        yield from (self._confirmed if self.report.verdict.confirms else self._claimed)(signature)
        if signature.revoked_at is not None:
            yield self._row("report.revoked_at", self._time(signature.revoked_at))
        level = f"{signature.format} {signature.level}" if signature.level else signature.format
        told = _indications(signature.indication, signature.sub_indication)
        yield self._row("detail.indication", f"{told} ({level})")

    def _confirmed(self, signature: SignatureReport) -> Iterator[_Row]:
        if (who := signature.signer) is not None:
            stamped = self.report.verdict is Verdict.TIME_STAMPED
            by = "report.stamped_by" if stamped else "report.sealed_by"
            yield self._row(by, _party(who))
            if who.organization_identifier:
                yield self._row("paper.registered", _name(who.organization_identifier))
            yield self._row("detail.issuer", f"{_name(who.issuer)}, {_name(who.serial)}")
        if signature.signed_at is not None:
            yield self._row("paper.proven_at", self._time(signature.signed_at))
            if signature.time_stamped_by is not None:
                yield self._row("paper.proven_by", _party(signature.time_stamped_by))
        elif signature.claimed_at is not None:
            yield self._row("paper.claimed_at", self._time(signature.claimed_at))

    def _claimed(self, signature: SignatureReport) -> Iterator[_Row]:
        """Anybody can write these."""
        if (who := signature.signer) is not None:
            named = filter(None, (_party(who), _name(who.organization_identifier or "")))
            yield self._row("report.sealed_by_claimed", ", ".join(named))
            issued = f"{_name(who.issuer)}, {_name(who.serial)}"
            yield self._row("paper.issuer_claimed", issued)
        at = signature.signed_at or signature.claimed_at
        if at is not None:
            yield self._row("report.sealed_at_claimed", self._time(at))

    def _block(self, block: _Block) -> None:
        if not block.rows and not block.head:
            return
        self.sheet.rule(_MARGIN, self.y, _INNER)
        self.y = self.sheet.write(_MARGIN, self.y + 0.5, block.head, _HEAD)
        for row in block.rows:
            self.sheet.write(_MARGIN, self.y, row.label, self.label)
            self.sheet.write(_MARGIN + _LABELS, self.y, row.values, self.small)
            self.y += row.height
        self.y += 1.5

    def _row(self, label: str, *values: str) -> _Row:
        """Values share a line where they fit."""
        together = " · ".join(values)
        lines = self.sheet.lines(together, self.small, _VALUES)
        if len(lines) > 1:
            lines = [line for one in values for line in self.sheet.lines(one, self.small, _VALUES)]
        named = " · ".join(self._both(label)) if label else ""
        labels = self.sheet.lines(named, self.label, _LABELS - 3)
        return _Row(labels, lines, max(len(labels), len(lines)) * self.small.line + 0.6)

    def _head(self, text: str) -> list[str]:
        return self.sheet.lines(text, _HEAD, _INNER)

    def _write(self, texts: Iterable[str], kind: Type, indent: float = 0.0) -> None:
        for one in texts:
            lines = self.sheet.lines(one, kind, _INNER - 2 * indent)
            self.y = self.sheet.write(_MARGIN + indent, self.y, lines, kind)

    def _of_verdict(self, lang: str, part: str) -> str:
        return self.text(lang, f"verdict.{self.report.verdict}.{part}")

    def _both(self, key: str) -> list[str]:
        return [self.text(lang, key) for lang in LANGUAGES]

    def _said(self, key: str, **values: object) -> list[str]:
        """In both languages, numbers in the digits of each."""
        return [
            self.text(lang, key, **{
                name: number(lang, value) if isinstance(value, int) else value
                for name, value in values.items()
            })
            for lang in LANGUAGES
        ]  # fmt: skip

    def _time(self, at: int) -> str:
        utc = datetime.fromtimestamp(at, UTC)
        exact = in_cambodia(utc).isoformat()
        return " · ".join((*(spoken(lang, utc) for lang in LANGUAGES), exact))

    def _sealed(self) -> str:
        return "paper.sealed" if self.office.url else "paper.unsealed"


def draw(checked: Checked, pages: Pages, office: Office) -> bytes:
    """The report as a PDF of one page, unsigned."""
    return _Court(checked, pages, office).fill()


def _indications(main: Indication, why: object) -> str:
    return f"{main} / {why}" if why else str(main)


def _party(who: Party) -> str:
    names = dict.fromkeys(filter(None, (who.organization, who.common_name)))
    return " – ".join(_name(one) for one in names)


def _name(text: str, most: int = _NAME_MOST) -> str:
    """What somebody else wrote."""
    return shown(text, most, drawable())
