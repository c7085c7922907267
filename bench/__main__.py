"""`python -m bench`: measure the hot paths of both services, each on one pinned core."""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from bench.documents import Documents
from bench.endpoints import Endpoints
from bench.load import (
    HEADER,
    LOAD_CORE,
    SERVER_CORE,
    Result,
    Target,
    measure,
    pin,
    wait_until_ready,
)
from bench.provider import Seeded
from bench.trust import Authority
from tests.postgres import Cluster
from tra.settings import Settings

IDP_PORT, SIGNING_PORT = 8790, 8791
DATABASES: Final = ("sqlite", "postgresql")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="workloads whose name contains this")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--database", choices=DATABASES, help="both where none is named")
    chosen = parser.parse_args()
    failed = 0
    for database in DATABASES if chosen.database is None else (chosen.database,):
        print(f"{database}: {chosen.rounds} rounds of {chosen.seconds} s on one core\n{HEADER}")
        for result in _measured(database, chosen):
            print(result, flush=True)
            failed += result.failed
    sys.exit(f"{failed} requests were not answered as they should be" if failed else 0)


def _measured(database: str, chosen: argparse.Namespace) -> Iterator[Result]:
    """Both services' workloads, on databases of their own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if database == "sqlite":
            urls = (f"sqlite:///{folder / 'idp.sqlite'}", f"sqlite:///{folder / 'signing.sqlite'}")
            yield from _run(*urls, None, folder, chosen)
        else:
            with Cluster(fsync=True) as cluster:
                pin(cluster.pid, LOAD_CORE)
                urls = (cluster.new_database(), cluster.new_database())
                yield from _run(*urls, cluster.pid, folder, chosen)


def _run(
    idp_url: str,
    signing_url: str,
    database_pid: int | None,
    folder: Path,
    chosen: argparse.Namespace,
) -> Iterator[Result]:
    settings = Settings(
        issuer=f"http://127.0.0.1:{IDP_PORT}",
        signing_url=f"http://127.0.0.1:{SIGNING_PORT}",
        idp_database_url=SecretStr(idp_url),
        signing_database_url=SecretStr(signing_url),
        outbound_allowed=(f"127.0.0.1:{IDP_PORT}",),
        log_level="WARNING",
    )
    provider = Endpoints(Seeded.seed(settings))
    documents, authority = Documents.seed(settings, folder), Authority(settings, folder)
    with (
        _serving("idp", IDP_PORT, settings, database_pid) as idp,
        _serving("signing", SIGNING_PORT, settings, database_pid) as signing,
    ):
        signed = chain(authority.workloads(), documents.workloads())
        for target, workloads in ((idp, provider.workloads()), (signing, signed)):
            for workload in workloads:
                if chosen.only in workload.name:
                    yield measure(workload, target, folder, chosen.rounds, chosen.seconds)


@contextmanager
def _serving(
    name: str, port: int, settings: Settings, database_pid: int | None
) -> Iterator[Target]:
    """A service in a process of its own."""
    environment = {
        **os.environ,
        "TRA_ISSUER": settings.issuer,
        "TRA_SIGNING_URL": settings.signing_url,
        "TRA_IDP_DATABASE_URL": settings.idp_database_url.get_secret_value(),
        "TRA_SIGNING_DATABASE_URL": settings.signing_database_url.get_secret_value(),
        "TRA_OUTBOUND_ALLOWED": ",".join(settings.outbound_allowed),
        "TRA_LOG_LEVEL": settings.log_level,
    }
    serve = (sys.executable, "-m", "tra", "serve", name, "--port", str(port))
    process = subprocess.Popen(["taskset", "-c", str(SERVER_CORE), *serve], env=environment)
    target = Target(f"http://127.0.0.1:{port}", process.pid, database_pid)
    try:
        wait_until_ready(target.base)
        yield target
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
