"""What the documents tell people to type and open is there."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest

from tests.architecture.source import ROOT
from tra.cli import tra_command

DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def code_of(page: Path) -> str:
    """What stands in code blocks and between backticks."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    inline = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    return "\n".join((*blocks, *inline))


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    for target in re.findall(r"^make ([a-z]+)", code_of(page), re.MULTILINE):
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_tra_command_that_is_named_exists_with_its_options(page: Path) -> None:
    for line in re.findall(r"^(?:\.venv/bin/)?tra +(\w.*)$", code_of(page), re.MULTILINE):
        check_command(line.partition("#")[0].split())


def check_command(words: list[str]) -> None:
    command: click.Command = tra_command
    context = click.Context(command)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        assert found is not None, words
        command, words = found, words[1:]
    known = {option for parameter in command.params for option in parameter.opts}
    asked = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert asked <= known, (command.name, asked - known)


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not urlsplit(target).scheme and not target.startswith("#"):
            assert (page.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_path_that_is_named_exists(page: Path) -> None:
    """All but what operators make themselves."""
    text = page.read_text(encoding="utf-8")
    made = {"deploy/tra.toml", "deploy/tls", "deploy/postgres/password"}
    for path in re.findall(
        r"`((?:tra|idp|signing|clients|keys|core|deploy|docs|tests|examples|openapi|requirements)"
        r"/[\w./@-]*)`",
        text,
    ):
        if not any(path.startswith(one) for one in made):
            assert (ROOT / path).exists(), path
