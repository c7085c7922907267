"""The time-stamps of a XAdES signature, and what each was made over (EN 319 132-1 §5.2.8, §5.3,
§5.5, §A.1.5; before it, ETSI TS 101 903)."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from asn1crypto import cms

from signing.formats import primitives, statuses, time_stamps, validation_data
from signing.formats.cms import WHATEVER, token
from signing.formats.ers import reading
from signing.formats.time_stamps import Stamp
from signing.formats.xades import canonical, properties, records
from signing.formats.xades.parsing import DS, Element, Malformed, child
from signing.formats.xades.properties import LATER, Properties
from signing.formats.xades.records import Group
from signing.formats.xades.references import Covered, Reached
from signing.formats.xades.values import tolerated
from signing.rules.report import StampKind

_MOST: Final = 64
_METHOD: Final = f"{{{DS}}}CanonicalizationMethod"
_TRANSFORM: Final = f"{{*}}HashDataInfo/{{*}}Transforms/{{{DS}}}Transform"
_DIGESTS: Final = ("{*}CertDigest", "{*}DigestAlgAndValue")


def tokens(found: Properties | None) -> tuple[cms.SignedData, ...]:
    """Every token there is, in whatever property."""
    if found is None:
        return ()
    held = [*_of_objects(found), *found.unsigned]
    return (
        *(each for one in held[:_MOST] for each in _tokens(one)),
        *records.tokens(found),
    )


def archived(found: Properties) -> tuple[cms.SignedData, ...]:
    """Those of archive time-stamps."""
    kinds = {*found.named("ArchiveTimeStamp"), *_later("ArchiveTimeStamp")}
    held = [one for one in found.unsigned[:_MOST] if one.tag in kinds]
    return tuple(each for one in held for each in _tokens(one))


def last(found: Properties) -> bytes:
    """The last token among the unsigned properties, as it is encoded; raises Malformed."""
    held = [each for one in found.unsigned for each in one.findall("{*}EncapsulatedTimeStamp")]
    if not held:
        raise Malformed("no time-stamp")
    return tolerated(held[-1]) or b""


@dataclass(frozen=True)
class Stamps:
    """Those of a signature whose references reach what `covered` says."""

    signature: Element
    properties: Properties
    covered: Covered

    def content(self) -> Iterator[Stamp]:
        """§5.2.8: over what is to be signed; all of it, or what is named."""
        everything, some = self.properties.named(
            "AllDataObjectsTimeStamp", "IndividualDataObjectsTimeStamp"
        )
        for one in _of_objects(self.properties)[:_MOST]:
            if one.tag in {everything, some} and self.covered.content_found:
                of = self._objects() if one.tag == everything else self._included(one)
                over = partial(_of_reached, of, _method(one))
                yield from (Stamp(each, over, StampKind.CONTENT) for each in _tokens(one))

    def over_signature(self) -> Iterator[Stamp]:
        """§5.3: over ds:SignatureValue."""
        for one in self._named(*self.properties.named("SignatureTimeStamp")):
            over = partial(_of_elements, self._parts("SignatureValue"), _method(one))
            yield from (Stamp(each, over) for each in _tokens(one))

    def over_references(self) -> Iterator[Stamp]:
        """§A.1.5: over the signature, its time-stamps and the references to its proofs, or over
        these references alone. They prove what is referred to."""
        for version, named in (("", self.properties.named), ("V2", _later)):
            both, alone = named(f"SigAndRefsTimeStamp{version}", f"RefsOnlyTimeStamp{version}")
            of_certificates = named(
                f"CompleteCertificateRefs{version}", f"AttributeCertificateRefs{version}"
            )
            of_revocation = self.properties.named(
                "CompleteRevocationRefs", "AttributeRevocationRefs"
            )
            stamp = self.properties.named("SignatureTimeStamp")
            for one in self._named(both, alone):
                signed = one.tag == both
                names = {*of_certificates, *of_revocation, *(stamp if signed else ())}
                held = [each for each in self._before(one) if each.tag in names]
                parts = [*(self._parts("SignatureValue") if signed else ()), *held]
                over = partial(_of_elements, parts, _method(one))
                covers = (*self._referenced(held), *_stamped(held))
                for each in _tokens(one):
                    yield Stamp(each, over, StampKind.VALIDATION_DATA, covers, signature=signed)

    def archives(self) -> Iterator[Stamp]:
        """§5.5.2: over all that is signed, the signature, and the unsigned properties before."""
        old, new = *self.properties.named("ArchiveTimeStamp"), *_later("ArchiveTimeStamp")
        for one in self._named(old, new) if self.covered.content_found else ():
            before = self._before(one)
            over = partial(self.archived, _method(one), before, later=one.tag == new)
            held = properties.known(self.signature, self.properties, before)
            covers = (*statuses.ids(held), *_stamped(before))
            yield from (Stamp(each, over, covers=covers) for each in _tokens(one))

    def archived(
        self, method: Element | None, before: list[Element], name: str, *, later: bool
    ) -> bytes:
        """TS 101 903 v1.3.2 §7.7.1 leaves out a ds:Object that a reference is to; what came `later`
        (v1.4.1 §8.2.1) doesn't."""
        named = {one.reference.get("URI", "").removeprefix("#") for one in self.covered.reached}
        holder = self.properties.element.getparent()
        objects = [
            one
            for one in self.signature.findall(f"{{{DS}}}Object")
            if one is not holder and (later or one.get("Id") not in named)
        ]
        return primitives.digest(name, *self._all(method, before, objects))

    def recorded(self) -> Iterator[Stamp]:
        """TS 119 132-3: those of evidence records. What is no record proves nothing."""
        for one in records.within(self.properties) if self.covered.content_found else ():
            before = self._before(one)
            held = properties.known(self.signature, self.properties, before)
            covers = (*statuses.ids(held), *_stamped(before))
            for each in records.encoded(one):
                with suppress(*WHATEVER):
                    yield from reading.parse(each).stamps([self.group(one)], covers)

    def group(self, listed: Element) -> Group:
        """What the records of a property are over."""
        info = child(self.signature, f"{{{DS}}}SignedInfo")
        holder = self.properties.element.getparent()
        objects = [one for one in self.signature.findall(f"{{{DS}}}Object") if one is not holder]
        method = info.find(_METHOD) if info is not None else None
        return Group(tuple(self._all(method, self._before(listed), objects)))

    def _all(
        self, method: Element | None, before: list[Element], objects: list[Element]
    ) -> Iterator[bytes]:
        """What is signed, the signature, and what is unsigned of it, each made canonical."""
        parts = self._parts("SignedInfo", "SignatureValue", "KeyInfo")
        yield from (one.by_method(method) for one in self.covered.reached)
        yield from (canonical.by_method(one, method) for one in (*parts, *before, *objects))

    def _objects(self) -> list[Reached]:
        """All that is signed but the properties."""
        signed = self.properties.signed
        name = signed.get("Id") if signed is not None else None
        return [one for one in self.covered.reached if one.reference.get("URI") != f"#{name}"]

    def _included(self, one: Element) -> list[Reached]:
        """What a time-stamp names by the references to it (§5.2.8.2), in its own order."""
        by_id = {f"#{each.reference.get('Id')}": each for each in self.covered.reached}
        named = [each.get("URI", "") for each in one.findall(self.properties.named("Include")[0])]
        return [by_id[each] for each in named] if set(named) <= by_id.keys() else []

    def _named(self, *names: str) -> list[Element]:
        return [one for one in self.properties.unsigned[:_MOST] if one.tag in names]

    def _before(self, one: Element) -> list[Element]:
        unsigned = self.properties.unsigned
        return unsigned[: next(at for at, each in enumerate(unsigned) if each is one)]

    def _parts(self, *names: str) -> list[Element]:
        found = (child(self.signature, f"{{{DS}}}{name}") for name in names)
        return [one for one in found if one is not None]

    def _referenced(self, held: Iterable[Element]) -> Iterator[str]:
        references = [properties.digest_of(one) for each in held for one in each.iter(*_DIGESTS)]
        known = properties.knowledge(self.signature, self.properties)
        return statuses.ids(validation_data.referenced(known, references))


