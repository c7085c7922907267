"""Certificates for a demo, by Debian's openssl: the keys are its own affair, never ours."""

import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

_DAYS: Final = 825  # browsers refuse a certificate that lives longer


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path


def make(
    pair: Pair, subject: str, extensions: Iterable[str], *, issuer: Pair | None = None
) -> None:
    """Write the pair, signed by the issuer or by itself; raises ClickException."""
    signed_by = ("-CA", str(issuer.certificate), "-CAkey", str(issuer.key)) if issuer else ()
    run(
        [
            *(program("openssl"), "req", "-x509", "-nodes", "-days", str(_DAYS)),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-subj", subject),
            *(word for extension in extensions for word in ("-addext", extension)),
            *("-keyout", str(pair.key), "-out", str(pair.certificate)),
            *signed_by,
        ]
    )
    pair.key.chmod(0o600)


def program(name: str) -> str:
    """Where Debian installed it; raises ClickException."""
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if found is None:
        raise click.ClickException(f"{name} is not installed: run `make system need=edge`")
    return found


def run(command: list[str]) -> None:
    """Run it to its end; raises ClickException."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise click.ClickException(f"{command[0]} failed:\n{done.stderr.strip()}")
