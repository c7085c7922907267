"""The edge of a demo: nginx from Debian, on the configuration that production uses."""

import os
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

from tra import openssl

TEMPLATES: Final = Path(__file__).parents[1] / "deploy" / "nginx"


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
        return [
            openssl.program("nginx"),
            "-e",
            "stderr",
            "-p",
            str(self.folder),
            "-c",
            "nginx.conf",
        ]

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
        openssl.run([*self.command, "-t", "-q"])

    @property
    def _certificate_key(self) -> Path:
        return self.folder / "edge.key"

    def _make_certificate(self) -> None:
        openssl.make(
            openssl.Pair(self.certificate, self._certificate_key),
            f"/CN={self.host}",
            (f"subjectAltName=DNS:{self.host},IP:127.0.0.1", "extendedKeyUsage=serverAuth"),
        )
