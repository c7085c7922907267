"""Signatures of a document that other signatures of it sign, whole: none may grow, and each lasts
by the archive time-stamps of those (EN 319 132-1 §5.5.2)."""

from collections.abc import Iterable, Mapping
from contextlib import suppress

from signing.formats.cms import WHATEVER
from signing.formats.xades import canonical, expressions, references
from signing.formats.xades.parsing import DS, Element, countersigned, signatures
from signing.formats.xades.references import Covered, Reached, Sources

_OBJECT = f"{{{DS}}}Object"


def checked(elements: Iterable[Element], sources: Sources) -> dict[Element, Covered]:
    """What each signature covers; one whose references are not as they must be, nothing."""
    found: dict[Element, Covered] = {}
    for one in elements:
        with suppress(*WHATEVER):
            found[one] = references.check(one, sources)
    return found


def around(signature: Element, covered: Mapping[Element, Covered]) -> list[Element]:
    """The signatures over a whole other one: by a reference, or in a ds:Object of theirs, which an
    archive time-stamp is over. Those over its value alone are among its own properties."""
    return [
        other
        for other, reached in covered.items()
        if other is not signature
        and countersigned(other) is not signature
        and (_is_over(reached, signature) or _is_in_object(signature, other))
    ]


def proving(signature: Element, covered: Mapping[Element, Covered]) -> list[Element]:
    """Those whose archive time-stamps are over it: its octets are among what they are made over, as
    they are, and not only a digest of it, or what some transform leaves."""
    return [
        other
        for other in around(signature, covered)
        if _is_stamped(signature, other, covered[other])
    ]


def is_whole(reached: Reached) -> bool:
    """Whether its transforms leave nothing out but signatures that are told of."""
    kept = expressions.ALGORITHMS | canonical.ALGORITHMS
    return all(one.get("Algorithm") in kept for one in canonical.transforms(reached.reference))


def in_document(sources: Sources) -> dict[Element, list[Element]]:
    """Each signature of a document, with those over it."""
    each = signatures(sources.tree)
    covered = checked(each, sources) if len(each) > 1 else {}
    return {one: around(one, covered) for one in each}


def _is_over(reached: Covered, signature: Element) -> bool:
    above = {signature, *signature.iterancestors("{*}*")}
    return not above.isdisjoint(reached.elements) and above.isdisjoint(reached.left_out)


def _is_in_object(signature: Element, other: Element) -> bool:
    """Whether it is in an object of another one's that is not for its properties."""
    within = signature
    for above in signature.iterancestors("{*}*"):
        if above is other:
            return within.tag == _OBJECT and countersigned(signature) is not other
        if above.tag.endswith("}QualifyingProperties"):
            return False
        within = above
    return False


def _is_stamped(signature: Element, other: Element, reached: Covered) -> bool:
    above = [signature, *signature.iterancestors("{*}*")]
    whole = [one.target for one in reached.reached if one.target is not None and is_whole(one)]
    if not {*above}.isdisjoint(whole) and {*above}.isdisjoint(reached.left_out):
        return True
    named = {str(one.reference.get("URI", "")).removeprefix("#") for one in reached.reached}
    held = next((one for one in above if one.getparent() is other), None)
    # Of an object that a reference is to, only what that leaves is stamped (TS 101 903 §7.7.1).
    free = held is not None and held.get("Id") not in named
    return free and _is_in_object(signature, other)
