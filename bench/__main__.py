"""`python -m bench`: measure the hot paths of the provider, on a pinned core."""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from pydantic import SecretStr

from bench.load import SERVER_CORE, measure, wait_until_ready
from bench.provider import Seeded
from tests.postgres import Cluster
from tra.settings import Settings

PORT = 8790

_SERVE = ("serve", "idp", "--port", str(PORT))


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
            _run(f"sqlite:///{folder / 'idp.sqlite'}", folder, chosen)
        else:
            with Cluster(fsync=True) as cluster:
                _run(cluster.new_database(), folder, chosen)


def _run(database_url: str, folder: Path, chosen: argparse.Namespace) -> None:
    base = f"http://127.0.0.1:{PORT}"
    settings = Settings(issuer=base, idp_database_url=SecretStr(database_url), log_level="WARNING")
    seeded = Seeded.seed(settings)
    environment = {
        **os.environ,
        "TRA_ISSUER": base,
        "TRA_IDP_DATABASE_URL": database_url,
        "TRA_LOG_LEVEL": "WARNING",
    }
    server = subprocess.Popen(
        ["taskset", "-c", SERVER_CORE, sys.executable, "-m", "tra", *_SERVE],
        env=environment,
    )
    try:
        wait_until_ready(base)
        print(f"{chosen.database}, one core, {chosen.rounds} rounds of {chosen.seconds} s")
        for workload in seeded.workloads():
            if chosen.only in workload.name:
                print(
                    measure(workload, base, server.pid, folder, chosen.rounds, chosen.seconds),
                    flush=True,
                )
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
