"""Keys rotate under traffic, and nobody who checks our tokens notices (OIDC Core 10.1.1)."""

import asyncio
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from starlette.testclient import TestClient

from core.clock import FixedClock
from idp.app import rotate_keys
from idp.rules.lifetimes import KEY_POLICY
from keys.ring import Purpose, State
from keys.rotation import RotationPolicy
from tests.provider import ISSUER, Backend, Provider

LIFETIME = 3_600
POLICY = RotationPolicy(KEY_POLICY.publish_before, 2 * LIFETIME, LIFETIME)
STEP = 60


@dataclass
class Verifier:
    """A resource server that keeps the JWKS for as long as its Cache-Control says, and asks no
    sooner: not even for a key that it doesn't know."""

    http: TestClient
    clock: FixedClock
    keys: KeySet | None = None
    good_until: int = 0
    seen: set[str] = field(default_factory=set)

    def check(self, token: str, algorithm: str) -> dict[str, Any]:
        if self.keys is None or self.clock.now() >= self.good_until:
            answer = self.http.get("/jwks")
            found = re.fullmatch(r"public, max-age=(\d+)", answer.headers["cache-control"])
            assert found is not None
            self.keys = KeySet.import_key_set(answer.json())
            self.good_until = self.clock.now() + int(found[1])
        checked = jwt.decode(token, self.keys, algorithms=[algorithm])
        self.seen.add(checked.header["kid"])
        claims: dict[str, Any] = checked.claims
        return claims


@pytest.fixture
def processes(furnished: Path, tmp_path: Path, clock: FixedClock) -> Iterator[list[Provider]]:
    """Two processes of the provider on one database."""
    path = tmp_path / "idp.sqlite"
    shutil.copyfile(furnished, path)
    running = [Provider(f"sqlite:///{path}", clock, rotation=POLICY) for _ in range(2)]
    yield running
    for process in running:
        process.close()


@pytest.mark.rule("keys.rotation")
def test_traffic_through_rotations_has_no_failed_verification(
    processes: list[Provider], clock: FixedClock
) -> None:
    first, second = processes
    for algorithm in ("ES256", "RS256"):
        first.add_client(
            f"by-{algorithm}",
            client_secret=f"secret-of-by-{algorithm}",
            redirect_uris=[f"https://by-{algorithm}.example.kh/callback"],
            scope="openid profile offline_access",
            grant_types=["authorization_code", "refresh_token"],
            id_token_signed_response_alg=algorithm,
        )
    browser = first.browser()
    families: dict[str, dict[str, Any]] = {}
    for algorithm in ("ES256", "RS256"):
        client_id = f"by-{algorithm}"
        reply = browser.go_through(
            client_id, scope="openid profile offline_access", prompt="consent"
        )
        families[algorithm] = Backend.of(first, client_id).redeem(reply).json()
    # One verifier is asked all the time; the other wakes when its cache is about to end.
    busy, lazy = (Verifier(TestClient(process.app, ISSUER), clock) for process in processes)
    living: list[tuple[int, str, str]] = []
    for step in range(4 * LIFETIME // STEP):
        asyncio.run(rotate_keys(first.ctx))
        if step % 5 == 0:
            asyncio.run(rotate_keys(second.ctx))
            asyncio.run(second.ctx.ring.reload())
        asyncio.run(first.ctx.ring.reload())
        process = processes[step % 2]
        for algorithm, family in families.items():
            service = Backend.of(process, f"by-{algorithm}")
            told = service.post(
                "/token", grant_type="refresh_token", refresh_token=family["refresh_token"]
            ).json()
            families[algorithm] = told
            assert service.userinfo(told["access_token"]).status_code == 200
            assert busy.check(told["access_token"], "ES256")["client_id"] == f"by-{algorithm}"
            exp = busy.check(told["id_token"], algorithm)["exp"]
            living.append((exp, told["id_token"], algorithm))
        living = [kept for kept in living if kept[0] > clock.now()]
        if step % 4 == 0:
            for _, token, algorithm in living:
                lazy.check(token, algorithm)
        clock.advance(STEP)
    assert len(busy.seen) >= 8, "at least three rotations of each of the two algorithms"


def test_the_schedule_is_the_policys(processes: list[Provider], clock: FixedClock) -> None:
    first, _ = processes
    ring = first.ctx.ring
    [old] = [
        key for key in ring.now.published(Purpose.TOKEN, first.now) if key.algorithm == "ES256"
    ]
    clock.advance(LIFETIME - POLICY.publish_before - 1)
    asyncio.run(rotate_keys(first.ctx))
    asyncio.run(ring.reload())
    assert len(ring.now.published(Purpose.TOKEN, first.now)) == 3
    clock.advance(1)
    asyncio.run(rotate_keys(first.ctx))
    asyncio.run(ring.reload())
    published = ring.now.published(Purpose.TOKEN, first.now)
    states = sorted(key.state(first.now) for key in published)
    assert states == [State.ACTIVE] * 3 + [State.NEXT] * 3
    assert old.kid in {key.kid for key in published}


@pytest.mark.rule("keys.rotation")
def test_keys_are_published_for_longer_than_anybody_caches_them() -> None:
    assert KEY_POLICY.publish_before >= 2 * 300
    assert KEY_POLICY.keep_after >= 3_600
