"""Everything of Tra on one machine, with fictitious people: what `make demo` starts.

What it keeps lies in one folder: databases, master key, people.json and clients.json for scripts,
logs. Operators' commands do the work; nothing here reaches into a database.
"""

import asyncio
import csv
import json
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
from pydantic import SecretStr

from core.outbound import Outbound, OutboundError, OutboundPolicy
from keys.sealing import new_master_key
from tra.demo_certificates import AUTHORITY, Certificates
from tra.demo_clients import AGENCIES, Addresses, clients, completed, for_import, service
from tra.edge import Edge
from tra.processes import Children
from tra.settings import child_environment, environment

PEOPLE: Final = Path(__file__).parent / "demo_data" / "people.csv"
STARTING_SECONDS: Final = 60


@dataclass(frozen=True)
class Demo:
    """A demo in `folder`, its services on `port` and the three after it."""

    folder: Path
    port: int = 8000
    tls: bool = False
    tls_port: int = 8443

    @property
    def addresses(self) -> Addresses:
        issuer = f"https://localhost:{self.tls_port}" if self.tls else _local(self.port)
        services = {
            agency.agency_id: _local(self.port + 2 + index) for index, agency in enumerate(AGENCIES)
        }
        yours = _local(self.port + 2 + len(AGENCIES))
        return Addresses(issuer, _local(self.port + 1), services, yours)

    @property
    def edge(self) -> Edge:
        return Edge(
            self.folder / "edge",
            "localhost",
            self.tls_port,
            self.tls_port + 1,
            f"127.0.0.1:{self.port}",
        )

    @property
    def certificates(self) -> Certificates:
        return Certificates(self.folder / "certificates")

    @property
    def config(self) -> Path:
        """The settings of this demo's processes: TRA_CONFIG for commands beside it."""
        return self.folder / "tra.toml"

    @property
    def people_file(self) -> Path:
        return self.folder / "people.json"

    @property
    def clients_file(self) -> Path:
        return self.folder / "clients.json"

    def prepare(self, more_people: Path | None = None, more_clients: Path | None = None) -> None:
        """Make what is missing: keys, schema, agencies, people, clients; raises ClickException."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._check_ports()
        if self.tls:
            self.edge.prepare()
            self.certificates.prepare()
        self._write_config()
        self._tra("migrate")
        if not self.clients_file.exists():
            for agency in AGENCIES:
                names = ("--name-km", agency.name_km, "--name-en", agency.name_en)
                self._tra("agencies", "add", "--id", agency.agency_id, *names)
        self._add_clients(more_clients)
        self._add_people(more_people)

    def start(self, children: Children) -> None:
        """Start every service and wait until each is well; raises ChildDied, ClickException."""
        here = (sys.executable, "-m", "tra", "serve")
        children.start("idp", [*here, "idp", "--port", str(self.port)])
        children.start("signing", [*here, "signing", "--port", str(self.port + 1)])
        for index, agency in enumerate(AGENCIES):
            config = self.folder / "services" / f"{agency.agency_id}.json"
            port = str(self.port + 2 + index)
            children.start(
                f"demo-{agency.agency_id}",
                [*here, "demo", "--config", str(config), "--port", port],
            )
        if self.tls:
            children.start("edge", self.edge.command)
        asyncio.run(self._until_well(children))

    def children(self) -> Children:
        return Children(self.folder / "logs", child_environment(self.config))

    def people(self) -> list[dict[str, Any]]:
        """Who can sign in, as people.json lists them; raises ClickException."""
        if not self.people_file.exists():
            raise click.ClickException(
                f"{self.people_file} is not there: run `make demo` first, or name the folder of "
                "the demo that runs with --data."
            )
        people: list[dict[str, Any]] = json.loads(self.people_file.read_text(encoding="utf-8"))
        return people

    def _check_ports(self) -> None:
        wanted = [self.port + offset for offset in range(2 + len(AGENCIES))]
        wanted += [self.tls_port, self.tls_port + 1] if self.tls else []
        for port in wanted:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError as error:
                    raise click.ClickException(
                        f"Port {port} is in use. Stop what listens there (another demo?), or "
                        "choose other ports: tra demo --port 9000."
                    ) from error

    def _write_config(self) -> None:
        master_key = self.folder / "master.key"
        if not master_key.exists():
            _write_private(master_key, new_master_key())
        services = [
            self.addresses.signing,
            *self.addresses.services.values(),
            self.addresses.yours,
        ]
        neighbours = [_host_port(url) for url in (_local(self.port), *services)]
        settings: dict[str, Any] = {
            **_asked_for(),
            "environment": "development",
            "development_hooks": True,
            "issuer": self.addresses.issuer,
            "signing_url": self.addresses.signing,
            "idp_database_url": f"sqlite:///{self.folder.resolve() / 'idp.sqlite'}",
            "signing_database_url": f"sqlite:///{self.folder.resolve() / 'signing.sqlite'}",
            "master_keys": master_key.read_text(encoding="ascii").strip(),
            "outbound_allowed": ",".join(
                [*neighbours, _host_port(self.addresses.issuer), *environment().outbound_allowed]
            ),
        }
        if self.tls:
            more = environment()
            settings["outbound_ca_bundle"] = str(
                self._trust("trust", self.edge.certificate, more.outbound_ca_bundle)
            )
            authority = self.certificates.pair(AUTHORITY).certificate
            settings["tls_client_ca"] = str(self._trust("clients", authority, more.tls_client_ca))
            settings["mtls_url"] = f"https://localhost:{self.edge.mtls_port}"
        lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
        _write_private(self.config, "\n".join(lines) + "\n")

    def _trust(self, name: str, own: Path, more: Path | None) -> Path:
        """A certificate of the demo's, and what the environment trusts beside it."""
        if more is None:
            return own.resolve()
        bundle = self.folder / f"{name}.pem"
        bundle.write_text("".join(file.read_text(encoding="ascii") for file in (own, more)))
        return bundle.resolve()

    def _add_clients(self, more: Path | None) -> None:
        known = _read_list(self.clients_file)
        ours = clients(self.addresses, known, self.certificates if self.tls else None)
        ids = {client["client_id"] for client in ours}
        others = {client["client_id"]: client for client in known if client["client_id"] not in ids}
        if more is not None:
            given = map(completed, _read_list(more))
            others |= {client["client_id"]: client for client in given}
        wanted = [*ours, *others.values()]
        if wanted != known:
            importing = self.folder / "clients.import.json"
            _write_private(importing, _json([for_import(client) for client in wanted]))
            self._tra("clients", "import", "--offline", str(importing))
            importing.unlink()
            _write_private(self.clients_file, _json(wanted))
        by_id = {client["client_id"]: client for client in ours}
        bundle = self.edge.certificate.resolve() if self.tls else None
        (self.folder / "services").mkdir(exist_ok=True)
        for agency in AGENCIES:
            configuration = _json(service(agency, self.addresses, by_id, bundle))
            _write_private(self.folder / "services" / f"{agency.agency_id}.json", configuration)

    def _add_people(self, more: Path | None) -> None:
        known = {person["username"]: person for person in _read_list(self.people_file)}
        files = [*([] if known else [PEOPLE]), *([more] if more is not None else [])]
        for file in files:
            self._tra("people", "import", str(file))
            known |= {person["username"]: person for person in _people(file)}
            _write_private(self.people_file, _json(list(known.values())))

    def _tra(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "tra", *arguments],
            env=child_environment(self.config),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise click.ClickException(
                f"tra {' '.join(arguments[:2])} failed:\n{done.stderr.strip()}"
            )

    async def _until_well(self, children: Children) -> None:
        urls = [self.addresses.issuer, self.addresses.signing, *self.addresses.services.values()]
        bundle = self.edge.certificate if self.tls else None
        outbound = Outbound(OutboundPolicy(frozenset(map(_host_port, urls)), bundle))
        try:
            async with asyncio.timeout(STARTING_SECONDS):
                for url in urls:
                    while not await _well(outbound, url):
                        children.check()
                        await asyncio.sleep(0.1)
        except TimeoutError as error:
            raise click.ClickException(
                f"After {STARTING_SECONDS} seconds a service was not ready: see {children.logs}."
            ) from error
        finally:
            await outbound.close()


