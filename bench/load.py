"""One workload: a pinned server, a pinned wrk, the median of several rounds."""

import http.client
import os
import re
import statistics
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

SERVER_CORE, LOAD_CORE = 0, 1

HEADER = (
    f"{'':46}{'a second':>9}{'p50 ms':>8}{'p99 ms':>8}{'us CPU':>8}{'+ database':>11}{'core':>7}"
)

_LUA = Path(__file__).parent / "load.lua"
_TICKS = os.sysconf("SC_CLK_TCK")
_FRESH_A_SECOND = 8_000
"""How many single-use requests the warm-up has; a later round has twice what the last one used."""
_MEDIANS = ("per_second", "p50_ms", "p99_ms", "cpu_us", "database_us", "core")


@dataclass(frozen=True, slots=True)
class _Round:
    sent: int
    failed: int
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    database_us: float
    core: float


class WrongAnswer(Exception):
    """A request of a workload was not answered as it should be."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request of a workload. A body that begins with `@` is the file of that name."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""

    def line(self) -> str:
        headers = "".join(f"{name}: {value}|" for name, value in self.headers)
        return f"{self.method}\t{self.path}\t{headers}\t{self.body}"


@dataclass(frozen=True, slots=True)
class Workload:
    """`asks(n)` makes n requests that have not been sent before; n is 1 where they may repeat. An
    answer has that status, and that text in its body; one that has not fails the bench."""

    name: str
    asks: Callable[[int], Iterable[Ask]]
    single_use: bool = False
    connections: int = 32
    status: int = 200
    must_have: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """A server that is measured, and its database's server where that is another process."""

    base: str
    pid: int
    database_pid: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """Medians over the rounds. `cpu_us` is CPU time a request: the figure that other work on the
    machine disturbs least; `core` is how much of its core the server got."""

    name: str
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    database_us: float
    core: float
    failed: int

    def __str__(self) -> str:
        database = f"{self.database_us:11.0f}" if self.database_us else f"{'':11}"
        return (
            f"{self.name:46}{self.per_second:9.0f}{self.p50_ms:8.1f}{self.p99_ms:8.1f}"
            f"{self.cpu_us:8.0f}{database}{self.core:7.0%}"
            + (f"  FAILED {self.failed}" if self.failed else "")
        )


def measure(workload: Workload, target: Target, folder: Path, rounds: int, seconds: int) -> Result:
    """Run the workload against the server; requests that fail are counted, never hidden."""
    taken = []
    rate: float = _FRESH_A_SECOND
    for number in range(rounds + 1):  # the first round warms up
        length = seconds if number else max(1, seconds // 2)
        one = _round(workload, target, folder, length, int(rate * length))
        while workload.single_use and one.sent > rate * length:  # some were sent twice
            rate *= 2
            one = _round(workload, target, folder, length, int(rate * length))
        rate = max(2 * one.per_second, _FRESH_A_SECOND / 4)
        if number or one.failed:
            taken.append(one)
    medians = {name: statistics.median(getattr(one, name) for one in taken) for name in _MEDIANS}
    return Result(workload.name, **medians, failed=sum(one.failed for one in taken))


def _round(workload: Workload, target: Target, folder: Path, seconds: int, count: int) -> _Round:
    asks = list(workload.asks(count + 1 if workload.single_use else 1))
    _probe(workload, target.base, asks.pop() if workload.single_use else asks[0])
    requests = folder / "requests.tsv"
    requests.write_text("\n".join(ask.line() for ask in asks))
    before = _cpu_seconds(target)
    sent, micros, failed, p50, p99 = _wrk(workload, target.base, requests, seconds)
    own, database = (now - then for now, then in zip(_cpu_seconds(target), before, strict=True))
    if not workload.single_use:
        _probe(workload, target.base, asks[-1])
    return _Round(
        sent,
        failed,
        per_second=sent / micros * 1e6,
        p50_ms=p50 / 1e3,
        p99_ms=p99 / 1e3,
        cpu_us=own / sent * 1e6,
        database_us=database / sent * 1e6,
        core=own / micros * 1e6,
    )


def wait_until_ready(base: str, seconds: float = 30) -> None:
    """Until the server answers /readyz."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"{base}/readyz", timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _probe(workload: Workload, base: str, ask: Ask) -> None:
    """Read one answer whole: wrk tells errors from other answers, and no more; raises
    WrongAnswer."""
    body = Path(ask.body[1:]).read_bytes() if ask.body.startswith("@") else ask.body.encode()
    connection = http.client.HTTPConnection(base.partition("://")[2], timeout=30)
    try:
        connection.request(ask.method, ask.path, body or None, dict(ask.headers))
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
    finally:
        connection.close()
    if answer.status != workload.status or workload.must_have not in text:
        raise WrongAnswer(f"{workload.name}: {answer.status} {text[:500]}")


def pin(pid: int, core: int) -> None:
    """Keep a process, its children, and those that it will have to one core."""
    for member in (pid, *_children(pid)):
        os.sched_setaffinity(member, {core})


def _wrk(
    workload: Workload, base: str, requests: Path, seconds: int
) -> tuple[int, int, int, int, int]:
    wrk = ("wrk", "-t1", f"-c{workload.connections}", f"-d{seconds}s", "--timeout", "10s")
    script = ("-s", str(_LUA), base, "--", str(requests))
    done = subprocess.run(
        ["taskset", "-c", str(LOAD_CORE), *wrk, *script], capture_output=True, text=True, check=True
    )
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+)", done.stdout)
    if found is None:
        raise RuntimeError(f"wrk said: {done.stdout}{done.stderr}")
    return tuple(map(int, found.groups()))  # type: ignore[return-value]  # five groups


def _cpu_seconds(target: Target) -> tuple[float, float]:
    """CPU time of the server, and of its database's, each with its children."""
    pids = (target.pid, target.database_pid)
    own, database = (0.0 if pid is None else sum(map(_spent, _family(pid))) for pid in pids)
    return own, database


def _family(pid: int) -> tuple[int, ...]:
    return (pid, *_children(pid))


def _children(pid: int) -> list[int]:
    return [
        int(stat.parent.name)
        for stat in Path("/proc").glob("[0-9]*/stat")
        if (fields := _stat(stat)) and int(fields[1]) == pid
    ]


def _spent(pid: int) -> float:
    """proc(5): utime and stime, and those of children that are gone."""
    fields = _stat(Path(f"/proc/{pid}/stat"))
    return sum(map(int, fields[11:15])) / _TICKS if fields else 0.0


def _stat(file: Path) -> list[str]:
    """The fields of a process from its state on; none where it is gone."""
    try:
        return file.read_text().rpartition(")")[2].split()
    except OSError:
        return []
