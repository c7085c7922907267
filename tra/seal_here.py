"""A PDF is sealed where it is: the service sees a digest, and the rest happens here."""

import asyncio

import click

from core.clock import SystemClock
from core.errors import Refusal
from signing import policies
from signing.formats.cades.loose import parse_part
from signing.formats.digests import Hashed
from signing.formats.pades import intake
from signing.formats.pades import sealing as pades
from signing.formats.reading import gather
from signing.formats.trust import Anchors
from signing.rules.report import Report, Verdict
from signing.rules.seal_format import SealFormat
from signing.rules.validation import validate
from tra.agency import Agency, Order


async def seal_here(agency: Agency, order: Order) -> bytes:
    """The document under its seal, of which nothing but a digest left this machine."""
    [file] = order.files
    document = file.content
    try:
        accepted = intake.check(document)
    except Refusal as refusal:
        raise click.ClickException(f"{refusal.reason.code}: {refusal.reason.hint}") from refusal
    anchors = Anchors((await agency.certificate("root"),), (await agency.certificate("issuing"),))
    if not accepted.certify:
        await asyncio.to_thread(_check_before, document, anchors)
    utc = SystemClock().utc()
    hashed = Hashed(document)
    prepared = pades.prepare(hashed, accepted, utc)
    made = parse_part(await agency.seal_digest(prepared.digest, SealFormat.PADES, order))
    part = prepared.embed(made.signature)
    if made.data is not None:
        part = pades.add_validation_data(hashed, accepted, part, made.data)
    sealed = document + part
    await asyncio.to_thread(_check, sealed, document, anchors)
    return sealed


def _check_before(document: bytes, anchors: Anchors) -> None:
    if _report(document, anchors).verdict is not Verdict.AUTHENTIC:
        raise click.ClickException(
            "A signature in the document does not pass: `tra verify` says why."
        )


def _check(sealed: bytes, document: bytes, anchors: Anchors) -> None:
    """What is written is what was asked for; without proofs the last word is the service's."""
    newest = _report(sealed, anchors).signatures[-1]
    changed = {"HASH_FAILURE", "FORMAT_FAILURE", "SIG_CRYPTO_FAILURE"}
    if newest.sub_indication in changed or not sealed.startswith(document):
        raise click.ClickException(
            "Nothing was written: the seal does not fit the document "
            f"({newest.sub_indication}). Tell whoever runs the service."
        )


def _report(document: bytes, anchors: Anchors) -> Report:
    at = SystemClock().now()
    return validate(gather(document, anchors), {}, at, policies.default())
