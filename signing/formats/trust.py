"""Whom to trust, and whom a certificate names."""

from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

from asn1crypto import x509
from pyhanko.sign.validation.policy_decl import LocalKnowledge

from signing.formats import certificates
from signing.formats.primitives import issued
from signing.rules.evidence import Span
from signing.rules.report import Party

if TYPE_CHECKING:
    from signing.formats.time_stamps import Stamp

T = TypeVar("T")

_LONGEST: Final = 8
"""Certificates in a chain, and chains that are tried."""

_KEPT: Final = 1_024

_USAGES: Final = {
    "digital_signature": "digitalSignature",
    "non_repudiation": "contentCommitment",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
    "encipher_only": "encipherOnly",
    "decipher_only": "decipherOnly",
}
"""asn1crypto's names in X.509's (ITU-T X.509 §9.2.2.3)."""


@dataclass(frozen=True)
class Anchors:
    """The roots that are trusted, and authorities that help to reach them: DER certificates; and
    CRLs and OCSP answers at hand, besides those that a document brings, DER. `stamping`: roots that
    vouch for time-stamps and for nobody's signature. `recognised`: of roots that a trusted list
    names, when they are trusted; the others are at any time."""

    roots: tuple[bytes, ...]
    authorities: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    stamping: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    recognised: tuple[tuple[bytes, tuple[Span, ...]], ...] = ()

    @property
    def all(self) -> tuple[bytes, ...]:
        return (*self.roots, *self.authorities)

    @property
    def of_stamps(self) -> "Anchors":
        """Who is trusted where a time-stamp was made."""
        return replace(self, roots=(*self.roots, *self.stamping), stamping=())

    @property
    def at_any_time(self) -> "Anchors":
        """Those whom no list limits."""
        roots = tuple(one for one in self.roots if one not in self.when)
        return replace(self, roots=roots, stamping=(), recognised=())

    @cached_property
    def when(self) -> Mapping[bytes, tuple[Span, ...]]:
        """`recognised`, by root."""
        return dict(self.recognised)

    @cached_property
    def certificates(self) -> tuple[x509.Certificate, ...]:
        return tuple(certificates.load(encoded) for encoded in (*self.all, *self.stamping))


def together(held: Iterable[Anchors]) -> Anchors:
    """Whom several trust. A root that one trusts at any time is trusted at any time, and who
    vouches for signers vouches for time-stamps as it does for them."""
    held = tuple(held)
    roots: dict[bytes, list[tuple[Span, ...] | None]] = {}
    stamping: dict[bytes, list[tuple[Span, ...] | None]] = {}
    for one in held:
        for root in one.roots:
            roots.setdefault(root, []).append(one.when.get(root))
        for root in one.stamping:
            stamping.setdefault(root, []).append(one.when.get(root))
    stamping = {root: spans for root, spans in stamping.items() if root not in roots}
    recognised = (
        (root, tuple(dict.fromkeys(span for told in spans for span in told or ())))
        for root, spans in (roots | stamping).items()
        if None not in spans
    )
    return Anchors(
        tuple(roots),
        tuple(dict.fromkeys(der for one in held for der in one.authorities)),
        tuple(dict.fromkeys(der for one in held for der in one.crls)),
        tuple(stamping),
        tuple(dict.fromkeys(der for one in held for der in one.ocsps)),
        tuple(recognised),
    )


def at_once(waiting: Coroutine[Any, Any, T]) -> T:
    """What a coroutine comes to that waits for nobody: pyHanko's would, had it anything to fetch,
    and here it has not."""
    try:
        waiting.send(None)
    except StopIteration as done:
        found: T = done.value
        return found
    waiting.close()
    raise RuntimeError("it waits for something")


@dataclass(frozen=True)
class Asked:
    """Whom to trust. `known`: validation data from beside a signature: of a
    document's others, and of the time-stamps `over` the whole document."""

    anchors: Anchors
    known: LocalKnowledge = field(default_factory=LocalKnowledge)
    over: tuple["Stamp", ...] = ()


def leads_to_root(
    signer: x509.Certificate, others: Iterable[x509.Certificate], anchors: Anchors
) -> bool:
    """Whether signatures, not names alone, connect the certificate with a trusted root: an
    authority that only calls itself as ours does is one that we don't know."""
    roots = [certificates.load(encoded) for encoded in anchors.roots]
    known = [*others][:_LONGEST] + [certificates.load(one) for one in anchors.authorities]
    if signer.dump() in anchors.roots:
        return True
    reached = [signer]
    for _ in range(_LONGEST):
        if any(issued(one, root) for one in reached for root in roots):
            return True
        reached = [above for above in known if any(issued(one, above) for one in reached)]
    return False


def party(certificate: x509.Certificate) -> Party:
    """Who a certificate names; nothing of it is trusted here."""
    return _party(certificate.dump())


@lru_cache(_KEPT)
def _party(encoded: bytes) -> Party:
    certificate = certificates.load(encoded)
    named = _names(certificate.subject)
    return Party(
        common_name=named.get("common_name") or named.get("organization_name") or "",
        organization=named.get("organization_name"),
        organization_identifier=named.get("organization_identifier"),
        country=named.get("country_name"),
        issuer=_names(certificate.issuer).get("common_name", ""),
        serial=f"{certificate.serial_number:040x}",
        fingerprint=certificate.sha256.hex(),
        not_before=int(certificate.not_valid_before.timestamp()),
        not_after=int(certificate.not_valid_after.timestamp()),
    )


def key_usage(certificate: x509.Certificate) -> tuple[str, ...] | None:
    """What a certificate's key may be used for; None where it doesn't say."""
    said = certificate.key_usage_value
    if said is None:
        return None
    return tuple(sorted(_USAGES[name] for name in said.native))


def _names(name: x509.Name) -> dict[str, str]:
    found: dict[str, str] = {}
    for attribute in _attributes(name):
        value = attribute["value"].native
        if isinstance(value, str):
            found.setdefault(attribute["type"].native, value)
    return found


def _attributes(name: x509.Name) -> Iterable[x509.NameTypeAndValue]:
    return (attribute for group in name.chosen for attribute in group)
