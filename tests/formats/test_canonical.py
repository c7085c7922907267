"""Canonical XML of an element that takes its namespaces from around it."""

from lxml import etree

from signing.formats.xades.canonical import EXCLUSIVE, INCLUSIVE, canonical

AROUND = (
    b'<a xmlns="urn:a" xmlns:u="urn:u" xml:lang="km"><b><c><d/></c><u:c xmlns=""/></b> text</a>'
)


def test_a_default_namespace_from_around_is_not_taken_back_within() -> None:
    [inner] = etree.fromstring(AROUND)
    assert canonical(inner, INCLUSIVE) == (
        b'<b xmlns="urn:a" xmlns:u="urn:u" xml:lang="km"><c><d></d></c><u:c xmlns=""></u:c></b>'
    )
    assert canonical(inner, EXCLUSIVE) == (
        b'<b xmlns="urn:a"><c><d></d></c><u:c xmlns:u="urn:u"></u:c></b>'
    )
    assert canonical(inner, EXCLUSIVE, ["u"]) == (
        b'<b xmlns="urn:a" xmlns:u="urn:u"><c><d></d></c><u:c></u:c></b>'
    )


def test_the_namespace_without_a_prefix_may_be_listed() -> None:
    """Exclusive XML Canonicalization §3: `#default`."""
    around = b'<a xmlns="urn:a" xmlns:u="urn:u"><u:b><u:c xmlns=""/><d xmlns="urn:d"/></u:b></a>'
    [inner] = etree.fromstring(around)
    assert canonical(inner, EXCLUSIVE, ["#default"]) == (
        b'<u:b xmlns="urn:a" xmlns:u="urn:u"><u:c xmlns=""></u:c><d xmlns="urn:d"></d></u:b>'
    )
    assert canonical(inner, EXCLUSIVE) == (
        b'<u:b xmlns:u="urn:u"><u:c></u:c><d xmlns="urn:d"></d></u:b>'
    )
