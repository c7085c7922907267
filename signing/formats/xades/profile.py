"""The one form of a XAdES seal of ours (EN 319 132-1): as `xades.sealing` writes it."""

from collections.abc import Collection, Iterator
from typing import Final

from lxml import etree

from signing.formats import profile
from signing.formats.asic import manifest
from signing.formats.cades.profile import stamped_by, token_stands
from signing.formats.seal import ValidationData
from signing.formats.xades import canonical, properties, unsigned
from signing.formats.xades.parsing import DS, Element, Malformed, child, parse, signatures, text
from signing.formats.xades.properties import Properties
from signing.formats.xades.sealing import Covered, Seal
from signing.formats.xades.values import decode

_ARCHIVE: Final = f"{{{unsigned.LATER}}}ArchiveTimeStamp"
_LATER_DATA: Final = f"{{{unsigned.LATER}}}TimeStampValidationData"
_OF_LT: Final = 3
"""Unsigned properties at B-LT: a time-stamp, certificates, revocation data."""

_REFERENCES: Final = f"{{{DS}}}SignedInfo/{{{DS}}}Reference"


def stands(document: bytes, roots: Collection[bytes]) -> bool:
    """Whether a file that holds one signature is in the one form of ours. `roots`: trusted, DER."""
    try:
        signature, found = _found(document)
        seal = _seal(signature, found)
        part = seal.write(_written(found))
        return (
            profile.value_stands(seal.value)
            and profile.paths_stand(seal.certificates[:1], seal.certificates, roots)
            and _proofs_stand(seal, found, roots)
            and (document == manifest.around(part) or _is_around(part, document, signature))
        )
    except profile.WRONG:
        return False


def _proofs_stand(seal: Seal, found: Properties, roots: Collection[bytes]) -> bool:
    """A time-stamp of ours over the signature; and what proves the certificates, or a time-stamp
    over all of that, which needs no further account."""
    tokens, held = _values(found.element, found, "EncapsulatedTimeStamp"), found.unsigned
    if not held:
        return True
    if not token_stands(tokens[0], roots) or not token_stands(tokens[-1], roots):
        return False
    if held[0].tag != found.named("SignatureTimeStamp")[0]:
        return False
    if held[-1].tag == _ARCHIVE or len(held) == 1:
        return True
    signers = (seal.certificates[0], stamped_by(tokens[0]))
    return len(held) == _OF_LT and profile.proofs_stand(signers, _data(found.element, found), roots)


def _written(found: Properties) -> Iterator[str]:
    """The unsigned properties written again, as far as they are such as ours have."""
    stamp, certificates = found.named("SignatureTimeStamp", "CertificateValues")
    for one in found.unsigned:
        if one.tag in {stamp, _ARCHIVE}:
            [token] = _values(one, found, "EncapsulatedTimeStamp")
            of_all = one.tag == _ARCHIVE
            write = unsigned.archive_time_stamp if of_all else unsigned.signature_time_stamp
            yield write(token)
        elif one.tag == _LATER_DATA:
            yield unsigned.time_stamp_validation_data(_data(one, found))
        elif one.tag == certificates:  # and the revocation data after them
            yield unsigned.values(_data(one, found, one.getnext()))


def _is_around(part: bytes, document: bytes, signature: Element) -> bool:
    """Whether it is the last thing in a document that it signs, as lxml writes that."""
    before, found, after = document.partition(part)
    if not found or signature.getnext() is not None:
        return False
    parser = etree.XMLParser(
        remove_comments=True, remove_pis=True, resolve_entities=False, no_network=True
    )
    again = etree.fromstring(before + after, parser)
    return before + after == bytes(etree.tostring(again, xml_declaration=True, encoding="UTF-8"))


def covered(document: bytes) -> tuple[Covered, ...]:
    """What a seal is over, in its order; raises ValueError."""
    return _references(*_found(document))


def _found(document: bytes) -> tuple[Element, Properties]:
    [signature] = signatures(parse(document))
    found = properties.find(signature, signature.getroottree())
    if found is None:
        raise Malformed("no properties")
    return signature, found


def _seal(signature: Element, found: Properties) -> Seal:
    """What it says; raises ValueError."""
    method = child(signature, f"{{{DS}}}SignedInfo", f"{{{DS}}}SignatureMethod")
    at = properties.claimed(found)
    if method is None or at is None:
        raise Malformed("not as ours")
    return Seal(
        _references(signature, found),
        method.get("Algorithm", ""),
        at,
        tuple(properties.key_info(signature)),
        decode(text(child(signature, f"{{{DS}}}SignatureValue"))),
    )


def _references(signature: Element, found: Properties) -> tuple[Covered, ...]:
    names = found.named("SignedDataObjectProperties", "DataObjectFormat", "MimeType")
    types = [] if found.signed is None else found.signed.findall("/".join(names))
    *references, _ = signature.findall(_REFERENCES)
    return tuple(
        Covered(
            one.get("URI", ""),
            decode(text(child(one, f"{{{DS}}}DigestValue"))),
            kind.text or "",
            tuple(each.get("Algorithm", "") for each in canonical.transforms(one)),
        )
        for one, kind in zip(references, types, strict=True)
    )


def _data(element: Element, found: Properties, *more: Element) -> ValidationData:
    kinds = ("X509Certificate", "OCSPValue", "CRLValue")
    return ValidationData(
        *(
            tuple(
                value
                for one in (element, *more)
                for value in _values(one, found, f"Encapsulated{kind}")
            )
            for kind in kinds
        )
    )


def _values(within: Element, found: Properties, name: str) -> list[bytes]:
    [tag] = found.named(name)
    return [decode(text(one)) for one in within.iter(tag)]
