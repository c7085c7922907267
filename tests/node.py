"""Programs on Node: clients that we did not write, driven by a few lines each (tests/interop/node).

They hear and tell JSON, a line each.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).parent / "interop" / "node"


class Script:
    """A running script."""

    def __init__(self, name: str) -> None:
        node = shutil.which("node")
        assert node, "Node is not installed: version 20 or later is needed"
        assert (SCRIPTS / "node_modules").is_dir(), "run `npm ci` in tests/interop/node"
        self.name = name
        self.process = subprocess.Popen(
            [node, str(SCRIPTS / name)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ask(self, **told: Any) -> dict[str, Any]:
        self.tell(**told)
        return self.hear()

    def tell(self, **told: Any) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(told) + "\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, f"{self.name} ended:\n{self.process.communicate()[1]}"
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def script(name: str) -> Iterator[Script]:
    running = Script(name)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.communicate()
