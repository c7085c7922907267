"""CMS signatures and time-stamps by somebody else, each part of which a test may bend."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asn1crypto import ocsp as asn1

from keys import cms, der
from tests.attacks.pki import HASHES, NOW, Holder, sign

CONTENT = b"What was agreed.\n"
DATA, TST_INFO = cms.DATA, cms.TST_INFO
REVOCATION_VALUES = "1.2.840.113549.1.9.16.2.24"
CERTIFICATE_VALUES = "1.2.840.113549.1.9.16.2.23"


def digest(data: bytes, by: str) -> bytes:
    return hashlib.new(by, data).digest()


def named(holder: Holder, by: str = "sha256") -> bytes:
    """The signing-certificate attribute (RFC 5035)."""
    value = der.octet_string(digest(holder.certificate, by))
    if by == "sha1":
        kind, one = "1.2.840.113549.1.9.16.2.12", der.sequence(value)
    else:
        algorithm = b"" if by == "sha256" else der.sequence(der.oid(HASHES[by][0]))
        kind, one = "1.2.840.113549.1.9.16.2.47", der.sequence(algorithm, value)
    return cms.attribute(kind, der.sequence(der.sequence(one)))


def attributes(
    holder: Holder,
    content: bytes,
    by: str = "sha256",
    kind: str = DATA,
    at: datetime | None = NOW,
) -> dict[str, bytes]:
    """The signed attributes of CAdES, by name."""
    found = {
        "content_type": cms.attribute("1.2.840.113549.1.9.3", der.oid(kind)),
        "digest": cms.attribute("1.2.840.113549.1.9.4", der.octet_string(digest(content, by))),
        "certificate": named(holder, by),
    }
    if at is not None:
        found["time"] = cms.attribute("1.2.840.113549.1.9.5", der.time(int(at.timestamp())))
    return found


@dataclass
class Made:
    """A SignerInfo that is made when it is asked for, from its parts."""

    holder: Holder
    content: bytes = CONTENT
    by: str = "sha256"
    kind: str = DATA
    pss: bool = False
    at: datetime | None = NOW
    signed: dict[str, bytes] | None = field(default=None)
    unsigned: list[bytes] = field(default_factory=list)
    sid: bytes = b""
    digest_algorithm: bytes = b""
    algorithm: bytes = b""
    value: bytes = b""

    def __post_init__(self) -> None:
        if self.signed is None:
            self.signed = attributes(self.holder, self.content, self.by, self.kind, self.at)
        parsed = self.holder.asn1
        self.sid = self.sid or der.sequence(
            parsed.issuer.dump(), parsed["tbs_certificate"]["serial_number"].dump()
        )
        self.digest_algorithm = self.digest_algorithm or der.sequence(der.oid(HASHES[self.by][0]))

    def sign(self) -> "Made":
        """Sign the attributes as they are now, or the content where there are none."""
        covered = der.set_of(*self.signed.values()) if self.signed else self.content
        algorithm, self.value = sign(self.holder.key, covered, self.by, pss=self.pss)
        self.algorithm = self.algorithm or algorithm
        return self

    def stamped(self, clock: Holder, at: datetime = NOW, **how: Any) -> "Made":
        """With a time-stamp over the value."""
        self.unsigned.append(
            cms.attribute(cms.SIGNATURE_TIME_STAMP, token(clock, self.value, at, **how))
        )
        return self

    def with_revocation(self, crls: Sequence[bytes] = (), ocsps: Sequence[bytes] = ()) -> "Made":
        """With the revocation-values attribute; `ocsps` are whole responses."""
        basic = [
            asn1.OCSPResponse.load(one)["response_bytes"]["response"].parsed.dump() for one in ocsps
        ]
        value = der.sequence(
            der.explicit(0, der.sequence(*crls)) if crls else b"",
            der.explicit(1, der.sequence(*basic)) if basic else b"",
        )
        self.unsigned.append(cms.attribute(REVOCATION_VALUES, value))
        return self

    def dump(self) -> bytes:
        return der.sequence(
            der.integer(1 if self.sid[0] == 0x30 else 3),
            self.sid,
            self.digest_algorithm,
            der.implicit(0, der.set_of(*self.signed.values())) if self.signed else b"",
            self.algorithm,
            der.octet_string(self.value),
            der.implicit(1, der.set_of(*self.unsigned)) if self.unsigned else b"",
        )


def content_info(
    *signers: Made,
    content: bytes | None = CONTENT,
    kind: str = DATA,
    certificates: Sequence[bytes] | None = None,
    revocation: Sequence[bytes] = (),
) -> bytes:
    """A ContentInfo; without `content` the signature is detached."""
    held = [one for made in signers for one in made.holder.chain]
    within = b"" if content is None else der.explicit(0, der.octet_string(content))
    return cms.content_info(
        1 if kind == DATA else 3,
        dict.fromkeys(made.digest_algorithm for made in signers),
        der.sequence(der.oid(kind), within),
        dict.fromkeys(held if certificates is None else certificates),
        revocation,
        [made.dump() for made in signers],
    )


def choice(answer: bytes) -> bytes:
    """An OCSP answer, whatever it is, as a RevocationInfoChoice (RFC 5940 §2.1)."""
    return der.implicit(1, der.sequence(der.oid("1.3.6.1.5.5.7.16.2"), answer))


def signature(holder: Holder, content: bytes = CONTENT, **how: Any) -> Made:
    return Made(holder, content, **how).sign()


def cades(holder: Holder, content: bytes = CONTENT, **how: Any) -> bytes:
    """An enveloping CAdES-B-B signature."""
    return content_info(signature(holder, content, **how), content=content)


def token(
    clock: Holder,
    over: bytes,
    at: datetime = NOW,
    *,
    by: str = "sha256",
    change: Callable[[Made], Any] | None = None,
    revocation: Sequence[bytes] = (),
    imprint: bytes | None = None,
) -> bytes:
    """A time-stamp token (RFC 3161); over a digest, where that is given."""
    imprint = imprint or digest(over, by)
    info = der.sequence(
        der.integer(1),
        der.oid("1.2.3.4.1"),
        der.sequence(der.sequence(der.oid(HASHES[by][0])), der.octet_string(imprint)),
        der.integer(7),
        der.generalized_time(int(at.timestamp())),
    )
    made = Made(clock, info, by, TST_INFO, at=None)
    if change is not None:
        change(made)
    return content_info(made.sign(), content=info, kind=TST_INFO, revocation=revocation)
