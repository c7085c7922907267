"""Canonical XML of an element that takes its namespaces from around it."""

from lxml import etree

from signing.formats.xades.canonical import INCLUSIVE, canonical

AROUND = (
    b'<a xmlns="urn:a" xmlns:u="urn:u" xml:lang="km"><b><c><d/></c><u:c xmlns=""/></b> text</a>'
)


def test_a_default_namespace_from_around_is_not_taken_back_within() -> None:
    [inner] = etree.fromstring(AROUND)
    assert canonical(inner, INCLUSIVE) == (
        b'<b xmlns="urn:a" xmlns:u="urn:u" xml:lang="km"><c><d></d></c><u:c xmlns=""></u:c></b>'
    )
    exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"
    assert canonical(inner, exclusive) == (
        b'<b xmlns="urn:a"><c><d></d></c><u:c xmlns:u="urn:u"></u:c></b>'
    )
    assert canonical(inner, exclusive, ["u"]) == (
        b'<b xmlns="urn:a" xmlns:u="urn:u"><c><d></d></c><u:c></u:c></b>'
    )
