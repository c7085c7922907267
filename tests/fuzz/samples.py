"""Sealed documents of every format and level that exist, made by a service of the tests."""

import hashlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from core.clock import FixedClock
from keys import der
from signing.formats.ers.reading import is_record
from signing.rules.seal_format import OFFERS, SealFormat
from signing.web.verdicts import anchors
from tests.documents import plain_pdf
from tests.fuzz.mutations import Sample
from tests.sealing import ask, ask_for_all
from tests.signing_service import Visitor, signing_service
from tests.web.signing.test_augment_formats import augmented
from tests.web.signing.test_evidence_records import recorded

_NEW_YEAR = datetime(2026, 4, 14, 2, 0, tzinfo=UTC)
_LETTER = b"A letter.\n"
_JSON = b'{"name": "Dara", "born": 1990}'
_FILES = (("letter.txt", _LETTER, "text/plain"), ("data.csv", b"1,2\n", "text/csv"))
_DETACHED = frozenset({SealFormat.CADES, SealFormat.JADES_DETACHED})
_SEVERAL = frozenset({SealFormat.ASIC_E, SealFormat.ASIC_E_XADES})
_AGAIN = {
    SealFormat.CADES_ENVELOPING: "application/pkcs7-mime",
    SealFormat.JADES: "application/jose+json",
    SealFormat.ASIC_E: "application/vnd.etsi.asic-e+zip",
}


@dataclass(frozen=True, slots=True)
class _Made:
    """A document, and what it is beside, if it is."""

    name: str
    document: bytes
    content: bytes | None = None


def samples() -> list[Sample]:
    """By a service that is gone when they are used."""
    with (
        TemporaryDirectory() as folder,
        signing_service(f"sqlite:///{Path(folder) / 'fuzz.sqlite'}", FixedClock(_NEW_YEAR)) as made,
    ):
        return [one for wanted in FORMATS for one in samples_of(made, wanted)]


FORMATS = (*OFFERS, "time-stamp", "report", "record")


def samples_of(visitor: Visitor, wanted: str) -> list[Sample]:
    """Those of a format, by a service that stands."""
    service = visitor.service
    register = frozenset(
        issued.certificate.fingerprint for issued in (service.seal, service.authorities.timestamp)
    )
    trusted, at = anchors(service.ctx), service.clock.now() + 3_600
    others = {"time-stamp": _time_stamps, "report": _reports, "record": _records}
    made = others[wanted](visitor) if wanted in others else _seals(visitor, SealFormat(wanted))
    return [
        Sample(
            wanted, one.name, _kind(one.document), one.document, trusted, register, at, one.content
        )
        for one in made
    ]


def _seals(visitor: Visitor, wanted: SealFormat) -> Iterator[_Made]:
    for level in OFFERS[wanted].levels:
        yield _seal(visitor, wanted, level)
    once = _seal(visitor, wanted, OFFERS[wanted].level)
    if wanted is SealFormat.PADES:
        yield _Made("twice", visitor.sealed(once.document))
        yield _Made("packed", visitor.sealed(object_streams(plain_pdf())))
    elif wanted in _AGAIN:
        answer = ask(visitor, once.document, kind=_AGAIN[wanted], level="B-LT")
        yield _Made("twice", answer.content)


def _seal(visitor: Visitor, wanted: SealFormat, level: str) -> _Made:
    how = {"format": wanted, "level": level}
    if wanted is SealFormat.PADES:
        return _Made(level, visitor.sealed(plain_pdf(), level=level))
    if wanted in _SEVERAL:
        answer = ask_for_all(visitor, *_FILES, **how)
    elif wanted in {SealFormat.JADES_DETACHED, SealFormat.ASIC_S}:
        answer = ask_for_all(visitor, _FILES[0], **how)
    else:
        json = wanted in {SealFormat.JADES, SealFormat.JADES_COMPACT}
        answer = ask(visitor, _JSON if json else _LETTER, **how)
    assert answer.status_code == 200, answer.text
    return _Made(level, answer.content, _LETTER if wanted in _DETACHED else None)


def _time_stamps(visitor: Visitor) -> Iterator[_Made]:
    """As it is answered, and the token alone."""
    digest = hashlib.sha256(_LETTER).digest()
    imprint = der.sequence(der.digest_algorithm("sha256"), der.octet_string(digest))
    asked = der.sequence(der.integer(1), imprint, der.TRUE)
    answer = visitor.http.post(
        "/tsa", content=asked, headers={"Content-Type": "application/timestamp-query"}
    )
    assert answer.status_code == 200, answer.text
    yield _Made("answer", answer.content, _LETTER)
    yield _Made("token", der.parts(answer.content)[1], _LETTER)


def _reports(visitor: Visitor) -> Iterator[_Made]:
    document = visitor.sealed(plain_pdf())
    answer = visitor.http.post("/verify", params={"report": "xml"}, content=document)
    assert answer.status_code == 200, answer.text
    yield _Made("of a PDF", answer.content)


def _records(visitor: Visitor) -> Iterator[_Made]:
    """As it is made for one of several files, and renewed."""
    files = (_LETTER, _JSON, b"", b"1,2\n", plain_pdf())
    [record, *_] = recorded(visitor, files)
    yield _Made("made", record, _LETTER)
    yield _Made("renewed", augmented(visitor, record, _LETTER, "B-LTA"), _LETTER)


def _kind(document: bytes) -> str:
    """How a document is hurt."""
    if is_record(document):
        return "record"
    marks = {b"%": "pdf", b"0": "cms", b"P": "zip", b"<": "xml"}
    return marks.get(document[:1], "json")


def object_streams(document: bytes) -> bytes:
    """The same with its objects packed, and a cross-reference stream (ISO 32000-2 §7.5.8)."""
    with TemporaryDirectory() as folder:
        plain, packed = Path(folder) / "plain.pdf", Path(folder) / "packed.pdf"
        plain.write_bytes(document)
        subprocess.run(["qpdf", "--object-streams=generate", plain, packed], check=True)
        return packed.read_bytes()
