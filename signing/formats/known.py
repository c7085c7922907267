"""What was found out before, as far as it follows from the bytes that it is kept under: never from
the time, nor from whom is trusted, nor from a policy."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Known(Generic[K, V]):
    """The last so many findings; several threads may ask."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: K) -> V | None:
        with self._lock:
            if key not in self._held:
                return None
            self._held.move_to_end(key)
            return self._held[key]

    def keep(self, key: K, found: V) -> None:
        with self._lock:
            self._held[key] = found
            self._held.move_to_end(key)
            if len(self._held) > self._most:
                self._held.popitem(last=False)
