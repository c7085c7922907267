"""The source tree as these tests read it."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("tra", "idp", "signing", "clients", "keys", "core")
OTHERS = ("examples", "bench", "tests")


def files(*packages: str) -> list[Path]:
    """The Python files of the packages, but not written-once ones: migrations and vectors."""
    return [
        path
        for package in packages
        for path in sorted((ROOT / package).rglob("*.py"))
        if not {"versions", "vectors", "node_modules"} & set(path.parts)
    ]


def name(path: Path) -> str:
    """The path as the repository knows it."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    """Every module that the file imports, anywhere in it, by its full name."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def attributes(path: Path) -> set[str]:
    """Every `a.b.c` that the file speaks of."""
    return {ast.unparse(node) for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
