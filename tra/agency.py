"""An agency's own program: it asks the provider for a token and the signing service for seals."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import click
import orjson

from core.clock import SystemClock
from core.outbound import Fetched, Outbound, OutboundError, OutboundPolicy
from keys import der
from keys.handles import new_id
from keys.jose import TokenSigner, parse_private_jwk
from keys.segments import JoseError
from signing.formats.detached import NOTHING, Detached
from signing.formats.seal import File
from tra import form
from tra.settings import Settings

_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_OCTETS: Final = "application/octet-stream"
ANSWER_BYTES: Final = 60_000_000
"""Of a document, or of a report on one."""

_SECONDS: Final = 120.0


as_agency: Final = click.option(
    "--as", "name", required=True, help="The agency in whose name: moc, nssf."
)
with_clients: Final = click.option(
    "--clients",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=Path(".demo/clients.json"),
    show_default=True,
    help="RFC 7591 metadata of the agency's client, with its private_jwks.",
)


@contextmanager
def reached() -> Iterator[None]:
    """A service that cannot be reached ends the command."""
    try:
        yield
    except OutboundError as error:
        raise click.ClickException(f"{error}. Is the service running?") from error


class Refused(click.ClickException):
    """A service's refusal: its HTTP status and its stable code."""

    def __init__(self, message: str, status: int, code: str | None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True)
class Order:
    """What is to be sealed; `format` is None where it follows from the files' types."""

    files: tuple[File, ...]
    format: str | None
    level: str
    idempotency_key: str | None = None


@dataclass(frozen=True)
class Agency:
    """A client that may seal, with a token that says so."""

    asks: Outbound
    signing_url: str
    token: str

    async def seal(self, order: Order) -> bytes:
        """The sealed document; a refusal ends the command."""
        query = {"level": order.level}
        if order.format is not None:
            query["format"] = order.format
        path = f"/seal?{urlencode(query)}"
        body, media_type = form.encode(("document", file) for file in order.files)
        return await self._post(path, body, media_type, order.idempotency_key)

    async def seal_digest(self, digest: bytes, format_: str, order: Order) -> bytes:
        """What POST /seal/digest answers."""
        asked = {
            "hash": "sha256",
            "digest": digest.hex(),
            "format": format_,
            "level": order.level,
        }
        body = orjson.dumps(asked)
        return await self._post("/seal/digest", body, "application/json", order.idempotency_key)

    async def augment(
        self, document: bytes, content: Detached = NOTHING, level: str | None = None
    ) -> bytes:
        """The document with more proof; `content` is what it signs, where that is elsewhere. A
        refusal ends the command."""
        sent = [("document", File("document", _OCTETS, document))]
        sent += [("content", File(name, _OCTETS, held)) for name, held in content.files]
        body, media_type = form.encode(sent)
        query = "" if level is None else f"?{urlencode({'level': level})}"
        return await self._post(f"/augment{query}", body, media_type, None)

    async def time_stamp(self, digest: bytes) -> bytes:
        """A TimeStampToken over a SHA-256 digest (RFC 3161 §3.4). What is no answer to that ends
        the command."""
        imprint = der.sequence(der.digest_algorithm("sha256"), der.octet_string(digest))
        query = der.sequence(der.integer(1), imprint, der.TRUE)
        answer = await self._post("/tsa", query, "application/timestamp-query", None)
        try:
            return der.parts(answer)[1]
        except (ValueError, IndexError) as error:
            raise click.ClickException(
                "The time-stamp authority refused: try again in a minute."
            ) from error

    async def _post(self, path: str, body: bytes, media_type: str, key: str | None) -> bytes:
        answer = await self.asks.post(
            self.signing_url + path,
            body,
            media_type,
            headers={
                "Authorization": f"Bearer {self.token}",
                "Idempotency-Key": key or new_id(),
            },
            seconds=_SECONDS,
            limit=ANSWER_BYTES,
        )
        if answer.status != 200:
            raise explain("The signing service refused", answer)
        return answer.body

    async def certificate(self, name: str) -> bytes:
        """A certificate of the service's, DER."""
        answer = await self.asks.get(f"{self.signing_url}/certificates/{name}.cer")
        if answer.status != 200:
            raise explain("The signing service has no certificates", answer)
        return answer.body


@asynccontextmanager
async def agency(chosen: Settings, clients: Path, name: str) -> AsyncIterator[Agency]:
    """An agency by its id, with the key from a file of clients."""
    client_id, key = _client(clients, name)
    asks = outbound(chosen)
    try:
        yield Agency(asks, chosen.signing_url, await _access_token(asks, chosen, client_id, key))
    finally:
        await asks.close()


def outbound(chosen: Settings) -> Outbound:
    """Asks the provider and the signing service, wherever the settings say that they are."""
    named = {_host_port(url) for url in (chosen.issuer, chosen.signing_url)}
    policy = OutboundPolicy(
        frozenset(named.union(chosen.outbound_allowed)), chosen.outbound_ca_bundle
    )
    return Outbound(policy)


def explain(what: str, answer: Fetched) -> Refused:
    """A refusal of a service, as it is told on the terminal."""
    code = None
    try:
        refusal = orjson.loads(answer.body)
        told = f"{refusal['error']}: {refusal.get('error_description', '')}"
        code = refusal.get("code")
        if "request_id" in refusal:
            told += f" (request {refusal['request_id']})"
    except (ValueError, TypeError, KeyError):
        told = f"status {answer.status}"
    return Refused(f"{what}: {told}", answer.status, code)


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
    raise click.ClickException(
        f"{file} has no client of {agency} that may seal: name its file with --clients"
    )


def _host_port(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
