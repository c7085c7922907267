"""The shape of the tree: small files, named rooms, nothing of the machine it was written on."""

import re
import statistics
import subprocess
import tomllib

import pytest

from tests.architecture.source import OTHERS, PACKAGES, ROOT, files, imports, name

LINES = 350
NO_ROOM = {"utils", "util", "helpers", "helper", "common", "managers", "manager", "misc"}


def committed() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()]


def test_files_are_short() -> None:
    lines = {
        name(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in files(*PACKAGES, *OTHERS)
    }
    assert {path: count for path, count in lines.items() if count > LINES} == {}
    assert statistics.median(lines.values()) <= 150
    assert statistics.quantiles(lines.values(), n=10)[-1] <= 300


def test_no_file_or_folder_is_a_drawer_for_everything() -> None:
    drawers = [
        name(path)
        for path in files(*PACKAGES, *OTHERS)
        if NO_ROOM & {path.stem, *path.relative_to(ROOT).parts}
    ]
    assert drawers == []


def test_every_module_says_what_it_is() -> None:
    silent = [
        name(path)
        for path in files(*PACKAGES, "examples")
        if (text := path.read_text(encoding="utf-8").strip()) and not text.startswith('"""')
    ]
    assert silent == []


def test_rule_tests_have_no_mocks() -> None:
    mocking = {"unittest.mock", "pytest_mock", "unittest.mock.patch", "unittest.mock.Mock"}
    assert [name(path) for path in files("tests") if mocking & imports(path)] == []


def test_no_test_is_skipped_or_awaits_a_repair() -> None:
    forbidden = re.compile(r"mark\.(skip|skipif|xfail)\b|pytest\.(skip|xfail|importorskip)\(")
    found = [
        name(path)
        for path in files("tests")
        if path.name != "test_tree.py" and forbidden.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "what",
    [
        pytest.param(r"(?<![\w./~-])/(?:work|root)/[\w.]", id="a path of one machine"),
        pytest.param(
            r"https?://[\w.-]*(?:pypi\.org/simple|registry\.npmjs|pythonhosted)", id="a registry"
        ),
        pytest.param(r"(?i)\bTODO\b|\bFIXME\b|\bXXX\b", id="an unfinished thing"),
    ],
)
def test_nothing_committed_names(what: str) -> None:
    pattern = re.compile(what)
    found = []
    for path in committed():
        if path.endswith(
            (
                ".py",
                ".md",
                ".toml",
                ".yaml",
                ".yml",
                ".txt",
                ".json",
                ".sh",
                ".html",
                ".css",
                ".template",
                "Makefile",
                "Dockerfile",
                ".npmrc",
                "/run",
            )
        ):
            if path == name(ROOT / "tests/architecture/test_tree.py"):
                continue
            text = (ROOT / path).read_text(encoding="utf-8")
            found += [f"{path}: {match.group()}" for match in pattern.finditer(text)]
    assert found == []


def test_every_locked_package_has_hashes() -> None:
    for lock in sorted((ROOT / "requirements").glob("*.txt")):
        pins = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8"))
        pins = [pin for pin in pins if not pin.startswith("#") and pin.strip()]
        assert pins
        assert all("==" in pin and "--hash=sha256:" in pin for pin in pins), lock.name


def test_every_direct_dependency_is_in_the_lock_of_its_use() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {
        "run.txt": project["dependencies"],
        "demo.txt": project["optional-dependencies"]["demo"],
        "dev.txt": project["optional-dependencies"]["dev"],
    }
    for lock, requirements in wanted.items():
        locked = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
        for requirement in requirements:
            package = re.split(r"[\[<>=~ ]", requirement)[0]
            assert re.search(rf"^{re.escape(package)}==", locked, re.MULTILINE | re.IGNORECASE), (
                lock,
                package,
            )


def test_node_lock_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "tests/interop/node/package-lock.json").read_text()
