"""Khmer first: every text stands in both languages, is used, and is spelled as Khmer should be."""

import re
import string
import tomllib
from pathlib import Path

import pytest

from core.pages import LANGUAGES
from signing.rules.report import SubIndication
from tests.pages.states import ROOT, STATES

SHARED = ROOT / "core/pages"
PAPER = ROOT / "signing/formats/paper/court.py"
COMMAND = ROOT / "tra/words.py"
FOLDERS = [SHARED, ROOT / "idp/pages", ROOT / "signing/pages"]

COMPOSED = re.compile(r"'([a-z_.]+\.)'\s*~")
NAMED = re.compile(r"'((?!\w+\.(?:html|css|svg|js)')[a-z_]+(?:\.[a-z_]+)+)'")

NEVER_IN_PROSE = re.compile("[\u17a3\u17a4\u17b4\u17b5\u17d3\u17d8]")
TWO_VOWELS_FOR_ONE = re.compile("\u17c1[\u17b8\u17b6]")  # for U+17BE and U+17C4
COENG_WITHOUT_A_LETTER = re.compile("\u17d2(?![\u1780-\u17b3])")
RO_BEFORE_ANOTHER_COENG = re.compile("\u17d2\u179a\u17d2")
LATIN = re.compile(r"[A-Za-z]{2,}")
LATIN_THAT_KHMER_READERS_MEET = {"PDF", "Word", "XML", "error", "ETSI", "SHA"}


def texts(folder: Path, lang: str) -> dict[str, str]:
    """The texts of one catalogue, by their whole keys."""
    found: dict[str, str] = {}

    def walk(table: dict[str, object], prefix: str) -> None:
        for key, value in table.items():
            if isinstance(value, dict):
                walk(value, f"{prefix}{key}.")
            else:
                found[prefix + key] = str(value)

    walk(tomllib.loads((folder / "locales" / f"{lang}.toml").read_text(encoding="utf-8")), "")
    return found


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def templates(folder: Path) -> str:
    """What speaks: templates, the report on paper, and the command."""
    found = [path.read_text("utf-8") for path in (folder / "templates").glob("*.html")]
    if folder == PAPER.parents[2] / "pages":
        found += [one.read_text("utf-8").replace('"', "'") for one in (PAPER, COMMAND)]
    return "\n".join(found)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_both_languages_say_the_same_things_with_the_same_placeholders(folder: Path) -> None:
    khmer, english = (texts(folder, lang) for lang in LANGUAGES)
    assert list(khmer) == list(english), "the same keys, in the same order"
    assert {key: placeholders(text) for key, text in khmer.items()} == {
        key: placeholders(text) for key, text in english.items()
    }
    assert all(text.strip() for text in (*khmer.values(), *english.values()))


@pytest.mark.parametrize("service", FOLDERS[1:], ids=lambda folder: folder.parent.name)
def test_a_template_names_no_text_that_is_missing(service: Path) -> None:
    known = texts(SHARED, "km") | texts(service, "km")
    source = templates(service) + templates(SHARED)
    named = set(NAMED.findall(source))
    assert named
    assert named - set(known) == set()
    for prefix in COMPOSED.findall(source):
        assert any(key.startswith(prefix) for key in known), prefix


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_every_page_has_a_state_in_which_it_is_tested(folder: Path) -> None:
    extends = [
        path.name
        for path in (folder / "templates").glob("*.html")
        if "{% extends" in path.read_text("utf-8")
    ]
    assert extends
    assert set(extends) - {state.template for state in STATES} == set()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_no_text_lies_about_unused(folder: Path) -> None:
    source = "\n".join(templates(each) for each in FOLDERS)
    named = set(NAMED.findall(source))
    composed = tuple(COMPOSED.findall(source))
    assert {
        key for key in texts(folder, "km") if key not in named and not key.startswith(composed)
    } == set()


@pytest.mark.parametrize("found", SubIndication)
def test_every_sub_indication_has_its_sentence_and_what_to_do_next(found: SubIndication) -> None:
    for lang in LANGUAGES:
        known = texts(ROOT / "signing/pages", lang)
        assert {f"reason.{found}.sentence", f"reason.{found}.next"} <= set(known), lang


def test_each_sub_indication_is_told_from_the_others() -> None:
    for lang in LANGUAGES:
        known = texts(ROOT / "signing/pages", lang)
        assert len({known[f"reason.{one}.sentence"] for one in SubIndication}) == len(SubIndication)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_khmer_is_khmer_and_its_code_points_stand_in_order(folder: Path) -> None:
    for key, text in texts(folder, "km").items():
        words = set(LATIN.findall(re.sub(r"\{\w+\}", "", text)))
        assert words <= LATIN_THAT_KHMER_READERS_MEET, key
        assert re.search("[\u1780-\u17ff]", text), key
        assert not NEVER_IN_PROSE.search(text), key
        assert not TWO_VOWELS_FOR_ONE.search(text), key
        assert not COENG_WITHOUT_A_LETTER.search(text), key
        assert not RO_BEFORE_ANOTHER_COENG.search(text), key


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_english_is_plain_english_without_khmer_in_it(folder: Path) -> None:
    for key, text in texts(folder, "en").items():
        if key != "totp.hint":  # which shows the digits of both
            assert not re.search("[\u1780-\u17ff]", text), key
