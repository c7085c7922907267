"""The signing service's hot paths: a seal and a check, each whole."""

import base64
import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import weasyprint

from bench.load import Ask, Workload
from bench.provider import BY_SECRET, SECRET
from clients.rules.agency import Agency
from core.clock import SystemClock
from tra import assembly
from tra.settings import Settings

_PDF = ("Content-Type", "application/pdf")
_PAGE = """
<html lang="km"><body style="font-family: 'Noto Sans Khmer', sans-serif">
<h1>វិញ្ញាបនបត្រចុះបញ្ជីពាណិជ្ជកម្ម</h1><p>Certificate of commercial registration</p>
</body></html>
"""


@dataclass
class Documents:
    """A signing service with an agency, and a document of one page in two scripts."""

    settings: Settings
    folder: Path

    @classmethod
    def seed(cls, settings: Settings, folder: Path) -> "Documents":
        assembly.migrate_signing(settings)
        assembly.establish_signing(settings)
        agency = Agency("bench", "ស្ថាប័នសាកល្បង", "Test agency")
        assembly.give_seal(settings, agency, SystemClock().now())
        (folder / "page.pdf").write_bytes(weasyprint.HTML(string=_PAGE).write_pdf() or b"")
        return cls(settings, folder)

    def workloads(self) -> Iterator[Workload]:
        """Once both services run."""
        plain, sealed = self.folder / "page.pdf", self.folder / "sealed.pdf"
        token = ("Authorization", f"Bearer {self._token()}")
        sealed.write_bytes(self._post("/seal", plain.read_bytes(), dict([_PDF, token])))
        size = len(plain.read_bytes()) // 1000
        seal, check = (
            [Ask("POST", "/seal", (_PDF, token), f"@{plain}")],
            [Ask("POST", "/verify", (_PDF,), f"@{sealed}")],
        )
        yield Workload(f"seal: PAdES B-LT, {size} kB", lambda _: seal, connections=4)
        yield Workload("verify: that document", lambda _: check, connections=4)

    def _token(self) -> str:
        form = urlencode({"grant_type": "client_credentials", "scope": "seal"}).encode()
        pair = base64.b64encode(f"{BY_SECRET}:{SECRET}".encode()).decode()
        request = urllib.request.Request(
            f"{self.settings.issuer}/token", form, {"Authorization": f"Basic {pair}"}
        )
        with urllib.request.urlopen(request) as answer:
            token: str = json.load(answer)["access_token"]
        return token

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        request = urllib.request.Request(self.settings.signing_url + path, body, headers)
        with urllib.request.urlopen(request) as answer:
            received: bytes = answer.read()
        return received
