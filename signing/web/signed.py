"""What was signed, beside what is there: the signed revision, and pictures of both. Nothing is
kept, so the document is sent again."""

import base64
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from core.errors import Refusal
from signing.formats import pdfium
from signing.formats.pdfium import NoAnswer
from signing.formats.pictures import Comparison, Pair
from signing.rules import reasons
from signing.rules.report import SignatureReport
from signing.rules.shown import shown
from signing.web import body
from signing.web.body import Uploaded
from signing.web.context import Context
from signing.web.verdicts import check_document


@dataclass(frozen=True, slots=True)
class _Asked:
    """A document and the signature that is asked about; `signed` is what it covers."""

    uploaded: Uploaded
    signature: SignatureReport
    signed: bytes


async def fetch(ctx: Context, request: Request) -> Response:
    """POST /signed: the revision of a PDF that a signature covers, as it was signed."""
    with ctx.public.place():
        asked = await _read(ctx, request)
        headers = {
            "Cache-Control": "no-store",
            "Content-Disposition": 'attachment; filename="as-signed.pdf"',
        }
        return Response(asked.signed, 200, headers, "application/pdf")


async def compare(ctx: Context, request: Request) -> Response:
    """POST /compare: a page with pictures of the pages that differ."""
    lang = ctx.pages.language(request)
    with ctx.public.place():
        asked = await _read(ctx, request)
        try:
            revisions = (asked.signed, asked.uploaded.document)
            found = Comparison.read(*await ctx.public.wait(pdfium.ask, "compare", *revisions))
        except NoAnswer as error:
            raise Refusal(reasons.NOT_DRAWN) from error
    return ctx.pages.render(
        "compare.html",
        request,
        lang=lang,
        file_name=asked.uploaded.name,
        signature=asked.signature,
        found=found,
        spelled_out=shown,
        shown=[_addresses(pair) for pair in found.shown],
    )


async def _read(ctx: Context, request: Request) -> _Asked:
    """The document and its signature of that name, or its first; raises Refusal."""
    form = await body.read_form(request)
    uploaded = form.documents[0]
    name = form.texts.get("signature", request.query_params.get("signature"))
    report = await check_document(ctx, ctx.public, uploaded.document)
    for signature in report.signatures:
        if signature.revision is not None and name in (None, "", signature.name):
            return _Asked(uploaded, signature, uploaded.document[: signature.revision])
    raise Refusal(reasons.NO_SIGNED_REVISION)


def _addresses(pair: Pair) -> dict[str, int | str | None]:
    """Pictures within the page itself (RFC 2397): none of them is kept to be fetched."""
    return {"number": pair.number, "signed": _address(pair.signed), "now": _address(pair.now)}


def _address(picture: bytes | None) -> str | None:
    if picture is None:
        return None
    return f"data:image/webp;base64,{base64.b64encode(picture).decode()}"
