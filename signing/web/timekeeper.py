"""Watches this process's clock, and stops time-stamps when it is off (RFC 3161 §2.4.2)."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from core import audit
from core.clock import Clock
from core.database import Ledger, Transaction
from core.ntp import COOKIE_BYTES, NtpFailed, ask
from keys.handles import new_bytes
from signing.rules.timekeeping import Judgement, Moment, Reading, judge

ASKED_EVERY: Final = 64.0
"""Seconds between questions to one source while the clock is right; servers ask for no less."""

STOPPED: Final = audit.kind(
    "timestamp:clock:stop",
    "The clock is off, or could not be checked for too long: no time-stamps until it is right. "
    "`offset` in milliseconds.",
    "standing",
    "offset",
    "agreeing",
    "sources",
)
RESUMED: Final = audit.kind(
    "timestamp:clock:resume", "The clock is right again.", "standing", "agreeing", "sources"
)


@dataclass
class Timekeeper:
    """Asks the sources, and remembers what each said last. `failures`: why one said nothing."""

    sources: tuple[str, ...]
    clock: Clock
    readings: dict[str, Reading] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    _asked_at: float | None = None
    _stamping: bool = True

    @property
    def moment(self) -> Moment:
        return Moment(self.clock.utc().timestamp(), self.clock.steady())

    def judgement(self) -> Judgement:
        """The standing of the clock at this moment."""
        return judge(self.readings.values(), len(self.sources), self.moment)

    async def watch(self, ledger: Ledger) -> None:
        """Ask those whose time it is, and write down when time-stamps stop and when they go on.
        While the clock is not right they are asked each time."""
        steady = self.clock.steady()
        right = self.judgement().may_stamp
        if not right or self._asked_at is None or steady - self._asked_at >= ASKED_EVERY:
            self._asked_at = steady
            await self.ask()
        found = self.judgement()
        if found.may_stamp is self._stamping:
            return
        self._stamping = found.may_stamp
        await ledger.write(_record, found, self.clock.now())

    async def ask(self) -> None:
        """Ask every source now."""
        await asyncio.gather(*map(self._ask, self.sources))

    async def _ask(self, source: str) -> None:
        try:
            told = await ask(source, new_bytes(COOKIE_BYTES), self.clock)
        except NtpFailed as failed:
            self.failures[source] = str(failed)
            return
        self.failures.pop(source, None)
        now = self.moment
        less_steady = now.wall + told.ahead - now.steady
        self.readings[source] = Reading(source, less_steady, told.margin, now.steady)


def _record(transaction: Transaction, found: Judgement, now: int) -> None:
    counted = {
        "standing": found.standing.value,
        "agreeing": found.agreeing,
        "sources": found.sources,
    }
    if found.may_stamp:
        audit.record(transaction, RESUMED, actor="service", now=now, **counted)
        return
    offset = None if found.offset is None else round(found.offset * 1000)
    audit.record(transaction, STOPPED, actor="service", now=now, offset=offset, **counted)
