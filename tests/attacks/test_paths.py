"""Certification paths after the sections of NIST's PKITS, made here: each with the verdict owed.

What our register knows is the signer alone, so that the path decides. Policies that are mapped,
authorities that certify themselves again, and CRLs have files of their own.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.x509.oid import ObjectIdentifier

from signing.rules.report import Verdict
from tests.attacks.cms import content_info, signature
from tests.attacks.pki import (
    DAY,
    NOW,
    SIGNING_AUTHORITY,
    SIGNS,
    Holder,
    alternative,
    authority,
    directory,
    excluded,
    permitted,
    policies,
    root,
    usages,
)
from tests.attacks.verdicts import judge

Extension = x509.ExtensionType
POLICY, OTHER = ObjectIdentifier("1.3.6.1.4.1.32473.1"), ObjectIdentifier("1.3.6.1.4.1.32473.2")


def broken(holder: Holder) -> Holder:
    """The same with a signature that is not the issuer's."""
    encoded = holder.certificate
    return holder.with_certificate(encoded[:-3] + bytes((encoded[-3] ^ 1,)) + encoded[-2:])


ROOT = root()
UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.32473.9"), b"\x05\x00")
DNS, MAIL, URI = x509.DNSName, x509.RFC822Name, x509.UniformResourceIdentifier

NO_KEY = x509.AuthorityKeyIdentifier(bytes(20), None, None)
OTHER_SERIAL = x509.AuthorityKeyIdentifier(None, [directory("CN=Root,O=Elsewhere,C=KH")], 7)

Case = Callable[[], Holder]

STANDING: dict[str, Case] = {
    # 4.1, 4.2: signatures and dates
    "one authority": lambda: authority(ROOT).signer(),
    "right under the root": ROOT.signer,
    "four authorities": lambda: authority(
        authority(authority(authority(ROOT, "A"), "B"), "C"), "D"
    ).signer(),
    "begins before 2000": lambda: authority(ROOT, since=datetime(1999, 1, 1, tzinfo=UTC)).signer(),
    "ends after 2050": lambda: authority(ROOT, until=datetime(2055, 1, 1, tzinfo=UTC)).signer(
        until=datetime(2054, 1, 1, tzinfo=UTC)
    ),
    "ends in this second": lambda: authority(ROOT).signer(until=NOW),
    "begins in this second": lambda: authority(ROOT).signer(since=NOW),
    # 4.6: basic constraints
    "path length 0 above the signer": lambda: authority(ROOT, length=0).signer(),
    "path length 1 with one below": lambda: authority(authority(ROOT, "A", length=1), "B").signer(),
    "path length 3 that narrows to 0": lambda: authority(
        authority(authority(ROOT, "A", length=3), "B", length=1), "C", length=0
    ).signer(),
    # 4.7: key usage
    "an authority that signs no CRLs": lambda: authority(
        ROOT, usage=usages("key_cert_sign")
    ).signer(),
    # 4.8 to 4.12: policies
    "one policy throughout": lambda: authority(ROOT, "A", policies(POLICY)).issue(
        "Somebody", SIGNS, policies(POLICY)
    ),
    "no policy is asked for, and none is shared": lambda: authority(
        ROOT, "A", policies(POLICY)
    ).issue("Somebody", SIGNS, policies(OTHER)),
    "a policy is required, and there is one": lambda: authority(
        ROOT, "A", policies(POLICY), critical=(x509.PolicyConstraints(0, None),)
    ).issue("Somebody", SIGNS, policies(POLICY)),
    "anyPolicy serves where it is not inhibited": lambda: authority(
        ROOT,
        "A",
        policies(ObjectIdentifier("2.5.29.32.0")),
        critical=(x509.PolicyConstraints(0, None),),
    ).issue("Somebody", SIGNS, policies(POLICY)),
    # 4.13: name constraints
    "a name in the permitted subtree": lambda: authority(
        ROOT, critical=permitted(directory("C=KH"))
    ).signer(),
    "a name beside the excluded subtree": lambda: authority(
        ROOT, critical=excluded(directory("C=TH"))
    ).signer(),
    "a host in the permitted domain": lambda: authority(
        ROOT, critical=permitted(DNS("example.kh"))
    ).issue("Somebody", SIGNS, alternative(DNS("a.example.kh"))),
    "a mailbox in the permitted domain": lambda: authority(
        ROOT, critical=permitted(MAIL("example.kh"))
    ).issue("Somebody", SIGNS, alternative(MAIL("a@example.kh"))),
    "an address in the permitted domain": lambda: authority(
        ROOT, critical=permitted(URI(".example.kh"))
    ).issue("Somebody", SIGNS, alternative(URI("http://a.example.kh/x"))),
    "no name of the kind that is constrained": lambda: authority(
        ROOT, critical=permitted(DNS("example.kh"))
    ).signer(),
    # RFC 5280 §4.2.1.1: hints at an issuer
    "a hint at a key that nobody has": lambda: authority(ROOT).issue("Somebody", SIGNS, NO_KEY),
    "a hint at another certificate of the authority": lambda: authority(ROOT).issue(
        "Somebody", SIGNS, OTHER_SERIAL
    ),
    "a hint at another root": lambda: authority(ROOT, "A", NO_KEY).signer(),
    # 4.16: private extensions
    "an unknown extension that is not critical": lambda: authority(ROOT).issue(
        "Somebody", SIGNS, UNKNOWN
    ),
}

