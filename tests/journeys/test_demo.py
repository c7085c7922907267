"""`make demo` and `make smoke`, as a person types them: start, walk, stop, start again."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pyotp
import pytest

from tests.processes import free_port
from tra.demo import PEOPLE

TRA = Path(sys.executable).parent / "tra"

pytestmark = pytest.mark.timeout(300)


def four_free_ports() -> int:
    """The first of four ports in a row that nobody listens on."""
    for _ in count():
        first = free_port()
        with ExitStack() as probes:
            try:
                for port in range(first + 1, first + 4):
                    probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    raise AssertionError


@dataclass(frozen=True)
class Place:
    """Where a demo keeps its things and listens."""

    folder: Path
    port: int
    tls_port: int

    @property
    def options(self) -> list[str]:
        where = ["--data", str(self.folder), "--port", str(self.port)]
        return [*where, "--tls", "--tls-port", str(self.tls_port)]

    def read(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

    def tra(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [TRA, *arguments], capture_output=True, text=True, check=False, timeout=200
        )

    @contextmanager
    def demo(self) -> Iterator["subprocess.Popen[str]"]:
        """A demo from the moment it says that it is ready."""
        with subprocess.Popen(
            [TRA, "demo", *self.options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as started:
            assert started.stdout is not None
            said = []
            try:
                for line in started.stdout:
                    said.append(line)
                    if line.startswith("Ctrl-C"):
                        break
                else:
                    raise AssertionError("".join(said))
                yield started
            finally:
                started.kill()

    def listening(self) -> list[int]:
        """Those of the demo's ports on which somebody listens."""
        ports = [*range(self.port, self.port + 4), self.tls_port, self.tls_port + 1]
        taken = []
        for port in ports:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    taken.append(port)
        return taken


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("demo") / ".demo", four_free_ports(), four_free_ports())


@pytest.fixture(scope="module")
def running(place: Place) -> Iterator["subprocess.Popen[str]"]:
    with place.demo() as started:
        yield started


def test_every_person_and_client_is_listed_for_scripts(place: Place, running: object) -> None:
    people = {person["username"]: person for person in place.read("people.json")}
    assert len(people) == 30
    assert people["dara"].keys() >= {"password", "totp_secret", "names", "level", "special"}
    clients = {client["client_id"]: client for client in place.read("clients.json")}
    assert clients["moc-portal"]["client_secret"]
    assert clients["nssf-portal"]["private_jwks"]["keys"][0]["d"]
    assert all(client["agency"] and client["client_use"] for client in clients.values())
    sectors = {clients[name]["sector"] for name in ("moc-portal", "nssf-portal")}
    assert len(sectors) == 2


def test_what_is_secret_can_be_read_by_its_owner_alone(place: Place, running: object) -> None:
    assert stat.S_IMODE(place.folder.stat().st_mode) == 0o700
    for name in ("master.key", "tra.toml", "people.json", "clients.json", "services/moc.json"):
        assert stat.S_IMODE((place.folder / name).stat().st_mode) == 0o600, name


def test_the_whole_journey_holds(place: Place, running: object) -> None:
    walked = place.tra("smoke", *place.options)
    assert walked.returncode == 0, walked.stdout + walked.stderr
    assert "signed out everywhere" in walked.stdout
    assert walked.stdout.endswith("Every step holds.\n")
    assert "starting one" not in walked.stdout


def test_the_code_of_a_second_factor_is_told(place: Place, running: object) -> None:
    [dara] = [one for one in place.read("people.json") if one["username"] == "dara"]
    told = place.tra("demo", *place.options, "code", "dara").stdout.strip()
    assert pyotp.TOTP(dara["totp_secret"]).verify(told, valid_window=2)
    nobody = place.tra("demo", *place.options, "code", "nobody")
    assert nobody.returncode == 1
    assert "is called nobody" in nobody.stderr


def test_a_second_demo_says_whose_port_it_wanted(place: Place, running: object) -> None:
    second = place.tra("demo", *place.options)
    assert second.returncode == 1
    assert f"Port {place.port} is in use" in second.stderr


def test_ctrl_c_stops_everything_and_the_next_start_keeps_the_data(
    place: Place, running: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    before = place.read("clients.json"), (place.folder / "master.key").read_text()
    running.send_signal(signal.SIGINT)
    assert running.wait(30) == 0
    assert place.listening() == []
    more = tmp_path / "more.csv"
    head, first = PEOPLE.read_text(encoding="utf-8").splitlines()[:2]
    more.write_text(f"{head}\n{first.replace('dara', 'dara2')}\n", encoding="utf-8")
    added = [{**before[0][0], "client_id": "one-more", "client_secret": "its own secret"}]
    (tmp_path / "more.json").write_text(json.dumps(added))
    extra = ["--people", str(more), "--clients", str(tmp_path / "more.json")]
    again = Place(place.folder, place.port, place.tls_port)
    with subprocess.Popen(
        [TRA, "demo", *again.options, *extra], stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout is not None
        while not started.stdout.readline().startswith("Ctrl-C"):
            assert started.poll() is None
        assert (place.folder / "master.key").read_text() == before[1]
        assert place.read("clients.json") == [*before[0], *added]
        assert [one["username"] for one in place.read("people.json")][-1] == "dara2"
        os.kill(_child_of(started.pid), signal.SIGKILL)
        assert started.wait(30) == 1
    assert place.listening() == []


def _child_of(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0])


def test_smoke_starts_a_demo_of_its_own_where_none_runs_and_stops_it(tmp_path: Path) -> None:
    place = Place(tmp_path / "nothing here", four_free_ports(), four_free_ports())
    walked = place.tra("smoke", "--data", str(place.folder), "--port", str(place.port))
    assert walked.returncode == 0, walked.stdout + walked.stderr
    assert "starting one" in walked.stdout
    assert walked.stdout.endswith("Every step holds.\n")
    assert place.listening() == []
    assert not place.folder.exists()
