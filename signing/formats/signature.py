"""A signature of any format, once its own encoding was taken apart: its signer, its time-stamps,
and how both stand (ETSI EN 319 102-1 §5.3, §5.5)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from asn1crypto import algos, x509
from pyhanko.sign.validation.policy_decl import LocalKnowledge
from pyhanko.sign.validation.settings import KeyUsageConstraints

from signing.formats import algorithms, time_stamps, trust
from signing.formats import standing as standings
from signing.formats.cms import Opened
from signing.formats.paths import Paths
from signing.formats.standing import Held, Standing
from signing.formats.time_stamps import Stamp, Stamped, Token
from signing.formats.trust import Asked
from signing.rules.evidence import SignatureEvidence
from signing.rules.report import Level, SubIndication

_OF_ITS_TIME: Final = frozenset({SubIndication.REVOKED_NO_POE, SubIndication.REVOKED_CA_NO_POE})


@dataclass(frozen=True)
class Signature:
    """Who signed, and what came with it. `named`: what was signed names the signer's certificate
    (False: another one; None: none). `knowledge`: validation data within and beside it;
    `archives`: time-stamps over the signature and all that proves it."""

    signer: x509.Certificate | None
    others: tuple[x509.Certificate, ...]
    algorithm: algos.SignedDigestAlgorithm
    hashed_by: str | None
    named: bool | None
    stamps: tuple[Stamp, ...]
    knowledge: LocalKnowledge
    commitments: tuple[str, ...] = ()
    archives: tuple[Stamp, ...] = ()
    usage: KeyUsageConstraints = trust.ANY_USAGE
    hashes: tuple[str, ...] = ()  # of what was signed


def of_cms(
    opened: Opened, knowledge: LocalKnowledge, archives: tuple[Stamp, ...] = ()
) -> Signature:
    return Signature(
        opened.signer,
        opened.others,
        opened.algorithm,
        opened.hashed_by,
        opened.named,
        time_stamps.over(opened.tokens, opened.info["signature"].native),
        knowledge,
        opened.commitments,
        archives,
        hashes=(opened.hashed_by or "unknown",),
    )


async def weigh(signature: Signature, found: SignatureEvidence, asked: Asked) -> SignatureEvidence:
    """`found`, and what there is to find of its signer and its time-stamps."""
    signer = signature.signer
    if signer is None:
        return replace(found, path=SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
    weighed = await _weighed(signature, signer, found, asked)
    if not signature.archives:
        return weighed
    archived = weighed.level is Level.LT
    level = Level.LTA if archived else weighed.level
    problem = weighed.path or weighed.revocation or _of_time_stamp(weighed)
    mended = problem is not None and await _stood(signature, signer, found, asked)
    return replace(weighed, level=level, archived=mended)


async def _weighed(
    signature: Signature, signer: x509.Certificate, found: SignatureEvidence, asked: Asked
) -> SignatureEvidence:
    tokens = [time_stamps.open_token(stamp, _near(signature, asked)) for stamp in signature.stamps]
    usable = _usable(signature, signer, tokens, asked)
    stamped = _best([await time_stamps.stand(token, usable, asked) for token in tokens])
    left_out = _count(signature.knowledge) > _count(usable)
    held = Held(signer, signature.others, usable, left_out)
    standing = _at_its_time(await standings.stand(held, asked, signature.usage), held, stamped)
    paths = Paths(asked.anchors, [*signature.others, *signature.knowledge.known_certs])
    key, hashed_by = signer.public_key, signature.hashed_by
    return replace(
        found,
        signer=trust.party(signer),
        time_stamp=stamped.evidence if stamped else None,
        path=_path(signature, standing),
        revocation=standing.revocation or (stamped.unknown if stamped else None),
        revoked=trust.revoked(standing.details, authority=False),
        authority_revoked=trust.revoked(standing.details, authority=True),
        names_its_certificate=signature.named is True,
        level=_level(signature),
        algorithm=algorithms.of_signature(signature.algorithm, key, hashed_by),
        hashes=signature.hashes,
        chain=await paths.chain(signer),
        key_usage=trust.key_usage(signer),
        commitments=signature.commitments,
    )


async def _stood(
    signature: Signature, signer: x509.Certificate, found: SignatureEvidence, asked: Asked
) -> bool:
    """§5.6: whether all of it passes at the time that its archive time-stamps prove. The latest has
    to stand now, each earlier one at the time of the next."""
    near = _near(signature, asked)
    tokens = [time_stamps.open_token(stamp, near) for stamp in signature.archives]
    for token in sorted(tokens, key=lambda one: one.evidence.at, reverse=True):
        usable = trust.usable(signature.knowledge, signer, asked.at, proven=False)
        stamped = await time_stamps.stand(token, usable, asked)
        if stamped.evidence.problem is not None:
            return False
        asked = replace(asked, at=token.evidence.at)
    then = await _weighed(signature, signer, found, asked)
    return (then.path or then.revocation or _of_time_stamp(then)) is None


def _near(signature: Signature, asked: Asked) -> tuple[x509.Certificate, ...]:
    """Certificates, one of which may be that of a time-stamp's authority."""
    return (
        *signature.others,
        *signature.knowledge.known_certs,
        *asked.anchors.certificates,
    )


def _of_time_stamp(found: SignatureEvidence) -> SubIndication | None:
    return found.time_stamp.problem if found.time_stamp else None


def _usable(
    signature: Signature, signer: x509.Certificate, tokens: Sequence[Token], asked: Asked
) -> LocalKnowledge:
    stamped_at = next((token.evidence.at for token in tokens if token.opened), None)
    return trust.usable(
        signature.knowledge,
        signer,
        asked.at if stamped_at is None else stamped_at,
        proven=stamped_at is not None,
    )


def _best(stamped: Sequence[Stamped]) -> Stamped | None:
    """The earliest time-stamp that passes, else the first; None where there is none."""
    passed = [one for one in stamped if one.evidence.problem is None]
    if passed:
        return min(passed, key=lambda one: one.evidence.at)
    return stamped[0] if stamped else None


def _at_its_time(standing: Standing, held: Held, stamped: Stamped | None) -> Standing:
    """§5.5.4: what came after the time that a time-stamp proves changes nothing."""
    if stamped is None or stamped.evidence.problem is not None:
        return standing
    signed_at = datetime.fromtimestamp(stamped.evidence.at, UTC)
    if standing.path is SubIndication.OUT_OF_BOUNDS_NO_POE:
        early = signed_at < held.certificate.not_valid_before
        return replace(standing, path=SubIndication.NOT_YET_VALID if early else None)
    details = standing.details
    if standing.revocation in _OF_ITS_TIME and details and signed_at < details.revocation_date:
        return replace(standing, revocation=None)
    return standing


def _path(signature: Signature, standing: Standing) -> SubIndication | None:
    if signature.named is False:
        return SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    return standing.path


def _count(knowledge: LocalKnowledge) -> int:
    return len(knowledge.known_ocsps) + len(knowledge.known_crls)


def _level(signature: Signature) -> Level:
    if not signature.stamps:
        return Level.B
    return Level.LT if _count(signature.knowledge) else Level.T
