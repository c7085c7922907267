"""Lines of Khmer and Latin: no wider than asked, and no cluster taken apart."""

import pytest

from signing.formats.paper.sheet import Sheet, Type, clusters

TEXT = Type(9, 5)


@pytest.fixture(scope="module")
def sheet() -> Sheet:
    return Sheet("Lines", 1_776_132_000)


@pytest.mark.parametrize(
    ("word", "pieces"),
    [
        ("ស្ត្រី", ["ស្ត្រី"]),
        ("ក្រុមហ៊ុន", ["ក្រុ", "ម", "ហ៊ុ", "ន"]),
        ("ភស្តុតាង", ["ភ", "ស្តុ", "តា", "ង"]),
        ("ខ្ញុំ", ["ខ្ញុំ"]),
        ("abé", ["a", "b", "é"]),
        ("e\u0301x", ["e\u0301", "x"]),
    ],
)
def test_a_letter_keeps_all_that_hangs_on_it(word: str, pieces: list[str]) -> None:
    assert clusters(word) == pieces


def test_lines_break_at_spaces_and_say_all_that_there_is(sheet: Sheet) -> None:
    text = "ឯកសារនេះបានបោះត្រាដោយស្ថាប័នខាងក្រោម ហើយគ្មានអ្នកណាកែប្រែវាទេ PDF (SHA-256)។"
    lines = sheet.lines(text, TEXT, 80)
    assert lines == [
        "ឯកសារនេះបានបោះត្រាដោយស្ថាប័នខាងក្រោម",
        "ហើយគ្មានអ្នកណាកែប្រែវាទេ PDF (SHA-256)។",
    ]


def test_a_zero_width_space_is_where_khmer_may_break(sheet: Sheet) -> None:
    words = ["ក្រសួង", "ពាណិជ្ជកម្ម", "និង", "ឧស្សាហកម្ម"]
    [first, *rest] = sheet.lines("\u200b".join(words), TEXT, 30)
    assert first.split("\u200b")[0] == words[0]
    assert all(one.split("\u200b")[0] in words for one in rest)


@pytest.mark.parametrize("text", ["ក្រ" * 200, "x" * 500, "\\u{202e}" * 60, "W " * 200])
def test_what_has_no_place_to_break_is_broken_between_clusters(sheet: Sheet, text: str) -> None:
    lines = sheet.lines(text, TEXT, 50)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(sheet.lines(line, TEXT, 50) == [line] for line in lines)


def test_nothing_is_one_empty_line(sheet: Sheet) -> None:
    assert sheet.lines("", TEXT, 50) == [""]
    assert sheet.lines("   ", TEXT, 50) == [""]
