"""The one renderer of refusals: JSON for programs, a page for people."""

from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from core.errors import Refusal
from core.serving import Answer, log_refusal
from signing.web.context import Context

_NO_STORE: Final = (b"cache-control", b"no-store")
_OF_TOKENS: Final = frozenset({"invalid_token", "insufficient_scope"})


def to_json(refusal: Refusal, request_id: str) -> Answer:
    """The refusal as `{error, error_description, code, request_id}`."""
    reason = refusal.reason
    body = {
        "error": reason.error,
        "error_description": reason.hint,
        "code": reason.code,
        "request_id": request_id,
    }
    named = tuple(
        (name.lower().encode(), value.encode()) for name, value in _headers(refusal).items()
    )
    return Answer(reason.status, orjson.dumps(body), headers=(_NO_STORE, *named))


def render(ctx: Context, request: Request, refusal: Refusal) -> Response:
    """What a request is answered: a page where a browser asks for one."""
    request_id = request.scope.get("state", {}).get("request_id", "")
    log_refusal(refusal, request_id)
    if "text/html" in request.headers.get("accept", ""):
        reason = refusal.reason
        return ctx.pages.render(
            "error.html",
            request,
            lang=ctx.pages.language(request),
            status=reason.status,
            headers=_headers(refusal),
            code=reason.code,
            error=reason.error,
            hint=reason.hint,
            rule=reason.rule,
        )
    answer = to_json(refusal, request_id)
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    return Response(answer.body, answer.status, headers, answer.content_type.decode())


def _headers(refusal: Refusal) -> dict[str, str]:
    headers = dict(refusal.headers)
    if refusal.reason.status == 401 or refusal.reason.error in _OF_TOKENS:
        headers.setdefault("WWW-Authenticate", _challenge(refusal))
    return headers


def _challenge(refusal: Refusal) -> str:
    """RFC 6750 §3: without a token, the scheme alone."""
    reason = refusal.reason
    if reason.error not in _OF_TOKENS:
        return 'Bearer realm="tra"'
    scope = ', scope="seal"' if reason.error == "insufficient_scope" else ""
    return f'Bearer realm="tra", error="{reason.error}", error_description="{reason.code}"{scope}'
