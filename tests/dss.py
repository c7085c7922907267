"""EU DSS, the European Commission's validator: it judges what we made, and we did not write it.

A small driver in Java (tests/interop/dss) hears and tells a line for each question.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent / "interop" / "dss"
BUILD = HERE / "build"


@dataclass(frozen=True)
class Judged:
    """What DSS says of one signature; `told` are its errors and warnings,
    and what is wrong with its time-stamps."""

    level: str
    indication: str
    sub_indication: str
    signed_by: str
    told: tuple[str, ...]


class Judge:
    """A running validator."""

    def __init__(self) -> None:
        java = shutil.which("java")
        assert java, "Java is not installed: version 17 or later is needed"
        assert (BUILD / "Judge.class").is_file(), "run `make judge`"
        self.process = subprocess.Popen(
            [java, "-XX:TieredStopAtLevel=1", "-cp", f"{BUILD}/lib/*:{BUILD}", "Judge"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )

    def judge(
        self,
        root: Path,
        at: int,
        signed: Path,
        *beside: Path,
        record: Path | None = None,
        report: Path | None = None,
    ) -> list[Judged]:
        """Every signature of a file, at a moment (NumericDate). `root`: the one certificate that
        is trusted, DER or PEM; `beside`: what is signed and not within the file; `record`: an
        evidence record over it; `report`: where its validation report (ETSI TS 119 102-2) goes. Of
        a record by itself, and of time-stamps, these."""
        named = {"record": record, "report": report}
        over = [f"{name}={file}" for name, file in named.items() if file is not None]
        question = "\t".join(map(str, (root, at, signed, *beside, *over)))
        assert self.process.stdin is not None
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        lines = list(iter(self._hear, "END"))
        assert all(line.startswith("SIGNATURE\t") for line in lines), lines
        return [
            Judged(*said[:4], tuple(one for one in said[4:] if one))
            for said in (line.split("\t")[1:] for line in lines)
        ]

    def _hear(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the judge ended"
        return line.rstrip("\n")


@contextmanager
def judge() -> Iterator[Judge]:
    running = Judge()
    try:
        yield running
    finally:
        running.process.kill()
        running.process.communicate()


def make(folder: Path, at: int) -> None:
    """Sign the files of a folder in every way that DSS knows (see Maker.java)."""
    java = shutil.which("java")
    assert java, "Java is not installed: version 17 or later is needed"
    assert (BUILD / "Maker.class").is_file(), "run `make judge`"
    subprocess.run(
        [
            java,
            "-XX:TieredStopAtLevel=1",
            "-cp",
            f"{BUILD}/lib/*:{BUILD}",
            "Maker",
            folder,
            str(at),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
