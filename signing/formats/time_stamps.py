"""Time-stamp tokens (RFC 3161): what each says, over what, and whose it is."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from asn1crypto import cms, core, tsp, x509

from keys.cms import TST_INFO
from signing.formats import algorithms, primitives, statuses, trust
from signing.formats.cades import proofs
from signing.formats.cms import WHATEVER, Opened, encapsulated, open_signer
from signing.formats.paths import Paths
from signing.rules.algorithms import Algorithm
from signing.rules.evidence import TimeStampEvidence
from signing.rules.report import StampKind, SubIndication


@dataclass(frozen=True)
class Stamp:
    """A token, and the digest that it has to carry, by the hash function's name. `covers`: the ids
    of what it proves the existence of, by `hashes` besides its own. `signature`: the signature is
    among that; of what was made before it, it never is."""

    token: cms.SignedData
    imprint: Callable[[str], bytes]
    kind: StampKind = StampKind.SIGNATURE
    covers: tuple[str, ...] = ()
    signature: bool = True
    hashes: tuple[str, ...] = ()


def over(
    tokens: Iterable[cms.SignedData], value: bytes, covers: tuple[str, ...] = ()
) -> tuple[Stamp, ...]:
    """Time-stamps over these bytes."""
    return tuple(
        Stamp(token, lambda name: primitives.digest(name, value), covers=covers) for token in tokens
    )


def covered(tokens: Iterable[cms.SignedData]) -> Iterator[str]:
    """The ids of time-stamps, and of the certificates and revocation data that they carry."""
    for token in tokens:
        if len(token["signer_infos"]) != 1:
            continue  # it is none, and fails as one
        yield identify(token)
        yield from statuses.ids(proofs.of_token(token))


def identify(token: cms.SignedData) -> str:
    """What a time-stamp is known by: what its authority signed, and how."""
    [info] = token["signer_infos"]
    return statuses.identify(info["signature"].native)


def imprint_among(token: cms.SignedData, digests: Sequence[bytes]) -> bytes:
    """The one of several digests that a token carries; the first where it carries none of them."""
    found = said(token)
    imprint = found["message_imprint"]["hashed_message"].native if found is not None else b""
    return imprint if imprint in digests else digests[0]


def said(token: cms.SignedData) -> tsp.TSTInfo | None:
    """The TSTInfo within; None where there is none."""
    content = encapsulated(token)
    if token["encap_content_info"]["content_type"].dotted != TST_INFO or content is None:
        return None
    return tsp.TSTInfo.load(content.whole())


async def weigh(stamp: Stamp, paths: Paths, more: Iterable[x509.Certificate]) -> TimeStampEvidence:
    """What there is to find of a token. `more`: certificates, one of which may be the authority's
    where the token has none."""
    try:
        info = said(stamp.token)
        [signer_info] = stamp.token["signer_infos"]
        assert info is not None
        opened = open_signer(stamp.token, signer_info, encapsulated(stamp.token), more)
        paths.add(opened.others)
        return await _evidence(stamp, info, opened, paths)
    except WHATEVER:
        name = statuses.identify(stamp.token.dump())
        return TimeStampEvidence(name, stamp.kind, 0, None, SubIndication.FORMAT_FAILURE)


async def _evidence(
    stamp: Stamp, info: tsp.TSTInfo, opened: Opened, paths: Paths
) -> TimeStampEvidence:
    """What a token says, and of whom."""
    by = opened.signer
    return TimeStampEvidence(
        identify(stamp.token),
        stamp.kind,
        int(info["gen_time"].native.timestamp()),
        trust.party(by) if by else None,
        _fault(stamp, info, opened),
        policy=info["policy"].dotted,
        accuracy=_accuracy(info),
        algorithm=_algorithm(opened),
        hashes=(*_hashes(info, opened), *stamp.hashes),
        chains=await paths.of_stamps.chains(by) if by else (),
        may_stamp=by is not None and _may_stamp(by),
        covers=stamp.covers,
    )


def is_over(info: tsp.TSTInfo, imprint: Callable[[str], bytes]) -> bool:
    """Whether a time-stamp is over this."""
    said_imprint = info["message_imprint"]
    name = primitives.digest_name(said_imprint["hash_algorithm"])
    try:
        return name is not None and bool(said_imprint["hashed_message"].native == imprint(name))
    except ValueError:
        return False


def _may_stamp(certificate: x509.Certificate) -> bool:
    """RFC 3161 §2.3."""
    usage = certificate.extended_key_usage_value
    return usage is not None and "time_stamping" in usage.native


def _accuracy(info: tsp.TSTInfo) -> int:
    """In seconds, rounded up."""
    said = info["accuracy"]
    if isinstance(said, core.Void):
        return 0
    fraction = (said["millis"].native or 0) or (said["micros"].native or 0)
    return (said["seconds"].native or 0) + bool(fraction)


def _algorithm(opened: Opened) -> Algorithm | None:
    if opened.signer is None:
        return None
    key = opened.signer.public_key
    return algorithms.of_signature(opened.algorithm, key, opened.hashed_by)


def _hashes(info: tsp.TSTInfo, opened: Opened) -> tuple[str, ...]:
    """Of the imprint, and of the message digest."""
    names = (primitives.digest_name(info["message_imprint"]["hash_algorithm"]), opened.hashed_by)
    return tuple(name or "unknown" for name in names)


def _fault(stamp: Stamp, info: tsp.TSTInfo, opened: Opened) -> SubIndication | None:
    if opened.faults:
        return SubIndication.FORMAT_FAILURE
    if not is_over(info, stamp.imprint):
        return SubIndication.NO_POE  # it is somebody's, of something else
    if not opened.intact:
        return SubIndication.HASH_FAILURE
    if opened.signer is None or opened.named is False:
        return SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    return None if opened.valid else SubIndication.SIG_CRYPTO_FAILURE
