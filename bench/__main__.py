"""`python -m bench`: measure the hot paths of both services, each on one pinned core."""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from bench.documents import Documents
from bench.load import SERVER_CORE, measure, wait_until_ready
from bench.provider import Seeded
from tests.postgres import Cluster
from tra.settings import Settings

IDP_PORT, SIGNING_PORT = 8790, 8791


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="workloads whose name contains this")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if chosen.database == "sqlite":
            urls = (f"sqlite:///{folder / 'idp.sqlite'}", f"sqlite:///{folder / 'signing.sqlite'}")
            _run(*urls, folder, chosen)
        else:
            with Cluster(fsync=True) as cluster:
                _run(cluster.new_database(), cluster.new_database(), folder, chosen)


def _run(idp_url: str, signing_url: str, folder: Path, chosen: argparse.Namespace) -> None:
    settings = Settings(
        issuer=f"http://127.0.0.1:{IDP_PORT}",
        signing_url=f"http://127.0.0.1:{SIGNING_PORT}",
        idp_database_url=SecretStr(idp_url),
        signing_database_url=SecretStr(signing_url),
        outbound_allowed=(f"127.0.0.1:{IDP_PORT}",),
        log_level="WARNING",
    )
    provider = Seeded.seed(settings)
    documents = Documents.seed(settings, folder)
    print(f"{chosen.database}, one core, {chosen.rounds} rounds of {chosen.seconds} s")
    with (
        _serving("idp", IDP_PORT, settings) as idp,
        _serving("signing", SIGNING_PORT, settings) as signing,
    ):
        for service, workloads in (
            (idp, provider.workloads()),
            (signing, documents.workloads()),
        ):
            for workload in workloads:
                if chosen.only in workload.name:
                    result = measure(workload, *service, folder, chosen.rounds, chosen.seconds)
                    print(result, flush=True)


@contextmanager
def _serving(name: str, port: int, settings: Settings) -> Iterator[tuple[str, int]]:
    """A service in a process of its own; its address and process id."""
    environment = {
        **os.environ,
        "TRA_ISSUER": settings.issuer,
        "TRA_SIGNING_URL": settings.signing_url,
        "TRA_IDP_DATABASE_URL": settings.idp_database_url.get_secret_value(),
        "TRA_SIGNING_DATABASE_URL": settings.signing_database_url.get_secret_value(),
        "TRA_OUTBOUND_ALLOWED": ",".join(settings.outbound_allowed),
        "TRA_LOG_LEVEL": settings.log_level,
    }
    serve = ("serve", name, "--port", str(port))
    process = subprocess.Popen(
        ["taskset", "-c", SERVER_CORE, sys.executable, "-m", "tra", *serve], env=environment
    )
    base = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(base)
        yield base, process.pid
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
