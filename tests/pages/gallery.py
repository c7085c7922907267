"""All states of all pages behind one small application, without the services themselves."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from core.pages import Pages, Static
from tests.pages.states import NOTHING, ROOT, STATES, State


def gallery() -> ASGIApp:
    """`/idp/login` is a page of the provider; `?lang=en` speaks English, as in the services."""
    pages = {
        service: Pages(ROOT / service / "pages", https=False)
        for service in {state.service for state in STATES}
    }
    routes = [Route(state.path, _endpoint(state, pages[state.service])) for state in STATES]
    routes.append(Route(NOTHING, _nothing, methods=["POST"]))
    return _Numbered(Starlette(routes=[*routes, Mount("/static", Static())]))


async def _nothing(request: Request) -> Response:
    return Response(status_code=204)


def _endpoint(state: State, pages: Pages):  # type: ignore[no-untyped-def]  # Starlette has no name for it
    async def show(request: Request) -> Response:
        lang = pages.language(request)
        return pages.render(state.template, request, lang=lang, **state.values)

    return show


class _Numbered:
    """Gives requests an id, as core.serving does."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["request_id"] = "0f8c2d5be1a94c37"
        await self._app(scope, receive, send)