async def _well(outbound: Outbound, url: str) -> bool:
    try:
        return (await outbound.get(f"{url}/healthz", accept="*/*")).status == 200
    except OutboundError:
        return False


def _asked_for() -> dict[str, Any]:
    """What the environment of `tra demo` sets beside that which a demo decides itself."""
    chosen = environment()
    dumped = chosen.model_dump(mode="json", include=chosen.model_fields_set)
    return {
        name: ",".join(value) if isinstance(value, list) else value
        for name, value in dumped.items()
        if value is not None and not isinstance(getattr(chosen, name), SecretStr)
    }


def _people(file: Path) -> list[dict[str, Any]]:
    """The people of a CSV file as people.json lists them."""
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            {
                "username": row["username"],
                "password": row["password"],
                "totp_secret": row.get("totp_secret") or None,
                "level": int(row["level"]),
                "status": row.get("status") or "active",
                "names": {
                    name: row.get(name, "")
                    for name in ("family_name", "given_name", "family_name_km", "given_name_km")
                },
                "special": row.get("note", ""),
            }
            for row in csv.DictReader(lines)
        ]


def _read_list(file: Path) -> list[dict[str, Any]]:
    if not file.exists():
        return []
    try:
        items: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.ClickException(f"{file} is not JSON: {error}") from error
    return items


def _write_private(file: Path, text: str) -> None:
    """Write a file that nobody else may read; a crash leaves the old one or the new one."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(file)


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _local(port: int) -> str:
    return f"http://localhost:{port}"


def _host_port(url: str) -> str:
    return url.partition("://")[2]
