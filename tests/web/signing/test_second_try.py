"""A seal that does not pass our own check is never answered, and a plain PDF gets another."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from signing.formats.pades import sealing as pades
from signing.formats.plain import sealing as plain_writer
from signing.formats.plain.sealing import Unsigned
from tests.documents import plain_pdf
from tests.signing_service import Visitor

SUBFILTER = b"/ETSI.CAdES.detached"


def spoilt(write: Callable[..., Unsigned]) -> Callable[..., Unsigned]:
    """A writer with a fault: it calls its signatures something that they are not."""

    def written(*asked: Any) -> Unsigned:
        revision = write(*asked)
        assert SUBFILTER in revision.after
        wrong = b"/adbe.x509.rsa_sha1".ljust(len(SUBFILTER))
        return replace(revision, after=revision.after.replace(SUBFILTER, wrong))

    return written


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], list[dict[str, Any]]]:
    """What the operator is told of seals."""
    caplog.set_level(logging.WARNING)
    return lambda: [vars(one)["fields"] for one in caplog.records if one.name == "tra.seals"]


Told = Callable[[], list[dict[str, Any]]]


@pytest.mark.parametrize("level", ["B-B", "B-LTA"])
def test_what_our_writer_spoils_is_sealed_by_pyhanko_and_the_operator_is_told(
    standing: Visitor, monkeypatch: pytest.MonkeyPatch, told: Told, level: str
) -> None:
    monkeypatch.setattr(plain_writer, "prepare", spoilt(plain_writer.prepare))
    sealed = standing.sealed(plain_pdf(), level=level)
    report = standing.verify(sealed)
    assert (report["verdict"], report["signatures"][0]["level"]) == ("authentic", level)
    (line,) = told()
    assert (line["code"], line["attempt"], line["wanted"]) == (
        "seal_not_passing",
        1,
        f"pades {level}",
    )


def test_where_pyhanko_s_does_not_pass_either_nothing_is_sealed(
    standing: Visitor, monkeypatch: pytest.MonkeyPatch, told: Told
) -> None:
    monkeypatch.setattr(plain_writer, "prepare", spoilt(plain_writer.prepare))
    monkeypatch.setattr(pades, "_by_pyhanko", spoilt(pades._by_pyhanko))
    answer = standing.seal(plain_pdf(), key="never")
    assert (answer.status_code, answer.json()["code"]) == (422, "seal_not_passing")
    assert [line["attempt"] for line in told()] == [1, 2]
    monkeypatch.undo()
    assert standing.seal(plain_pdf(), key="never").status_code == 200


def test_a_document_under_which_no_seal_passes_is_refused_and_the_operator_is_told(
    standing: Visitor, told: Told
) -> None:
    """Two numbers for one object: strict readers have no place for it."""
    document = plain_pdf().replace(b"0 1\n0000000000 65535 f", b"1 1\n0000000000 65535 f", 1)
    answer = standing.seal(document.replace(b"/Catalog", b"/Cavalog"), level="B-B")
    assert (answer.status_code, answer.json()["code"]) == (422, "seal_not_passing")
    assert [line["attempt"] for line in told()] == [1]
