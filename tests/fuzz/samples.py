"""Sealed documents of every kind that exists, made by a service of the tests."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from core.clock import FixedClock
from signing.web.verdicts import anchors
from tests.documents import plain_pdf
from tests.fuzz.mutations import Sample
from tests.signing_service import Visitor, signing_service

_NEW_YEAR = datetime(2026, 4, 14, 2, 0, tzinfo=UTC)


def samples() -> list[Sample]:
    """By a service that is gone when they are used."""
    with (
        TemporaryDirectory() as folder,
        signing_service(f"sqlite:///{Path(folder) / 'fuzz.sqlite'}", FixedClock(_NEW_YEAR)) as made,
    ):
        return samples_of(made)


def samples_of(visitor: Visitor) -> list[Sample]:
    """By a service that stands."""
    service = visitor.service
    once = visitor.sealed(plain_pdf())
    packed = visitor.sealed(object_streams(plain_pdf()))
    twice = visitor.sealed(once)
    lasting = visitor.sealed(plain_pdf(), level="B-LTA")
    register = frozenset(
        issued.certificate.fingerprint for issued in (service.seal, service.authorities.timestamp)
    )
    return [
        Sample(name, document, anchors(service.ctx), register, service.clock.now() + 3_600)
        for name, document in (
            ("one seal", once),
            ("two seals", twice),
            ("object streams", packed),
            ("document time-stamp", lasting),
        )
    ]


def object_streams(document: bytes) -> bytes:
    """The same with its objects packed, and a cross-reference stream (ISO 32000-2 §7.5.8)."""
    with TemporaryDirectory() as folder:
        plain, packed = Path(folder) / "plain.pdf", Path(folder) / "packed.pdf"
        plain.write_bytes(document)
        subprocess.run(["qpdf", "--object-streams=generate", plain, packed], check=True)
        return packed.read_bytes()
