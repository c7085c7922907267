"""A signature of any format, once its own encoding was taken apart: its signer, its time-stamps,
and how both stand (ETSI EN 319 102-1 §5.3, §5.5)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from asn1crypto import algos, x509
from pyhanko.sign.validation.policy_decl import LocalKnowledge

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
    (False: another one; None: none). `knowledge`: validation data within and beside it."""

    signer: x509.Certificate | None
    others: tuple[x509.Certificate, ...]
    algorithm: algos.SignedDigestAlgorithm
    hashed_by: str | None
    named: bool | None
    stamps: tuple[Stamp, ...]
    knowledge: LocalKnowledge
    commitments: tuple[str, ...] = ()


def of_cms(opened: Opened, knowledge: LocalKnowledge) -> Signature:
    return Signature(
        opened.signer,
        opened.others,
        opened.algorithm,
        opened.hashed_by,
        opened.named,
        time_stamps.over(opened.tokens, opened.info["signature"].native),
        knowledge,
        opened.commitments,
    )


async def weigh(signature: Signature, found: SignatureEvidence, asked: Asked) -> SignatureEvidence:
    """`found`, and what there is to find of its signer and its time-stamps."""
    signer = signature.signer
    if signer is None:
        return replace(found, path=SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
    more = (*signature.others, *signature.knowledge.known_certs, *asked.anchors.certificates)
    tokens = [time_stamps.open_token(stamp, more) for stamp in signature.stamps]
    usable = _usable(signature, signer, tokens, asked)
    stamped = _best([await time_stamps.stand(token, usable, asked) for token in tokens])
    left_out = _count(signature.knowledge) > _count(usable)
    held = Held(signer, signature.others, usable, left_out)
    standing = _at_its_time(await standings.stand(held, asked, trust.ANY_USAGE), held, stamped)
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
        hashes=(hashed_by or "unknown",),
        chain=await paths.chain(signer),
        key_usage=trust.key_usage(signer),
        commitments=signature.commitments,
    )


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
