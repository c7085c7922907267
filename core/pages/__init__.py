"""Pages for people: Khmer and English, without JavaScript, nothing from a third party.

A service has a folder with `templates/`, `locales/km.toml` and `locales/en.toml`; what every page
shares (the frame, the stylesheet, the typeface, common words) stands beside this file.
"""

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from core.pages import dates

LANGUAGES: Final = ("km", "en")
"""What pages speak; the first is spoken unless the person chose another."""

LANGUAGE_COOKIE: Final = "lang"

TYPEFACE: Final = "/static/noto-sans-khmer-2.004.woff2"
"""Named by its version, so that the stylesheet can name it too and browsers can keep it."""

_SHARED: Final = Path(__file__).parent
_A_YEAR: Final = 31_536_000


class Pages:
    """Renders the pages of one service."""

    def __init__(self, folder: Path, *, https: bool) -> None:
        self._https = https
        self._texts = {
            lang: _texts(_SHARED / "locales", lang) | _texts(folder / "locales", lang)
            for lang in LANGUAGES
        }
        self._jinja = Environment(
            loader=ChoiceLoader(
                [FileSystemLoader(folder / "templates"), FileSystemLoader(_SHARED / "templates")]
            ),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.globals |= {"static": static_url, "typeface": TYPEFACE}

    def language(self, request: HTTPConnection, ui_locales: Sequence[str] = ()) -> str:
        """The person's choice, else the first of the client's `ui_locales` that we speak."""
        chosen = (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE))
        for tag in (*chosen, *ui_locales):
            primary = (tag or "").split("-")[0].lower()
            if primary in LANGUAGES:
                return primary
        return LANGUAGES[0]

    def text(self, lang: str, key: str, **values: object) -> str:
        """A text of the catalogue with its `{placeholders}` filled in. Not escaped."""
        return self._texts[lang][key].format(**values)

    def render(
        self,
        template: str,
        request: HTTPConnection,
        *,
        lang: str,
        status: int = 200,
        forms_to: Sequence[str] = (),
        frames_from: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> Response:
        """An HTML page. `forms_to` are the origins that its forms may end at besides our own,
        `frames_from` those that it may show frames of.

        Every template has `t(key, **placeholders)` and `has_text(key)`, `t_other` in the language
        not spoken, and `number`, `day` and `moment` of core.pages.dates.
        """
        other = LANGUAGES[1 - LANGUAGES.index(lang)]
        body = self._jinja.get_template(template).render(
            t=partial(self.text, lang),
            t_other=partial(self.text, other),
            has_text=self._texts[lang].__contains__,
            number=partial(dates.number, lang),
            day=partial(dates.day, lang),
            moment=partial(dates.moment, lang),
            lang=lang,
            other_lang=other,
            other_lang_url=_with_query(request, lang=other),
            request_id=request.scope.get("state", {}).get("request_id", ""),
            **values,
        )
        response = HTMLResponse(
            body, status, {**page_headers(forms_to, frames_from), **(headers or {})}
        )
        if request.query_params.get("lang") in LANGUAGES:
            response.set_cookie(
                LANGUAGE_COOKIE, lang, _A_YEAR, secure=self._https, httponly=True, samesite="lax"
            )
        return response


def page_headers(forms_to: Sequence[str] = (), frames_from: Sequence[str] = ()) -> dict[str, str]:
    """No script but our own, no frame, no third party, nothing kept in caches."""
    targets = " ".join(("'self'", *forms_to))
    frames = " ".join(frames_from) or "'none'"
    policy = (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
        "script-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action {targets}; frame-src {frames}"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Frame-Options": "DENY",
        "Cache-Control": "no-store",
    }


@cache
def static_url(name: str) -> str:
    """The address of a shared static file; it changes with the file's content."""
    digest = hashlib.sha256((_SHARED / "static" / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


class Static(StaticFiles):
    """The shared static files, kept by browsers for a year."""

    def __init__(self) -> None:
        super().__init__(directory=_SHARED / "static")

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = f"public, max-age={_A_YEAR}, immutable"
        return response


def _with_query(request: HTTPConnection, **changes: str) -> str:
    """This page with some of its query changed: a reference that can't lead to another path."""
    kept = [pair for pair in request.query_params.multi_items() if pair[0] not in changes]
    return f"?{urlencode([*kept, *changes.items()])}"


def _texts(folder: Path, lang: str) -> dict[str, str]:
    return _flatten(tomllib.loads((folder / f"{lang}.toml").read_text(encoding="utf-8")))


def _flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """`[login] title = …` is the text `login.title`."""
    texts: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            texts |= _flatten(value, f"{prefix}{key}.")
        else:
            texts[f"{prefix}{key}"] = str(value)
    return texts
