"""One signer's CMS signature, taken apart (RFC 5652, RFC 5035, ETSI EN 319 122-1): whether it fits
its content, and who made it. How its signer stands is not asked here."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Protocol

from asn1crypto import algos, cms, core, x509

from keys.der import tlv
from signing.formats import attributes as attributes_of
from signing.formats import certificates, primitives
from signing.formats.attributes import MESSAGE_DIGEST, SIGNING_TIME, encoded_values, values
from signing.rules.evidence import Fault

CONTENT_TIME_STAMP: Final = "1.2.840.113549.1.9.16.2.20"
SIGNATURE_TIME_STAMP: Final = "1.2.840.113549.1.9.16.2.14"

ARCHIVE_TIME_STAMP_V3: Final = "0.4.0.1733.2.4"
ARCHIVE_TIME_STAMP_V1: Final = "1.2.840.113549.1.9.16.2.27"
ARCHIVE_TIME_STAMP_V2: Final = "1.2.840.113549.1.9.16.2.48"
REFERENCES_TIME_STAMPS: Final = ("1.2.840.113549.1.9.16.2.25", "1.2.840.113549.1.9.16.2.26")
"""With the signature (CAdES-C-timestamp), and without (time-stamped-certs-crls-references)."""

EVIDENCE_RECORDS: Final = ("1.2.840.113549.1.9.16.2.49", "1.2.840.113549.1.9.16.2.50")
"""Over the CMS with its content, and over the CMS and content that is elsewhere (RFC 4998 §A)."""

TIME_STAMPS: Final = (
    *(SIGNATURE_TIME_STAMP, *REFERENCES_TIME_STAMPS),
    *(ARCHIVE_TIME_STAMP_V2, ARCHIVE_TIME_STAMP_V3),
)
"""Unsigned attributes that are time-stamps."""

WHATEVER: Final = (Exception, RecursionError, MemoryError)
"""What readers raise on strange files; leaked KeyError, AssertionError, AttributeError included."""


class _Content(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    """An EncapsulatedContentInfo whose content is octets, whatever its type says."""

    _fields: ClassVar = [
        ("content_type", cms.ContentType),
        ("content", core.ParsableOctetString, {"explicit": 0, "optional": True}),
    ]


class _SignedData(cms.SignedData):  # type: ignore[misc]
    _spec_callbacks: ClassVar = {"encap_content_info": lambda _: _Content}


_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
_ALGORITHM_PROTECTION: Final = "1.2.840.113549.1.9.52"
_COUNTER_SIGNATURE: Final = "1.2.840.113549.1.9.6"
_SET_OF: Final = 0x31


class Content(Protocol):
    """What was signed."""

    def digest(self, name: str) -> bytes:
        """By a hash function; raises ValueError where nobody can tell."""

    def whole(self) -> bytes:
        """Raises ValueError where only a digest is known."""


@dataclass(frozen=True)
class Pieces:
    """Content in pieces that are not copied, each digest of it computed once."""

    pieces: Sequence[bytes | memoryview]
    known: dict[str, bytes] = field(default_factory=dict, repr=False)

    def digest(self, name: str) -> bytes:
        if name not in self.known:
            self.known[name] = primitives.digest(name, *self.pieces)
        return self.known[name]

    def whole(self) -> bytes:
        return b"".join(self.pieces)


@dataclass(frozen=True)
class Digested:
    """Content that is elsewhere, by its digest."""

    name: str
    value: bytes

    def digest(self, name: str) -> bytes:
        if name != self.name:
            raise ValueError(f"no digest by {name}")
        return self.value

    def whole(self) -> bytes:
        raise ValueError("only a digest is known")


def signed_data(encoded: bytes) -> cms.SignedData:
    """The SignedData of a ContentInfo in DER; raises ValueError."""
    found = cms.ContentInfo.load(encoded)["content"]
    try:
        found["encap_content_info"]["content"]
    except ValueError:  # asn1crypto reads it as what its type says
        found = _SignedData.load(found.untag().dump())
    return found


@dataclass(frozen=True)
class Opened:
    """What one SignerInfo says. `signer` is None where its certificate is nowhere; `named`: the
    signed attributes name a certificate, and it is that one (None: they name none)."""

    info: cms.SignerInfo
    signer: x509.Certificate | None
    others: tuple[x509.Certificate, ...]
    intact: bool = False
    valid: bool = False
    named: bool | None = None
    claimed_at: int | None = None
    faults: tuple[Fault, ...] = ()
    tokens: tuple[cms.SignedData, ...] = field(default=(), repr=False)
    tokens_before: tuple[cms.SignedData, ...] = field(default=(), repr=False)
    content: Content | None = field(default=None, repr=False)
    commitments: tuple[str, ...] = ()

    @property
    def algorithm(self) -> algos.SignedDigestAlgorithm:
        return self.info["signature_algorithm"]

    @property
    def hashed_by(self) -> str | None:
        return primitives.digest_name(self.info["digest_algorithm"])


def open_signer(
    signed: cms.SignedData,
    info: cms.SignerInfo,
    content: Content | None,
    more: Iterable[x509.Certificate] = (),
    *,
    counter: bool = False,
) -> Opened:
    """Take one signer's signature apart. `content` is None where it isn't there; `more` are
    certificates that may be the signer's where the signature brings none; `counter`: it is over
    another signature."""
    held = tuple(_certificates(signed))
    attributes = info["signed_attrs"]
    references = list(attributes_of.references(attributes))
    signer = _signer(info["sid"], (*held, *more), references)
    named = (
        None
        if not references
        else signer is not None and all(_is_named(signer, one) for one in references)
    )
    kind = None if counter else signed["encap_content_info"]["content_type"]
    faults = [] if _attributes_fit(info, kind) else [Fault.STRUCTURE]
    return Opened(
        info,
        signer,
        tuple(one for one in held if one is not signer),
        intact=content is not None and _is_intact(info, content),
        valid=signer is not None and _is_valid(info, content, signer),
        named=named,
        claimed_at=attributes_of.claimed(attributes),
        faults=tuple(faults),
        tokens=tuple(tokens(info["unsigned_attrs"], SIGNATURE_TIME_STAMP)),
        tokens_before=tuple(tokens(attributes, CONTENT_TIME_STAMP)),
        content=content,
        commitments=tuple(attributes_of.commitments(attributes)),
    )


def counter_signatures(info: cms.SignerInfo) -> list[cms.SignerInfo]:
    """Those over a signer's signature (RFC 5652 §11.4)."""
    found = values(info["unsigned_attrs"], _COUNTER_SIGNATURE)
    return [cms.SignerInfo.load(one.dump()) for one in found]


