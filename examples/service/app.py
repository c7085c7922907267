"""A government service: people sign in with Tra, see what it was told, and get a certificate.

It needs an issuer, a client id, and a secret or a private key; Authlib finds out the rest.
"""

import secrets
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.starlette_client import OAuth
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from httpx2 import HTTPError, HTTPStatusError
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from examples.service import certificate
from examples.service.texts import TEXTS

HERE = Path(__file__).parent
VISITORS = 10_000


@dataclass(frozen=True)
class Config:
    """What the agency was given when it registered, and what it calls itself."""

    agency: str
    name: dict[str, str]  # by language: km, en
    certificate: dict[str, str]  # what its certificates are called, by language
    url: str
    scope: str
    issuer: str
    client_id: str
    session_secret: str
    client_secret: str | None = None
    private_jwk: dict[str, Any] | None = None
    signing_url: str = ""
    seal_client_id: str = ""
    seal_private_jwk: dict[str, Any] = field(default_factory=dict)
    ca_bundle: str | None = None


@dataclass(frozen=True)
class Visitor:
    """Who is signed in here: the tokens stay on this side, the browser has a number alone."""

    sub: str
    acr: str
    token: dict[str, Any]


def create_app(config: Config) -> Starlette:
    """The service as an ASGI application."""
    return _Service(config).app


class _Service:
    def __init__(self, config: Config) -> None:
        self.config = config
        self.visitors: dict[str, Visitor] = {}
        self.trust = ssl.create_default_context(cafile=config.ca_bundle)
        self.tra = OAuth().register(
            "tra",
            server_metadata_url=f"{config.issuer}/.well-known/openid-configuration",
            client_id=config.client_id,
            client_secret=config.client_secret or ECKey.import_key(config.private_jwk or {}),
            client_auth_methods=[PrivateKeyJWT(config.issuer, alg="ES256")],
            client_kwargs={
                "scope": config.scope,
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": (
                    "client_secret_basic" if config.client_secret else "private_key_jwt"
                ),
                "verify": self.trust,
            },
        )
        self.pages = Jinja2Templates(HERE / "templates")
        self.app = Starlette(
            routes=[
                Route("/", self.home),
                Route("/login", self.login),
                Route("/callback", self.callback),
                Route("/certificate", self.certificate, methods=["POST"]),
                Route("/logout", self.logout, methods=["POST"]),
                Route("/signed-out", self.signed_out),
                Route("/style.css", lambda _request: FileResponse(HERE / "style.css")),
                Route("/healthz", lambda _request: Response("ok")),
            ],
            middleware=[
                Middleware(
                    SessionMiddleware,
                    secret_key=config.session_secret,
                    session_cookie=f"{config.agency}_session",
                    https_only=config.url.startswith("https://"),
                )
            ],
        )

    async def home(self, request: Request) -> Response:
        """Signed in or not, and what Tra tells us about the person now."""
        visitor = self.visitor(request)
        claims = await self.claims(visitor) if visitor else None
        if claims is None:
            self.forget(request)
            return self.page(request, "welcome.html")
        return self.page(request, "home.html", visitor=visitor, claims=claims)

    async def login(self, request: Request) -> Response:
        answer: Response = await self.tra.authorize_redirect(
            request, f"{self.config.url}/callback", ui_locales=self.language(request)
        )
        return answer

    async def callback(self, request: Request) -> Response:
        """Authlib checks state, nonce and the ID token; we check who answered (RFC 9207)."""
        if request.query_params.get("iss") != self.config.issuer:
            return self.page(request, "message.html", text="wrong_issuer", status=400)
        try:
            token = await self.tra.authorize_access_token(request)
        except OAuthError as error:
            text = "refused" if error.error == "access_denied" else "failed"
            return self.page(request, "message.html", text=text, error=error.error, status=400)
        except (HTTPError, JoseError) as error:
            return self.page(request, "message.html", text="failed", error=str(error), status=502)
        if len(self.visitors) >= VISITORS:  # a real service has a database for them
            self.visitors.pop(next(iter(self.visitors)))
        number = request.session["visitor"] = secrets.token_urlsafe(32)
        told = token["userinfo"]
        self.visitors[number] = Visitor(told["sub"], told.get("acr", ""), token)
        return RedirectResponse("/", 303)

    async def certificate(self, request: Request) -> Response:
        """A certificate about the person who is signed in, sealed by the agency."""
        visitor = self.visitor(request)
        claims = await self.claims(visitor) if visitor else None
        if claims is None:
            return RedirectResponse("/", 303)
        try:
            drawn = await run_in_threadpool(certificate.draw, self.config, claims)
            token_endpoint = (await self.tra.load_server_metadata())["token_endpoint"]
            sealed = await certificate.seal(self.config, drawn, token_endpoint, self.trust)
        except (HTTPError, OAuthError) as error:
            return self.page(
                request, "message.html", text="not_sealed", error=str(error), status=502
            )
        file = f'attachment; filename="{self.config.agency}-certificate.pdf"'
        return Response(sealed, media_type="application/pdf", headers={"Content-Disposition": file})

    async def logout(self, request: Request) -> Response:
        """Sign out here and, by way of the browser, at Tra (RP-Initiated Logout)."""
        visitor = self.forget(request)
        if visitor is None:
            return RedirectResponse("/", 303)
        answer = await self.tra.logout_redirect(
            request, f"{self.config.url}/signed-out", visitor.token["id_token"]
        )
        return RedirectResponse(answer.headers["location"], 303)

    async def signed_out(self, request: Request) -> Response:
        """Where Tra sends the browser back to."""
        with suppress(OAuthError):  # a stranger's link shows the same page and does nothing
            await self.tra.validate_logout_response(request)
        return self.page(request, "message.html", text="signed_out")

    async def claims(self, visitor: Visitor) -> dict[str, Any] | None:
        """Ask Tra each time: nothing is kept, and nobody stays who was signed out there."""
        try:
            return dict(await self.tra.userinfo(token=visitor.token))
        except (HTTPStatusError, OAuthError):
            return None

    def visitor(self, request: Request) -> Visitor | None:
        return self.visitors.get(request.session.get("visitor", ""))

    def forget(self, request: Request) -> Visitor | None:
        return self.visitors.pop(request.session.pop("visitor", ""), None)

    def language(self, request: Request) -> str:
        wanted = request.query_params.get("lang") or request.cookies.get("lang")
        return "en" if wanted == "en" else "km"

    def page(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        lang = self.language(request)
        answer = self.pages.TemplateResponse(
            request,
            template,
            {"lang": lang, "t": TEXTS[lang], "config": self.config, "error": None, **values},
            status,
            {
                "Content-Security-Policy": "default-src 'none'; style-src 'self'; "
                f"base-uri 'none'; frame-ancestors 'none'; form-action 'self' {self.config.issuer}",
                "Cache-Control": "no-store",
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
            },
        )
        answer.set_cookie("lang", lang, samesite="lax", httponly=True)
        return answer
