"""A provider as an operator runs it: the `tra` command, a process of its own, SQLite in a folder.

`live_provider` is a fixture (tests/conftest.py). tests/provider.py is for the tests that need the
clock, the database, or an endpoint by itself.
"""

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyotp

from keys.sealing import new_master_key
from tests import commands
from tests.processes import free_port, running
from tra.demo import PEOPLE
from tra.demo_clients import AGENCIES
from tra.edge import Edge
from tra.settings import child_environment


@dataclass(frozen=True)
class Person:
    """One of the fictitious people, with what they know and hold."""

    row: dict[str, str]

    @property
    def username(self) -> str:
        return self.row["username"]

    @property
    def password(self) -> str:
        return self.row["password"]

    @property
    def name(self) -> str:
        return f"{self.row['family_name']} {self.row['given_name']}".strip()

    @property
    def name_km(self) -> str:
        return f"{self.row['family_name_km']} {self.row['given_name_km']}".strip()

    def one_time_code(self) -> str:
        """What their application shows now. The provider takes each code once."""
        return pyotp.TOTP(self.row["totp_secret"]).now()


@dataclass
class LiveProvider:
    """What an operator has: an issuer, the `tra` command, and people to try it with."""

    folder: Path
    port: int = field(default_factory=free_port)
    edge: Edge | None = None  # TLS, and certificates of clients
    more: dict[str, str] = field(default_factory=dict)  # settings
    _newcomers: Iterator[Person] = field(default_factory=lambda: iter(_people()))
    _reachable: list[int] = field(default_factory=lambda: [free_port() for _ in range(3)])

    @property
    def issuer(self) -> str:
        if self.edge is not None:
            return f"https://localhost:{self.edge.port}"
        return f"http://localhost:{self.port}"

    @property
    def trust(self) -> Path | None:
        """The certificate that those who come by TLS have to trust."""
        return self.edge and self.edge.certificate

    def tra(self, *arguments: str) -> str:
        """Run a command beside the provider; what it printed."""
        done = commands.tra(*arguments, environment=child_environment(self._config))
        assert done.returncode == 0, f"tra {' '.join(arguments)}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def register(self, *clients: dict[str, Any]) -> None:
        """Add clients (RFC 7591 metadata with client_id) as plain OpenID Connect has them."""
        usual = {"agency": AGENCIES[0].agency_id, "security_profile": "oidc"}
        file = self.folder / "clients.json"
        file.write_text(json.dumps([usual | client for client in clients]), encoding="utf-8")
        self.tra("clients", "import", str(file))

    def newcomer(self) -> Person:
        """Somebody of level 2 or 3, with a second factor, who was not signed in before."""
        someone = next(self._newcomers, None)
        assert someone is not None, f"everybody in {PEOPLE.name} has signed in already: add people"
        return someone

    def reachable_port(self) -> int:
        """A free port of this machine that the provider may call."""
        return self._reachable.pop()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Prepare the databases, the agencies and the people; serve until the block ends."""
        signing = free_port()
        settings = {
            "issuer": self.issuer,
            "signing_url": f"http://localhost:{signing}",
            "idp_database_url": f"sqlite:///{self.folder / 'idp.sqlite'}",
            "signing_database_url": f"sqlite:///{self.folder / 'signing.sqlite'}",
            "master_keys": new_master_key(),
            "outbound_allowed": ",".join(f"localhost:{port}" for port in self._reachable),
            **({"mtls_url": f"https://localhost:{self.edge.mtls_port}"} if self.edge else {}),
            **self.more,
        }
        written = (f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
        self._config.write_text("".join(written), encoding="utf-8")
        self.tra("migrate")
        for agency in AGENCIES:
            names = ("--name-km", agency.name_km, "--name-en", agency.name_en)
            self.tra("agencies", "add", "--id", agency.agency_id, *names)
        everybody = self.folder / "people.csv"
        with everybody.open("w", encoding="utf-8", newline="") as file:
            rows = _rows()
            lines = csv.DictWriter(file, list(rows[0]))
            lines.writeheader()
            lines.writerows(rows)
        self.tra("people", "import", str(everybody))
        command = [sys.executable, "-m", "tra", "serve", "idp", "--port", str(self.port)]
        environment = child_environment(self._config)
        address = f"http://localhost:{self.port}/healthz"
        with running("idp", command, address, self.folder, environment), self._behind_edge():
            yield

    @contextmanager
    def _behind_edge(self) -> Iterator[None]:
        if self.edge is None:
            yield
            return
        self.edge.prepare()
        address = f"http://localhost:{self.edge.port}/"  # 400 says that TLS is spoken there
        with running("edge", self.edge.command, address, self.folder, {}):
            yield

    @property
    def _config(self) -> Path:
        return self.folder / "tra.toml"


def _rows() -> list[dict[str, str]]:
    """The fictitious people of the demo, and as many again who are called the same."""
    with PEOPLE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [*rows, *(row | {"username": f"{row['username']}-2"} for row in rows)]


def _people() -> list[Person]:
    return [
        Person(row)
        for row in _rows()
        if row["status"] == "active" and row["totp_secret"] and row["level"] != "1"
    ]
