"""Signatures of older PDF: adbe.x509.rsa_sha1, whose signature is no CMS (ISO 32000-1 §12.8.3.2).

SHA-1 is all that they know, so none of them passes; whether they fit their document is told.
"""

from typing import Any, Final

from asn1crypto import algos, core
from pyhanko.sign.validation.policy_decl import LocalKnowledge

from signing.formats import primitives, validation_data
from signing.formats.cms import Content
from signing.formats.signature import Signature
from signing.formats.validation_data import together
from signing.rules.evidence import Digest, SignatureEvidence

SUB_FILTER: Final = "/adbe.x509.rsa_sha1"


def read(
    value: Any, content: Content, knowledge: LocalKnowledge, name: str
) -> tuple[Signature, SignatureEvidence]:
    """A signature and what there is to find of its document; raises whatever readers raise."""
    held = value["/Cert"]
    encoded = [bytes(one) for one in (held if isinstance(held, list) else [held])]
    near = together(validation_data.known(encoded), knowledge)
    signer = next((one for one in near.known_certs if one.dump() == encoded[0]), None)
    made = core.OctetString.load(bytes(value["/Contents"])).native
    algorithm = algos.SignedDigestAlgorithm({"algorithm": "sha1_rsa"})
    fits = signer is not None and primitives.verifies(
        made, content.whole(), signer.public_key, algorithm
    )
    others = tuple(one for one in near.known_certs if one is not signer)
    found = SignatureEvidence(name, digest_matches=True, signature_verifies=fits)
    digest = Digest("sha1", content.digest("sha1").hex())
    signature = Signature(
        made,
        signer,
        others,
        algorithm,
        "sha1",
        None,
        (),
        near,
        hashes=("sha1",),
        representation=digest,
        objects=(digest,),
    )
    return signature, found
