"""The signing service's pages in every state, with values as they come in life."""

from dataclasses import replace
from types import SimpleNamespace as Thing
from typing import Any

from signing.formats.pictures import Comparison
from signing.rules.report import (
    Format,
    Indication,
    Level,
    Note,
    Part,
    Party,
    Report,
    SignatureReport,
    Step,
    SubIndication,
    Verdict,
)
from signing.rules.shown import shown
from tests.pages.state import REFUSED, State


def _signing(name: str, template: str, values: dict[str, Any], **changes: Any) -> State:
    return State("signing", name, f"{template}.html", values | changes)


def _party(organization: str | None, common_name: str) -> Party:
    return Party(
        common_name=common_name,
        organization=organization,
        organization_identifier="GOVKH-MOC",
        country="KH",
        issuer="Tra Issuing CA 1",
        serial="3f8a02c177d0e4b95a16",
        fingerprint="b1946ac92492d2347c6235b4d2611184" * 2,
        not_before=1_767_225_600,
        not_after=1_830_297_600,
    )


def _signature(indication: Indication, **found: Any) -> SignatureReport:
    usual: dict[str, Any] = {
        "name": "Seal1",
        "sub_indication": None,
        "step": None,
        "signer": _party("ក្រសួងពាណិជ្ជកម្ម", "Ministry of Commerce"),
        "level": Level.LT,
        "signed_at": 1_776_132_000,
        "claimed_at": 1_776_131_990,
        "time_stamped_by": _party(None, "Tra Time-Stamping Unit 1"),
        "revoked_at": None,
        "covers_whole_file": True,
    }
    return SignatureReport(indication=indication, **usual | found)


def _verdict(
    verdict: Verdict,
    *signatures: SignatureReport,
    name: str = "",
    unsigned_bytes: int = 0,
    parts: tuple[Part, ...] = (),
    beside: tuple[str, ...] = (),
) -> State:
    read = verdict is not Verdict.TOO_LARGE
    digest = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
    worst = signatures[-1] if signatures else None
    report = Report(
        verdict=verdict,
        indication=worst.indication if worst else Indication.INDETERMINATE,
        sub_indication=worst.sub_indication if worst else SubIndication.SIGNED_DATA_NOT_FOUND,
        signatures=signatures,
        size=184_320 if read else 0,
        digest=digest,
        unsigned_bytes=unsigned_bytes,
        checked_at=1_776_150_000,
        policy="tra-2",
        policy_digest="c3" * 32,
        format=Format.ASIC_E if parts else Format.PDF,
        parts=parts,
    )
    values = {
        "verdict": verdict,
        "report": report,
        "beside": beside,
        "spelled_out": shown,
        "file_name": "វិញ្ញាបនបត្រចុះបញ្ជីពាណិជ្ជកម្ម_2026-final-signed.pdf" if read else "",
        "added_later": verdict in (Verdict.CHANGED, Verdict.COVERED) or name == "authentic-twice",
    }
    return State("signing", name or verdict.value, "verdict.html", values)


PASSED = _signature(Indication.TOTAL_PASSED, revision=151_000)
LOOKALIKE = _party("ក្រសួងពាណិជ្ជកម្ម", "Ministry of Commerce (self-made)")

FORM = {
    "beside": [],
    "action": "/",
    "more": {"content": "/?with=content", "evidence_record": "/?with=evidence_record"},
}
FORM_BESIDE = {"beside": ["content", "evidence_record"], "action": "/?with=content", "more": {}}

