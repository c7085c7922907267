"""Both services whole: requests of any bytes, as a server hands them on. No answer is our fault.

A request is its method and address, its headers, an empty line, its body. What carries a proof of
somebody carries it: `@bearer`, `@basic` and their kin stand for fresh ones.
"""

import asyncio
import base64
import re
from collections.abc import Callable
from functools import cache
from tempfile import mkdtemp
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

import orjson

from clients.rules.authentication import ASSERTION_TYPE
from clients.rules.profiles import CIBA, DEVICE_CODE, TOKEN_EXCHANGE
from core.clock import FixedClock
from idp.rules.token_exchange import ACCESS_TOKEN
from idp.web.browser import csrf
from tests.callers import API, Clients
from tests.conftest import NEW_YEAR
from tests.documents import plain_pdf
from tests.fuzz.mutating import Kind
from tests.fuzz.targets import target
from tests.fuzz.targets.documents import ocsp_requests, time_stamp_requests
from tests.provider import VERIFIER, Provider, authorization_request, fresh_assertion
from tests.signing_service import ProviderOnLoopback, SigningService
from tests.visits import BROWSER, SESSION, People

Answer = tuple[int, dict[str, str], bytes]
_HEADER = re.compile(rb"[A-Za-z0-9-]+\Z")
_LOOP = asyncio.new_event_loop()


class Door:
    """An application, and what stands in for secrets in requests."""

    def __init__(self, app: Any, secrets: dict[bytes, Callable[[], str]]) -> None:
        self.app, self.secrets = app, secrets

    def send(self, data: bytes) -> Answer | None:
        """What is answered; None where no server would hand that on."""
        head, _, body = data.partition(b"\n\n")
        first, *lines = head.split(b"\n")
        method, _, address = first.partition(b" ")
        path, _, query = address.partition(b"?")
        if not method.isalpha() or not address.isascii() or not path.startswith(b"/"):
            return None
        try:
            decoded = unquote_to_bytes(path).decode()
        except UnicodeDecodeError:
            return None
        headers = [
            (name.strip().lower(), self._with_secrets(value.strip()))
            for name, _, value in (line.partition(b":") for line in lines)
            if _HEADER.match(name.strip()) and not {0, 10, 13} & set(value)
        ]
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method.decode().upper(),
            "scheme": "http",
            "path": decoded,
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": headers,
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 8_000),
        }
        return _LOOP.run_until_complete(_exchange(self.app, scope, self._with_secrets(body)))

    def _with_secrets(self, part: bytes) -> bytes:
        for name, make in self.secrets.items():
            if name in part:
                part = part.replace(name, make().encode())
        return part


async def _exchange(app: Any, scope: dict[str, Any], body: bytes) -> Answer:
    waiting = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Any] = []

    async def receive() -> Any:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    headers = {}
    for name, value in sent[0]["headers"]:
        assert not {0, 10, 13} & set(value), (name, value)
        headers[name.decode().lower()] = value.decode("latin-1")
    return sent[0]["status"], headers, b"".join(part.get("body", b"") for part in sent[1:])


def check_answer(answer: Answer | None) -> None:
    """No fault of ours, and what it says it is."""
    if answer is None:
        return
    status, headers, body = answer
    assert status < 500, body
    assert headers["x-request-id"]
    if body and headers.get("content-type") == "application/json":
        orjson.loads(body)
    if status in {301, 302, 303, 307, 308}:
        assert status == 303
        assert headers["location"].isascii()


def asked(line: str, body: Any = None, **headers: str) -> bytes:
    """A seed. Underscores of names are hyphens."""
    kind = "application/json" if isinstance(body, list) else "application/x-www-form-urlencoded"
    if body is not None and "Content_Type" not in headers:
        headers["Content_Type"] = kind
    head = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in headers.items())
    encoded = body if isinstance(body, bytes) else b""
    if isinstance(body, dict):
        encoded = urlencode(body, safe="@").encode()
    if isinstance(body, list):
        encoded = orjson.dumps(body[0])
    return f"{line}\n{head}\n".encode() + encoded


BASIC = {"Authorization": "Basic @basic"}
BEARER = {"Authorization": "Bearer @bearer"}


@cache
def provider() -> Door:
    """In a folder of its own, which goes with the machine's other temporary files."""
    op = Provider(
        f"sqlite:///{mkdtemp(prefix='tra-fuzz-')}/idp.sqlite",
        FixedClock(NEW_YEAR),
        throttle_loopback=False,
        development_hooks=True,
    )
    op.add_agency()
    clients = Clients(op)
    people = People(clients)
    session, waiting = people.signed_in(), clients.waiting()
    return Door(
        op.app,
        {
            b"@basic": lambda: base64.b64encode(b"all:secret").decode(),
            b"@bearer": lambda: str(clients.tokens()["access_token"]),
            b"@refresh": lambda: str(clients.tokens()["refresh_token"]),
            b"@code": lambda: clients.code("all")["code"],
            b"@pushed": lambda: str(clients.fapi.push().json()["request_uri"]),
            b"@invited": lambda: clients.invitation,
            b"@device": lambda: str(clients.device()["device_code"]),
            b"@ciba": lambda: waiting,
            b"@proof": clients.fapi.proof,
            b"@assertion": lambda: fresh_assertion(clients.fapi.key, "fapi", op.now),
            b"@session": lambda: session[SESSION],
            b"@browser": lambda: session[BROWSER],
            b"@csrf": lambda: csrf(session[BROWSER], "device"),
        },
    )


