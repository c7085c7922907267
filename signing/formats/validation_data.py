"""Certificates, CRLs and OCSP answers that came with a signature. What cannot be read is left out:
it proves nothing."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeVar

from asn1crypto import core, x509
from asn1crypto.crl import CertificateList
from asn1crypto.ocsp import BasicOCSPResponse, OCSPResponse
from pyhanko.sign.validation.policy_decl import LocalKnowledge
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

from signing.formats import certificates, primitives

T = TypeVar("T")

_SOUND: Final = frozenset(
    f"{family}{bits}" for family in ("sha", "sha3_") for bits in (224, 256, 384, 512)
)

_MOST: Final = 512
"""Pieces of each kind that are looked at."""


def known(
    certificates: Iterable[bytes] = (),
    crls: Iterable[bytes] = (),
    ocsps: Iterable[bytes] = (),
    basic_ocsps: Iterable[bytes] = (),
) -> LocalKnowledge:
    """From DER; `basic_ocsps` are BasicOCSPResponses, without the response around them."""
    answers = [*ocsps, *(wrapped for one in basic_ocsps for wrapped in _wrapped(one))]
    return LocalKnowledge(
        known_certs=list(_read(certificates, _certificate)),
        known_crls=list(_read(crls, _crl)),
        known_ocsps=[one for found in _read(answers, _ocsp) for one in found],
    )


def together(*parts: LocalKnowledge) -> LocalKnowledge:
    """Each piece once, however often it comes."""
    return LocalKnowledge(
        known_certs=_once((one.dump(), one) for part in parts for one in part.known_certs),
        known_crls=_once((one.crl_data.dump(), one) for part in parts for one in part.known_crls),
        known_ocsps=_once(
            ((one.ocsp_response_data.dump(), one.index), one)
            for part in parts
            for one in part.known_ocsps
        ),
    )


def referenced(
    knowledge: LocalKnowledge, references: Iterable[tuple[str, bytes]]
) -> LocalKnowledge:
    """What of it is referred to by its digest (hash function, value). What refers by a function
    that is broken, or that nobody knows, may be of anything."""
    digests = {(name, value) for name, value in references if name in _SOUND}
    names = {name for name, _ in digests}

    def named(*forms: bytes) -> bool:
        return any(
            (name, primitives.digest(name, form)) in digests for name in names for form in forms
        )

    return LocalKnowledge(
        known_certs=[one for one in knowledge.known_certs if named(one.dump())],
        known_crls=[one for one in knowledge.known_crls if named(one.crl_data.dump())],
        known_ocsps=[
            one
            for one in knowledge.known_ocsps
            if named(one.ocsp_response_data.dump(), *_basic(one))
        ],
    )


def _basic(one: OCSPContainer) -> Iterator[bytes]:
    basic = one.extract_basic_ocsp_response()
    if basic is not None:
        yield basic.dump()


def _once(pairs: Iterable[tuple[Any, T]]) -> list[T]:
    return list(dict(pairs).values())


def _read(encoded: Iterable[bytes], read: Any) -> Iterator[Any]:
    for number, one in enumerate(dict.fromkeys(encoded)):
        if number == _MOST:
            return
        try:
            found = read(one)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError):
            continue
        yield found


def _certificate(encoded: bytes) -> x509.Certificate:
    found = certificates.load(encoded)
    _touch(found.subject, found.issuer, found.serial_number, found.public_key)
    _touch(found.not_valid_before, found.not_valid_after, found.key_identifier)
    return found


def _crl(encoded: bytes) -> CRLContainer:
    found = CertificateList.load(encoded)
    listed = found["tbs_cert_list"]
    _touch(listed["issuer"].hashable, listed["this_update"].native, listed["next_update"].native)
    return CRLContainer(found)


def _ocsp(encoded: bytes) -> list[OCSPContainer]:
    found = OCSPContainer.load_multi(OCSPResponse.load(encoded))
    for one in found:
        single: Any = one.extract_single_response()
        _touch(single["this_update"].native, single["next_update"].native, single["cert_id"])
        _touch(one.ocsp_response_data.dump(), *_basic(one))
    return found


def _wrapped(basic: bytes) -> Iterator[bytes]:
    try:
        answer = core.ParsableOctetString(BasicOCSPResponse.load(basic).dump())
        yield OCSPResponse(
            {
                "response_status": "successful",
                "response_bytes": {"response_type": "basic_ocsp_response", "response": answer},
            }
        ).dump()
    except (ValueError, TypeError, KeyError):
        return


def _touch(*_: Any) -> None:
    """Reading is lazy: what has been read here raises no more."""
