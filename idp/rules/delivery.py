"""When an undelivered message is tried again: soon, then ever later, then no more."""

from typing import Final

WAITS: Final = (2, 10, 60, 300, 1_800, 7_200)
"""Seconds after each failed try."""


def next_try(attempts: int, now: int) -> int | None:
    """When to try again after so many tries; None: given up."""
    return now + WAITS[attempts - 1] if attempts <= len(WAITS) else None
