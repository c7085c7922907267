"""Everything that can be found out about XML signatures, as evidence for validation."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from asn1crypto import x509
from pyhanko.sign.validation.policy_decl import LocalKnowledge

from signing.formats import primitives, validation_data
from signing.formats.cades import proofs
from signing.formats.cms import WHATEVER
from signing.formats.detached import NOTHING, Detached, told
from signing.formats.profile import is_profiled, judged, with_fault
from signing.formats.signature import Signature, sharing, signer_of, weigh
from signing.formats.time_stamps import Stamp
from signing.formats.trust import Asked, at_once
from signing.formats.validation_data import together
from signing.formats.xades import (
    canonical,
    coverage,
    nesting,
    profile,
    properties,
    references,
    stamps,
)
from signing.formats.xades.algorithms import Unknown, needs_secret, signature_algorithm
from signing.formats.xades.parsing import (
    DS,
    Declared,
    Element,
    Malformed,
    Tree,
    child,
    countersigned,
    names,
    parse,
    signatures,
)
from signing.formats.xades.properties import Properties
from signing.formats.xades.references import Covered, Sources
from signing.formats.xades.stamps import Stamps
from signing.formats.xades.values import value_of
from signing.rules.evidence import DocumentEvidence, Fault, SignatureEvidence, Unreadable
from signing.rules.report import Part, SignatureFormat

_MOST_SIGNATURES: Final = 64
_MARKS: Final = (b"SignatureValue", "SignatureValue".encode("utf-16-le"))


@dataclass(frozen=True)
class Found:
    """A signature, and what it covers."""

    evidence: SignatureEvidence
    covered: Covered


def read(
    document: bytes, nothing: DocumentEvidence, asked: Asked, detached: Detached
) -> DocumentEvidence:
    """`nothing`, and what there is to find. `detached`: what is signed, where it is elsewhere."""
    try:
        tree = parse(document)
        found = find(document, tree, asked, {}, detached)
        elements = [one for each in found for one in each.covered.elements]
        left_out = [one for each in found for one in each.covered.left_out]
        rest = coverage.uncovered(tree, elements, left_out) if elements else []
    except WHATEVER as error:
        if any(mark in document for mark in _MARKS):
            return replace(nothing, signatures=(SignatureEvidence("", (Fault.STRUCTURE,)),))
        known = isinstance(error, Declared)
        return replace(nothing, unreadable=Unreadable.UNSUPPORTED if known else Unreadable.DAMAGED)
    return replace(
        nothing,
        signatures=tuple(one.evidence for one in found),
        parts=tuple(Part(path, 0, None, ()) for path in rest),
    )


def shared(tree: Tree) -> LocalKnowledge:
    """The validation data of all signatures of a document; raises whatever the readers raise."""
    return together(
        *(
            one
            for element in signatures(tree)[:_MOST_SIGNATURES]
            for one in _knowledge(element, properties.find(element, tree))
        )
    )


def names_of_files(tree: Tree) -> set[str]:
    """Of those that the signatures of a document are over, by name; raises Malformed."""
    uris = (uri for one in signatures(tree) for uri in references.outside(one))
    return {references.file_name(uri).removeprefix("/") for uri in uris}


def _knowledge(element: Element, qualified: Properties | None) -> Iterator[LocalKnowledge]:
    yield properties.knowledge(element, qualified)
    yield from map(proofs.of_token, stamps.tokens(qualified))


def find(
    document: bytes,
    tree: Tree,
    asked: Asked,
    files: Mapping[str, bytes],
    detached: Detached = NOTHING,
    *,
    package: bool = False,
    certificates: tuple[bytes, ...] = (),
    outer: tuple[Stamp, ...] = (),
) -> list[Found]:
    """Every signature of a document, parsed. `files`: what may be signed by its name; `package`:
    they are the parts of one, which has these `certificates`; `outer`: archive time-stamps of
    signatures over the document."""
    sources = Sources(tree, files, detached, package, certificates)
    if len(signatures(tree)) > 1:
        with suppress(*WHATEVER):
            asked = sharing(asked, shared(tree))
    found, called = [], names(tree)
    reached = nesting.checked(signatures(tree)[:_MOST_SIGNATURES], sources)
    for number, element in enumerate(signatures(tree), start=1):
        around: list[Element] = []
        try:
            if number > _MOST_SIGNATURES:
                raise Malformed("too many signatures")
            around = nesting.proving(element, reached)
            within = (stamp for one in around for stamp in _archives(one, tree, reached))
            covered = reached.get(element) or references.check(element, sources)
            one = _signature(element, covered, sources, asked, (*outer, *within))
            one = _over(element, one)
        except WHATEVER:
            one = Found(SignatureEvidence("", (Fault.STRUCTURE,)), Covered())
        evidence = replace(
            one.evidence,
            name=called[element],
            format=SignatureFormat.XADES,
            signed_by_another=bool(around),
        )
        found.append(replace(one, evidence=evidence))
        if number > _MOST_SIGNATURES:
            break
    ours = bool(found) and all(one.evidence.profiled for one in found)
    stands = not ours or profile.stands(document, asked.anchors.roots)
    if stands:
        return found
    return [replace(one, evidence=with_fault(one.evidence, Fault.ENCODING)) for one in found]


def archives_over(name: str, tree: Tree, files: Mapping[str, bytes]) -> Iterator[Stamp]:
    """The archive time-stamps of the signatures of a document that are over a file."""
    reached = nesting.checked(signatures(tree)[:_MOST_SIGNATURES], Sources(tree, files))
    for element, covered in reached.items():
        direct = (one.reference for one in covered.reached if nesting.is_whole(one))
        if name in {references.file_name(one.get("URI", "")).removeprefix("/") for one in direct}:
            yield from _archives(element, tree, reached)


def _archives(element: Element, tree: Tree, reached: Mapping[Element, Covered]) -> Iterator[Stamp]:
    """Those of a signature, which are over what it signs, too."""
    qualified = properties.find(element, tree)
    if qualified is not None:
        yield from Stamps(element, qualified, reached[element]).archives()


def _over(element: Element, found: Found) -> Found:
    """EN 319 132-1 §5.2.7.2: a signature within another's properties is over that one's value."""
    signed = countersigned(element)
    if signed is None or child(signed, f"{{{DS}}}SignatureValue") in found.covered.elements:
        return found
    return replace(found, evidence=replace(found.evidence, digest_matches=False))


def _signature(
    element: Element, covered: Covered, sources: Sources, asked: Asked, outer: tuple[Stamp, ...]
) -> Found:
    """`outer`: time-stamps of the signatures over it. Raises whatever the readers raise of what is
    not as it must be."""
    qualified = properties.find(element, sources.tree)
    within = properties.key_info(element) or list(sources.certificates)
    knowledge = together(
        *_knowledge(element, qualified), validation_data.known(sources.certificates)
    )
    digests = properties.certificate_digests(qualified)
    signed_info = child(element, f"{{{DS}}}SignedInfo")
    if signed_info is None:
        raise Malformed("no SignedInfo")
    value = value_of(child(element, f"{{{DS}}}SignatureValue"))
    method = _algorithm(signed_info, "SignatureMethod")
    evidence = SignatureEvidence(
        "",
        content_found=covered.content_found,
        digest_matches=covered.matches,
        covers_whole_file=covered.whole,
        claimed_at=properties.claimed(qualified),
        files=tuple(dict.fromkeys(covered.files)) if sources.detached.files else (),
        changed=tuple(dict.fromkeys(covered.changed)) if sources.detached.files else (),
        missing=told(covered.missing),
    )
    try:
        algorithm, value = signature_algorithm(method, value)
    except Unknown:
        known = needs_secret(method)  # and nobody's certificate says who that was
        return Found(replace(evidence, computable=known, hashes=(method,)), covered)
    octets = canonical.by_method(signed_info, child(signed_info, f"{{{DS}}}CanonicalizationMethod"))
    certificates = (*knowledge.known_certs, *asked.anchors.certificates)

    def verifies(one: x509.Certificate) -> bool:
        return primitives.verifies(value, octets, one.public_key, algorithm)

    likely = _likely(certificates, within, digests)
    signer = signer_of(likely, verifies)
    evidence = replace(evidence, signature_verifies=signer is not None and verifies(signer))
    found = Stamps(element, qualified, covered) if qualified is not None else None
    signature = Signature(
        value,
        signer,
        tuple(one for one in knowledge.known_certs if one is not signer),
        algorithm,
        primitives.signature_digest(algorithm),
        _named(signer, digests) if digests else _is_signed(signer, element, covered),
        (*found.over_signature(), *found.over_references()) if found else (),
        knowledge,
        properties.commitments(qualified),
        (*found.archives(), *found.recorded()) if found else (),
        hashes=tuple(dict.fromkeys(covered.hashes)),
        representation=primitives.digested(primitives.signature_digest(algorithm), octets),
        objects=tuple(covered.objects),
        before=tuple(found.content()) if found else (),
        outer=outer,
    )
    evidence = at_once(weigh(signature, evidence, asked))
    ours = is_profiled(evidence, signer)
    beside = replace(asked, over=(*asked.over, *outer))
    return Found(judged(evidence, beside, stands=True) if ours else evidence, covered)


def _algorithm(signed_info: Element, name: str) -> str:
    method = child(signed_info, f"{{{DS}}}{name}")
    return str(method.get("Algorithm", "")) if method is not None else ""


def _likely(
    certificates: Iterable[x509.Certificate],
    within: list[bytes],
    digests: list[tuple[str, bytes]],
) -> list[x509.Certificate]:
    """The certificate that was signed with the rest, and those of KeyInfo in their order."""
    held = list(certificates)
    named = [one for one in held if digests and _named(one, digests)]
    by_place = {one.dump(): one for one in held}
    return [*named[:1], *(by_place[one] for one in within if one in by_place)]


def _is_signed(signer: x509.Certificate | None, element: Element, covered: Covered) -> bool | None:
    """Without a digest of it, whether the signer's certificate was signed within KeyInfo (TS 101
    903 §4.4.1); None where it wasn't."""
    held = child(element, f"{{{DS}}}KeyInfo")
    signed = held is not None and any(one is held for one in covered.elements)
    return (
        True
        if signed and signer is not None and signer.dump() in properties.key_info(element)
        else None
    )


def _named(signer: x509.Certificate | None, digests: list[tuple[str, bytes]]) -> bool | None:
    if signer is None or not digests:
        return None
    encoded = signer.dump()
    return all(primitives.hashes_to(expected, name, encoded) for name, expected in digests)
