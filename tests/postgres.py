"""A real PostgreSQL for the tests: made, started and removed by the test process."""

import os
import shutil
import subprocess
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self


class Cluster:
    """A server of our own in a temporary folder, listening on a Unix socket there alone."""

    def __init__(self, *, fsync: bool = False) -> None:
        self._temporary = TemporaryDirectory(prefix="tra-pg-")  # short: a socket's path is
        self._folder = Path(self._temporary.name)
        self._fsync = "on" if fsync else "off"
        self._numbers = count(1)

    def __enter__(self) -> Self:
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(self._folder, "postgres")
        self._run(
            "initdb", "-D", self._data, "-U", "tra", "--auth=trust", "--no-sync", "-E", "UTF8"
        )
        options = (
            f"-k {self._folder} -c listen_addresses='' -c max_connections=200 "
            f"-c fsync={self._fsync}"
        )
        self._run("pg_ctl", "-D", self._data, "-w", "-o", options, "-l", self._log, "start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "stop")
        self._temporary.cleanup()

    def new_database(self) -> str:
        """The URL of a database that nobody has used."""
        name = f"test_{next(self._numbers)}"
        self._run("createdb", "-h", str(self._folder), "-U", "tra", name)
        return f"postgresql://tra@/{name}?host={self._folder}"

    @property
    def pid(self) -> int:
        """The server's first process."""
        return int(Path(self._data, "postmaster.pid").read_text(encoding="ascii").split()[0])

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    @property
    def _log(self) -> str:
        return str(self._folder / "log")

    def _run(self, program: str, *arguments: str) -> None:
        become = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        done = subprocess.run(
            [*become, str(_binaries() / program), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self._folder,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {done.stdout}{done.stderr}")


def _binaries() -> Path:
    """The newest server that Debian installed."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name)
    )
    if not found:
        raise RuntimeError("PostgreSQL is not installed: run `make system`")
    return found[-1]
