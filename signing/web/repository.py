"""GET /certificates/… and /crl/…: what certificates say can be found there (RFC 4387, 5280 §4)."""

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from core.errors import NOT_FOUND, Refusal
from keys.certificates import Certificate
from keys.ring import Purpose
from signing.store import certificates, crls
from signing.web.context import Context

_CERTIFICATE: Final = re.compile(
    r"(?P<name>root|issuing|timestamp|list|report|[0-9a-f]{40})\.(?P<form>cer|pem)\Z"
)
_CRL: Final = re.compile(r"(?P<issuer>root|issuing|[0-9a-f]{40})-(?P<shard>\d{1,6})\.crl\Z")
_BY_KEY: Final = {"list": Purpose.LIST, "report": Purpose.REPORT}
_KEPT: Final = {"Cache-Control": "public, max-age=300"}
_FRESH: Final = {"Cache-Control": "public, max-age=30"}


async def certificate(ctx: Context, request: Request) -> Response:
    """A certificate by its serial number, or the current one of a role; DER or PEM."""
    asked = _CERTIFICATE.match(request.path_params["name"])
    if asked is None:
        raise Refusal(NOT_FOUND, "no such name")
    found = await _find(ctx, asked["name"])
    if asked["form"] == "pem":
        return Response(found.pem, 200, _KEPT, "application/x-pem-file")
    return Response(found.der, 200, _KEPT, "application/pkix-cert")


async def crl(ctx: Context, request: Request) -> Response:
    """The newest CRL of an issuer's shard."""
    asked = _CRL.match(request.path_params["name"])
    if asked is None:
        raise Refusal(NOT_FOUND, "no such name")
    issuer = (await _find(ctx, asked["issuer"])).serial
    found = await ctx.ledger.read(crls.find, issuer, int(asked["shard"]))
    if found is None:
        raise Refusal(NOT_FOUND, "no such CRL")
    return Response(found.der, 200, _FRESH, "application/pkix-crl")


async def _find(ctx: Context, name: str) -> Certificate:
    ours = ctx.authorities.now
    roles = {"root": ours.root, "issuing": ours.issuing, "timestamp": ours.timestamp}
    if name in roles:
        return roles[name].certificate
    if name in _BY_KEY:  # made when they are first needed
        found = await ctx.ledger.read(certificates.find_current, _BY_KEY[name])
    else:
        found = await ctx.ledger.read(certificates.find, int(name, 16))
    if found is None:
        raise Refusal(NOT_FOUND, "no such certificate")
    return found.certificate