def encapsulated(signed: cms.SignedData) -> Content | None:
    """The content within; None where the signature is detached."""
    content = signed["encap_content_info"]["content"]
    if isinstance(content, core.Void):
        return None
    if isinstance(content, core.OctetString):
        return Pieces((bytes(content),))
    return Pieces((content.contents,))  # PKCS #7: the value of any type, without its header


def _certificates(signed: cms.SignedData) -> Iterator[x509.Certificate]:
    found = signed["certificates"]
    for choice in () if isinstance(found, core.Void) else found:
        if choice.name == "certificate":
            yield certificates.load(choice.chosen.dump())


def _signer(
    sid: cms.SignerIdentifier, held: Sequence[x509.Certificate], references: list[tuple[str, bytes]]
) -> x509.Certificate | None:
    """The certificate that the signer is identified by; of several, the one that is named by the
    signed attributes. Where none is, one that these name and that may be meant."""
    by_reference = [
        one for one in held if references and all(_is_named(one, each) for each in references)
    ]
    identified = [one for one in held if is_identified(one, sid)]
    meant = [one for one in by_reference if _may_be_meant(one, sid)]
    for one in (*(each for each in identified if each in by_reference), *identified, *meant):
        return one
    return None


def _may_be_meant(certificate: x509.Certificate, sid: cms.SignerIdentifier) -> bool:
    """Whether an identifier may be of a certificate that has its serial number under a name that is
    written otherwise, or that says no key identifier itself."""
    if sid.name == "subject_key_identifier":
        return certificate.key_identifier is None
    return bool(certificate.serial_number == sid.chosen["serial_number"].native)