def _method(one: Element) -> Element | None:
    """How what a time-stamp is over is made canonical; XAdES 1.1.1 says it by a transform."""
    found = one.find(_METHOD)
    return (
        one.find(f"{{*}}HashDataInfo/{{*}}Transforms/{{{DS}}}Transform") if found is None else found
    )


def _of_objects(found: Properties) -> list[Element]:
    if found.signed is None:
        return []
    held = child(found.signed, *found.named("SignedDataObjectProperties"))
    return list(held.iterchildren("{*}*")) if held is not None else []


def _later(*names: str) -> tuple[str, ...]:
    return tuple(f"{{{LATER}}}{name}" for name in names)


def _stamped(held: Iterable[Element]) -> Iterator[str]:
    """The ids of the time-stamps in some properties, and of what these carry; those of evidence
    records renew themselves."""
    return time_stamps.covered(each for one in held for each in _tokens(one))


def _tokens(one: Element) -> Iterator[cms.SignedData]:
    for encoded in one.findall("{*}EncapsulatedTimeStamp"):
        yield token(tolerated(encoded) or b"")


def _of_reached(of: list[Reached], method: Element | None, name: str) -> bytes:
    if not of:
        raise ValueError("over nothing that is signed")
    return primitives.digest(name, *(one.by_method(method) for one in of))


def _of_elements(parts: list[Element], method: Element | None, name: str) -> bytes:
    return primitives.digest(name, *(canonical.by_method(one, method) for one in parts))
