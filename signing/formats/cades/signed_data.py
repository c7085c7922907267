"""A SignedData taken apart and put together again, each part as it was encoded (RFC 5652 §5)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from keys import cms, der

_DATA: Final = der.oid(cms.DATA)
_CERTIFICATES: Final = 0xA0
_REVOCATION: Final = 0xA1
_OTHER_CERTIFICATE: Final = 0xA3
_BY_KEY: Final = 0x80  # a SignerIdentifier that is a subjectKeyIdentifier


@dataclass(frozen=True, slots=True)
class SignedData:
    """The fields of a SignedData. Sets are tuples of what is in them."""

    digest_algorithms: tuple[bytes, ...]
    encapsulated: bytes
    certificates: tuple[bytes, ...]
    revocation: tuple[bytes, ...]
    signer_infos: tuple[bytes, ...]

    @classmethod
    def parse(cls, encoded: bytes) -> "SignedData":
        """A ContentInfo in DER; raises ValueError."""
        kind, within = der.parts(encoded)
        if kind != der.oid(cms.SIGNED_DATA):
            raise ValueError("not a SignedData")
        [body] = der.parts(within)
        _, algorithms, encapsulated, *rest = der.parts(body)
        *sets, signer_infos = rest
        found = {one[0]: der.parts(one) for one in sets}
        if len(found) != len(sets) or not found.keys() <= {_CERTIFICATES, _REVOCATION}:
            raise ValueError("not the fields of a SignedData")
        return cls(
            der.parts(algorithms),
            encapsulated,
            found.get(_CERTIFICATES, ()),
            found.get(_REVOCATION, ()),
            der.parts(signer_infos),
        )

    @property
    def content_type(self) -> bytes:
        """eContentType, an OBJECT IDENTIFIER with its header."""
        return der.parts(self.encapsulated)[0]

    @property
    def content(self) -> bytes | None:
        """The content that is within; None where the signature is detached. Raises ValueError."""
        _, *held = der.parts(self.encapsulated)
        if not held:
            return None
        [octets] = der.parts(held[0])
        if octets[0] != der.octet_string(b"")[0]:
            raise ValueError("content in pieces")
        return der.content(octets)

    def dump(self) -> bytes:
        """The ContentInfo, in DER."""
        return cms.content_info(
            self._version(),
            self.digest_algorithms,
            self.encapsulated,
            self.certificates,
            self.revocation,
            self.signer_infos,
        )

    def with_content(self, content: bytes) -> "SignedData":
        held = der.explicit(0, der.octet_string(content))
        return replace(self, encapsulated=der.sequence(self.content_type, held))

    def without_content(self) -> "SignedData":
        return replace(self, encapsulated=der.sequence(self.content_type))

    def joined(self, other: "SignedData") -> "SignedData":
        """The signers of both, side by side, and all that either brings."""
        return replace(
            self,
            digest_algorithms=_union(self.digest_algorithms, other.digest_algorithms),
            certificates=_union(self.certificates, other.certificates),
            revocation=_union(self.revocation, other.revocation),
            signer_infos=(*self.signer_infos, *other.signer_infos),
        )

    def with_proofs(self, certificates: Iterable[bytes], choices: Iterable[bytes]) -> "SignedData":
        """With certificates, and revocation data as RevocationInfoChoices."""
        return replace(
            self,
            certificates=_union(self.certificates, certificates),
            revocation=_union(self.revocation, choices),
        )

    def _version(self) -> int:
        """RFC 5652 §5.1; version 4 is for attribute certificates, which nobody has."""
        if any(one[0] == _REVOCATION for one in self.revocation):
            return 5
        if any(one[0] == _OTHER_CERTIFICATE for one in self.certificates):
            return 5
        by_key = any(der.parts(one)[1][0] == _BY_KEY for one in self.signer_infos)
        return 3 if by_key or self.content_type != _DATA else 1


@dataclass(frozen=True, slots=True)
class SignerInfo:
    """A SignerInfo: the fields that a signature or its time-stamps cover, and those beside."""

    fields: tuple[bytes, ...]
    unsigned: tuple[bytes, ...]

    @classmethod
    def parse(cls, encoded: bytes) -> "SignerInfo":
        """Raises ValueError."""
        fields = der.parts(encoded)
        if fields[-1][0] == _REVOCATION:  # [1], as it happens
            return cls(fields[:-1], der.parts(fields[-1]))
        return cls(fields, ())

    def dump(self) -> bytes:
        beside = der.implicit(1, der.set_of(*self.unsigned)) if self.unsigned else b""
        return der.sequence(*self.fields, beside)

    def with_unsigned(self, attribute: bytes) -> "SignerInfo":
        return replace(self, unsigned=(*self.unsigned, attribute))


def _union(had: Iterable[bytes], more: Iterable[bytes]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys((*had, *more)))
