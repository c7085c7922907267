"""JSON signatures by others (JAdES, JWS), and as attackers make them."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from signing.formats.jades.jws import base64url
from signing.rules.report import Format, Indication, Level, SubIndication, Verdict
from tests.attacks.jades import (
    BY_HASH,
    BY_URI,
    PAYLOAD,
    Made,
    b64url,
    dumps,
    general,
    header,
    signature,
)
from tests.attacks.pki import DAY, NOW, curve, root, rsa_key
from tests.attacks.somebody import ANOTHER, AUTHORITY, CLOCK, ROOT, SOMEBODY, verdict
from tests.attacks.verdicts import (
    CHANGED,
    FORGED,
    MALFORMED,
    MISSING,
    NAMELESS,
    PASSED,
    UNRECOGNISED,
    evidence,
    judge,
    told,
)

GOOD = signature(SOMEBODY)


@pytest.mark.parametrize("form", ["compact", "flattened", "general", "with spaces"])
def test_every_serialisation_is_authentic(form: str) -> None:
    forms = {
        "compact": GOOD.compact,
        "flattened": GOOD.flattened,
        "general": general(GOOD),
        "with spaces": b"\xef\xbb\xbf" + json.dumps(json.loads(GOOD.flattened), indent=2).encode(),
    }
    report = judge(forms[form], ROOT, SOMEBODY)
    assert told(report) == PASSED
    assert (report.format, report.signatures[0].level) == (Format.JSON, Level.B)


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        *(("ES256", curve), ("ES384", lambda: curve(ec.SECP384R1))),
        *(("ES512", lambda: curve(ec.SECP521R1)), ("RS256", lambda: rsa_key(3_072))),
        *(("PS256", lambda: rsa_key(3_072)), ("PS512", lambda: rsa_key(3_072))),
        ("EdDSA", ed25519.Ed25519PrivateKey.generate),
    ],
)
def test_every_algorithm_of_jades_is_read(algorithm: str, key: Callable[[], Any]) -> None:
    holder = AUTHORITY.signer("Somebody", key=key())
    made = signature(holder, header=header(holder, alg=algorithm))
    assert evidence(made.compact, ROOT).signatures[0].signature_verifies
    assert told(judge(made.compact, ROOT, holder)) == PASSED


def test_several_signatures_are_told_one_by_one() -> None:
    other = signature(ANOTHER)
    assert verdict(general(GOOD, other)) == PASSED
    other.value = GOOD.value
    report = judge(general(GOOD, other), ROOT, SOMEBODY, ANOTHER)
    assert told(report) == FORGED
    assert [one.indication for one in report.signatures] == [
        Indication.TOTAL_PASSED,
        Indication.TOTAL_FAILED,
    ]


@pytest.mark.rule("attacks.changed")
def test_a_payload_that_was_changed_does_not_verify() -> None:
    changed = GOOD.flattened.replace(b64url(PAYLOAD).encode(), b64url(b'{"agreed":false}').encode())
    assert verdict(changed) == FORGED


def test_a_detached_payload_needs_its_content() -> None:
    made = signature(SOMEBODY, payload=None, detached=PAYLOAD)
    assert verdict(made.compact) == MISSING
    assert verdict(made.compact, detached=PAYLOAD) == PASSED
    assert verdict(made.flattened, detached=PAYLOAD) == PASSED
    assert verdict(made.compact, detached=b"{}") == FORGED


def test_a_payload_that_is_not_encoded_is_read() -> None:
    plain = header(SOMEBODY, b64=False, crit=["b64"])
    assert verdict(signature(SOMEBODY, header=plain).flattened) == PASSED
    detached = signature(SOMEBODY, header=plain, payload=None, detached=b"\x00 any bytes")
    assert verdict(detached.compact, detached=b"\x00 any bytes") == PASSED


def test_objects_by_reference_are_compared_by_their_digest() -> None:
    digest = b64url(hashlib.sha512(PAYLOAD).digest())
    said = {"mId": BY_HASH, "pars": ["a.json"], "hashM": "S512", "hashV": [digest]}
    made = signature(SOMEBODY, header=header(SOMEBODY, sigD=said, crit=["sigD"]), payload=None)
    assert verdict(made.compact) == MISSING
    assert verdict(made.compact, detached=PAYLOAD) == PASSED
    assert verdict(made.compact, detached=b"{}") == CHANGED
    said = {"mId": BY_URI, "pars": ["a.json"]}
    head = header(SOMEBODY, sigD=said, crit=["sigD"])
    made = signature(SOMEBODY, header=head, payload=None, detached=PAYLOAD)
    assert verdict(made.compact, detached=PAYLOAD) == PASSED


@pytest.mark.parametrize(
    "said",
    [
        {"mId": "http://uri.etsi.org/19182/HttpHeaders", "pars": ["content-type"]},
        {"mId": BY_URI, "pars": ["a.json", "b.json"]},
        {"mId": "urn:unknown", "pars": []},
    ],
)
def test_what_is_signed_and_cannot_be_had_is_missing_and_not_malformed(
    said: dict[str, Any],
) -> None:
    head = header(SOMEBODY, sigD=said, crit=["sigD"])
    made = signature(SOMEBODY, header=head, payload=None, detached=PAYLOAD)
    assert verdict(made.compact, detached=PAYLOAD) == MISSING


def test_a_counter_signature_is_a_signature_of_its_own() -> None:
    made = signature(SOMEBODY)
    over = signature(ANOTHER, payload=made.value)
    made.with_component(cSig=json.loads(over.flattened))
    report = judge(made.flattened, ROOT, SOMEBODY, ANOTHER)
    assert told(report) == PASSED
    assert [one.name for one in report.signatures] == ["Signature1", "Signature1/1"]
    other = signature(SOMEBODY)
    other.with_component(cSig=json.loads(signature(ANOTHER, payload=b"x").flattened))
    assert verdict(other.flattened) == CHANGED


def test_what_a_counter_signature_brings_vouches_for_what_it_signs() -> None:
    made = signature(SOMEBODY)
    over = signature(ANOTHER, payload=made.value).with_proofs((), [AUTHORITY.crl(), ROOT.crl()])
    assert judge(made.flattened, ROOT).indication is not Indication.TOTAL_PASSED
    made.with_component(cSig=json.loads(over.flattened))
    assert told(judge(made.flattened, ROOT)) == PASSED


def test_time_stamps_and_validation_data_make_b_lt() -> None:
    made = signature(SOMEBODY).stamped(CLOCK, NOW - DAY)
    assert judge(made.flattened, ROOT, SOMEBODY, CLOCK).signatures[0].level is Level.T
    made.with_proofs(SOMEBODY.chain, [AUTHORITY.crl(), ROOT.crl()])
    report = judge(made.flattened, ROOT)
    assert told(report) == PASSED
    assert report.signatures[0].level is Level.LT
    assert report.signatures[0].signed_at == int((NOW - DAY).timestamp())
    report = judge(made.archived(CLOCK).flattened, ROOT)
    assert told(report) == PASSED
    assert report.signatures[0].level is Level.LTA


def test_what_one_signature_carries_proves_the_others_too() -> None:
    proven = signature(SOMEBODY).stamped(CLOCK, NOW - DAY)
    proven.with_proofs(SOMEBODY.chain, [AUTHORITY.crl(), ROOT.crl()])
    report = judge(general(signature(ANOTHER), proven), ROOT)
    assert told(report) == PASSED
    assert [one.level for one in report.signatures] == [Level.B, Level.LT]


def test_components_in_clear_are_read_too() -> None:
    made = signature(SOMEBODY).stamped(CLOCK).with_proofs([], [AUTHORITY.crl(), ROOT.crl()])
    said = json.loads(made.flattened)
    said["header"]["etsiU"] = [json.loads(base64url(each)) for each in made.etsi_u]
    assert told(judge(dumps(said), ROOT)) == PASSED


def test_a_time_stamp_over_another_signature_proves_nothing() -> None:
    made = signature(SOMEBODY)
    made.value, kept = b"another", made.value
    made.stamped(CLOCK)
    made.value = kept
    report = judge(made.flattened, ROOT, SOMEBODY, CLOCK)
    assert report.signatures[0].signed_at is None
    assert report.sub_indication is SubIndication.NO_POE
    [stamp] = report.signatures[0].time_stamps
    assert stamp.sub_indication is SubIndication.NO_POE


def test_an_unknown_root_is_unrecognised() -> None:
    stranger = root("Another").signer()
    assert told(judge(signature(stranger).compact, ROOT)) == UNRECOGNISED


def test_no_certificate_is_no_signer() -> None:
    bare = {"x5c": None, "x5t#S256": None}
    made = signature(SOMEBODY, header=header(SOMEBODY, **bare))
    assert verdict(made.compact)[2] is SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    unnamed = signature(SOMEBODY, header=header(SOMEBODY, **{"x5t#S256": None}))
    assert verdict(unnamed.compact)[2] is SubIndication.SIG_CONSTRAINTS_FAILURE
    wrong = header(SOMEBODY, **{"x5t#S256": b64url(bytes(32))})
    assert verdict(signature(SOMEBODY, header=wrong).compact)[2] is (
        SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    )


def with_header(**changed: Any) -> bytes:
    return signature(SOMEBODY, header=header(SOMEBODY, **changed)).compact


def another_algorithm(name: Any) -> bytes:
    made = Made(SOMEBODY, header=header(SOMEBODY)).sign()
    made.protected = dumps(header(SOMEBODY, alg=name))
    return made.compact


def duplicated(member: bytes) -> bytes:
    made = Made(SOMEBODY, header=header(SOMEBODY))
    made.protected = dumps(made.header)[:-1] + b"," + member + b"}"
    return made.sign().compact


MALFORMED_FILES = {
    "none": another_algorithm("none"),
    "an algorithm that is no text": another_algorithm(["ES256"]),
    "an unknown critical parameter": with_header(crit=["exp"], exp=1),
    "critical and not there": with_header(crit=["sigT"]),
    "nothing critical": with_header(crit=[]),
    "critical twice": with_header(crit=["b64", "b64"], b64=False),
    "b64 that is not critical": with_header(b64=False),
    "a parameter twice": duplicated(b'"alg":"ES256"'),
    "infinity": duplicated(b'"x":Infinity'),
    "padding": GOOD.compact + b"==",
    "bits that are lost": GOOD.compact[:-1]
    + {b"A": b"B", b"Q": b"R", b"g": b"h", b"w": b"x"}[GOOD.compact[-1:]],
    "spaces within": GOOD.compact[:9] + b" " + GOOD.compact[9:],
    "a payload twice": GOOD.flattened[:-1] + b',"payload":"e30"}',
    "both forms": dumps(json.loads(GOOD.flattened) | {"signatures": [GOOD.member]}),
    "in both headers": dumps(json.loads(GOOD.flattened) | {"header": {"alg": "ES256"}}),
    "an algorithm that is not signed": dumps(
        json.loads(signature(SOMEBODY, header=header(SOMEBODY)).flattened)
        | {"protected": b64url(b"{}"), "header": {"alg": "ES256"}}
    ),
    "another mechanism": with_header(sigD={"mId": "http://uri.etsi.org/19182/HttpHeaders"}),
}


@pytest.mark.parametrize("what", MALFORMED_FILES)
@pytest.mark.rule("attacks.jws-keys")
def test_what_is_not_as_it_must_be_is_a_fault_of_format(what: str) -> None:
    assert verdict(MALFORMED_FILES[what]) == MALFORMED


def test_a_shared_secret_names_nobody() -> None:
    """RFC 7520 §4.7: also where only the content is protected."""
    assert verdict(another_algorithm("HS256")) == NAMELESS
    alone = {"payload": b64url(b"{}"), "header": {"alg": "HS256"}, "signature": b64url(b"secret")}
    assert verdict(dumps(alone)) == NAMELESS


def test_a_list_of_no_signatures_is_not_signed() -> None:
    assert verdict(dumps({"payload": b64url(b"{}"), "signatures": []}))[0] is Verdict.NOT_SIGNED


def test_an_unknown_algorithm_is_not_relied_on_and_does_not_say_that_anything_was_changed() -> None:
    *_, indication, why = verdict(another_algorithm("XX256"))
    assert (indication, why) == (
        Indication.INDETERMINATE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
    )


def test_an_algorithm_is_for_its_curve_alone() -> None:
    holder = AUTHORITY.signer("Somebody", key=curve(ec.BrainpoolP256R1))
    made = signature(holder, header=header(holder, alg="ES256"))
    assert told(judge(made.compact, ROOT, holder)) == FORGED


def test_what_is_encrypted_is_told_as_such() -> None:
    assert verdict(b"eyJhbGciOiJkaXIifQ..AAAA.BBBB.CCCC")[0] is Verdict.ENCRYPTED


def test_members_that_nobody_signed_are_told() -> None:
    report = judge(dumps(json.loads(GOOD.flattened) | {"price": 1}), ROOT, SOMEBODY)
    assert report.verdict is Verdict.PARTLY_SIGNED
    assert [(part.name, part.signed_by) for part in report.parts] == [("price", ())]


@pytest.mark.parametrize("document", [b'{"a": 1}', b"{}", b'{"payload": "e30"}'])
def test_json_without_a_signature_is_not_signed(document: bytes) -> None:
    assert verdict(document)[0] is Verdict.NOT_SIGNED


@pytest.mark.parametrize(
    "document", [b"{", b'{"a":' * 10_000, b"{\xff}", b"eyJ", b"{" + b"[" * 90_000]
)
def test_damaged_json_is_unreadable(document: bytes) -> None:
    assert verdict(document)[0] is Verdict.UNREADABLE
