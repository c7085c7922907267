"""`tra seal`: seal a PDF through the same API that every agency uses."""

import asyncio
import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click
import orjson

from core.clock import SystemClock
from core.outbound import Fetched, Outbound, OutboundError, OutboundPolicy
from keys.handles import new_id
from keys.jose import JoseError, TokenSigner, parse_private_jwk
from tra.settings import Settings, settings

_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ANSWER_BYTES: Final = 30_000_000
_SECONDS: Final = 120.0


@click.command(name="seal")
@click.argument("in_pdf", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("out_pdf", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option("--as", "agency", required=True, help="The agency in whose name: moc, nssf.")
@click.option(
    "--clients",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=Path(".demo/clients.json"),
    show_default=True,
    help="RFC 7591 metadata of the agency's client, with its private_jwks.",
)
@click.option(
    "--idempotency-key",
    help="To send the same request again after a failure: the same document comes back.",
)
def command(
    in_pdf: Path, out_pdf: Path, agency: str, clients: Path, idempotency_key: str | None
) -> None:
    """Seal IN_PDF in the name of an agency, and write the sealed document to OUT_PDF."""
    client_id, key = _client(clients, agency)
    document = in_pdf.read_bytes()
    try:
        sealed = asyncio.run(_seal(settings(), client_id, key, document, idempotency_key))
    except OutboundError as error:
        raise click.ClickException(f"{error}. Is the service running?") from error
    out_pdf.write_bytes(sealed)
    click.echo(f"{out_pdf}: sealed in the name of {agency}")


def outbound(chosen: Settings) -> Outbound:
    """Asks the provider and the signing service, wherever the settings say that they are."""
    named = {_host_port(url) for url in (chosen.issuer, chosen.signing_url)}
    policy = OutboundPolicy(
        frozenset(named.union(chosen.outbound_allowed)), chosen.outbound_ca_bundle
    )
    return Outbound(policy)


def explain(what: str, answer: Fetched) -> click.ClickException:
    """A refusal of a service, as it is told on the terminal."""
    try:
        refusal = orjson.loads(answer.body)
        told = f"{refusal['error']}: {refusal.get('error_description', '')}"
        if "request_id" in refusal:
            told += f" (request {refusal['request_id']})"
    except (ValueError, TypeError, KeyError):
        told = f"status {answer.status}"
    return click.ClickException(f"{what}: {told}")


async def _seal(
    chosen: Settings,
    client_id: str,
    key: TokenSigner,
    document: bytes,
    idempotency_key: str | None,
) -> bytes:
    asks = outbound(chosen)
    try:
        token = await _access_token(asks, chosen, client_id, key)
        answer = await asks.post(
            f"{chosen.signing_url}/seal",
            document,
            "application/pdf",
            headers={
                "Authorization": f"Bearer {token}",
                "Idempotency-Key": idempotency_key or new_id(),
            },
            seconds=_SECONDS,
            limit=_ANSWER_BYTES,
        )
    finally:
        await asks.close()
    if answer.status != 200:
        raise explain("The signing service refused", answer)
    return answer.body


async def _access_token(asks: Outbound, chosen: Settings, client_id: str, key: TokenSigner) -> str:
    """client_credentials with private_key_jwt (RFC 6749 §4.4, RFC 7523 §2.2)."""
    found = await asks.get(f"{chosen.issuer}/.well-known/openid-configuration")
    if found.status != 200:
        raise explain("The provider's discovery failed", found)
    now = SystemClock().now()
    assertion = {
        "iss": client_id,
        "sub": client_id,
        "aud": chosen.issuer,
        "jti": new_id(),
        "iat": now,
        "exp": now + 60,
    }
    answer = await asks.post_form(
        orjson.loads(found.body)["token_endpoint"],
        {
            "grant_type": "client_credentials",
            "scope": "seal",
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": key.sign(assertion),
        },
    )
    if answer.status != 200:
        raise explain("The provider refused a token", answer)
    token: str = orjson.loads(answer.body)["access_token"]
    return token


def _client(file: Path, agency: str) -> tuple[str, TokenSigner]:
    """The agency's client that may seal, and its key."""
    try:
        known: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
        for client in known:
            may_seal = "seal" in str(client.get("scope", "")).split()
            if client.get("agency") == agency and may_seal and "private_jwks" in client:
                return client["client_id"], parse_private_jwk(client["private_jwks"]["keys"][0])
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, JoseError) as error:
        raise click.ClickException(f"{file} cannot be read: {error}") from error
    raise click.ClickException(f"{file} has no client of {agency} that may seal")


def _host_port(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
