"""The validation data that a CMS carries: in its own fields (RFC 5652 §5.1), in attributes (EN 319
122-1 §A.1.1.2, §A.1.2.2; ISO 32000-2 §12.8.3.3.2), and in its time-stamps."""

from collections.abc import Iterator
from typing import Any, Final

from asn1crypto import cms, core
from pyhanko.sign.validation.policy_decl import LocalKnowledge

from keys import der
from signing.formats import cms as signers
from signing.formats import validation_data

_CERTIFICATE_VALUES: Final = "1.2.840.113549.1.9.16.2.23"
_REVOCATION_VALUES: Final = "1.2.840.113549.1.9.16.2.24"
_ADOBE_REVOCATION: Final = "1.2.840.113583.1.1.8"
_OCSP_RESPONSE: Final = "1.3.6.1.5.5.7.16.2"
_BASIC_OCSP_RESPONSE: Final = "1.3.6.1.5.5.7.48.1.1"
_FIRST, _SECOND = 0xA0, 0xA1


def knowledge(signed: cms.SignedData, info: cms.SignerInfo) -> LocalKnowledge:
    """Of a SignedData, for one of its signers."""
    tokens = [
        token
        for kind in (signers.SIGNATURE_TIME_STAMP, signers.ARCHIVE_TIME_STAMP_V3)
        for token in signers.tokens(info, kind)
    ]
    return validation_data.together(
        _in_fields(signed),
        *(_in_fields(token) for token in tokens),
        *(
            _in_attributes(attributes)
            for one in (info, *(each for token in tokens for each in token["signer_infos"]))
            for attributes in (one["unsigned_attrs"], one["signed_attrs"])
        ),
    )


def _in_fields(signed: cms.SignedData) -> LocalKnowledge:
    crls: list[bytes] = []
    ocsps: list[bytes] = []
    basic: list[bytes] = []
    listed = signed["crls"]
    for choice in () if isinstance(listed, core.Void) else listed:
        if choice.name == "crl":
            crls.append(choice.chosen.dump())
            continue
        form = choice.chosen["other_rev_info_format"].dotted
        held = {_OCSP_RESPONSE: ocsps, _BASIC_OCSP_RESPONSE: basic}.get(form)
        if held is not None:
            held.append(choice.chosen["other_rev_info"].dump())
    known = signed["certificates"]
    certificates = [
        choice.chosen.dump()
        for choice in (() if isinstance(known, core.Void) else known)
        if choice.name == "certificate"
    ]
    return validation_data.known(certificates, crls, ocsps, basic)


def _in_attributes(attributes: Any) -> LocalKnowledge:
    certificates = [
        one
        for value in signers.values(attributes, _CERTIFICATE_VALUES)
        for one in _parts(value.dump())
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
    for value in signers.values(attributes, kind):
        for part in _parts(value.dump()):
            for listed in _parts(part):
                yield from ((part[0], one) for one in _parts(listed))


def _parts(encoded: bytes) -> tuple[bytes, ...]:
    """None where it isn't made of values: it proves nothing then."""
    try:
        return der.parts(encoded)
    except ValueError:
        return ()
