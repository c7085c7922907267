"""Names of files in a container."""

import pytest

from core.errors import Refusal
from signing.rules.file_names import check_names


def refused(*names: str) -> str | None:
    try:
        check_names(names)
    except Refusal as refusal:
        return refusal.reason.code
    return None


@pytest.mark.parametrize(
    "name",
    [
        "letter.pdf",
        "annex/1 map.png",
        "លិខិត\u200bបញ្ជាក់.pdf",  # Khmer marks where words end with U+200B
        "réponse (2).txt",
        "META-INFORMATION.txt",
        "annex/mimetype",
        "x" * 255,
    ],
)
def test_a_plain_name_is_taken(name: str) -> None:
    assert refused(name) is None


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "/etc/passwd", "a/../b", "a//b", "a/", "./a", " a", "a ", "a/ b"),
        *("C:\\a", "a\\b", "a:b", "a?", 'a"b', "a<b", "a|b", "a*"),
        *("META-INF/signature.p7s", "meta-inf/x", "mimetype", "MimeType"),
        *("a\nb", "a\x00b", "letter\u202efdp.exe", "\u2066a", "a\ud800", "a\u2028b", "a\ue000b"),
        *("x" * 256, "ក" * 86),
    ],
)
def test_a_name_that_misleads_or_leaves_the_container_is_refused(name: str) -> None:
    assert refused(name) == "file_name_invalid"


@pytest.mark.parametrize("names", [("a", "a"), ("A.pdf", "a.PDF"), ("é", "e\u0301"), ("ﬁ", "fi")])
def test_names_that_look_the_same_are_refused(names: tuple[str, str]) -> None:
    assert refused(*names) == "file_name_repeated"
