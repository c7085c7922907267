"""`tra` commands, each in a process of its own that begins with everything imported.

A command takes a second to import and a tenth of that to run. So one process imports them all and
waits; for each command it forks a child, which gets its arguments, environment and output as from
a shell, and ends as `python -m tra` would.
"""

import atexit
import gc
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import IO

_one_at_a_time = Lock()


def tra(*arguments: str, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end; what it told, and its status."""
    with _one_at_a_time, TemporaryDirectory() as folder:
        out, err = (Path(folder) / name for name in ("out", "err"))
        asked = [list(arguments), dict(environment), str(out), str(err)]
        waiting = _waiting()
        assert waiting.stdin is not None
        assert waiting.stdout is not None
        waiting.stdin.write(json.dumps(asked) + "\n")
        waiting.stdin.flush()
        status = int(waiting.stdout.readline())
        told = (file.read_text(encoding="utf-8") for file in (out, err))
        return subprocess.CompletedProcess(arguments, status, *told)


@cache
def _waiting() -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.commands"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(process.communicate)  # the end of its input is its own
    return process


def _serve(asked: IO[str], answers: IO[str]) -> bool:
    """Until there is nothing more to run; True in a child, which is to run a command."""
    for line in asked:
        arguments, environment, out, err = json.loads(line)
        child = os.fork()
        if child == 0:
            for descriptor, path in ((0, os.devnull), (1, out), (2, err)):
                os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), descriptor)
            os.environ.clear()
            os.environ.update(environment)
            sys.argv = ["tra", *arguments]
            return True
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(status, file=answers, flush=True)
    return False


def main() -> None:
    """Import every command, then run those that are asked for on standard input."""
    cli = importlib.import_module("tra.cli")
    for name in cli.Commands().list_commands(None):
        importlib.import_module(f"tra.commands.{name}")
    importlib.import_module("tra.assembly")
    gc.freeze()
    answers = os.fdopen(os.dup(1), "w")
    if _serve(sys.stdin, answers):
        cli.main()


if __name__ == "__main__":
    main()
