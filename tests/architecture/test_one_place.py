"""One place each for the time, the environment, the dice, HTTP and private keys.

Ruff bans the same names (TID251), line by line; these tests hold whoever would allow a line.
"""

import ast

import pytest

from tests.architecture.source import PACKAGES, attributes, files, imports, name, tree

ONE_PLACE = {
    "core/clock.py": {"time.time", "datetime.now", "datetime.utcnow", "date.today"},
    "tra/settings.py": {"os.environ", "os.getenv"},
    "keys/handles.py": {"os.urandom"},
}
ONE_IMPORT = {
    "keys/handles.py": {"secrets", "random"},
    "core/outbound.py": {"httpcore", "requests", "urllib.request", "aiohttp"},
    "keys/jose.py keys/encryption.py": {"jose"},
    # The walk through a running demo comes from outside, as a browser does: with cookies,
    # redirects and loopback addresses, all of which core.outbound refuses.
    "tra/smoke.py": {"httpx", "httpx2"},
}


@pytest.mark.parametrize("place", ONE_PLACE)
def test_only_one_file_asks_for_it(place: str) -> None:
    asking = {name(path) for path in files(*PACKAGES) if ONE_PLACE[place] & attributes(path)}
    assert asking <= {place}


@pytest.mark.parametrize("place", ONE_IMPORT)
def test_only_one_file_imports_it(place: str) -> None:
    importing = {name(path) for path in files(*PACKAGES) if ONE_IMPORT[place] & imports(path)}
    assert importing <= set(place.split())


def test_private_keys_are_touched_by_the_vault_alone() -> None:
    touching = {
        name(path)
        for path in files(*PACKAGES)
        if any(
            "private_bytes" in said
            or "load_pem_private" in said
            or "load_der_private" in said
            or said.endswith(".generate_private_key")
            for said in attributes(path)
        )
    }
    assert all(path.startswith("keys/") for path in touching), touching


def test_base_http_middleware_is_nowhere() -> None:
    """It quarters the throughput."""
    assert not [
        name(path)
        for path in files(*PACKAGES, "examples")
        if any("BaseHTTPMiddleware" in module for module in imports(path))
    ]


def test_pages_of_the_services_need_no_framework_validation_answer() -> None:
    """/authorize and /token never answer FastAPI's 422: no Form() parameters in the provider."""
    assert not [
        name(path) for path in files("idp", "signing", "clients") if "fastapi.Form" in imports(path)
    ]


def test_the_linter_is_imported_by_who_issues_and_when_it_does() -> None:
    """It takes half a second, and 40 MB of every process."""
    at_once = {
        name(path)
        for path in files(*PACKAGES)
        if any("linting" in ast.unparse(one) for one in tree(path).body if is_import(one))
    }
    assert at_once == set()


def is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)