def provider_requests() -> list[bytes]:
    request = authorization_request("all")
    signed = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": "@assertion"}
    signed_in = {"Cookie": "tra-session=@session; tra-browser=@browser"}
    of_code = {"redirect_uri": request["redirect_uri"], "code_verifier": VERIFIER}
    grants = (
        {"grant_type": "authorization_code", "code": "@code", **of_code},
        {"grant_type": "refresh_token", "refresh_token": "@refresh"},
        {"grant_type": "client_credentials", "scope": "seal", "resource": API},
        {"grant_type": DEVICE_CODE, "device_code": "@device"},
        {"grant_type": CIBA, "auth_req_id": "@ciba"},
        {
            "grant_type": TOKEN_EXCHANGE,
            "subject_token": "@bearer",
            "subject_token_type": ACCESS_TOKEN,
        },
    )
    land = {"client_name": "Land", "redirect_uris": ["https://land.example.kh/callback"]}
    return [
        *(asked("POST /token", grant, **BASIC) for grant in grants),
        asked("POST /token", {**grants[2], **signed}, DPoP="@proof"),
        asked("POST /par", request, **BASIC),
        asked("POST /device_authorization", {"scope": "openid"}, **BASIC),
        asked("POST /bc-authorize", {"scope": "openid", "login_hint": "sokha"}, **BASIC),
        asked("POST /introspect", {"token": "@bearer"}, **BASIC),
        asked("POST /revoke", {"token": "@refresh"}, **BASIC),
        asked("GET /userinfo", **BEARER),
        asked("POST /userinfo", {"access_token": "@bearer"}),
        asked("POST /register", [land], Authorization="Bearer @invited"),
        asked("GET /register/all", Authorization="Bearer x"),
        asked(f"GET /authorize?{urlencode(request)}", **signed_in),
        asked("GET /authorize?client_id=fapi&request_uri=@pushed", **signed_in),
        asked("POST /authorize", request),
        asked("GET /login/a?lang=en", **signed_in),
        asked("POST /login/a", {"csrf": "c", "username": "sokha", "password": "p"}, **signed_in),
        asked("GET /account?lang=km", **signed_in),
        asked("POST /device", {"csrf": "@csrf", "user_code": "WDJB-MJHT"}, **signed_in),
        asked("GET /ciba/a", **signed_in),
        asked("GET /logout?client_id=all&post_logout_redirect_uri=https://all.example.kh/bye"),
        asked("POST /inspector", {"pasted": f"https://x/authorize?{urlencode(request)}"}),
        asked("OPTIONS /token", Origin="https://all.example.kh"),
        asked("GET /.well-known/openid-configuration", Accept="*/*"),
        asked("GET /static/tra.css"),
        asked("HEAD /errors"),
    ]


@target(make=provider_requests, kind=Kind.REQUEST, share=60)
def provider_by_http(data: bytes) -> None:
    """Every address of the provider."""
    check_answer(provider().send(data))


@cache
def sealing() -> Door:
    """The signing service; its provider answers on loopback."""
    service = SigningService(
        f"sqlite:///{mkdtemp(prefix='tra-fuzz-')}/signing.sqlite",
        FixedClock(NEW_YEAR),
        ProviderOnLoopback(),
    )
    return Door(service.app, {b"@bearer": service.token})


def sealing_requests() -> list[bytes]:
    question, stamp = ocsp_requests()[0], time_stamp_requests()[0]
    digest = {"hash": "sha256", "digest": "ab" * 32}
    pdf = {"Content_Type": "application/pdf"}
    return [
        asked("POST /seal?level=B-B", plain_pdf(), **BEARER, **pdf),
        asked("POST /seal?format=cades", b"A letter.", **BEARER, Idempotency_Key="k"),
        asked("POST /seal/digest", [digest], **BEARER),
        asked("POST /verify", plain_pdf(), **pdf),
        asked("POST /signed?signature=Seal1", plain_pdf(), **pdf),
        asked("POST /tsa", stamp, Content_Type="application/timestamp-query"),
        asked("POST /ocsp", question, Content_Type="application/ocsp-request"),
        asked(f"GET /ocsp/{base64.b64encode(question).decode()}"),
        asked("GET /certificates/root.cer"),
        asked("GET /crl/root-0.crl"),
        asked("GET /?lang=en", Accept="text/html"),
        asked("GET /readyz"),
    ]


@target(make=sealing_requests, kind=Kind.REQUEST, share=20)
def sealing_by_http(data: bytes) -> None:
    """Every address of the signing service."""
    check_answer(sealing().send(data))