SIGNING = (
    _signing("verify", "verify", FORM, error=None),
    _signing("verify-beside", "verify", FORM_BESIDE, error=None),
    _signing("verify-empty", "verify", FORM, error=Thing(code="document_missing")),
    _signing("verify-refused", "verify", FORM, error=Thing(code="another")),
    _signing("error", "error", REFUSED, code="not_found", error="not_found"),
    _verdict(Verdict.AUTHENTIC, PASSED),
    _verdict(
        Verdict.AUTHENTIC,
        replace(
            PASSED,
            revoked_at=1_776_140_000,
            notes=(Note.REVOKED_LATER, Note.FOLLOWED_BY_SIGNATURES, Note.FORM_FILLED_IN),
        ),
        replace(PASSED, name="Seal2", notes=(Note.TIME_NOT_PROVEN,), signed_at=None),
        name="authentic-twice",
        unsigned_bytes=12,
    ),
    _verdict(
        Verdict.CHANGED,
        _signature(
            Indication.TOTAL_FAILED,
            sub_indication=SubIndication.HASH_FAILURE,
            step=Step.DOCUMENT_DIGEST,
            notes=(Note.STRUCTURE_REPAIRED,),
        ),
    ),
    _verdict(
        Verdict.REVOKED,
        _signature(
            Indication.INDETERMINATE,
            sub_indication=SubIndication.REVOKED_NO_POE,
            step=Step.REVOCATION,
            revoked_at=1_776_000_000,
        ),
    ),
    _verdict(
        Verdict.UNRECOGNISED,
        _signature(
            Indication.INDETERMINATE,
            sub_indication=SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
            step=Step.CHAIN,
            signer=LOOKALIKE,
            level=Level.B,
            signed_at=None,
            time_stamped_by=None,
        ),
    ),
    _verdict(
        Verdict.COVERED,
        _signature(
            Indication.INDETERMINATE,
            sub_indication=SubIndication.GENERIC,
            step=Step.DOCUMENT_DIGEST,
            notes=(Note.COVERED, Note.FOLLOWED_BY_SIGNATURES),
            revision=151_000,
        ),
    ),
    _verdict(
        Verdict.PARTLY_SIGNED,
        PASSED,
        parts=(
            Part("វិញ្ញាបនបត្រ.pdf", 184_320, "5891" * 16, ("Seal1",)),
            Part("ឧបសម្ព័ន្ធ_2026-annex-that-nobody-signed.docx", 9_000, "b194" * 16, ()),
        ),
    ),
    _verdict(
        Verdict.TIME_STAMPED,
        replace(PASSED, signer=_party(None, "Tra Time-Stamping Unit 1"), level=None),
    ),
    _verdict(
        Verdict.CONTENT_MISSING,
        _signature(
            Indication.INDETERMINATE,
            sub_indication=SubIndication.SIGNED_DATA_NOT_FOUND,
            step=Step.DOCUMENT_DIGEST,
            missing=("ឧបសម្ព័ន្ធ_2026-annex-of-another-file.docx", "list-of-names.csv"),
        ),
    ),
    _verdict(
        Verdict.AUTHENTIC,
        PASSED,
        name="authentic-beside",
        beside=("content", "evidence_record"),
    ),
    _verdict(
        Verdict.EXPIRED,
        _signature(
            Indication.INDETERMINATE,
            sub_indication=SubIndication.OUT_OF_BOUNDS_NO_POE,
            step=Step.CHAIN,
            signed_at=None,
            claimed_at=None,
        ),
    ),
    _verdict(
        Verdict.NOT_VALID,
        _signature(
            Indication.TOTAL_FAILED, sub_indication=SubIndication.NOT_YET_VALID, step=Step.CHAIN
        ),
    ),
    _verdict(
        Verdict.INDETERMINATE,
        _signature(
            Indication.INDETERMINATE, sub_indication=SubIndication.TRY_LATER, step=Step.REVOCATION
        ),
    ),
    *(
        _verdict(verdict)
        for verdict in (
            Verdict.NOT_SIGNED,
            Verdict.UNSUPPORTED,
            Verdict.ENCRYPTED,
            Verdict.TOO_LARGE,
            Verdict.UNREADABLE,
            Verdict.NOT_CHECKED,
        )
    ),
)


def _checked(state: State, name: str) -> Thing:
    return Thing(name=name, report=state.values["report"])


BY_NAME = {state.id: state for state in SIGNING}
PICTURE = "data:image/webp;base64,UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAUAmJaQAA3AA/v02aAA="

SIGNING += (
    _signing(
        "verdicts",
        "verdicts",
        {
            "passed": 1,
            "spelled_out": shown,
            "checked": [
                _checked(BY_NAME["authentic"], "វិញ្ញាបនបត្រចុះបញ្ជីពាណិជ្ជកម្ម_2026-final-signed.pdf"),
                _checked(BY_NAME["changed"], "licence.pdf"),
                _checked(BY_NAME["unrecognised"], ""),
                _checked(BY_NAME["not_signed"], "x" * 120 + ".pdf"),
            ],
        },
    ),
    _signing(
        "compare",
        "compare",
        {
            "file_name": "licence.pdf",
            "spelled_out": shown,
            "signature": PASSED,
            "found": Comparison(2, 3, (1, 2, 3), ()),
            "shown": [
                {"number": 1, "signed": PICTURE, "now": PICTURE},
                {"number": 3, "signed": None, "now": PICTURE},
            ],
        },
    ),
    _signing(
        "compare-same",
        "compare",
        {
            "file_name": "",
            "spelled_out": shown,
            "signature": PASSED,
            "found": Comparison(2, 2, (), ()),
            "shown": [],
        },
    ),
)
