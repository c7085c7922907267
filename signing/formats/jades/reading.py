"""Everything that can be found out about JSON signatures, as evidence for validation."""

import base64
import binascii
import json
import re
from calendar import timegm
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, Final

from asn1crypto import algos, keys, x509
from pyhanko.sign.validation.policy_decl import LocalKnowledge

from keys import der
from signing.formats import primitives
from signing.formats.cades import proofs
from signing.formats.cms import WHATEVER
from signing.formats.detached import Detached, told
from signing.formats.jades import profile, unsigned
from signing.formats.jades.beside import Beside
from signing.formats.jades.jws import Document, Jws, Malformed, base64url, parse
from signing.formats.profile import is_profiled, judged, with_fault
from signing.formats.signature import Signature, sharing, signer_of, weigh
from signing.formats.trust import Asked, at_once
from signing.formats.validation_data import known, together
from signing.rules.evidence import DocumentEvidence, Fault, SignatureEvidence, Unreadable
from signing.rules.report import Part, SignatureFormat

_MOST_SIGNATURES: Final = 64
_DEEPEST: Final = 8

_ENCRYPTED: Final = re.compile(rb"\s*eyJ[\w-]*(?:\.[\w-]*){4}\s*")  # RFC 7516 §7.1
_OF_THREE: Final = re.compile(rb"\s*eyJ[\w\s-]*\.[^.]*\.[^.]*\Z")


def read(
    document: bytes, nothing: DocumentEvidence, asked: Asked, detached: Detached
) -> DocumentEvidence:
    """`nothing`, and what there is to find. `detached`: the payload, where it is elsewhere."""
    try:
        held = parse(document)
    except Malformed:
        return _malformed(document, nothing)
    if len(held.signatures) > _MOST_SIGNATURES:
        return replace(nothing, signatures=(SignatureEvidence("", (Fault.SIGNER_INFOS,)),))
    found = tuple(_signatures(held, asked, detached))
    ours = bool(found) and all(one.profiled for one in found)
    if ours and not profile.around_stands(document, held.signatures):
        found = tuple(with_fault(one, Fault.ENCODING) for one in found)
    parts = tuple(Part(name, 0, None, ()) for name in held.unsigned)
    return replace(nothing, signatures=found, parts=parts)


def _malformed(document: bytes, nothing: DocumentEvidence) -> DocumentEvidence:
    """What was to be a signature is one that cannot be read."""
    if _ENCRYPTED.fullmatch(document):
        return replace(nothing, unreadable=Unreadable.ENCRYPTED)
    if b'"signature' in document or _OF_THREE.match(document):
        return replace(nothing, signatures=(SignatureEvidence("", (Fault.STRUCTURE,)),))
    return replace(nothing, unreadable=Unreadable.DAMAGED)


def _signatures(held: Document, asked: Asked, detached: Detached) -> Iterator[SignatureEvidence]:
    shared = tuple(_shared(held))
    if len(shared) > 1:
        asked = sharing(asked, *shared)
    for number, jws in enumerate(held.signatures, start=1):
        name = f"Signature{number}"
        try:
            found = _Signature(jws, asked, detached).evidence()
        except WHATEVER:
            found = SignatureEvidence("", (Fault.STRUCTURE,))
        yield replace(found, name=name, format=SignatureFormat.JADES)
        over = _over_signature(jws, name, _DEEPEST)
        for called, one, signed in islice(over, _MOST_SIGNATURES):
            found = replace(_counter_signature(one, signed, asked), name=called)
            yield replace(found, format=SignatureFormat.JADES)
        if next(over, None) is not None:
            yield SignatureEvidence(f"{name}/", (Fault.SIGNER_INFOS,))


def _shared(held: Document) -> Iterator[LocalKnowledge]:
    """The validation data of each signature and counter-signature."""
    for jws in held.signatures:
        with suppress(*WHATEVER):
            components = unsigned.components(jws)
            yield _knowledge(jws, components)
            for _, one, _ in islice(_over_signature(jws, "", _DEEPEST), _MOST_SIGNATURES):
                if one is not None:
                    yield _knowledge(one, unsigned.components(one))


def _over_signature(jws: Jws, name: str, deeper: int) -> Iterator[tuple[str, Jws | None, Jws]]:
    """The counter-signatures among its components (§5.3.2) and those over each: what each is
    called, itself where it can be read, and the signature that it is over."""
    try:
        held = [value for kind, value, _ in unsigned.components(jws) if kind == "cSig"]
    except WHATEVER:
        return  # of which the signature itself tells
    for number, value in enumerate(held, start=1):
        called, counter = f"{name}/{number}", _counter(value) if deeper else None
        yield called, counter, jws
        if counter is not None:
            yield from _over_signature(counter, called, deeper - 1)