def is_identified(certificate: x509.Certificate, sid: cms.SignerIdentifier) -> bool:
    """Whether it is the one that a signer is identified by (RFC 5652 §5.3)."""
    chosen = sid.chosen
    if sid.name == "subject_key_identifier":
        return bool(certificate.key_identifier == chosen.native)
    return bool(
        certificate.serial_number == chosen["serial_number"].native
        and certificate.issuer == chosen["issuer"]
    )


def _is_named(certificate: x509.Certificate, reference: tuple[str, bytes]) -> bool:
    name, expected = reference
    try:
        return primitives.digest(name, certificate.dump()) == expected
    except ValueError:
        return False


def _attributes_fit(info: cms.SignerInfo, kind: cms.ContentType | None) -> bool:
    """RFC 5652 §5.3 and §11, RFC 6211: the content type and the digest once each, the time at most
    once, the type that of the content (`kind`; a signature that is signed has none), and the
    algorithms those that were signed."""
    attributes = info["signed_attrs"]
    if isinstance(attributes, core.Void):
        return kind is None or bool(kind.native == "data")
    types = [one.dotted for one in values(attributes, _CONTENT_TYPE)]
    if types != ([] if kind is None else [kind.dotted]):
        return False
    if len(values(attributes, MESSAGE_DIGEST)) != 1 or len(values(attributes, SIGNING_TIME)) > 1:
        return False
    protections = values(attributes, _ALGORITHM_PROTECTION)
    return len(protections) <= 1 and all(_protects(one, info) for one in protections)


def _protects(protection: Any, info: cms.SignerInfo) -> bool:
    said = protection["signature_algorithm"]
    return bool(
        protection["digest_algorithm"]["algorithm"].dotted
        == info["digest_algorithm"]["algorithm"].dotted
        and not isinstance(said, core.Void)
        and said.untag().dump() == info["signature_algorithm"].dump()
    )


def _is_intact(info: cms.SignerInfo, content: Content) -> bool:
    """The message-digest attribute is that of the content. Without attributes there is none to
    compare, and the signature value tells."""
    if isinstance(info["signed_attrs"], core.Void):
        return True
    digests = values(info["signed_attrs"], MESSAGE_DIGEST)
    if not digests:
        return False
    name = primitives.digest_name(info["digest_algorithm"])
    try:
        return name is not None and bool(digests[0].native == content.digest(name))
    except ValueError:
        return False


def _is_valid(info: cms.SignerInfo, content: Content | None, signer: x509.Certificate) -> bool:
    """The signature value verifies with the signer's key."""
    encodings = _signed_by_value(info["signed_attrs"], content)
    algorithm, name = info["signature_algorithm"], primitives.digest_name(info["digest_algorithm"])
    value = info["signature"].native
    return any(
        primitives.verifies(value, encoded, signer.public_key, algorithm, name)
        for encoded in encodings
    )


def _signed_by_value(attributes: Any, content: Content | None) -> Iterator[bytes]:
    """RFC 5652 §5.4: the attributes as SET OF in DER, or the content where there are none. The
    attributes may also have been signed in the order that is there."""
    if isinstance(attributes, core.Void):
        if content is not None:
            with suppress(ValueError):
                yield content.whole()
        return
    yield tlv(_SET_OF, attributes.contents)
    yield cms.CMSAttributes(list(attributes)).dump(force=True)


def tokens(attributes: Any, kind: str) -> list[cms.SignedData]:
    """The time-stamp tokens in the attributes of one type. What is none fails as a
    time-stamp, and is not the signature's fault."""
    return [token(value) for value in encoded_values(attributes, kind)]


def token(encoded: bytes) -> cms.SignedData:
    """A time-stamp token, or one that nobody signed where that is none."""
    try:
        found = signed_data(encoded)
        list(_certificates(found))
        [info] = found["signer_infos"]
        assert info["signature"].native
    except WHATEVER:
        return cms.SignedData(
            {
                "version": "v1",
                "digest_algorithms": [],
                "encap_content_info": {"content_type": "data"},
                "signer_infos": [],
            }
        )
    return found
