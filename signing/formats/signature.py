"""A signature of any format, once its own encoding was taken apart: its signer, its time-stamps,
and the chains of both."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from asn1crypto import algos, core, x509
from pyhanko.sign.validation.policy_decl import LocalKnowledge

from keys import der
from signing.formats import algorithms, primitives, statuses, time_stamps, trust
from signing.formats.attributes import MESSAGE_DIGEST, values
from signing.formats.cades import proofs
from signing.formats.cms import Opened
from signing.formats.paths import Paths
from signing.formats.time_stamps import Stamp
from signing.formats.trust import Asked
from signing.formats.validation_data import together
from signing.rules.evidence import Digest, SignatureEvidence, TimeStampEvidence
from signing.rules.report import Level, StampKind

_SET_OF: Final = 0x31
MOST_OBJECTS: Final = 256
"""Of what was signed, how many are told."""


@dataclass(frozen=True)
class Signature:
    """Who signed, and what came with it. `value` is the signature's own. `named`: what was signed
    names the signer's certificate (False: another one; None: none). `knowledge`: validation data
    within and beside it; `archives`: time-stamps over the signature and what proves it; `before`:
    those over what was signed. `representation` and `objects`: what the value is over, and what was
    signed. `outer`: archive time-stamps of signatures that sign this one whole."""

    value: bytes
    signer: x509.Certificate | None
    others: tuple[x509.Certificate, ...]
    algorithm: algos.SignedDigestAlgorithm
    hashed_by: str | None
    named: bool | None
    stamps: tuple[Stamp, ...]
    knowledge: LocalKnowledge
    commitments: tuple[str, ...] = ()
    archives: tuple[Stamp, ...] = ()
    hashes: tuple[str, ...] = ()  # of what was signed
    before: tuple[Stamp, ...] = ()
    representation: Digest | None = None
    objects: tuple[Digest, ...] = ()
    outer: tuple[Stamp, ...] = ()


def of_cms(
    opened: Opened, knowledge: LocalKnowledge, archives: tuple[Stamp, ...] = ()
) -> Signature:
    value, content = opened.info["signature"].native, opened.content
    return Signature(
        value,
        opened.signer,
        opened.others,
        opened.algorithm,
        opened.hashed_by,
        opened.named,
        time_stamps.over(opened.tokens, value),
        knowledge,
        opened.commitments,
        archives,
        (opened.hashed_by or "unknown",),
        tuple(Stamp(token, content.digest) for token in opened.tokens_before) if content else (),
        _representation(opened),
        tuple(_objects(opened)),
    )


def _representation(opened: Opened) -> Digest | None:
    """What the signature value is over (RFC 5652 §5.4)."""
    attributes = opened.info["signed_attrs"]
    if isinstance(attributes, core.Void):
        return next(_objects(opened), None)
    return primitives.digested(opened.hashed_by, der.tlv(_SET_OF, attributes.contents))


def _objects(opened: Opened) -> Iterator[Digest]:
    """The content, by its digest in the attributes, or by its own."""
    name, attributes = opened.hashed_by or "", opened.info["signed_attrs"]
    with suppress(ValueError):
        if not isinstance(attributes, core.Void):
            for one in values(attributes, MESSAGE_DIGEST) if name else ():
                yield Digest(name, one.native.hex())
        elif opened.content is not None:
            yield Digest(name, opened.content.digest(name).hex())


def signer_of(
    likely: Sequence[x509.Certificate], verifies: Callable[[x509.Certificate], bool]
) -> x509.Certificate | None:
    """Of the certificates that may be the signer's, the likeliest first, the one whose key signed;
    where none's did, the likeliest."""
    return next((one for one in likely if verifies(one)), next(iter(likely), None))


def beside_it(asked: Asked, over: tuple[Stamp, ...]) -> Asked:
    """With time-stamps from beside a document over all of it, and with what they bring."""
    known = (proofs.of_token(stamp.token) for stamp in over)
    return replace(asked, known=together(asked.known, *known), over=(*asked.over, *over))


