"""The time-stamp authority (RFC 3161, RFC 5816), read with asn1crypto."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from asn1crypto import algos, core, tsp

from keys import timestamp
from keys.profiles import TIMESTAMP_POLICY
from tests.keys.authorities import Infrastructure

AT = datetime(2026, 4, 14, 2, 0, 30, tzinfo=UTC)
DIGEST = b"d" * 32


@pytest.fixture(scope="module")
def pki() -> Infrastructure:
    return Infrastructure(int(AT.timestamp()) - 3_600)


def request(**members: object) -> bytes:
    imprint = tsp.MessageImprint(
        {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": members.pop("hash", "sha256")}),
            "hashed_message": members.pop("digest", DIGEST),
        }
    )
    asked = {"version": 1, "message_imprint": imprint, "cert_req": True, **members}
    encoded: bytes = tsp.TimeStampReq(asked).dump()
    return encoded


def granted(pki: Infrastructure, encoded: bytes, at: datetime = AT) -> tsp.TSTInfo:
    answer = tsp.TimeStampResp.load(timestamp.answer(encoded, pki.time_authority, at))
    assert answer["status"]["status"].native == "granted"
    return answer["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed


class Answer(core.Sequence):  # asn1crypto's own class demands a token
    _fields: ClassVar = [("status", tsp.PKIStatusInfo), ("token", core.Any, {"optional": True})]


def rejected(encoded: bytes, pki: Infrastructure) -> timestamp.Failure:
    answer = timestamp.answer(encoded, pki.time_authority, AT)
    status = Answer.load(answer)["status"]
    assert status["status"].native == "rejection"
    with pytest.raises(timestamp.Rejected) as refused:
        timestamp.parse_request(encoded, TIMESTAMP_POLICY)
    (failed,) = status["fail_info"].native
    assert failed.removesuffix("s") == refused.value.failure.name.lower()
    return refused.value.failure


def test_a_token_carries_time_accuracy_policy_and_the_asked_digest(pki: Infrastructure) -> None:
    info = granted(pki, request())
    assert info["gen_time"].native == AT
    assert info["accuracy"]["seconds"].native == 1
    assert info["policy"].dotted == TIMESTAMP_POLICY
    assert info["message_imprint"]["hashed_message"].native == DIGEST


def test_the_nonce_comes_back(pki: Infrastructure) -> None:
    assert granted(pki, request(nonce=2**63 + 7))["nonce"].native == 2**63 + 7


def test_serial_numbers_rise_and_differ(pki: Infrastructure) -> None:
    back = AT - timedelta(seconds=30)  # the clock is set back, to the same second again and again
    serials = [granted(pki, request(), at)["serial_number"].native for at in (AT, AT, back, back)]
    assert serials == sorted(set(serials))
    assert all(serial.bit_length() <= 160 for serial in serials)


@pytest.mark.parametrize(("name", "length"), [("sha256", 32), ("sha384", 48), ("sha512", 64)])
def test_the_sha_2_family_is_stamped(pki: Infrastructure, name: str, length: int) -> None:
    info = granted(pki, request(hash=name, digest=b"d" * length))
    assert info["message_imprint"]["hash_algorithm"]["algorithm"].native == name


def test_certificates_are_left_out_unless_asked_for(pki: Infrastructure) -> None:
    answers = [
        tsp.TimeStampResp.load(timestamp.answer(request(cert_req=wanted), pki.time_authority, AT))
        for wanted in (True, False)
    ]
    with_them, without = (answer["time_stamp_token"]["content"] for answer in answers)
    assert len(with_them["certificates"]) == 2
    assert without["certificates"].native is None


def test_a_weak_hash_is_refused_as_bad_alg(pki: Infrastructure) -> None:
    encoded = request(hash="sha1", digest=b"d" * 20)
    assert rejected(encoded, pki) is timestamp.Failure.BAD_ALG


def test_a_digest_of_the_wrong_length_is_bad_data(pki: Infrastructure) -> None:
    assert rejected(request(digest=b"d" * 31), pki) is timestamp.Failure.BAD_DATA_FORMAT


def test_another_policy_is_unaccepted(pki: Infrastructure) -> None:
    encoded = request(req_policy="1.2.3.4")
    assert rejected(encoded, pki) is timestamp.Failure.UNACCEPTED_POLICY


def test_an_extension_is_unaccepted(pki: Infrastructure) -> None:
    extension = {"extn_id": "1.2.3.4", "critical": False, "extn_value": b"\x05\x00"}
    assert rejected(request(extensions=[extension]), pki) is timestamp.Failure.UNACCEPTED_EXTENSION


@pytest.mark.parametrize("garbage", [b"", b"\x30\x00", b"GET / HTTP/1.1", request()[:-4]])
def test_what_is_not_a_request_is_bad_data(pki: Infrastructure, garbage: bytes) -> None:
    assert rejected(garbage, pki) is timestamp.Failure.BAD_DATA_FORMAT
