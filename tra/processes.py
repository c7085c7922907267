"""Child processes: started together, watched, and stopped together, whatever happens to us."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

GRACE_SECONDS: Final = 10
"""How long a child may take to finish what it is doing, before it is killed."""

_LAST_LINES: Final = 15


class ChildDied(Exception):
    """A child ended although nobody asked it to; the text holds the last lines of its log."""


@dataclass
class Children:
    """Children of this process; their output goes to `logs`/NAME.log."""

    logs: Path
    environment: Mapping[str, str]
    _running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, name: str, command: list[str]) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)
        with self._log(name).open("ab") as log:
            self._running[name] = subprocess.Popen(
                # The kernel ends the child when we end, even by kill -9: no orphan keeps a port.
                ["/usr/bin/setpriv", "--pdeathsig", "TERM", *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.environment),
                start_new_session=True,  # Ctrl-C reaches us alone: we stop them in order
            )

    def check(self) -> None:
        """Raises ChildDied."""
        for name, child in self._running.items():
            if (status := child.poll()) is not None:
                lines = self._log(name).read_text(errors="replace").splitlines()[-_LAST_LINES:]
                told = "\n".join(f"    {line}" for line in lines)
                raise ChildDied(
                    f"{name} ended with status {status}. Its log, {self._log(name)}:\n{told}"
                )

    def stop(self) -> None:
        """Ask all to end, wait for them, kill what is left."""
        for child in self._running.values():
            child.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for child in self._running.values():
            try:
                child.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)  # and what it started
                child.wait()
        self._running.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"


@contextmanager
def until_stopped() -> Iterator[threading.Event]:
    """An event that is set by Ctrl-C or SIGTERM, in place of an exception anywhere."""
    stopped = threading.Event()
    old = {
        number: signal.signal(number, lambda *_: stopped.set())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield stopped
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
