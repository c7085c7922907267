"""One workload: a pinned server, a pinned wrk, the median of several rounds."""

import os
import re
import statistics
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

SERVER_CORE, LOAD_CORE = "0", "1"

_LUA = Path(__file__).parent / "load.lua"
_TICKS = os.sysconf("SC_CLK_TCK")


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
    """`asks(n)` makes n requests that have not been sent before; n is 1 where they may repeat."""

    name: str
    asks: Callable[[int], Iterable[Ask]]
    single_use: bool = False
    connections: int = 32


@dataclass(frozen=True, slots=True)
class Result:
    """Medians over the rounds; `cpu_us` is the server's CPU time a request."""

    name: str
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    failed: int

    def __str__(self) -> str:
        return (
            f"{self.name:44} {self.per_second:8.0f}/s  p50 {self.p50_ms:6.1f} ms  "
            f"p99 {self.p99_ms:6.1f} ms  {self.cpu_us:6.0f} us CPU"
            + (f"  FAILED {self.failed}" if self.failed else "")
        )


def measure(
    workload: Workload, base: str, server_pid: int, folder: Path, rounds: int, seconds: int
) -> Result:
    """Run the workload against the server; requests that fail are counted, never hidden."""
    taken = []
    for number in range(rounds + 1):  # the first round warms up
        length = seconds if number else max(1, seconds // 2)
        count = 6_000 * length if workload.single_use else 1
        requests = folder / "requests.tsv"
        requests.write_text("\n".join(ask.line() for ask in workload.asks(count)))
        before = _cpu_seconds(server_pid)
        sent, micros, failed, p50, p99 = _wrk(base, requests, length, workload.connections)
        spent = _cpu_seconds(server_pid) - before
        if workload.single_use and sent > count:
            failed = 0 if failed <= sent - count else failed  # it ran out of fresh requests
        if number:
            taken.append((sent / micros * 1e6, p50 / 1e3, p99 / 1e3, spent / sent * 1e6, failed))
    columns = list(zip(*taken, strict=True))
    medians = [statistics.median(column) for column in columns[:4]]
    return Result(workload.name, *medians, failed=sum(columns[4]))


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


def _wrk(
    base: str, requests: Path, seconds: int, connections: int
) -> tuple[int, int, int, int, int]:
    wrk = ("wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s")
    done = subprocess.run(
        ["taskset", "-c", LOAD_CORE, *wrk, "-s", str(_LUA), base, "--", str(requests)],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+)", done.stdout)
    if found is None:
        raise RuntimeError(f"wrk said: {done.stdout}{done.stderr}")
    return tuple(map(int, found.groups()))  # type: ignore[return-value]  # five groups


def _cpu_seconds(pid: int) -> float:
    """CPU time of a process and its children (proc(5): utime and stime)."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat.parent.name) == pid or int(fields[1]) == pid:
            total += (int(fields[11]) + int(fields[12])) / _TICKS
    return total
