"""The signing service's application, and what an operator can do to its certificates."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from core import audit
from core.database import Ledger
from core.errors import Refusal
from core.pages import Static
from core.serving import Chores, HotEndpoint, Service, bound, not_here
from keys import store as key_store
from keys.certificates import Certificate
from keys.custody import Custody
from keys.enrolment import check_key
from keys.handles import new_id
from keys.persons import Person
from keys.revocation import Reason, Revoked
from keys.ring import Purpose
from keys.signer import Algorithm
from signing.store import authority, enrolment, jobs, revocation, seals
from signing.store.agencies import Agency
from signing.store.authority import Authorities
from signing.store.certificates import Issued
from signing.store.operator import Operator
from signing.web import (
    augment,
    batch,
    health,
    job,
    ocsp,
    policies,
    refusals,
    repository,
    seal,
    seal_digest,
    signed,
    timestamp,
    trusted_list,
    verify,
    worker,
)
from signing.web.context import Context

_log = logging.getLogger("tra.signing")

Endpoint = Callable[[Context, Request], Awaitable[Response]]

ROUTES: Final[tuple[tuple[str, str, Endpoint], ...]] = (
    ("GET", "/", verify.show),
    ("POST", "/", verify.take),
    ("POST", "/verify", verify.verify),
    ("POST", "/signed", signed.fetch),
    ("POST", "/compare", signed.compare),
    ("POST", "/seal", seal.seal),
    ("POST", "/seal/digest", seal_digest.seal_digest),
    ("POST", "/augment", augment.augment),
    ("POST", "/seals", batch.accept),
    ("GET", "/seals/{job}", job.show),
    ("DELETE", "/seals/{job}", job.end),
    ("GET", "/seals/{job}/documents/{number:int}", job.document),
    ("GET", "/certificates/{name}", repository.certificate),
    ("GET", "/crl/{name}", repository.crl),
    ("GET", trusted_list.PATH, trusted_list.show),
    ("GET", "/policies", policies.listed),
    ("GET", "/policies/{name}", policies.policy),
)

HOT: Final[dict[str, dict[str, Any]]] = {
    "/tsa": {"POST": timestamp.stamp},
    "/ocsp": {"POST": ocsp.post},
    "/ocsp/*": {"GET": ocsp.get},
    "/healthz": {"GET": health.alive},
    "/readyz": {"GET": health.ready},
}

AUDIT_EVERY: Final = 1.0
FOLLOW_EVERY: Final = 1.0
WATCH_EVERY: Final = 16.0
RELOAD_EVERY: Final = 5.0
CRLS_EVERY: Final = 60.0
RENEW_EVERY: Final = 3_600.0
LIST_EVERY: Final = 5.0
SWEEP_EVERY: Final = 600.0
WORK_EVERY: Final = 1.0
"""How often a process looks for what others took in, or left behind."""


def create_app(ctx: Context) -> ASGIApp:
    """The signing service as an ASGI application."""
    app = FastAPI(
        title="Tra: signing and verification",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # a form and its token go where they were sent, or nowhere
        lifespan=partial(_lifespan, ctx),
    )
    for method, path, endpoint in ROUTES:
        app.add_route(path, bound(ctx, endpoint), methods=[method])
    app.mount("/static", Static())
    app.add_exception_handler(Refusal, partial(_refused, ctx))
    app.add_exception_handler(HTTPException, partial(_not_here, ctx))
    hot: dict[str, dict[str, HotEndpoint]] = {
        path: {method: partial(endpoint, ctx) for method, endpoint in methods.items()}
        for path, methods in HOT.items()
    }
    return Service(app, hot, refuse=refusals.to_json, new_id=new_id, https=ctx.https)


def establish(ledger: Ledger, custody: Custody, operator: Operator, now: int) -> Authorities:
    """Make the service's keys and certificates where there are none; doing it twice, or in two
    processes at once, changes nothing."""
    key_store.establish(ledger, Purpose.AUDIT, Algorithm.ES256, custody, now)
    return ledger.write_now(authority.establish, custody, operator, now)


def request_certificate(
    ledger: Ledger, custody: Custody, operator: Operator, purpose: Purpose, now: int
) -> bytes:
    """A fresh key for the authority that issues certificates of a purpose, and the request for
    its certificate (PKCS#10)."""
    return ledger.write_now(enrolment.ask, custody, operator, now, purpose)


def install_certificate(
    ledger: Ledger,
    custody: Custody,
    operator: Operator,
    root: Certificate,
    issuing: Certificate,
    crl: bytes,
    now: int,
) -> Issued:
    """Begin to issue under the certificate that was asked for; raises EnrolmentRefused."""
    key_store.establish(ledger, Purpose.AUDIT, Algorithm.ES256, custody, now)
    return ledger.write_now(enrolment.install, custody, operator, root, issuing, crl, now)


def install_crl(ledger: Ledger, encoded: bytes, now: int) -> int:
    """Publish a newer CRL of a root, and return its number; raises EnrolmentRefused."""
    return ledger.write_now(enrolment.install_crl, encoded, now)


def add_agency(
    ledger: Ledger, custody: Custody, operator: Operator, agency: Agency, now: int
) -> Issued:
    """An agency's e-seal certificate: a new one where it has none that stands, or new names."""
    return ledger.write_now(authority.give_seal, custody, operator, agency, now)


def give_signature(
    ledger: Ledger,
    custody: Custody,
    operator: Operator,
    person: Person,
    request: bytes,
    now: int,
    *,
    short_term: bool = False,
) -> Issued:
    """A person's certificate for the key of a request (PKCS#10); raises EnrolmentRefused,
    NoAuthority, LintFailed. `short_term`: of half a day, and never revoked."""
    key = check_key(request)
    return ledger.write_now(
        authority.give_signature, custody, operator, person, key, now, short_term=short_term
    )


def revoke_certificates(
    ledger: Ledger,
    custody: Custody,
    operator: Operator,
    serials: Collection[int],
    reason: Reason,
    now: int,
    *,
    since: int | None = None,
) -> dict[int, Revoked]:
    """Revoke certificates, and publish their CRLs; the answer leaves out what is revoked already,
    or not ours. `since` is when a compromise began (NumericDate). Raises KeyElsewhere,
    ShortTerm."""
    return ledger.write_now(revocation.revoke, custody, operator, serials, reason, now, since=since)


async def _refused(ctx: Context, request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    return refusals.render(ctx, request, refusal)


async def _not_here(ctx: Context, request: Request, error: Exception) -> Response:
    return refusals.render(ctx, request, not_here(request, error))


@asynccontextmanager
async def _lifespan(ctx: Context, _app: FastAPI) -> AsyncIterator[None]:
    async def bind_audit() -> None:
        record = ctx.ring.now.active(Purpose.AUDIT, None, ctx.clock.now())
        sign = ctx.ring.now.signer(record).sign
        await ctx.ledger.write(audit.bind, sign, ctx.clock.now())

    async def renew_crls() -> None:
        custody, operator, now = ctx.ring.custody, ctx.operator, ctx.clock.now()
        while await ctx.ledger.write(revocation.renew_crls, custody, operator, now):
            pass

    async def renew() -> None:
        now = ctx.clock.now()
        if await ctx.ledger.write(authority.renew, ctx.ring.custody, ctx.operator, now):
            await ctx.learn()
        if due := await ctx.ledger.read(authority.overdue, now):
            names = [str(one.certificate.parsed.subject.rfc4514_string()) for one in due]
            _log.warning("authorities need successors", extra={"fields": {"authorities": names}})

    async def sweep() -> None:
        await ctx.ledger.write(seals.forget_old, ctx.clock.now())
        await ctx.ledger.write(jobs.forget_old, ctx.clock.now())

    async def work() -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(ctx.work.wait(), WORK_EVERY)
        ctx.work.clear()
        await worker.work(ctx)

    chores = Chores(
        (
            (AUDIT_EVERY, bind_audit),
            (WATCH_EVERY, partial(ctx.timekeeper.watch, ctx.ledger)),
            (FOLLOW_EVERY, partial(ocsp.follow, ctx)),
            (RELOAD_EVERY, ctx.learn),
            (CRLS_EVERY, renew_crls),
            (RENEW_EVERY, renew),
            (LIST_EVERY, partial(trusted_list.issue, ctx)),
            (SWEEP_EVERY, sweep),
            (0.0, work),
        )
    )
    if not ctx.timekeeper.sources:
        _log.warning("time_sources is empty: time-stamps rest on this machine's clock alone")
    await ctx.timekeeper.watch(ctx.ledger)
    async with chores:
        yield
    await bind_audit()
    ctx.documents.shutdown()
    ctx.ledger.close()
