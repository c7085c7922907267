"""Which test holds which rule: docs/conformance.md is generated from the rules and the tests."""

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "conformance.md"


@dataclass(frozen=True)
class Rule:
    """A sentence of the specifications that has to hold."""

    id: str
    says: str
    spec: str


@dataclass(frozen=True)
class Chapter:
    """Rules that belong together."""

    title: str
    rules: tuple[Rule, ...]


def chapters() -> tuple[Chapter, ...]:
    """Every rule, in order."""
    text = (Path(__file__).parent / "rules.toml").read_text(encoding="utf-8")
    return tuple(
        Chapter(
            chapter["title"],
            tuple(Rule(f"{name}.{rule}", says, spec) for rule, says, spec in chapter["rules"]),
        )
        for name, chapter in tomllib.loads(text).items()
    )


def holders() -> dict[str, list[str]]:
    """The tests that carry a rule's name, by rule: `path::test`."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                for rule in _rules_of(function):
                    test = f"{path.relative_to(ROOT)}::{function.name}"
                    found.setdefault(rule, []).append(test)
    return found


def document() -> str:
    """docs/conformance.md."""
    held = holders()
    lines = [
        "# Conformance",
        "",
        "What an excellent OpenID provider and verifier of signatures enforce, and the tests that",
        "hold us to it.",
        "`make docs` makes it of `tests/conformance/rules.toml` and the tests; CI compares it.",
        "Where we depart from a specification, [divergences.md](divergences.md) says why.",
    ]
    for chapter in chapters():
        lines += [
            "",
            f"## {chapter.title}",
            "",
            "| Rule | Specification | Held by |",
            "|---|---|---|",
        ]
        for rule in chapter.rules:
            tests = "<br>".join(f"`{test}`" for test in held.get(rule.id, ()))
            lines.append(f"| {rule.says} | {rule.spec} | {tests} |")
    return "\n".join(lines) + "\n"


def _rules_of(function: ast.FunctionDef) -> Iterator[str]:
    """The names in `@pytest.mark.rule("…", …)`."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.rule":
            for argument in decorator.args:
                yield ast.literal_eval(argument)
