"""The validation data that a CMS carries: in its own fields (RFC 5652 §5.1), in attributes (EN 319
122-1 §A.1.1.2, §A.1.2.2; ISO 32000-2 §12.8.3.3.2), and in its time-stamps."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from asn1crypto import cms, core
from pyhanko.sign.validation.policy_decl import LocalKnowledge

from keys import der
from signing.formats import cms as signers
from signing.formats import validation_data
from signing.formats.attributes import encoded_values

_CERTIFICATE_VALUES: Final = "1.2.840.113549.1.9.16.2.23"
_REVOCATION_VALUES: Final = "1.2.840.113549.1.9.16.2.24"
_ADOBE_REVOCATION: Final = "1.2.840.113583.1.1.8"
_OTHER: Final = 0xA1
_CRL: Final = b"CRL"
_OCSP: Final = der.oid("1.3.6.1.5.5.7.16.2")
_BASIC_OCSP: Final = der.oid("1.3.6.1.5.5.7.48.1.1")
_FIRST, _SECOND = 0xA0, 0xA1


def knowledge(signed: cms.SignedData, info: cms.SignerInfo) -> LocalKnowledge:
    """Of a SignedData, for one of its signers."""
    return validation_data.together(beside(signed, info), *map(of_token, tokens(info)))


def beside(signed: cms.SignedData, info: cms.SignerInfo) -> LocalKnowledge:
    """The same without what its time-stamps carry."""
    return validation_data.together(_in_fields(signed), *_of_signer(info))


def tokens(info: cms.SignerInfo) -> Iterator[cms.SignedData]:
    """The time-stamps of a signer, of whatever kind."""
    for kind in signers.TIME_STAMPS:
        yield from signers.tokens(info["unsigned_attrs"], kind)


def of_token(token: cms.SignedData) -> LocalKnowledge:
    """Of a time-stamp, for its authority."""
    return validation_data.together(
        _in_fields(token), *(one for info in token["signer_infos"] for one in _of_signer(info))
    )


def _of_signer(info: cms.SignerInfo) -> Iterator[LocalKnowledge]:
    yield in_attributes(info["unsigned_attrs"])
    yield in_attributes(info["signed_attrs"])


def _in_fields(signed: cms.SignedData) -> LocalKnowledge:
    listed = signed["crls"]
    choices = [] if isinstance(listed, core.Void) else [choice.dump() for choice in listed]
    known = signed["certificates"]
    certificates = [
        choice.chosen.dump()
        for choice in (() if isinstance(known, core.Void) else known)
        if choice.name == "certificate"
    ]
    return validation_data.together(validation_data.known(certificates), of_choices(choices))


def of_choices(choices: Iterable[bytes]) -> LocalKnowledge:
    """RevocationInfoChoices in DER (RFC 5652 §10.2.1, RFC 5940)."""
    held: dict[bytes, list[bytes]] = {_CRL: [], _OCSP: [], _BASIC_OCSP: []}
    for choice in choices:
        form, value = (_CRL, choice) if choice[0] != _OTHER else _pair(choice)
        if form in held:
            held[form].append(value)
    return validation_data.known((), *held.values())


def _pair(choice: bytes) -> tuple[bytes, bytes]:
    """OtherRevocationInfoFormat; what is not one is of no form."""
    found = _parts(choice)
    return (found[0], found[1]) if len(found) == len((_OCSP, _CRL)) else (b"", b"")


def in_attributes(attributes: Any) -> LocalKnowledge:
    """Of certificate-values and revocation-values."""
    certificates = [
        one for value in encoded_values(attributes, _CERTIFICATE_VALUES) for one in _parts(value)
    ]
    by_etsi = list(_tagged(attributes, _REVOCATION_VALUES))
    by_adobe = list(_tagged(attributes, _ADOBE_REVOCATION))
    return validation_data.known(
        certificates,
        [one for tag, one in (*by_etsi, *by_adobe) if tag == _FIRST],
        [one for tag, one in by_adobe if tag == _SECOND],
        [one for tag, one in by_etsi if tag == _SECOND],
    )


def _tagged(attributes: Any, kind: str) -> Iterator[tuple[int, bytes]]:
    """SEQUENCE { [0] SEQUENCE OF …, [1] SEQUENCE OF … }: each value, and the tag it is under."""
    for value in encoded_values(attributes, kind):
        for part in _parts(value):
            for listed in _parts(part):
                yield from ((part[0], one) for one in _parts(listed))


def _parts(encoded: bytes) -> tuple[bytes, ...]:
    """None where it isn't made of values: it proves nothing then."""
    try:
        return der.parts(encoded)
    except ValueError:
        return ()
