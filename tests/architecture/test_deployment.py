"""What is deployed, read without an engine: images, compose file, edge, unit, packages."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.architecture.source import PACKAGES, ROOT
from tests.neighbour import make_certificate

BIN = Path(sys.executable).parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
INSTRUCTIONS = [
    line.split(maxsplit=1)
    for line in DOCKERFILE.replace("\\\n", " ").splitlines()
    if line and not line.startswith("#")
]


def said(instruction: str) -> list[str]:
    return [rest for name, rest in INSTRUCTIONS if name == instruction]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return loaded


def test_image_runs_as_nobody_in_particular() -> None:
    assert said("USER") == ["10001:10001"]
    last_stage = [name for name, _ in INSTRUCTIONS]
    assert last_stage.index("USER") > len(last_stage) - 1 - last_stage[::-1].index("COPY")


def test_image_says_whether_it_is_well() -> None:
    [check] = said("HEALTHCHECK")
    assert "/readyz" in check


def test_image_installs_nothing_without_its_hash() -> None:
    installs = [part for run in said("RUN") for part in run.split("&&") if "pip install" in part]
    assert len(installs) == 3
    assert [part for part in installs if "--require-hashes" not in part] == [
        part for part in installs if "/wheels/" in part
    ]


def test_every_image_is_of_a_version(compose: dict[str, Any]) -> None:
    bases = [line.split(" AS ")[0] for line in said("FROM")]
    images = [service["image"] for service in compose["services"].values()]
    for image in (*bases, *images):
        assert re.fullmatch(r"[a-z]+:\d+\.\d+[\w.-]*", image), image


def test_what_the_image_copies_exists_and_is_not_ignored() -> None:
    sent = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }
    for copied in said("COPY"):
        if copied.startswith("--from"):
            continue
        for source in copied.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert source.split("/")[0] in sent, source


def test_services_live_with_a_read_only_file_system(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        if name != "postgres":
            assert service["read_only"] is True, name
            assert "no-new-privileges:true" in service["security_opt"], name


def test_each_service_of_the_composition_has_a_health_check(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert "healthcheck" in service or service["image"].startswith("tra:"), name


def test_only_the_edge_is_reached_from_outside(compose: dict[str, Any]) -> None:
    assert [name for name, one in compose["services"].items() if "ports" in one] == ["edge"]


def test_no_secret_stands_in_the_composition(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|KEYS", name):
                assert str(value).startswith("/run/secrets/"), name


def test_edge_is_told_everything_that_its_templates_ask_for(compose: dict[str, Any]) -> None:
    given = set(compose["services"]["edge"]["environment"])
    for template in ("provider", "signing"):
        text = (ROOT / f"deploy/nginx/{template}.conf.template").read_text(encoding="utf-8")
        assert set(re.findall(r"\$\{(\w+)\}", text)) <= given, template


def test_nginx_takes_both_templates(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, "id.example.kh")
    values = {
        "TRA_PROVIDER_UPSTREAM": "127.0.0.1:8000",
        "TRA_SIGNING_UPSTREAM": "127.0.0.1:8001",
        "TRA_PROVIDER_HOST": "id.example.kh",
        "TRA_SIGNING_HOST": "sign.example.kh",
        "TRA_PKI_HOST": "pki.example.kh",
        "TRA_EDGE_LISTEN": "127.0.0.1:18443",
        "TRA_EDGE_MTLS_LISTEN": "127.0.0.1:18444",
        "TRA_PKI_LISTEN": "127.0.0.1:18080",
        "TRA_EDGE_CERTIFICATE": str(certificate),
        "TRA_EDGE_CERTIFICATE_KEY": str(key),
        "TRA_NGINX": str(ROOT / "deploy/nginx"),
    }
    for name in ("provider", "signing"):
        text = (ROOT / f"deploy/nginx/{name}.conf.template").read_text(encoding="utf-8")
        filled = re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], text)
        (tmp_path / f"{name}.conf").write_text(filled)
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off; "
        f"include {tmp_path}/provider.conf; include {tmp_path}/signing.conf; }}"
    )
    run("/usr/sbin/nginx", "-t", "-q", "-e", "stderr", "-p", tmp_path, "-c", "nginx.conf")


def test_shell_scripts_are_well_formed_and_stop_at_the_first_failure() -> None:
    for script in (".ci/run", "deploy/install-packages", "deploy/postgres/two-databases.sh"):
        run("bash", "-n", ROOT / script)
        text = (ROOT / script).read_text(encoding="utf-8")
        assert text.startswith("#!/usr/bin/env bash\n")
        assert "set -euo pipefail" in text
        assert (ROOT / script).stat().st_mode & 0o111, script


def test_example_settings_are_settings_and_fit_production(tmp_path: Path) -> None:
    text = (ROOT / "deploy/tra.toml.example").read_text(encoding="utf-8")
    config = tmp_path / "tra.toml"
    done = run(BIN / "tra", "keys", "master")
    config.write_text(re.sub(r'master_keys = ".*"', f'master_keys = "{done.strip()}"', text))
    run(
        BIN / "python",
        "-c",
        "from tra.settings import settings; settings()",
        TRA_CONFIG=str(config),
    )


def test_wheel_holds_what_the_services_need_beside_their_code(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(
        ROOT,
        source,
        ignore=lambda folder, names: (
            set(names) - {*PACKAGES, "examples", "pyproject.toml", "README.md", "LICENSE"}
            if Path(folder) == ROOT
            else {"__pycache__"}
        ),
    )
    run(
        BIN / "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "-w",
        tmp_path,
        source,
    )
    [wheel] = tmp_path.glob("tra-*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    needed = {
        path.relative_to(source).as_posix()
        for package in (*PACKAGES, "examples")
        for path in (source / package).rglob("*")
        if path.is_file() and path.suffix not in {".pyc", ".md"} and "build" not in path.parts
    }
    assert needed - held == set()


def run(*command: object, **environment: str) -> str:
    done = subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/sbin:/usr/bin:/bin", **environment},
    )
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
    return done.stdout
