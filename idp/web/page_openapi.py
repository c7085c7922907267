"""What the OpenAPI description says of the pages; idp.openapi puts it into its own."""

import re
from typing import Any, Final

from core.openapi import answer, form
from core.pages import LANGUAGES

_TEXT: Final = {"type": "string"}
_JWT: Final = {"type": "string", "pattern": r"^[\w-]+\.[\w-]+\.[\w-]+$"}
_HTML: Final = {"text/html": {"schema": {"type": "string"}}}
_LANGUAGE: Final = {
    "name": "lang",
    "in": "query",
    "schema": {"type": "string", "enum": list(LANGUAGES)},
    "description": "Which language the person chose; it is remembered",
}
_CSRF: Final = {"csrf": {"type": "string", "description": "The form's own token"}}
_DECISION: Final = {**_CSRF, "decision": {"type": "string", "enum": ["approve", "deny"]}}

_LOGOUT: Final = (
    ("id_token_hint", _JWT, "RP-Initiated Logout 2"),
    ("client_id", _TEXT, "RP-Initiated Logout 2"),
    ("post_logout_redirect_uri", _TEXT, "Registered (RP-Initiated Logout 3)"),
    ("state", _TEXT, "Handed back"),
    ("ui_locales", _TEXT, "RP-Initiated Logout 2"),
)
_HINTS: Final = {name: {**schema, "description": rule} for name, schema, rule in _LOGOUT}
_LEAVE: Final = {**_CSRF, "decision": {"type": "string", "enum": ["logout", "stay"]}}

_PAGES: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    ("/", "What this is", {}),
    ("/account", "The person's own page", {}),
    ("/account/elsewhere", "Sign out on every other browser", _CSRF),
    ("/authorize/{interaction_id}", "Back from a page of ours", {}),
    ("/device/{interaction_id}", "Back from a page of ours", {}),
    (
        "/login/{interaction_id}",
        "Sign in: user name and password",
        {**_CSRF, "username": _TEXT, "password": {"type": "string", "format": "password"}},
    ),
    ("/login/{interaction_id}/code", "Sign in: one-time code", {**_CSRF, "code": _TEXT}),
    ("/consent/{interaction_id}", "Consent", _DECISION),
    ("/device", "Let a device in (RFC 8628 §3.3)", {**_CSRF, "user_code": _TEXT}),
    ("/device/approved", "The device may go on", {}),
    ("/device/denied", "The device was refused", {}),
    ("/ciba/{request_id}", "What an agency asks of the person (CIBA Core 8)", _DECISION),
    ("/ciba/approved", "The person agreed", {}),
    ("/ciba/denied", "The person did not agree", {}),
    ("/logout", "RP-Initiated Logout 1.0", _HINTS),
    ("/logout/confirm", "Signed out; or the person's answer", {**_LEAVE, **_HINTS}),
    ("/errors", "Every refusal by its stable code", {}),
    ("/inspector", "What is wrong with a pasted request or token", {"pasted": _TEXT}),
)
"""Path, what it is, and the fields of its form."""

_ANSWERS: Final = frozenset({"/account/elsewhere"})
"""Where a form of another page goes."""

_ASKED: Final = {
    "/device": (("user_code", _TEXT, "Fills the form (RFC 8628 §3.3.1)"),),
    "/logout": _LOGOUT,
}
"""What is asked for in the query of a page."""


def paths() -> dict[str, Any]:
    """The pages by path."""
    found: dict[str, Any] = {}
    for path, summary, fields in _PAGES:
        name = re.sub(r"[/{}]+", "_", path).strip("_") or "home"
        in_path = [
            {"name": parameter, "in": "path", "required": True, "schema": _TEXT}
            for parameter in re.findall(r"{(\w+)}", path)
        ]
        asked = [*in_path, *query(_ASKED.get(path, ()))]
        found[path] = {}
        if path not in _ANSWERS:
            found[path]["get"] = operation(f"{name}_page", summary, parameters=asked)
        if fields:
            found[path]["post"] = operation(
                f"{name}_answer", summary, parameters=in_path, body=form(fields)
            )
    return found


def operation(
    name: str,
    summary: str,
    *,
    parameters: list[dict[str, Any]],
    body: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A page, or a step between pages."""
    page = ("Cache-Control.none", "Set-Cookie")
    refused = ("400", "403", "404", *(() if body is None else ("413",)))
    said: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "parameters": [*parameters, _LANGUAGE],
        "responses": {
            "200": answer("A page", _HTML, page),
            "303": answer(
                "To the next page, or to the client's redirect URI", None, (*page, "Location")
            ),
            **{status: answer("A page that says what is wrong", _HTML, page) for status in refused},
            "503": answer("A page: try again soon", _HTML, (*page, "Retry-After")),
        },
    }
    if body is not None:
        said["requestBody"] = body
    return said


def query(table: tuple[tuple[str, Any, str], ...]) -> list[dict[str, Any]]:
    """Parameters in the query: name, schema, rule."""
    return [
        {"name": name, "in": "query", "schema": schema, "description": rule}
        for name, schema, rule in table
    ]
