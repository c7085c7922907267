"""The clients as the endpoints ask for them: read once, kept for a few seconds."""

from typing import Final

from clients.rules.client import is_client_id
from clients.store.clients import Registered, find, find_origins_of_pages
from core.clock import Clock
from core.database import Ledger

KEPT_SECONDS: Final = 5
"""How long a change to a client may go unnoticed by another process."""

_KEPT_AT_MOST: Final = 4_096


class Registry:
    """Finds clients. Those that are not registered are not remembered."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._kept: dict[str, tuple[int, Registered]] = {}
        self._origins: tuple[int, frozenset[str]] = (0, frozenset())

    async def find(self, client_id: str) -> Registered | None:
        if not is_client_id(client_id):
            return None
        now = self._clock.now()
        kept = self._kept.get(client_id)
        if kept is not None and kept[0] > now:
            return kept[1]
        found = await self._ledger.read(find, client_id)
        self._kept.pop(client_id, None)
        if found is not None:
            if len(self._kept) >= _KEPT_AT_MOST:
                self._kept.clear()
            self._kept[client_id] = (now + KEPT_SECONDS, found)
        return found

    async def origins_of_pages(self) -> frozenset[str]:
        """Where public clients have pages that call us from browsers."""
        now = self._clock.now()
        if self._origins[0] <= now:
            found = await self._ledger.read(find_origins_of_pages)
            self._origins = now + KEPT_SECONDS, found
        return self._origins[1]

    def forget(self, client_id: str) -> None:
        """Read the client again when it is asked for next: it was changed here."""
        self._kept.pop(client_id, None)
        self._origins = 0, frozenset()
