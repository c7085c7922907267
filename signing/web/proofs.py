"""Proof that certificates of ours stand: OCSP answers, their roots' CRLs, and the chains."""

from collections.abc import Mapping, Sequence
from typing import Final

from core.errors import Refusal
from keys.revocation import Responder, Status, ocsp_for
from signing.formats.seal import ValidationData
from signing.rules import reasons
from signing.store import crls
from signing.store.certificates import Issued
from signing.web.context import Context

OCSP_SECONDS: Final = 3_600
"""How long an OCSP answer of ours is current (RFC 6960 §4.2.2.1)."""


async def gather(
    ctx: Context,
    asked: Sequence[Issued],
    statuses: Mapping[int, Status],
    *,
    lasting: Issued | None = None,
) -> ValidationData:
    """OCSP answers for the certificates, their roots' CRLs for the authorities above. `lasting`:
    for this one its CRL too, which can be checked for longer than an answer by a responder whose
    certificate is good for a year."""
    ours = ctx.authorities.now
    chains = {one.serial: ours.chain(one) for one in asked}
    listed = []
    for root in {chain[-1].serial for chain in chains.values()}:
        if (found := await ctx.ledger.read(crls.find, root, 0)) is None:
            raise Refusal(reasons.NOT_READY, "no CRL of the root")
        listed.append(found.der)
    if lasting is not None:
        found = await ctx.ledger.read(crls.find, lasting.issuer, lasting.shard)
        listed += [found.der] if found is not None else []
    responders: dict[int, Responder] = {
        one.serial: ctx.responder(chains[one.serial][0]) for one in asked
    }
    now = ctx.clock.now()
    ocsps = tuple(
        ocsp_for(
            one.certificate, statuses[one.serial], responders[one.serial], now, now + OCSP_SECONDS
        )
        for one in asked
    )
    held = [above.certificate for chain in chains.values() for above in chain]
    held += [one.certificate for one in asked]
    held += [one.certificate for one in responders.values()]
    return ValidationData(tuple(dict.fromkeys(one.der for one in held)), ocsps, tuple(listed))
