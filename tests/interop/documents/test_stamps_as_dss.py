"""Time-stamps of every older kind, read by EU DSS too: each is over what we say that it is over."""

from pathlib import Path

import pytest

from tests.attacks import test_archive_index as index
from tests.attacks import test_cades_stamps as cades
from tests.attacks import test_jades_stamps as jades
from tests.attacks import test_xades_stamps as xades
from tests.attacks.pki import AT, Holder
from tests.dss import Judge

UNDECIDED = "time-stamp: INDETERMINATE CERTIFICATE_CHAIN_GENERAL_FAILURE"
"""It is intact; nothing that is brought tells whether its authority was revoked."""

FILES: dict[str, tuple[Holder, bytes]] = {
    **{f"{name}.p7m": (cades.ROOT, made) for name, made in cades.MADE.items()},
    **{f"index, {name}.p7m": (cades.ROOT, make()) for name, make in index.MADE.items()},
    **{f"{name}.xml": (xades.ROOT, made) for name, made in xades.MADE.items()},
    **{f"{name}.json": (jades.ROOT, make().flattened) for name, make in jades.MAKERS.items()},
    "archive in clear.json": (jades.ROOT, jades.in_clear().flattened),
}
TOUCHED = {
    "archive of 2006.xml": xades.touched(xades.MADE["archive of 2006"], "{*}RevocationValues"),
    "references.xml": xades.touched(xades.MADE["references"], "{*}CertRefs"),
    "archive.p7m": cades.ADDED["an attribute"](cades.MADE["archive"]),
}


def told(judge: Judge, folder: Path, name: str, document: bytes) -> list[str]:
    """What DSS says against the time-stamps of a signature."""
    root, file = folder / "root.cer", folder / name
    root.write_bytes(FILES[name][0].certificate)
    file.write_bytes(document)
    [found] = judge.judge(root, AT + 43_200, file)
    assert found.indication == "TOTAL_PASSED"
    return [one for one in found.told if one.startswith("time-stamp")]


@pytest.mark.parametrize("name", FILES)
def test_dss_finds_each_time_stamp_intact(judge: Judge, tmp_path: Path, name: str) -> None:
    against = told(judge, tmp_path, name, FILES[name][1])
    assert len(against) >= 2
    assert set(against) == {UNDECIDED}


@pytest.mark.parametrize("name", TOUCHED)
def test_and_what_was_touched_is_not(judge: Judge, tmp_path: Path, name: str) -> None:
    against = told(judge, tmp_path, name, TOUCHED[name])
    assert "time-stamp: FAILED HASH_FAILURE" in against