def _counter(value: Any) -> Jws | None:
    """A component that is a JWS; None where it cannot be read."""
    try:
        text = value if isinstance(value, str) else json.dumps(value)
        [found] = parse(text.encode()).signatures
    except WHATEVER:
        return None
    return found


def _counter_signature(one: Jws | None, signed: Jws, asked: Asked) -> SignatureEvidence:
    try:
        assert one is not None
        found = _Signature(one, asked, Detached.of(signed.value)).evidence()
    except WHATEVER:
        return SignatureEvidence("", (Fault.STRUCTURE,))
    fits = found.digest_matches and one.payload in {None, signed.signature}
    return replace(found, digest_matches=fits, covers_whole_file=False)


def _knowledge(jws: Jws, components: list[unsigned.Component]) -> LocalKnowledge:
    tokens = map(proofs.of_token, unsigned.tokens(components))
    within = known(list(certificates_within(jws)))
    return together(within, unsigned.knowledge(components), *tokens)


@dataclass(frozen=True)
class _Signature:
    jws: Jws
    asked: Asked
    detached: Detached

    def evidence(self) -> SignatureEvidence:
        """Raises whatever the readers raise of what is not as it must be."""
        jws = self.jws
        components = unsigned.components(jws)
        beside = Beside(jws, self.detached)
        payload = self._payload(beside)
        objects = beside.hashed
        within = list(certificates_within(jws))
        knowledge = _knowledge(jws, components)
        references = list(_references(jws.header))
        certificates = (*knowledge.known_certs, *self.asked.anchors.certificates)
        found = SignatureEvidence("", covers_whole_file=True, claimed_at=_claimed(jws.header))
        name = jws.algorithm
        if isinstance(name, str) and name not in _ALGORITHMS and name != "none":
            secret = name.startswith("HS")  # and nobody's certificate says whose
            return replace(found, digest_matches=True, computable=secret, hashes=(name,))
        algorithm, value = _algorithm(jws)
        hashed_by = primitives.signature_digest(algorithm)
        signed = jws.signing_input(payload) if payload is not None else None

        def verifies(one: x509.Certificate) -> bool:
            return (
                signed is not None
                and _curve_fits(str(name), one.public_key)
                and primitives.verifies(value, signed, one.public_key, algorithm)
            )

        signer = signer_of(_likely(certificates, within, references), verifies)
        missing = told(beside.missing)
        fits = signer is not None and verifies(signer)
        found = replace(
            found,
            content_found=signed is not None and not missing,
            digest_matches=signed is not None and all(map(beside.fits, objects)),
            signature_verifies=fits,
            files=tuple(beside.files),
            changed=tuple(beside.changed(fits=fits or signer is None)),
            missing=missing,
            unbounded=beside.unbounded,
        )
        signature = Signature(
            value,
            signer,
            tuple(one for one in knowledge.known_certs if one is not signer),
            algorithm,
            hashed_by,
            _named(signer, references),
            unsigned.stamps(jws, components),
            knowledge,
            _commitments(jws.header),
            unsigned.archives(jws, components, payload or beside.content),
            hashes=tuple(one.hashed_by for one in objects),
            representation=primitives.digested(hashed_by, signed) if signed is not None else None,
            objects=tuple(beside.objects(hashed_by)),
            before=unsigned.content(jws, payload or beside.content),
        )
        weighed: SignatureEvidence = at_once(weigh(signature, found, self.asked))
        if not is_profiled(weighed, signer):
            return weighed
        return judged(
            weighed, self.asked, stands=profile.signature_stands(jws, self.asked.anchors.roots)
        )

    def _payload(self, beside: Beside) -> bytes | None:
        """As it is signed; None where it is nowhere."""
        jws = self.jws
        if jws.payload is None:
            return beside.payload_signed
        if jws.encoded:
            base64url(jws.payload)
        return jws.payload.encode()


def certificates_within(jws: Jws) -> Iterator[bytes]:
    """Those of x5c (RFC 7515 §4.1.6: standard base64)."""
    for header in (jws.header, jws.unprotected):
        listed = header.get("x5c", [])
        for text in listed if isinstance(listed, list) else []:
            try:
                yield base64.b64decode(text, validate=True)
            except (binascii.Error, TypeError) as error:
                raise Malformed("x5c") from error


