"""What `tra verify` says of a verdict in a terminal."""

import orjson

from signing.web.verdicts import as_json
from tests.attacks import cms
from tests.attacks.pki import AT, DAY, NOW, root
from tests.attacks.verdicts import judge
from tra.reports import pages
from tra.words import in_words

ROOT = root()
CLOCK = ROOT.time_authority()
LETTER = b"A letter."
MOMENT = "2026-04-14 02:00:00 UTC"


def said(document: bytes, at: int = AT, detached: bytes | None = None) -> str:
    report = as_json(pages(), judge(document, ROOT, at=at, detached=detached), "")
    return in_words({"file": "letter", "detached": [], **orjson.loads(orjson.dumps(report))})


def signed(name: str = "Agency", *crls: bytes, stamped: bool = False) -> bytes:
    made = cms.signature(ROOT.signer(name), LETTER)
    if stamped:
        made.stamped(CLOCK)
    return cms.content_info(made, content=LETTER, revocation=crls)


def test_when_it_was_signed_is_told_as_surely_as_it_is_known() -> None:
    assert f"Sealed on: {MOMENT}" in said(signed("Agency", ROOT.crl(), stamped=True))
    assert f"Date in the seal (not confirmed): {MOMENT}" in said(signed("Agency", ROOT.crl()))
    nobody_tells = said(signed(stamped=True))
    assert f"Date in the seal (not confirmed): {MOMENT}" in nobody_tells
    stamp = cms.token(CLOCK, LETTER, revocation=[ROOT.crl()])
    assert f"Time-stamped at: {MOMENT}" in said(stamp, detached=LETTER)


def test_a_revocation_is_told_with_its_moment() -> None:
    signer = ROOT.signer()
    made = cms.signature(signer, LETTER).stamped(CLOCK)
    crl = ROOT.crl(signer, at=NOW + DAY)
    document = cms.content_info(made, content=LETTER, revocation=[crl])
    told = said(document, AT + 2 * 86_400)
    assert "Seal revoked on: " in told


def test_no_name_in_a_certificate_commands_the_terminal() -> None:
    told = said(signed("\x1b[2J\x1b[31mMinistry", ROOT.crl()))
    assert "\x1b" not in told
    assert "\\u{1b}[2J" in told
