"""A SignedData taken apart and put together again, each part as it was encoded (RFC 5652 §5)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from keys import cms, der
from signing.formats.cades import ber

_DATA: Final = der.oid(cms.DATA)
_CERTIFICATES: Final = 0xA0
_REVOCATION: Final = 0xA1
_OTHER_CERTIFICATE: Final = 0xA3
_BY_KEY: Final = 0x80  # a SignerIdentifier that is a subjectKeyIdentifier
_SET: Final = 0x31


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
        """A ContentInfo, in DER or BER; raises ValueError."""
        kind, within = parts(encoded)
        if kind != der.oid(cms.SIGNED_DATA):
            raise ValueError("not a SignedData")
        [body] = parts(within)
        _, algorithms, encapsulated, *rest = parts(body)
        *sets, signer_infos = rest
        found = {one[0]: parts(one) for one in sets}
        if len(found) != len(sets) or not found.keys() <= {_CERTIFICATES, _REVOCATION}:
            raise ValueError("not the fields of a SignedData")
        return cls(
            parts(algorithms),
            encapsulated,
            found.get(_CERTIFICATES, ()),
            found.get(_REVOCATION, ()),
            parts(signer_infos),
        )

    @property
    def content_type(self) -> bytes:
        """eContentType, an OBJECT IDENTIFIER with its header."""
        return parts(self.encapsulated)[0]

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

    def dump(self, *, as_it_is: bool = False) -> bytes:
        """The ContentInfo, in DER; `as_it_is`: what is in its sets stays in their order."""
        if as_it_is:
            return self._in_order()
        return cms.content_info(
            self._version(),
            self.digest_algorithms,
            self.encapsulated,
            self.certificates,
            self.revocation,
            self.signer_infos,
        )

    def _in_order(self) -> bytes:
        certificates = [der.tlv(_CERTIFICATES, *self.certificates)] if self.certificates else []
        revocation = [der.tlv(_REVOCATION, *self.revocation)] if self.revocation else []
        body = der.sequence(
            der.integer(self._version()),
            der.tlv(_SET, *self.digest_algorithms),
            self.encapsulated,
            *certificates,
            *revocation,
            der.tlv(_SET, *self.signer_infos),
        )
        return der.sequence(der.oid(cms.SIGNED_DATA), der.explicit(0, body))

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
        by_key = any(parts(one)[1][0] == _BY_KEY for one in self.signer_infos)
        return 3 if by_key or self.content_type != _DATA else 1


@dataclass(frozen=True, slots=True)
class SignerInfo:
    """A SignerInfo: the fields that a signature or its time-stamps cover, and those beside."""

    fields: tuple[bytes, ...]
    unsigned: tuple[bytes, ...]

    @classmethod
    def parse(cls, encoded: bytes) -> "SignerInfo":
        """Raises ValueError."""
        fields = parts(encoded)
        if fields[-1][0] == _REVOCATION:  # [1], as it happens
            return cls(fields[:-1], parts(fields[-1]))
        return cls(fields, ())

    @property
    def value(self) -> bytes:
        """The signature's own."""
        return der.content(ber.definite(self.fields[-1])[0])

    @property
    def in_der(self) -> tuple[bytes, ...]:
        """Its fields in DER: signed attributes may have come in another order."""
        fields = [ber.definite(one)[0] for one in self.fields]
        return tuple(
            der.tlv(_CERTIFICATES, *sorted(der.parts(one))) if one[0] == _CERTIFICATES else one
            for one in fields  # [0], as it happens
        )

    def dump(self, *, as_it_is: bool = False) -> bytes:
        """`as_it_is`: the unsigned attributes stay in their order."""
        listed = self.unsigned if as_it_is else sorted(self.unsigned)
        return der.sequence(*self.fields, *([der.tlv(_REVOCATION, *listed)] if listed else []))

    def with_unsigned(self, attribute: bytes) -> "SignerInfo":
        return replace(self, unsigned=(*self.unsigned, attribute))


def parts(encoded: bytes) -> tuple[bytes, ...]:
    """The values that one is made of, as they are: all of DER, or of BER."""
    try:
        return der.parts(encoded)
    except ValueError:
        return ber.parts(encoded)


def _union(had: Iterable[bytes], more: Iterable[bytes]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys((*had, *more)))
