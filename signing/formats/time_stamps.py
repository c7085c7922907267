"""Time-stamp tokens (RFC 3161), and how their authorities stand (ETSI EN 319 102-1 §5.4)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from asn1crypto import cms, core, tsp, x509
from pyhanko.sign.validation.policy_decl import LocalKnowledge
from pyhanko.sign.validation.settings import KeyUsageConstraints

from keys.cms import TST_INFO
from signing.formats import algorithms, primitives, trust
from signing.formats import standing as standings
from signing.formats.cms import WHATEVER, Opened, encapsulated, open_signer
from signing.formats.paths import Paths
from signing.formats.standing import Held
from signing.formats.trust import Asked
from signing.rules.algorithms import Algorithm
from signing.rules.evidence import TimeStampEvidence
from signing.rules.report import SubIndication

USAGE: Final = KeyUsageConstraints(key_usage=set(), extd_key_usage={"time_stamping"})


@dataclass(frozen=True)
class Stamp:
    """A token, and the digest that it has to carry, by the hash function's name."""

    token: cms.SignedData
    imprint: Callable[[str], bytes]


@dataclass(frozen=True)
class Token:
    """A token that was opened. `problem`: why it is none, or not over what it has to be over."""

    opened: Opened | None
    evidence: TimeStampEvidence
    problem: SubIndication | None


@dataclass(frozen=True)
class Stamped:
    """What a token proves. `unknown`: why nobody could tell whether its authority was revoked."""

    evidence: TimeStampEvidence
    unknown: SubIndication | None = None


def over(tokens: Iterable[cms.SignedData], value: bytes) -> tuple[Stamp, ...]:
    """Time-stamps over these bytes."""
    return tuple(Stamp(token, lambda name: primitives.digest(name, value)) for token in tokens)


def said(token: cms.SignedData) -> tsp.TSTInfo | None:
    """The TSTInfo within; None where there is none."""
    within = token["encap_content_info"]
    if within["content_type"].dotted != TST_INFO or isinstance(within["content"], core.Void):
        return None
    return tsp.TSTInfo.load(bytes(within["content"]))


def open_token(stamp: Stamp, more: Iterable[x509.Certificate]) -> Token:
    """`more`: certificates, one of which may be the authority's where the token has none."""
    try:
        info = said(stamp.token)
        [signer_info] = stamp.token["signer_infos"]
        assert info is not None
        opened = open_signer(stamp.token, signer_info, encapsulated(stamp.token), more)
        problem = _fits(stamp, info, opened)
        return Token(opened, evidence(info, opened, problem), problem)
    except WHATEVER:
        return Token(None, TimeStampEvidence(0, None, SubIndication.FORMAT_FAILURE), _NO_TOKEN)


def evidence(info: tsp.TSTInfo, opened: Opened, problem: SubIndication | None) -> TimeStampEvidence:
    """What a token says."""
    return TimeStampEvidence(
        int(info["gen_time"].native.timestamp()),
        trust.party(opened.signer) if opened.signer else None,
        problem,
        policy=info["policy"].dotted,
        algorithm=_algorithm(opened),
        hashes=_hashes(info, opened),
    )


def is_over(info: tsp.TSTInfo, imprint: Callable[[str], bytes]) -> bool:
    """Whether a time-stamp is over this."""
    said_imprint = info["message_imprint"]
    name = primitives.digest_name(said_imprint["hash_algorithm"])
    try:
        return name is not None and bool(said_imprint["hashed_message"].native == imprint(name))
    except ValueError:
        return False


async def stand(token: Token, knowledge: LocalKnowledge, asked: Asked) -> Stamped:
    """How its authority stands, at the moment that was asked for."""
    opened = token.opened
    if token.problem is not None or opened is None or opened.signer is None:
        return Stamped(token.evidence)
    held = Held(opened.signer, opened.others, knowledge)
    standing = await standings.stand(held, asked, USAGE)
    problem, unknown = standing.path or standing.revocation, None
    if standing.path is None and standing.revocation in standings.NOT_KNOWN:
        problem, unknown = None, standing.revocation
    chain = await Paths(asked.anchors, [*opened.others, *knowledge.known_certs]).chain(
        opened.signer
    )
    return Stamped(replace(token.evidence, problem=problem, chain=chain), unknown)


def _algorithm(opened: Opened) -> Algorithm | None:
    if opened.signer is None:
        return None
    key = opened.signer.public_key
    return algorithms.of_signature(opened.algorithm, key, opened.hashed_by)


def _hashes(info: tsp.TSTInfo, opened: Opened) -> tuple[str, ...]:
    """Of the imprint, and of the message digest."""
    names = (primitives.digest_name(info["message_imprint"]["hash_algorithm"]), opened.hashed_by)
    return tuple(name or "unknown" for name in names)


def _fits(stamp: Stamp, info: tsp.TSTInfo, opened: Opened) -> SubIndication | None:
    if opened.faults:
        return SubIndication.FORMAT_FAILURE
    if not is_over(info, stamp.imprint):
        return SubIndication.NO_POE  # it is somebody's, of something else
    if not opened.intact:
        return SubIndication.HASH_FAILURE
    if opened.signer is None or opened.named is False:
        return SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    return None if opened.valid else SubIndication.SIG_CRYPTO_FAILURE


_NO_TOKEN: Final = SubIndication.FORMAT_FAILURE
