"""Names are equal where asn1crypto finds them equal."""

from asn1crypto import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from signing.formats import names

_TEXTS = st.sampled_from(["Tra", "TRA", " tra ", "t  ra", "ត្រា", "é", "e\u0301", "", "a\u00adb"])
_NAMES = st.fixed_dictionaries(
    {"common_name": _TEXTS},
    optional={"organization_name": _TEXTS, "country_name": st.sampled_from(["KH", "kh"])},
).map(lambda said: x509.Name.load(x509.Name.build(said).dump()))


@settings(deadline=None)
@given(_NAMES, _NAMES)
def test_what_is_equal_is_what_asn1crypto_finds_equal(one: x509.Name, other: x509.Name) -> None:
    assert (one == other) is bool(names.compare(one, other))
    assert one == x509.Name.load(one.dump())
    assert one.hashable == names.prepare(one)
    assert one != "a name"


def test_asn1crypto_compares_with_it_wherever_formats_are_read() -> None:
    assert x509.Name.__eq__ is names.equal
