"""Policies that an authority maps onto another's (RFC 5280 §4.2.1.5; PKITS §4.10, §4.11), and
authorities that certify themselves again with another key (§4.5, §4.6), with the verdict owed."""

from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.x509.oid import ObjectIdentifier

from keys import der
from signing.rules.report import Verdict
from tests.attacks.cms import content_info, signature
from tests.attacks.pki import SIGNS, Holder, authority, policies, root
from tests.attacks.verdicts import judge

ROOT = root()
POLICY, OTHER, THIRD, ANY = (
    ObjectIdentifier(dotted)
    for dotted in (*(f"1.3.6.1.4.1.32473.{last}" for last in (1, 2, 3)), "2.5.29.32.0")
)
REQUIRED = x509.PolicyConstraints(0, None)

Case = Callable[[], Holder]


def mapped(*pairs: tuple[ObjectIdentifier, ObjectIdentifier]) -> x509.UnrecognizedExtension:
    held = (
        der.sequence(der.oid(one.dotted_string), der.oid(other.dotted_string))
        for one, other in pairs
    )
    return x509.UnrecognizedExtension(ObjectIdentifier("2.5.29.33"), der.sequence(*held))


def mapping(
    *pairs: tuple[ObjectIdentifier, ObjectIdentifier],
    above: Holder = ROOT,
    constraints: x509.PolicyConstraints = REQUIRED,
) -> Holder:
    """An authority under POLICY for which one is required, and which maps it."""
    return authority(above, "A", policies(POLICY), critical=(constraints, mapped(*pairs)))


def under(above: Holder, *held: ObjectIdentifier) -> Holder:
    return above.issue("Somebody", SIGNS, *((policies(*held),) if held else ()))


STANDING: dict[str, Case] = {
    "the policy that it is mapped onto": lambda: under(mapping((POLICY, OTHER)), OTHER),
    "one of two that it is mapped onto": lambda: under(
        mapping((POLICY, OTHER), (POLICY, THIRD)), THIRD
    ),
    "mapped on and on": lambda: under(
        authority(
            mapping((POLICY, OTHER)), "B", policies(OTHER), critical=(mapped((OTHER, THIRD)),)
        ),
        THIRD,
    ),
    "mapped, and none is required": lambda: under(
        authority(ROOT, "A", policies(POLICY), critical=(mapped((POLICY, OTHER)),)), POLICY
    ),
    "an authority's new key under its old one": lambda: authority(
        authority(ROOT, "A"), "A"
    ).signer(),
    "which does not count for the length of a path": lambda: authority(
        authority(ROOT, "A", length=0), "A", length=0
    ).signer(),
    "the root's new key under its old one": lambda: authority(
        authority(ROOT, "Root"), "A"
    ).signer(),
    "anyPolicy of a self-issued one where it is inhibited": lambda: under(
        authority(
            authority(ROOT, "A", policies(POLICY), critical=(REQUIRED, x509.InhibitAnyPolicy(0))),
            "A",
            policies(ANY),
        ),
        POLICY,
    ),
}

FALLING: dict[str, Case] = {
    "the policy before it was mapped": lambda: under(mapping((POLICY, OTHER)), POLICY),
    "a policy that nothing is mapped onto": lambda: under(mapping((POLICY, OTHER)), THIRD),
    "no policy": lambda: under(mapping((POLICY, OTHER))),
    "mapped where that is inhibited": lambda: under(
        mapping(
            (POLICY, OTHER),
            above=authority(
                ROOT, "Above", policies(POLICY), critical=(x509.PolicyConstraints(0, 0),)
            ),
        ),
        OTHER,
    ),
    "mapped from anyPolicy": lambda: under(mapping((ANY, OTHER)), OTHER),
    "mapped onto anyPolicy": lambda: under(mapping((POLICY, ANY)), OTHER),
    "another name under path length 0, behind one's own": lambda: authority(
        authority(authority(ROOT, "A", length=0), "A"), "B"
    ).signer(),
    "anyPolicy of the signer where it is inhibited": lambda: under(
        authority(
            authority(ROOT, "A", policies(POLICY), critical=(REQUIRED, x509.InhibitAnyPolicy(0))),
            "A",
            policies(POLICY),
        ),
        ANY,
    ),
}


def verdict(signer: Holder) -> Verdict:
    """Our register knows the signer, so that the path decides."""
    return judge(content_info(signature(signer)), ROOT, signer).verdict


@pytest.mark.parametrize("case", STANDING)
@pytest.mark.rule("attacks.paths")
def test_a_path_that_stands(case: str) -> None:
    assert verdict(STANDING[case]()) is Verdict.AUTHENTIC


@pytest.mark.parametrize("case", FALLING)
@pytest.mark.rule("attacks.paths")
def test_a_path_that_falls(case: str) -> None:
    assert verdict(FALLING[case]()) is Verdict.INDETERMINATE
