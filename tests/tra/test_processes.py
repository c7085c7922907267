"""Children end when they are told to, when one of them dies, and when their parent does."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tra.processes import ChildDied, Children, until_stopped

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]


def alive(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def eventually(fact: object) -> None:
    """Waits for a fact that another process makes true."""
    assert callable(fact)
    for _ in range(1_000):
        if fact():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come true")


def test_children_end_with_the_block(tmp_path: Path) -> None:
    with Children(tmp_path, {}) as children:
        for name in ("one", "two"):
            children.start(name, SLEEPER)
        pids = [child.pid for child in children._running.values()]
        children.check()
        assert all(map(alive, pids))
    assert not any(map(alive, pids))


def test_a_child_that_ends_by_itself_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    with Children(tmp_path, {}) as children:
        children.start("short", [sys.executable, "-c", "print('why'); raise SystemExit(7)"])
        children._running["short"].wait()
        with pytest.raises(ChildDied, match=r"(?s)short ended with status 7.*why"):
            children.check()


def test_a_child_that_does_not_want_to_end_is_killed_with_its_own_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tra.processes.GRACE_SECONDS", 0.2)
    stubborn = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print(os.fork(), flush=True); time.sleep(600)"
    )
    with Children(tmp_path, {}) as children:
        children.start("stubborn", [sys.executable, "-c", stubborn])
        pid = children._running["stubborn"].pid
        log = tmp_path / "stubborn.log"
        eventually(lambda: len(log.read_text().split()) == 2)
        grandchild = max(map(int, log.read_text().split()))
    assert not alive(pid)
    eventually(lambda: not alive(grandchild))


def test_children_do_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = (
        "import sys, time; from pathlib import Path; from tra.processes import Children\n"
        f"children = Children(Path({str(tmp_path)!r}), {{}})\n"
        f"children.start('child', {SLEEPER!r})\n"
        "print(children._running['child'].pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        child = int(started.stdout.readline())
        eventually(lambda: "up" in (tmp_path / "child.log").read_text())
        assert alive(child)
        started.kill()
    eventually(lambda: not alive(child))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_stop_sets_the_event(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with until_stopped() as stopped:
        assert not stopped.is_set()
        os.kill(os.getpid(), number)
        assert stopped.wait(5)
    assert signal.getsignal(number) is before
