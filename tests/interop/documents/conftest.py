"""The signing service as an operator runs it: the `tra` command, its own processes, real time."""

import hashlib
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from core.clock import SystemClock
from keys.sealing import new_master_key
from tests import commands
from tests.processes import free_port, running
from tests.signing_service import AGENCY, OTHER_AGENCY, ProviderOnLoopback
from tra.settings import child_environment

PLAIN = ssl.create_default_context()
"""Made once: no request here is encrypted."""


@dataclass
class LiveSigning:
    """A signing service, its files, and an agency that talks to it over HTTP."""

    folder: Path
    database_url: str
    provider: ProviderOnLoopback
    port: int = field(default_factory=free_port)
    tokens: dict[str, str] = field(default_factory=dict)
    own_root: bool = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "tra", "serve", "signing", "--port", str(self.port)]

    @property
    def environment(self) -> dict[str, str]:
        return dict(child_environment(self.folder / "tra.toml"))

    def prepare(self) -> None:
        """Settings, schema, and two agencies with seals."""
        self.migrate()
        self.add_agencies()

    def migrate(self) -> None:
        """Settings and schema."""
        settings = {
            "issuer": self.provider.issuer,
            "signing_url": self.url,
            "idp_database_url": f"sqlite:///{self.folder / 'idp.sqlite'}",
            "signing_database_url": self.database_url,
            "master_keys": new_master_key(),
            "outbound_allowed": self.provider.host_port,
            "own_root": self.own_root,
            "slow_threads": 1,
        }
        lines = [f"{name} = {json.dumps(value)}\n" for name, value in settings.items()]
        lines.append("[tokens]\n")
        lines += [f"{purpose} = {json.dumps(uri)}\n" for purpose, uri in self.tokens.items()]
        (self.folder / "tra.toml").write_text("".join(lines), encoding="utf-8")
        self.tra("migrate")

    def add_agencies(self) -> None:
        for agency in (AGENCY, OTHER_AGENCY):
            self.tra(
                *("agencies", "add", "--id", agency.agency_id),
                *("--name-km", agency.name_km, "--name-en", agency.name_en),
            )

    def tra(self, *arguments: str, status: int = 0) -> str:
        """Run a command beside the service; what it printed."""
        done = commands.tra(*arguments, environment=self.environment)
        assert done.returncode == status, f"tra {arguments}:\n{done.stdout}{done.stderr}"
        return done.stdout

    @contextmanager
    def serving(self) -> Iterator[None]:
        healthy = f"{self.url}/readyz"
        with running("signing", self.command, healthy, self.folder, self.environment):
            yield

    def seal(
        self,
        document: bytes,
        key: str | None = None,
        level: str = "B-LT",
        format: str = "pades",  # noqa: A002  # the API's word
        **claims: Any,
    ) -> httpx2.Response:
        token = self.provider.token(SystemClock().now(), aud=self.url, **claims)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/pdf"}
        if key is not None:
            headers["Idempotency-Key"] = key
        url = f"{self.url}/seal?format={format}&level={level}"
        return httpx2.post(url, content=document, headers=headers, timeout=60, verify=PLAIN)

    def seal_digest(self, document: bytes, key: str) -> httpx2.Response:
        """Seal a document that is not sent."""
        token = self.provider.token(SystemClock().now(), aud=self.url)
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        asked = {"hash": "sha256", "digest": hashlib.sha256(document).hexdigest()}
        return httpx2.post(
            f"{self.url}/seal/digest", json=asked, headers=headers, timeout=60, verify=PLAIN
        )

    def sealed(self, document: bytes, level: str = "B-LT", **claims: Any) -> bytes:
        answer = self.seal(document, level=level, **claims)
        assert answer.status_code == 200, answer.text
        return answer.content

    def verify(self, document: bytes) -> dict[str, Any]:
        answer = httpx2.post(f"{self.url}/verify", content=document, timeout=60, verify=PLAIN)
        report: dict[str, Any] = answer.json()
        return report

    def time_stamp(self, query: bytes) -> bytes:
        """What the time-stamp authority answers (RFC 3161 §3.4)."""
        kind = {"Content-Type": "application/timestamp-query"}
        answer = httpx2.post(f"{self.url}/tsa", content=query, headers=kind, verify=PLAIN)
        assert answer.status_code == 200, answer.text
        return answer.content

    def download(self, path: str, to: Path) -> Path:
        """Fetch what the service publishes into a file."""
        answer = httpx2.get(f"{self.url}{path}", verify=PLAIN)
        assert answer.status_code == 200, answer.text
        to.write_bytes(answer.content)
        return to


@pytest.fixture(scope="session")
def provider_on_loopback() -> Iterator[ProviderOnLoopback]:
    provider = ProviderOnLoopback()
    yield provider
    provider.close()


@pytest.fixture(scope="session")
def live(
    tmp_path_factory: pytest.TempPathFactory, provider_on_loopback: ProviderOnLoopback
) -> Iterator[LiveSigning]:
    """A signing service in its own process, on SQLite."""
    folder = tmp_path_factory.mktemp("signing")
    database_url = f"sqlite:///{folder / 'signing.sqlite'}"
    service = LiveSigning(folder, database_url, provider_on_loopback)
    service.prepare()
    with service.serving():
        yield service


@pytest.fixture(scope="session")
def root(live: LiveSigning, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our root certificate, PEM."""
    return live.download("/certificates/root.pem", tmp_path_factory.mktemp("root") / "root.pem")


def run(*command: str | Path) -> str:
    """A program that we did not write; what it printed. It must be content."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr
