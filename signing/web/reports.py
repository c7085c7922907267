"""Reports that outlive the answer: under the service's own seal, with its time-stamp."""

from keys.ring import Purpose
from signing.formats.paper.court import Office, draw
from signing.formats.seal import File
from signing.formats.sealing import Sealing, accept
from signing.formats.validation_report import Validator, write
from signing.formats.xades.enveloped import Enveloped
from signing.rules.report import Level
from signing.rules.report_format import ReportFormat
from signing.rules.seal_format import SealFormat
from signing.rules.validation import Checked
from signing.store.authority import find_own, give_own
from signing.store.certificates import Issued
from signing.web import sealing
from signing.web.context import Context
from signing.web.trusted_list import operator_of


async def as_xml(ctx: Context, checked: Checked) -> bytes:
    """ETSI TS 119 102-2, in XAdES."""
    reporter = await _reporter(ctx)
    name = checked.report.policy
    address = f"{ctx.url}/policies/{name}"
    by = Validator(ctx.policies[name], address, operator_of(ctx), reporter.certificate)
    return await _sealed(ctx, Enveloped(await ctx.apart(write, checked, by)), reporter)


async def as_pdf(ctx: Context, checked: Checked, number: str) -> bytes:
    """A sheet of paper, in PAdES. `number`: the answer's own."""
    drawn = await ctx.apart(draw, checked, ctx.pages, Office(ctx.url, number))
    sheet = File("report.pdf", ReportFormat.PDF.media_type, drawn)
    made = await ctx.apart(accept, SealFormat.PADES, [sheet])
    return await _sealed(ctx, made, await _reporter(ctx))


async def _sealed(ctx: Context, made: Sealing, reporter: Issued) -> bytes:
    """B-LT: it can be proven for as long as its time-stamp, without asking us."""
    seal = await sealing.make(ctx, sealing.Order(made, Level.LT, reporter))
    return await ctx.apart(made.assemble, seal.appended)


async def _reporter(ctx: Context) -> Issued:
    """The certificate that seals reports, made when it is first needed; raises Refusal."""
    now = ctx.clock.now()
    found = await ctx.ledger.read(find_own, Purpose.REPORT, now)
    if found is None:
        ctx.authorities.now  # noqa: B018  # refuses before there are any
        custody, operator = ctx.ring.custody, ctx.operator
        found = await ctx.ledger.write(give_own, custody, operator, Purpose.REPORT, now)
    return await sealing.with_key(ctx, found)
