"""tra people import: what a change of a person does to where they are signed in."""

from pathlib import Path

import pytest

from core.database import Ledger
from idp.rules.interaction import Session
from idp.store import citizens, grants, sessions
from tests.rules.samples import grant
from tests.tra.conftest import Tra
from tra import assembly
from tra.settings import settings

NOW = 1_800_000_000


def import_sokha(
    tra: Tra, folder: Path, level: int = 3, status: str = "active", **secrets: str
) -> None:
    file = folder / "people.csv"
    cells = {"username": "sokha", "level": str(level), "given_name": "Sokha", "status": status}
    header, row = (",".join(part) for part in zip(*(cells | secrets).items(), strict=True))
    file.write_text(f"{header}\n{row}\n", encoding="utf-8")
    done = tra("people", "import", str(file))
    assert done.exit_code == 0, done.output


def sign_sokha_in(ledger: Ledger) -> None:
    """In a session, with a grant of it and one that outlives it."""
    citizen = ledger.read_now(citizens.find_by_username, "sokha")
    assert citizen is not None
    amr = ("pwd", "otp", "mfa")
    session = Session("s1", citizen.citizen_id, NOW, 3, amr, NOW, NOW)
    ledger.write_now(sessions.start, "handle", session, NOW)
    for grant_id, offline in (("g1", False), ("g2", True)):
        granted = grant(
            grant_id=grant_id,
            citizen_id=citizen.citizen_id,
            level=3,
            auth_time=NOW,
            offline=offline,
        )
        ledger.write_now(grants.save, granted, NOW)


def alive(ledger: Ledger) -> list[bool]:
    """The session, and the two grants."""
    return [
        ledger.read_now(sessions.find, "handle") is not None,
        *(ledger.read_now(grants.find_live, grant_id) is not None for grant_id in ("g1", "g2")),
    ]


@pytest.mark.rule("logout.everywhere")
@pytest.mark.parametrize(
    ("level", "status", "stays"),
    [
        (3, "active", True),
        (2, "active", False),
        (3, "suspended", False),
        (3, "deceased", False),
    ],
)
def test_person_who_may_not_sign_in_as_before_is_signed_out_for_good(
    tra: Tra, tmp_path: Path, level: int, status: str, stays: bool
) -> None:
    """Everywhere, offline access too; a person who comes back begins anew."""
    import_sokha(tra, tmp_path)
    ledger = assembly.idp_ledger(settings())
    sign_sokha_in(ledger)
    import_sokha(tra, tmp_path, level, status)
    import_sokha(tra, tmp_path)
    assert alive(ledger) == [stays] * 3
    ledger.close()


@pytest.mark.rule("logout.everywhere")
@pytest.mark.parametrize(
    ("changed", "stays"),
    [
        ({}, True),
        ({"password": "another-one-of-twenty"}, False),
        ({"totp_secret": "KBSWY3DPEHPK3PXPKBSWY3DPEHPK3PXP"}, False),
    ],
)
def test_person_with_another_password_or_factor_is_signed_out_everywhere(
    tra: Tra, tmp_path: Path, changed: dict[str, str], stays: bool
) -> None:
    secrets = {"password": "one-of-twenty-letters", "totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DP"}
    import_sokha(tra, tmp_path, **secrets)
    ledger = assembly.idp_ledger(settings())
    sign_sokha_in(ledger)
    import_sokha(tra, tmp_path, **{**secrets, **changed})
    assert alive(ledger) == [stays] * 3
    ledger.close()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            "username,level,given_name\na,1,ចាន់\n".encode("utf-16"), id="another encoding"
        ),
        pytest.param(
            b'username,level,given_name\n"' + b"a" * 200_000, id="a quote that never ends"
        ),
    ],
)
def test_a_file_that_is_not_csv_in_utf_8_is_refused_in_a_sentence(
    tra: Tra, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(content)
    done = tra("people", "import", str(file))
    assert done.exit_code == 1
    assert f"{file} is not CSV in UTF-8" in done.output
