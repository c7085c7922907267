"""`python -m tests.fuzz.guided [SECONDS] [TARGET …]`: each target for so long, guided by the code
that its inputs reach (atheris, libFuzzer). What was found worth keeping stays in .cache/fuzz and is
where the next run begins. An input that breaks a target is told, kept, and is exit status 1.
"""

import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.fuzz.every import TARGETS
from tests.fuzz.kept import KEPT

SECONDS = 5


@dataclass(frozen=True)
class Result:
    """What a target's run came to. `broke`: the input at which it ended, if it did."""

    name: str
    inputs: int
    reached: int
    broke: bytes | None
    output: str

    def __str__(self) -> str:
        return f"{self.name:36} {self.inputs:9} inputs {self.reached:7} reached"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("seconds", type=int, nargs="?", default=SECONDS)
    parser.add_argument("targets", nargs="*", default=list(TARGETS))
    chosen = parser.parse_args()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        broken = [
            result
            for result in pool.map(lambda name: run(name, chosen.seconds), chosen.targets)
            if _tell(result)
        ]
    print(f"{len(chosen.targets)} targets, {len(broken)} broken")
    return int(bool(broken))


def run(name: str, seconds: int) -> Result:
    """One target in a process of its own."""
    folder = KEPT / name
    folder.mkdir(parents=True, exist_ok=True)
    crash = KEPT / f"{name}.crash"
    crash.unlink(missing_ok=True)
    command = [sys.executable, "-W", "ignore", "-m", "tests.fuzz.instrumented", name, str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    found = re.findall(r"#(\d+)\s+\w+\s+cov: (\d+)", done.stderr)
    inputs, reached = map(int, found[-1]) if found else (0, 0)
    broke = crash.read_bytes() if crash.exists() else None
    if broke is None and done.returncode != 0:
        broke = b""
    return Result(name, inputs, reached, broke, done.stdout + done.stderr)


def _tell(result: Result) -> bool:
    """Whether it broke; prints what there is to say."""
    print(result, flush=True)
    if result.broke is None:
        return False
    print(f"    broken by {result.broke[:400]!r}")
    print("    " + "\n    ".join(result.output.splitlines()[-25:]), flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