def _references(header: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """The signing certificate's digest, by its hash function (§5.1.7, §5.2.2)."""
    if "x5t#S256" in header:
        yield "sha256", base64url(header["x5t#S256"])
    listed = header.get("sigX5ts", [])
    for said in (*([header["x5t#o"]] if "x5t#o" in header else []), *listed[:1]):
        yield unsigned.HASHES.get(said["digAlg"], said["digAlg"].lower()), base64url(said["digVal"])


def _likely(
    certificates: tuple[x509.Certificate, ...],
    within: list[bytes],
    references: list[tuple[str, bytes]],
) -> list[x509.Certificate]:
    """The one that is referred to; then the first of x5c (RFC 7515 §4.1.6)."""
    referred = [one for one in certificates if references and _named(one, references)]
    return [*referred[:1], *(one for one in certificates if within and one.dump() == within[0])]


def _named(signer: x509.Certificate | None, references: list[tuple[str, bytes]]) -> bool | None:
    if not references or signer is None:
        return None
    encoded = signer.dump()
    return all(primitives.hashes_to(value, name, encoded) for name, value in references)


def _algorithm(jws: Jws) -> tuple[algos.SignedDigestAlgorithm, bytes]:
    """RFC 7518 §3.1, RFC 8037 §3.1, in X.509's terms; with the signature value in them."""
    name, value = jws.algorithm, jws.value
    if name not in _ALGORITHMS:
        raise Malformed("alg")
    if name.startswith("ES"):
        half = len(value) // 2
        numbers = (int.from_bytes(part) for part in (value[:half], value[half:]))
        if len(value) % 2 or len(value) > _EC_BYTES[name]:
            raise Malformed("a value of another length")  # EU DSS leaves zeros out that both have
        value = der.sequence(*map(der.integer, numbers))
    if name == "EdDSA":
        return _loaded(der.sequence(der.oid(_ED[len(value) == _ED25519_BYTES]))), value
    return _loaded(_ALGORITHMS[name]), value


def _loaded(encoded: bytes) -> algos.SignedDigestAlgorithm:
    return algos.SignedDigestAlgorithm.load(encoded)


def _claimed(header: dict[str, Any]) -> int | None:
    """iat, or sigT before it (§5.1.11, §5.2.1)."""
    issued = header.get("iat")
    if isinstance(issued, int) and not isinstance(issued, bool) and abs(issued) < _END_OF_TIME:
        return issued
    said = header.get("sigT")
    try:
        return timegm(datetime.fromisoformat(said).utctimetuple()) if said else None
    except (ValueError, TypeError):
        return None


def _commitments(header: dict[str, Any]) -> tuple[str, ...]:
    """srCms (§5.2.3): identifiers, OIDs without `urn:oid:`."""
    said = header.get("srCms", [])
    found = [each.get("commId", {}).get("id") for each in said if isinstance(each, dict)]
    return tuple(str(one).removeprefix("urn:oid:") for one in found if one)


def _curve_fits(name: str, key: keys.PublicKeyInfo) -> bool:
    """RFC 7518 §3.4: each name is for one curve."""
    return not name.startswith("ES") or (
        key.algorithm == "ec" and key.curve == ("named", _CURVES[name])
    )


_CURVES: Final = {"ES256": "secp256r1", "ES384": "secp384r1", "ES512": "secp521r1"}
_ED: Final = {True: "1.3.101.112", False: "1.3.101.113"}
_ED25519_BYTES: Final = 64
_END_OF_TIME: Final = 2**40
_EC_BYTES: Final = {"ES256": 64, "ES384": 96, "ES512": 132}
_ALGORITHMS: Final = {
    **{
        f"ES{bits}": der.sequence(der.oid(f"1.2.840.10045.4.3.{last}"))
        for bits, last in ((256, 2), (384, 3), (512, 4))
    },
    **{
        f"RS{bits}": der.sequence(der.oid(f"1.2.840.113549.1.1.{last}"), der.NULL)
        for bits, last in ((256, 11), (384, 12), (512, 13))
    },
    **{
        f"PS{bits}": der.rsassa_pss(f"2.16.840.1.101.3.4.2.{last}", bits // 8)
        for bits, last in ((256, 1), (384, 2), (512, 3))
    },
    "EdDSA": b"",
}
"""What may sign: nothing with a shared secret, and not `none`."""
