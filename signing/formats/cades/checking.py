"""What our own readers find in a CMS of ours, whose content we know by its digest alone."""

import hashlib
from dataclasses import replace
from typing import Final

from asn1crypto import cms

from keys import der
from signing.formats.cades.sealing import is_archived
from signing.formats.cades.signed_data import SignedData
from signing.formats.cms import Digested, open_signer
from signing.formats.seal import ValidationData
from signing.formats.signature import of_cms, weigh
from signing.formats.trust import Asked
from signing.formats.validation_data import known
from signing.rules.evidence import DocumentEvidence, SignatureEvidence
from signing.rules.report import Format, Level, SignatureFormat

_OTHER: Final = 0xA1


def by_digest(made: bytes, digest: bytes, asked: Asked) -> DocumentEvidence:
    """Evidence for a CMS with one signer. `digest` is SHA-256 over the content."""
    signed = cms.ContentInfo.load(made, strict=True)["content"]
    data = held_data(SignedData.parse(made))
    held = known(data.certificates, data.crls, data.ocsps)
    opened = open_signer(signed, signed["signer_infos"][0], Digested("sha256", digest))
    found = SignatureEvidence(
        "",
        opened.faults,
        digest_matches=opened.intact,
        signature_verifies=opened.valid,
        claimed_at=opened.claimed_at,
        covers_whole_file=True,
        format=SignatureFormat.CADES,
    )
    weighed: SignatureEvidence = asked.run(weigh(of_cms(opened, held), found, asked))
    if is_archived(made) and weighed.level is Level.LT:
        weighed = replace(weighed, level=Level.LTA)
    return DocumentEvidence(
        len(made), hashlib.sha256(made).hexdigest(), (weighed,), format=Format.CMS
    )


def held_data(signed: SignedData) -> ValidationData:
    """The certificates and revocation data of a SignedData; what is neither a CRL nor an OCSP
    answer is left out."""
    ocsps, crls = [], []
    for choice in signed.revocation:
        if choice[0] == _OTHER:
            ocsps.append(der.parts(choice)[1])
        else:
            crls.append(choice)
    return ValidationData(signed.certificates, tuple(ocsps), tuple(crls))
