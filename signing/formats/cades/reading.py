"""Everything that can be found out about CMS signatures (ETSI EN 319 122-1), or a time-stamp by
itself (RFC 3161), as evidence for validation."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from asn1crypto import cms, core, tsp, x509
from pyhanko.sign.validation.policy_decl import LocalKnowledge

from keys.profiles import TIMESTAMP_POLICY
from signing.formats import statuses, time_stamps
from signing.formats.cades import archive, profile, proofs, records
from signing.formats.cades.ber import definite
from signing.formats.cades.encodings import decode
from signing.formats.cades.old_stamps import OldStamps
from signing.formats.cms import (
    WHATEVER,
    Content,
    Opened,
    Pieces,
    counter_signatures,
    encapsulated,
    open_signer,
    signed_data,
)
from signing.formats.detached import Detached
from signing.formats.ers.reading import EvidenceRecord
from signing.formats.profile import is_profiled, judged, with_fault
from signing.formats.signature import Signature, of_cms, sharing, weigh
from signing.formats.time_stamps import Stamp
from signing.formats.trust import Asked, at_once
from signing.formats.validation_data import together
from signing.rules.evidence import DocumentEvidence, Fault, SignatureEvidence, Unreadable
from signing.rules.report import Format, SignatureFormat

_ENCRYPTED: Final = frozenset({"enveloped_data", "encrypted_data", "authenticated_enveloped_data"})
_BLANK: Final = b"\x00 \t\r\n"
_MOST_SIGNERS: Final = 64
_DEEPEST: Final = 8


@dataclass(frozen=True)
class _Imprinted:
    """Content that is known by what a time-stamp over it has to carry."""

    digest: Callable[[str], bytes]

    def whole(self) -> bytes:
        raise ValueError("only a digest is known")


@dataclass(frozen=True)
class _Held:
    """A CMS, as it came and in DER, and what its signers have in common. `beside`: content that
    came separately; `archives`: time-stamps over all of it; `record`: the evidence record that it
    is the first time-stamp of."""

    came: bytes
    encoded: bytes
    signed: cms.SignedData
    beside: Content | None
    asked: Asked
    faults: tuple[Fault, ...]
    archives: tuple[Stamp, ...] = ()
    record: EvidenceRecord | None = None


def read(
    document: bytes, nothing: DocumentEvidence, asked: Asked, detached: Detached
) -> DocumentEvidence:
    """`nothing`, and what there is to find. `detached`: the content, where it is elsewhere."""
    try:
        decoded = decode(document)
        if decoded is None:
            return replace(nothing, unreadable=Unreadable.UNSUPPORTED)
        value, rest = definite(decoded.encoded)
        if not _is_content_info(value):
            if not _is_response(value):  # a certificate, a key, a list of what was revoked
                return replace(nothing, unreadable=Unreadable.UNSUPPORTED, format=Format.OTHER)
            value = tsp.TimeStampResp.load(value)["time_stamp_token"].dump()
        kind = cms.ContentInfo.load(value)["content_type"].native
        if kind in _ENCRYPTED:
            return replace(nothing, unreadable=Unreadable.ENCRYPTED)
        if kind != "signed_data":
            return replace(nothing, unreadable=Unreadable.UNSUPPORTED)
        content = detached.only if decoded.content is None else decoded.content
        beside = Pieces((content,)) if content is not None else None
        found = signatures(value, beside, asked, came=decoded.encoded)
        if rest.strip(_BLANK):
            found = tuple(with_fault(one, Fault.CONTENTS) for one in found)
    except WHATEVER:
        return replace(nothing, unreadable=Unreadable.DAMAGED)
    form = Format.TIME_STAMP if is_time_stamp(value) else Format.CMS
    return replace(nothing, signatures=found, format=form)


def signatures(
    encoded: bytes,
    beside: Content | None,
    asked: Asked,
    archives: tuple[Stamp, ...] = (),
    came: bytes | None = None,
    record: EvidenceRecord | None = None,
) -> tuple[SignatureEvidence, ...]:
    """The signatures of a ContentInfo, whatever they are like; raises where it is no SignedData.
    `beside`: the content, where it is elsewhere; `archives`: time-stamps over all of it; `came`:
    all the bytes that it was found in; `record`: its evidence record."""
    value, _ = definite(encoded)
    signed = signed_data(value)
    faults = _faults(signed, beside)
    if len(signed["signer_infos"]) > 1:
        asked = sharing(asked, shared(encoded))
    held = _Held(came or encoded, value, signed, beside, asked, faults, archives, record)
    found = tuple(_signatures(held))
    ours = bool(found) and all(one.profiled and not one.is_time_stamp for one in found)
    if ours and not profile.rest_stands(value, asked.anchors.roots):
        return tuple(with_fault(one, Fault.ENCODING) for one in found)
    return found


def shared(encoded: bytes) -> LocalKnowledge:
    """The validation data of all signers of a ContentInfo."""
    value, _ = definite(encoded)
    signed = signed_data(value)
    infos = list(signed["signer_infos"])[:_MOST_SIGNERS]
    return together(*(proofs.knowledge(signed, info) for info in infos))


def of_record(
    found: EvidenceRecord, objects: Sequence[Content] | None, asked: Asked
) -> tuple[SignatureEvidence, ...]:
    """An evidence record by itself: its first time-stamp, and those that renew it. `objects`: what
    it is over, where that is here."""
    first, *rest = found.stamps(objects or ())
    over = _Imprinted(first.imprint) if objects is not None else None
    return signatures(found.chains[0][0].encoded, over, asked, tuple(rest), record=found)


def ids(encoded: bytes) -> Iterator[str]:
    """Of all that a ContentInfo holds: signatures, time-stamps, certificates, revocation data."""
    value, _ = definite(encoded)
    signed = signed_data(value)
    for info in signed["signer_infos"]:
        yield statuses.identify(info["signature"].native)
        yield from statuses.ids(proofs.beside(signed, info))
        yield from time_stamps.covered(proofs.tokens(info))


def is_time_stamp(encoded: bytes) -> bool:
    """Whether a ContentInfo is a TimeStampToken."""
    return time_stamps.said(signed_data(encoded)) is not None


def _is_content_info(value: bytes) -> bool:
    """RFC 5652 §3: a SEQUENCE whose first element is an object identifier."""
    return isinstance(next(_elements(value), None), core.ObjectIdentifier)


def _is_response(value: bytes) -> bool:
    """RFC 3161 §2.4.2: a status, which begins with a number, and a ContentInfo where granted."""
    try:
        status, *token = _elements(value)
        if not isinstance(status, core.Sequence) or len(token) != 1:
            return False
        begins = isinstance(next(_elements(status.dump()), None), core.Integer)
        return begins and isinstance(token[0], core.Sequence) and _is_content_info(token[0].dump())
    except ValueError:  # values of types that stand in neither
        return False


def _elements(value: bytes) -> Iterator[core.Asn1Value]:
    """The values in a SEQUENCE, as far as their tags say of what type they are."""
    return (one.parsed for one in core.SequenceOf.load(value, spec=core.Any))


def _faults(signed: cms.SignedData, beside: Content | None) -> tuple[Fault, ...]:
    """Content that came twice is the same both times."""
    within = encapsulated(signed)
    if within is None or beside is None or time_stamps.said(signed) is not None:
        return ()
    return () if within.digest("sha256") == beside.digest("sha256") else (Fault.CONTENTS,)


def _signatures(held: _Held) -> Iterator[SignatureEvidence]:
    stamp = time_stamps.said(held.signed)
    for number in range(len(held.signed["signer_infos"])):
        name = f"Signature{number + 1}"
        if number == _MOST_SIGNERS:
            yield SignatureEvidence(name, (Fault.SIGNER_INFOS,))
            return
        try:
            found = _time_stamp(held, stamp) if stamp is not None else _signature(held, number)
        except WHATEVER:
            found = SignatureEvidence("", (*held.faults, Fault.UNREADABLE))
        yield replace(found, name=name)
        over = _over_signature(held.signed["signer_infos"][number], name, _DEEPEST)
        for called, counter, signed in islice(over, _MOST_SIGNERS):
            yield replace(_counter_signature(held, counter, signed), name=called)
        if next(over, None) is not None:
            yield SignatureEvidence(f"{name}/", (Fault.SIGNER_INFOS,))


def _over_signature(
    info: cms.SignerInfo, name: str, deeper: int
) -> Iterator[tuple[str, cms.SignerInfo | None, bytes]]:
    """The counter-signatures of a signer (EN 319 122-1 §5.2.7) and those over each: what each is
    called, itself where it can be read, and the signature that it is over."""
    value = info["signature"].native
    try:
        listed = counter_signatures(info)
    except WHATEVER:
        listed = [None]
    for place, counter in enumerate(listed, start=1):
        yield f"{name}/{place}", counter if deeper else None, value
        if counter is not None and deeper:
            yield from _over_signature(counter, f"{name}/{place}", deeper - 1)


def _counter_signature(
    held: _Held, counter: cms.SignerInfo | None, signed: bytes
) -> SignatureEvidence:
    over = Pieces((signed,))
    try:
        assert counter is not None
        knowledge = _knowledge(held, counter)
        more = _more(held, knowledge)
        opened = open_signer(held.signed, counter, over, more, counter=True)
        found = replace(_found(held, opened, over), covers_whole_file=False)
        return _weighed(held, of_cms(opened, knowledge), found)
    except WHATEVER:
        return SignatureEvidence("", (Fault.UNREADABLE,))


def _signature(held: _Held, number: int) -> SignatureEvidence:
    info = held.signed["signer_infos"][number]
    within = encapsulated(held.signed)
    content = held.beside if within is None else within
    knowledge = _knowledge(held, info)
    more = _more(held, knowledge)
    opened = open_signer(held.signed, info, content, more)
    old = OldStamps(held.signed, info, held.encoded, number)
    archives = (
        *(*archive.stamps(held.encoded, number, info, content), *old.archives(content)),
        *(*records.stamps(held.encoded, held.signed, info, content), *held.archives),
    )
    signature = of_cms(opened, knowledge, archives)
    signature = replace(signature, stamps=(*signature.stamps, *old.over_references()))
    found = _weighed(held, signature, _found(held, opened, content))
    if not is_profiled(found, opened.signer):
        return found
    stands = profile.signature_stands(held.encoded, number, held.asked.anchors.roots)
    return judged(found, held.asked, stands=held.came == held.encoded and stands)


def _time_stamp(held: _Held, stamp: tsp.TSTInfo) -> SignatureEvidence:
    """A time-stamp by itself: its authority's signature, over what it names by a digest; what came
    into it later renews it."""
    [info] = held.signed["signer_infos"]
    knowledge, content = _knowledge(held, info), encapsulated(held.signed)
    more = _more(held, knowledge)
    opened = open_signer(held.signed, info, content, more)
    fits = held.beside is not None and time_stamps.is_over(stamp, held.beside.digest)
    found = _found(held, opened, held.beside)
    found = replace(found, digest_matches=found.digest_matches and fits)
    renewing = (*archive.stamps(held.encoded, 0, info, content), *held.archives)
    signature = of_cms(opened, knowledge, renewing)
    imprint = stamp["message_imprint"]["hashed_message"].native
    over = held.beside.digest if held.beside is not None else lambda _: imprint
    itself = (Stamp(held.signed, over), *signature.stamps)
    trusting = replace(held.asked, anchors=held.asked.anchors.of_stamps)
    held = replace(held, asked=trusting)
    weighed = _weighed(held, replace(signature, stamps=itself), found)
    weighed = replace(weighed, is_time_stamp=True, key_usage=None, level=None)
    if not is_profiled(weighed, opened.signer, TIMESTAMP_POLICY):
        return weighed
    roots = held.asked.anchors.roots
    if held.record is not None:
        return judged(weighed, held.asked, stands=profile.record_stands(held.record, roots))
    stands = profile.token_stands(held.came, roots, alone=True)
    return judged(weighed, held.asked, stands=stands)


def _knowledge(held: _Held, info: cms.SignerInfo) -> LocalKnowledge:
    tokens = [stamp.token for stamp in held.archives]
    tokens += [token for one in records.within(held.signed) for token in one.tokens]
    return together(proofs.knowledge(held.signed, info), *map(proofs.of_token, tokens))


def _more(held: _Held, knowledge: LocalKnowledge) -> tuple[x509.Certificate, ...]:
    """Certificates of which one may be the signer's, where the signature brings none."""
    known = (knowledge, held.asked.known)
    return (*(one for each in known for one in each.known_certs), *held.asked.anchors.certificates)


def _found(held: _Held, opened: Opened, content: Content | None) -> SignatureEvidence:
    return SignatureEvidence(
        "",
        (*held.faults, *opened.faults),
        content_found=content is not None,
        digest_matches=opened.intact,
        signature_verifies=opened.valid,
        covers_whole_file=True,
        claimed_at=opened.claimed_at,
        format=SignatureFormat.CADES,
    )


def _weighed(held: _Held, signature: Signature, found: SignatureEvidence) -> SignatureEvidence:
    weighed: SignatureEvidence = at_once(weigh(signature, found, held.asked))
    return weighed