FALLING: dict[str, Case] = {
    # 4.1
    "the authority's signature is wrong": lambda: broken(authority(ROOT)).signer(),
    "the signer's signature is wrong": lambda: broken(authority(ROOT).signer()),
    "another key under the root's name": lambda: authority(root()).signer(),
    # 4.2
    "the authority begins tomorrow": lambda: authority(ROOT, since=NOW + DAY).signer(),
    "the signer begins tomorrow": lambda: authority(ROOT).signer(since=NOW + DAY),
    "the authority ended yesterday": lambda: authority(ROOT, until=NOW - DAY).signer(),
    "the authority ended before 2000": lambda: authority(
        ROOT,
        since=datetime(1998, 1, 1, tzinfo=UTC),
        until=datetime(1999, 1, 1, tzinfo=UTC),
    ).signer(),
    "the signer begins after 2050": lambda: authority(ROOT).signer(
        since=datetime(2051, 1, 1, tzinfo=UTC), until=datetime(2052, 1, 1, tzinfo=UTC)
    ),
    # 4.3: names that do not chain
    "the issuer's name is another": lambda: Holder(
        (one := authority(ROOT, "A").signer()).key, one.certificate, authority(ROOT, "B")
    ),
    # 4.6
    "no basic constraints": lambda: ROOT.issue("A", SIGNING_AUTHORITY).signer(),
    "basic constraints that say it is none": lambda: authority(ROOT, ca=False).signer(),
    "an authority under path length 0": lambda: authority(
        authority(ROOT, "A", length=0), "B"
    ).signer(),
    "two under path length 1": lambda: authority(
        authority(authority(ROOT, "A", length=1), "B"), "C"
    ).signer(),
    "a path length that a later one may not widen": lambda: authority(
        authority(authority(ROOT, "A", length=0), "B", length=5), "C"
    ).signer(),
    "a signer who issues": lambda: authority(ROOT).signer("A").signer(),
    # 4.7
    "an authority that may not sign certificates": lambda: authority(
        ROOT, usage=usages("crl_sign")
    ).signer(),
    "an authority for signatures alone": lambda: authority(
        ROOT, usage=usages("digital_signature")
    ).signer(),
    # 4.8 to 4.12
    "a policy is required, and there is none": lambda: authority(
        ROOT, "A", policies(POLICY), critical=(x509.PolicyConstraints(0, None),)
    ).signer(),
    "a policy is required, and none is shared": lambda: authority(
        ROOT, "A", policies(POLICY), critical=(x509.PolicyConstraints(0, None),)
    ).issue("Somebody", SIGNS, policies(OTHER)),
    "anyPolicy where it is inhibited": lambda: authority(
        ROOT,
        "A",
        policies(POLICY),
        critical=(x509.PolicyConstraints(0, None), x509.InhibitAnyPolicy(0)),
    ).issue("Somebody", SIGNS, policies(ObjectIdentifier("2.5.29.32.0"))),
    # 4.13
    "a name outside the permitted subtree": lambda: authority(
        ROOT, critical=permitted(directory("C=TH"))
    ).signer(),
    "a name in the excluded subtree": lambda: authority(
        ROOT, critical=excluded(directory("C=KH"))
    ).signer(),
    "a host outside the permitted domain": lambda: authority(
        ROOT, critical=permitted(DNS("example.kh"))
    ).issue("Somebody", SIGNS, alternative(DNS("example.com"))),
    "a host that only ends like the permitted domain": lambda: authority(
        ROOT, critical=permitted(DNS("example.kh"))
    ).issue("Somebody", SIGNS, alternative(DNS("notexample.kh"))),
    "a host in the excluded domain": lambda: authority(
        ROOT, critical=excluded(DNS("example.kh"))
    ).issue("Somebody", SIGNS, alternative(DNS("a.example.kh"))),
    "a mailbox outside the permitted domain": lambda: authority(
        ROOT, critical=permitted(MAIL("example.kh"))
    ).issue("Somebody", SIGNS, alternative(MAIL("a@example.com"))),
    "a mailbox in the excluded domain": lambda: authority(
        ROOT, critical=excluded(MAIL("example.kh"))
    ).issue("Somebody", SIGNS, alternative(MAIL("a@example.kh"))),
    "an address outside the permitted domain": lambda: authority(
        ROOT, critical=permitted(URI(".example.kh"))
    ).issue("Somebody", SIGNS, alternative(URI("http://example.com/x"))),
    "an address in the excluded domain": lambda: authority(
        ROOT, critical=excluded(URI(".example.kh"))
    ).issue("Somebody", SIGNS, alternative(URI("http://a.example.kh/x"))),
    # 4.16
    "an unknown critical extension of the signer": lambda: authority(ROOT).issue(
        "Somebody", SIGNS, critical=(UNKNOWN,)
    ),
    "an unknown critical extension of the authority": lambda: authority(
        ROOT, critical=(UNKNOWN,)
    ).signer(),
}


STRANGERS = {
    "the authority's signature is wrong",
    "the signer's signature is wrong",
    "another key under the root's name",
    "the issuer's name is another",
}
"""Those whom no signature connects with the root: the others have a path, which does not stand."""


def verdict(signer: Holder) -> Verdict:
    return judge(content_info(signature(signer)), ROOT, signer).verdict


@pytest.mark.parametrize("case", STANDING)
@pytest.mark.rule("attacks.paths")
def test_a_path_that_stands(case: str) -> None:
    assert verdict(STANDING[case]()) is Verdict.AUTHENTIC


OUT_OF_TIME = {
    "the signer begins tomorrow": Verdict.NOT_VALID,
    "the signer begins after 2050": Verdict.NOT_VALID,
    "the authority ended yesterday": Verdict.EXPIRED,
    "the authority ended before 2000": Verdict.EXPIRED,
}


@pytest.mark.parametrize("case", FALLING)
@pytest.mark.rule("attacks.paths")
def test_a_path_that_falls(case: str) -> None:
    owed = Verdict.UNRECOGNISED if case in STRANGERS else Verdict.INDETERMINATE
    assert verdict(FALLING[case]()) is OUT_OF_TIME.get(case, owed)
