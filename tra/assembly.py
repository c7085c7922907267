"""Puts the services together from the settings. uvicorn calls `idp` and `signing` by name."""

import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from cryptography.x509 import Certificate, load_pem_x509_certificates
from starlette.types import ASGIApp

import idp
import idp.app
import idp.store
import signing
import signing.app
import signing.store
from clients.rules.agency import Agency
from clients.store.registry import Registry
from clients.web.jwks import ClientKeys
from clients.web.logos import Logos
from core.clock import SystemClock
from core.database import Ledger, migrate
from core.outbound import Outbound, OutboundPolicy
from core.pages import Pages
from core.serving import Pool, log_as_json
from idp.rules.lifetimes import KEY_POLICY
from idp.web.context import Context
from keys.ring import Purpose
from keys.signer import Algorithm
from keys.store import LiveRing, establish
from signing import policies
from signing.formats.readers import Readers
from signing.store.agencies import Agency as SealingAgency
from signing.store.authority import NoAuthority
from signing.store.certificates import Issued
from signing.store.operator import Operator
from signing.web.context import Context as SigningContext
from signing.web.context import LiveAuthorities
from signing.web.desk import Desk
from signing.web.provider import ProviderKeys
from signing.web.timekeeper import Timekeeper
from tra.forwarded import Forwarded
from tra.settings import Settings, settings
from tra.trust import TrustFiles

PROVIDER_KEYS: Final = (
    (Purpose.TOKEN, Algorithm.ES256),
    (Purpose.TOKEN, Algorithm.RS256),
    (Purpose.TOKEN, Algorithm.PS256),
    (Purpose.AUDIT, Algorithm.ES256),
)
"""What the provider signs with."""

WAITING_AT_MOST: Final = 200
"""Sign-ins that may wait for a thread: about five seconds' work of one core."""

IDP_PAGES: Final = Path(idp.__file__).parent / "pages"
SIGNING_PAGES: Final = Path(signing.__file__).parent / "pages"


def idp_context(chosen: Settings) -> Context:
    """The provider's parts."""
    ledger = idp_ledger(chosen)
    clock = SystemClock()
    asking = outbound(chosen)
    return Context(
        issuer=chosen.issuer,
        ledger=ledger,
        clock=clock,
        ring=LiveRing(ledger, chosen.custody),
        registry=Registry(ledger, clock),
        client_keys=ClientKeys(asking, clock, chosen.client_keys_again_seconds),
        logos=Logos(asking, clock),
        outbound=asking,
        sealer=chosen.sealer,
        pages=Pages(IDP_PAGES, https=chosen.issuer.startswith("https:")),
        slow=Pool("slow", chosen.slow_threads, WAITING_AT_MOST),
        throttle_loopback=chosen.throttle_loopback or not chosen.development,
        development_hooks=chosen.development and chosen.development_hooks,
        rotation=replace(KEY_POLICY, lifetime=chosen.token_key_days * 86_400 or None),
        mtls_url=chosen.mtls_url,
        tls_client_ca=_authorities(chosen.tls_client_ca),
    )


def _authorities(file: Path | None) -> tuple[Certificate, ...]:
    """The certificates of a PEM file; raises ValueError, OSError."""
    return () if file is None else tuple(load_pem_x509_certificates(file.read_bytes()))


def signing_context(chosen: Settings) -> SigningContext:
    """The signing service's parts."""
    ledger = signing_ledger(chosen)
    clock = SystemClock()
    return SigningContext(
        url=chosen.signing_url,
        issuer=chosen.issuer,
        ledger=ledger,
        clock=clock,
        ring=LiveRing(ledger, chosen.custody),
        authorities=LiveAuthorities(ledger),
        operator=operator_of(chosen),
        provider=ProviderKeys(chosen.issuer, outbound(chosen), clock),
        pages=Pages(SIGNING_PAGES, https=chosen.signing_url.startswith("https:")),
        documents=ThreadPoolExecutor(chosen.slow_threads, thread_name_prefix="documents"),
        trusted=TrustFiles(tuple(map(Path, chosen.trust)), chosen.trust_signer, clock),
        timekeeper=Timekeeper(chosen.time_sources, clock),
        sealer=chosen.sealer,
        public=Desk(Readers(chosen.slow_threads)),
        agencies=Desk(Readers(chosen.slow_threads)),
        policy=policies.choose(chosen.policy),
    )


