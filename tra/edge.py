"""The edge of a demo: nginx from Debian, on the configuration that production uses."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

import click

TEMPLATES: Final = Path(__file__).parents[1] / "deploy" / "nginx"

_DAYS: Final = 825  # browsers refuse a certificate that lives longer


@dataclass(frozen=True, slots=True)
class Edge:
    """Where the edge listens (`mtls_port` asks for client certificates) and whom it asks."""

    folder: Path
    host: str
    port: int
    mtls_port: int
    upstream: str  # host:port

    @property
    def certificate(self) -> Path:
        return self.folder / "edge.pem"

    @property
    def command(self) -> list[str]:
        """The command line of the server; it stays in the foreground."""
        return [_program("nginx"), "-e", "stderr", "-p", str(self.folder), "-c", "nginx.conf"]

    def prepare(self) -> None:
        """Write the configuration, at first a certificate too; raises ClickException."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        values = {
            "TRA_PROVIDER_UPSTREAM": self.upstream,
            "TRA_PROVIDER_HOST": self.host,
            "TRA_EDGE_LISTEN": f"127.0.0.1:{self.port}",
            "TRA_EDGE_MTLS_LISTEN": f"127.0.0.1:{self.mtls_port}",
            "TRA_EDGE_CERTIFICATE": str(self.certificate),
            "TRA_EDGE_CERTIFICATE_KEY": str(self._certificate_key),
            "TRA_EDGE_FOLDER": str(self.folder),
            "TRA_NGINX": str(TEMPLATES),
            # As root, nginx would hand its work to a user who cannot read this folder.
            "TRA_NGINX_USER": "user root;" if os.geteuid() == 0 else "",
        }
        for template, written in (("provider", "provider"), ("demo", "nginx")):
            text = (TEMPLATES / f"{template}.conf.template").read_text(encoding="utf-8")
            filled = Template(text).safe_substitute(values)
            (self.folder / f"{written}.conf").write_text(filled, encoding="utf-8")
        if not self.certificate.exists():
            self._make_certificate()
        _run([*self.command, "-t", "-q"])

    @property
    def _certificate_key(self) -> Path:
        return self.folder / "edge.key"

    def _make_certificate(self) -> None:
        _run(
            [
                *(_program("openssl"), "req", "-x509", "-nodes", "-days", str(_DAYS)),
                *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
                *("-subj", f"/CN={self.host}"),
                *("-addext", f"subjectAltName=DNS:{self.host},IP:127.0.0.1"),
                *("-addext", "extendedKeyUsage=serverAuth"),
                *("-keyout", str(self._certificate_key), "-out", str(self.certificate)),
            ]
        )
        self._certificate_key.chmod(0o600)


def _program(name: str) -> str:
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if found is None:
        raise click.ClickException(f"{name} is not installed: run `make system need=edge`")
    return found


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise click.ClickException(f"{command[0]} failed:\n{done.stderr.strip()}")
