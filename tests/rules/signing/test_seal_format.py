"""Which seals can be asked for."""

import pytest

from core.errors import Refusal
from signing.rules.report import Level
from signing.rules.seal_format import (
    OFFERS,
    SealFormat,
    Wanted,
    check_digest,
    check_wanted,
    reaches,
)

DIGEST = {"hash": "sha256", "digest": "0a" * 32}


def code(refused: pytest.ExceptionInfo[Refusal]) -> str:
    return refused.value.reason.code


def test_a_pdf_gets_a_pades_seal_unless_asked_otherwise() -> None:
    assert check_wanted(None, None, ["application/pdf"]) == Wanted(SealFormat.PADES, Level.LT)
    assert check_wanted("cades", None, ["application/pdf"]).format is SealFormat.CADES


def test_several_documents_get_a_container_unless_asked_otherwise() -> None:
    wanted = check_wanted(None, None, ["application/pdf", "text/plain"])
    assert wanted == Wanted(SealFormat.ASIC_E, Level.LT)


def test_for_other_documents_a_format_has_to_be_named() -> None:
    with pytest.raises(Refusal) as refused:
        check_wanted(None, None, ["text/plain"])
    assert code(refused) == "format_not_named"


@pytest.mark.parametrize("wanted", OFFERS)
def test_each_format_is_offered_at_its_levels_and_no_other(wanted: SealFormat) -> None:
    offer = OFFERS[wanted]
    for level in (*Level, "B-X", ""):
        if level in offer.levels:
            assert check_wanted(wanted, level, [""]).level == level
        else:
            with pytest.raises(Refusal) as refused:
                check_wanted(wanted, level, [""])
            assert code(refused) == "level_not_offered"


def test_a_level_has_what_the_one_before_it_has() -> None:
    assert [reaches(level, Level.LT) for level in Level] == [False, False, True, True]
    assert not reaches(None, Level.B)


def test_a_format_is_spelt_exactly() -> None:
    for asked in ("PAdES", "pgp", ""):
        with pytest.raises(Refusal) as refused:
            check_wanted(asked, None, ["application/pdf"])
        assert code(refused) == "format_unknown"


def test_a_digest_gets_a_cades_seal_unless_it_is_of_a_pdf() -> None:
    asked = check_digest(DIGEST)
    assert (asked.digest, asked.wanted) == (b"\x0a" * 32, Wanted(SealFormat.CADES, Level.LT))
    pdf = check_digest({**DIGEST, "format": "pades", "level": "B-T"})
    assert pdf.wanted == Wanted(SealFormat.PADES, Level.T)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([], "digest_malformed"),
        ({}, "hash_not_supported"),
        ({**DIGEST, "hash": "sha1"}, "hash_not_supported"),
        ({**DIGEST, "digest": "0a" * 31}, "digest_malformed"),
        ({**DIGEST, "digest": "0A" * 32}, "digest_malformed"),
        ({**DIGEST, "digest": 7}, "digest_malformed"),
        ({**DIGEST, "format": "cades-enveloping"}, "format_needs_document"),
        ({**DIGEST, "format": "pdf"}, "format_unknown"),
        ({**DIGEST, "format": "pades", "level": "B-LTA"}, "level_not_offered"),
    ],
)
def test_any_other_digest_is_refused(asked: object, expected: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_digest(asked)
    assert code(refused) == expected