def signing_ledger(chosen: Settings) -> Ledger:
    """The signing service's database."""
    url = chosen.signing_database_url.get_secret_value()
    return Ledger(url, writers=chosen.database_threads, readers=chosen.database_threads)


def operator_of(chosen: Settings) -> Operator:
    """Who runs the signing service, as its certificates say."""
    return Operator(
        chosen.pki_url or chosen.signing_url,
        chosen.signing_url,
        chosen.operator_name,
        chosen.operator_identifier,
        chosen.operator_address,
        chosen.operator_contact,
        chosen.operator_name_km,
        own_root=chosen.own_root,
        lines=chosen.issuing_lines,
    )


def outbound(chosen: Settings) -> Outbound:
    """What asks other servers."""
    policy = OutboundPolicy(frozenset(chosen.outbound_allowed), chosen.outbound_ca_bundle)
    return Outbound(policy)


def idp_ledger(chosen: Settings) -> Ledger:
    """The provider's database."""
    url = chosen.idp_database_url.get_secret_value()
    return Ledger(url, writers=chosen.database_threads, readers=chosen.database_threads)


def establish_provider(chosen: Settings) -> None:
    """Make the provider's keys where it has none yet."""
    ledger = idp_ledger(chosen)
    now = SystemClock().now()
    try:
        for purpose, algorithm in PROVIDER_KEYS:
            establish(ledger, purpose, algorithm, chosen.custody, now)
    finally:
        ledger.close()


def establish_signing(chosen: Settings) -> None:
    """Make the signing service's keys and certificates where it has none yet. Without its issuing
    authority it starts, is not ready, and serves from when `tra ca install` has run."""
    ledger = signing_ledger(chosen)
    try:
        with suppress(NoAuthority):
            signing.app.establish(ledger, chosen.custody, operator_of(chosen), SystemClock().now())
    finally:
        ledger.close()


def give_seal(chosen: Settings, agency: Agency, now: int) -> Issued:
    """The agency's e-seal certificate: a new one where it has none that stands."""
    ledger, operator = signing_ledger(chosen), operator_of(chosen)
    identifier = f"GA:KH-{agency.agency_id}"  # ETSI EN 319 412-1 §5.1.4: a national scheme
    sealing = SealingAgency(agency.agency_id, agency.name_km, agency.name_en, identifier)
    try:
        signing.app.establish(ledger, chosen.custody, operator, now)
        return signing.app.add_agency(ledger, chosen.custody, operator, sealing, now)
    finally:
        ledger.close()


def migrate_signing(chosen: Settings) -> None:
    """Bring the signing service's database to the newest schema."""
    migrate(chosen.signing_database_url.get_secret_value(), signing.store.MIGRATIONS)


def migrate_idp(chosen: Settings) -> None:
    """Bring the provider's database to the newest schema."""
    migrate(chosen.idp_database_url.get_secret_value(), idp.store.MIGRATIONS)


MIGRATIONS: Final[dict[str, Callable[[Settings], None]]] = {
    "idp": migrate_idp,
    "signing": migrate_signing,
}


def provider() -> ASGIApp:
    """The OpenID provider, as `tra serve idp` runs it."""
    chosen = settings()
    log_as_json(chosen.log_level)
    return _to_stay(Forwarded(idp.app.create_app(idp_context(chosen)), chosen.trusted_proxies))


def signatures() -> ASGIApp:
    """The signing service, as `tra serve signing` runs it."""
    chosen = settings()
    log_as_json(chosen.log_level)
    ctx = signing_context(chosen)
    ctx.public.readers.warm()
    return _to_stay(Forwarded(signing.app.create_app(ctx), chosen.trusted_proxies))


def _to_stay(app: ASGIApp) -> ASGIApp:
    """What is there now stays: the garbage collector need not go through it again and again. Each
    time some request would wait for 130 ms."""
    gc.collect()
    gc.freeze()
    return app
