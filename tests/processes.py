"""Programs that run beside the tests: started, awaited, stopped; their logs explain a failure."""

import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from tra.processes import Children

STARTING_SECONDS = 60
LINES_SHOWN = 40

_running: dict[Path, str] = {}


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    name: str, command: list[str], answers_at: str, folder: Path, environment: Mapping[str, str]
) -> Iterator[Path]:
    """A program from the moment it answers at that URL until the block ends; yields its log.

    Raises ChildDied with the end of its log, or TimeoutError.
    """
    log = folder / f"{name}.log"
    with Children(folder, environment) as children:
        children.start(name, command)
        _running[log] = name
        try:
            _wait(children, answers_at)
            yield log
            children.check()
        finally:
            del _running[log]


def logs() -> list[tuple[str, str]]:
    """The end of the log of every program that runs now, under a title."""
    return [(f"Log of {name}", _end_of(log)) for log, name in _running.items()]


def _wait(children: Children, url: str) -> None:
    deadline = time.monotonic() + STARTING_SECONDS
    while not _answers(url):
        children.check()
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing answered at {url} for {STARTING_SECONDS} seconds")
        time.sleep(0.05)


def _answers(url: str) -> bool:
    """Whether there is an answer, and no server's fault."""
    parts = urlsplit(url)
    with closing(HTTPConnection(parts.hostname or "", parts.port, timeout=5)) as connection:
        try:
            connection.request("GET", parts.path or "/")
            return connection.getresponse().status < 500
        except (OSError, HTTPException):
            return False


def _end_of(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-LINES_SHOWN:])