def sharing(asked: Asked, *known: LocalKnowledge) -> Asked:
    """With validation data that the signatures of a document have in common. Time-stamps over all
    of the document are over it."""
    shared = together(*known)
    covers = tuple(statuses.ids(shared)) if asked.over else ()
    over = tuple(replace(stamp, covers=(*stamp.covers, *covers)) for stamp in asked.over)
    return replace(asked, known=together(asked.known, shared), over=over)


async def weigh(
    signature: Signature, found: SignatureEvidence, asked: Asked, paths: Paths | None = None
) -> SignatureEvidence:
    """`found`, and what there is to find of its signer and its time-stamps. `paths`: those of the
    whole document, where it has several signatures."""
    signer = signature.signer
    if paths is None:
        paths = Paths(asked.anchors, (), together(signature.knowledge, asked.known))
    paths.add(signature.others)
    own = (*_stamps(signature), *_over_all(signature, asked.over))
    each = (*own, *_over_all(signature, signature.outer))
    stamps = tuple([await _stamp(signature, stamp, asked, paths) for stamp in each])
    found = replace(
        found,
        id=statuses.identify(signature.value),
        value=signature.value.hex(),
        time_stamps=stamps,
        level=_level(signature, stamps[: len(own)]),
        hashes=signature.hashes,
        representation=signature.representation,
        objects=signature.objects[:MOST_OBJECTS],
        computable=(signer is None or primitives.is_whole(signer.public_key))
        and primitives.computable(signature.algorithm, signature.hashed_by, signature.hashes),
    )
    if signer is None:
        return found
    return replace(
        found,
        signer=trust.party(signer),
        names_its_certificate=signature.named is True,
        names_another=signature.named is False,
        algorithm=algorithms.of_signature(
            signature.algorithm, signer.public_key, signature.hashed_by
        ),
        chains=await paths.chains(signer),
        key_usage=trust.key_usage(signer),
        commitments=signature.commitments,
    )


def _over_all(signature: Signature, over: tuple[Stamp, ...]) -> Iterable[Stamp]:
    """Time-stamps over the whole document: over all that came with the signature, too."""
    if not over:
        return
    within = (*signature.before, *signature.stamps, *signature.archives)
    held = (
        *statuses.ids(signature.knowledge),
        *time_stamps.covered(stamp.token for stamp in within),
    )
    for stamp in over:
        yield replace(stamp, kind=StampKind.ARCHIVE, covers=(*held, *stamp.covers))


def _stamps(signature: Signature) -> Iterable[Stamp]:
    for kind, stamps in (
        (StampKind.CONTENT, signature.before),
        (StampKind.SIGNATURE, signature.stamps),
        (StampKind.ARCHIVE, signature.archives),
    ):
        for stamp in stamps:
            of_data = stamp.kind is StampKind.VALIDATION_DATA
            yield stamp if of_data else replace(stamp, kind=kind)


async def _stamp(
    signature: Signature, stamp: Stamp, asked: Asked, paths: Paths
) -> TimeStampEvidence:
    """A time-stamp over a signature is also one over the certificate that the signature names."""
    known = (*signature.knowledge.known_certs, *asked.known.known_certs)
    near = (*signature.others, *known, *asked.anchors.certificates)
    if stamp.signature and stamp.kind is not StampKind.CONTENT:
        own = [statuses.identify(signature.value)]
        if signature.signer is not None and signature.named:
            own.append(signature.signer.sha256.hex())
        stamp = replace(stamp, covers=(*own, *stamp.covers))
    return await time_stamps.weigh(stamp, paths, near)


def _level(signature: Signature, stamps: Iterable[TimeStampEvidence]) -> Level:
    """By what is there, not by what it is worth."""
    kinds = {stamp.kind for stamp in stamps}
    if not kinds & {StampKind.SIGNATURE, StampKind.ARCHIVE}:
        return Level.B
    if not (signature.knowledge.known_ocsps or signature.knowledge.known_crls):
        return Level.T
    return Level.LTA if StampKind.ARCHIVE in kinds else Level.LT
