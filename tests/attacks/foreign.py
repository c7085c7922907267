"""Signatures by somebody else's software: a small authority, and pyHanko as the signer."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from asn1crypto import cms, keys, x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509 import KeyUsage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from core.clock import FixedClock
from signing import policies
from signing.formats.reading import gather
from signing.formats.trust import Anchors
from signing.rules.register import Registered
from signing.rules.report import Report
from signing.rules.validation import validate
from tests.certificates import Certified

NOW = datetime(2026, 4, 14, 2, 0, tzinfo=UTC)
CLOCK = FixedClock(NOW)

_SIGNS = KeyUsage(
    digital_signature=True,
    content_commitment=True,
    **dict.fromkeys(
        (
            *("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign"),
            *("crl_sign", "encipher_only", "decipher_only"),
        ),
        False,
    ),
)


@dataclass
class Signer:
    """Somebody with a certificate; `key` makes it another kind of key."""

    authority: Certified
    name: str = "Somebody"
    key: Callable[[], Any] | None = None
    certified: Certified = field(init=False)

    def __post_init__(self) -> None:
        own = {"key": self.key()} if self.key else {}
        self.certified = Certified(
            self.name, self.authority, since=NOW, extensions=(_SIGNS,), **own
        )

    @property
    def signer(self) -> signers.SimpleSigner:
        chain = [_loaded(one) for one in (self.certified, self.authority)]
        key = self.certified.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return signers.SimpleSigner(
            signing_cert=chain[0],
            signing_key=keys.PrivateKeyInfo.load(key),
            cert_registry=SimpleCertificateStore.from_certs(chain),
        )

    def sign(
        self,
        document: bytes,
        name: str = "Sig1",
        *,
        permissions: MDPPerm | None = None,
        box: tuple[int, int, int, int] | None = None,
        digest: str = "sha256",
        signer: signers.Signer | None = None,
        subfilter: SigSeedSubFilter = SigSeedSubFilter.PADES,
        strict: bool = True,
        password: bytes | None = None,
    ) -> bytes:
        """A signature; with permissions, one that certifies. `strict`: the document is as pyHanko
        wants it; `password`: it is encrypted."""
        metadata = signers.PdfSignatureMetadata(
            field_name=name,
            md_algorithm=digest,
            subfilter=subfilter,
            certify=permissions is not None,
            docmdp_permissions=permissions or MDPPerm.FILL_FORMS,
        )
        writer = IncrementalPdfFileWriter(BytesIO(document), strict=strict)
        if password is not None:
            writer.encrypt(password)
        signed = asyncio.run(
            signers.PdfSigner(
                metadata, signer or self.signer, new_field_spec=SigFieldSpec(name, box=box)
            ).async_sign_pdf(writer)
        )
        return bytes(signed.getvalue())


def authority(name: str = "Authority") -> Certified:
    return Certified(name, None, authority=True, since=NOW)


def judge(document: bytes, root: Certified, *known: Signer) -> Report:
    """The verdict where one root is trusted and nobody whom we know was revoked."""
    anchors = Anchors((root.certificate.public_bytes(Encoding.DER),))
    evidence = gather(document, anchors)
    register = {_loaded(one.certified).sha256.hex(): Registered() for one in known}
    return validate(evidence, register, CLOCK.now(), policies.default())


def with_signature(document: bytes, change: Callable[[cms.SignedData], Any]) -> bytes:
    """The document with its last signature's CMS changed; what `change` returns, if anything, are
    the bytes that take its place."""
    start = document.rindex(b"/Contents <") + 11
    end = document.index(b">", start)
    info = cms.ContentInfo.load(bytes.fromhex(document[start:end].decode()))
    changed = change(info["content"])
    encoded = changed if isinstance(changed, bytes) else info.dump(force=True)
    digits = encoded.hex().encode()
    assert len(digits) <= end - start
    return document[:start] + digits.ljust(end - start, b"0") + document[end:]


def _loaded(one: Certified) -> x509.Certificate:
    return x509.Certificate.load(one.certificate.public_bytes(Encoding.DER))
