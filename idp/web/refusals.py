"""The one renderer of refusals: JSON for clients, a page for people."""

import re
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from core.errors import Refusal
from core.serving import Answer, log_refusal
from idp.web.context import Context

_LONGEST_DETAIL: Final = 300
_UNSPEAKABLE: Final = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")
_NO_STORE: Final = ((b"cache-control", b"no-store"), (b"pragma", b"no-cache"))


def to_json(issuer: str, refusal: Refusal, request_id: str) -> Answer:
    """RFC 6749 §5.2. The description begins with our stable code; error_uri explains it."""
    reason = refusal.reason
    headers = dict(refusal.headers)
    if reason.status == 401:
        headers.setdefault("WWW-Authenticate", f'Basic realm="{issuer}", charset="UTF-8"')
    body = {
        "error": reason.error,
        "error_description": f"{reason.code}: {reason.hint}{_detail(refusal.detail)}",
        "error_uri": f"{issuer}/errors#{reason.code}",
        "request_id": request_id,
    }
    named = tuple((name.lower().encode(), value.encode()) for name, value in headers.items())
    return Answer(reason.status, orjson.dumps(body), headers=(*_NO_STORE, *named))


def _detail(text: str) -> str:
    """In the characters of an error_description (RFC 6749 §5.2), and no long story."""
    plain = _UNSPEAKABLE.sub("?", text[:_LONGEST_DETAIL])
    return f" ({plain})" if plain else ""


def to_page(ctx: Context, request: Request, refusal: Refusal) -> Response:
    """What a person sees where nobody may be redirected to."""
    log_refusal(refusal, request.scope.get("state", {}).get("request_id", ""))
    reason = refusal.reason
    status = 400 if reason.status == 401 else reason.status  # a browser has nothing to answer 401
    return ctx.pages.render(
        "error.html",
        request,
        lang=ctx.pages.language(request),
        status=status,
        headers=refusal.headers,
        code=reason.code,
        error=reason.error,
        hint=reason.hint,
        rule=reason.rule,
    )


def redirect(url: str) -> Response:
    """303, so that a form's content is never sent on (RFC 9700 §4.12)."""
    return RedirectResponse(url, 303, {"Cache-Control": "no-store"})
