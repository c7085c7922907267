"""The only place that asks what time it is. Everything else is handed `now`."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time. `now` is a NumericDate: whole seconds since the epoch, UTC (RFC 7519 §2)."""

    def now(self) -> int: ...

    def utc(self) -> datetime: ...

    def steady(self) -> float:
        """Seconds of a clock that nobody sets: good for differences alone."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        return int(time.time())

    def utc(self) -> datetime:
        return datetime.now(UTC)

    def steady(self) -> float:
        return time.monotonic()


@dataclass
class FixedClock:
    """A clock that moves only when told to, for tests and rehearsals."""

    at: datetime

    def now(self) -> int:
        return int(self.at.timestamp())

    def utc(self) -> datetime:
        return self.at

    def steady(self) -> float:
        return self.at.timestamp()

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
