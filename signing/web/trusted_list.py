"""GET /trusted-list.xml: our services as a trusted list (ETSI TS 119 612), issued in time."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from core.errors import NOT_FOUND, Refusal
from keys.ring import Purpose
from signing.formats.seal import Identity
from signing.formats.trusted_list import write
from signing.rules.trusted_list import CURRENT_SECONDS, Operator, TrustedList, Words, due
from signing.store import trusted_lists
from signing.store.authority import find_own, give_own
from signing.store.trusted_lists import Issue
from signing.web.context import Context

PATH = "/trusted-list.xml"

_TYPE = "application/vnd.etsi.tsl+xml"  # TS 119 612 §6.1
_KEPT = {"Cache-Control": "public, max-age=300"}


async def show(ctx: Context, request: Request) -> Response:  # noqa: ARG001  # an endpoint's shape
    """The newest issue."""
    found = await ctx.ledger.read(trusted_lists.find_newest)
    if found is None:
        raise Refusal(NOT_FOUND, "no trusted list yet")
    return Response(found.xml, 200, _KEPT, _TYPE)


async def issue(ctx: Context) -> bool:
    """Make the next issue, where our services changed or the last one is half over."""
    if not ctx.authorities.established:
        return False
    now = ctx.clock.now()
    newest = await ctx.ledger.read(trusted_lists.find_newest)
    services = await ctx.ledger.read(trusted_lists.find_services)
    signer = await ctx.ledger.read(find_own, Purpose.LIST, now)
    if signer is None:
        custody, operator = ctx.ring.custody, ctx.operator
        signer = await ctx.ledger.write(give_own, custody, operator, Purpose.LIST, now)
    content = hashlib.sha256(repr((services, ctx.operator, signer.serial)).encode()).digest()
    if newest and newest.content == content and not due(newest.next_update, now):
        return False
    await ctx.learn()  # its key may be new
    sequence, ends = newest.sequence + 1 if newest else 1, now + CURRENT_SECONDS
    published_at = f"{ctx.operator.pki_url}{PATH}"
    made = TrustedList(operator_of(ctx), sequence, now, ends, published_at, services)
    by = Identity(signer.certificate, ctx.signer(signer), ())
    xml = await ctx.apart(write, made, by)
    return await ctx.ledger.write(trusted_lists.save, Issue(sequence, ends, content, xml))


def operator_of(ctx: Context) -> Operator:
    """Who runs the service, as lists and reports say."""
    ours = ctx.operator
    return Operator(
        Words(ours.organization, ours.organization_km),
        ours.organization_identifier,
        ours.address,
        ours.electronic,
        ctx.url,
    )
