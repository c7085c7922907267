"""What every service does around its endpoints: request ids, logs, headers, health, hot routes.

Endpoints that must be fast stand in a table in front of FastAPI and are handed the bare request
(its routing, dependencies and form models cost 1.7 to 4 times the work of such an endpoint).
"""

import asyncio
import json
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, ParamSpec, Self, TypeVar

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import (
    BODY_TOO_LARGE,
    INTERNAL,
    MALFORMED_BODY,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    OVERLOADED,
    Refusal,
)

P = ParamSpec("P")
T = TypeVar("T")
C = TypeVar("C")

BODY_BYTES: Final = 64 * 1024
"""What a hot endpoint reads at most; none of them takes documents."""

_log = logging.getLogger("tra.serving")
_access = logging.getLogger("tra.access")

_HARDENING: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_HSTS: Final = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as a hot endpoint sees it: untrusted, its body read whole."""

    method: str
    path: str
    query: bytes
    raw_headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    source: str  # the peer's address
    certificate: str | None = None  # the peer's, PEM, where its TLS connection had one

    def header(self, name: bytes) -> str | None:
        """The first header of that (lower-case) name."""
        for key, value in self.raw_headers:
            if key == name:
                return value.decode("latin-1")
        return None

    def headers(self, name: bytes) -> list[str]:
        """Every header of that (lower-case) name."""
        return [value.decode("latin-1") for key, value in self.raw_headers if key == name]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a hot endpoint answers."""

    status: int
    body: bytes
    content_type: bytes = b"application/json"
    headers: tuple[tuple[bytes, bytes], ...] = ()


HotEndpoint = Callable[[Asked], Awaitable[Answer]]


@dataclass
class Service:
    """The outermost ASGI application of a service.

    `hot` maps a path and a method to an endpoint; a path that ends with a slash stands for all
    that have one more segment, and `/name/*` for all that begin so. `refuse` renders a Refusal of a
    hot endpoint; everything else goes to `app`. `new_id` makes request ids.
    """

    app: ASGIApp
    hot: Mapping[str, Mapping[str, HotEndpoint]]
    refuse: Callable[[Refusal, str], Answer]
    new_id: Callable[[], str]
    https: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = self.new_id()
        scope.setdefault("state", {})["request_id"] = request_id
        sending = _Sending(send, request_id, self.https)
        try:
            methods = self._methods(scope["path"])
            if methods is None:
                await self.app(scope, receive, sending)
            else:
                answer = await self._hot(methods, scope, receive, request_id)
                await sending.answer(answer, head=scope["method"] == "HEAD")
        except Exception:
            # The framework answered 500 already, or nobody did yet; either way it is logged once.
            _log.exception("request failed", extra={"fields": {"request_id": request_id}})
            if not sending.status:
                await sending.answer(self.refuse(Refusal(INTERNAL), request_id))
        finally:
            _log_access(scope, request_id, sending.status, time.perf_counter() - began)

    def _methods(self, path: str) -> Mapping[str, HotEndpoint] | None:
        return (
            self.hot.get(path)
            or self.hot.get(path[: path.rfind("/") + 1])
            or self.hot.get(f"{path[: path.find('/', 1) + 1]}*")
        )

    async def _hot(
        self,
        methods: Mapping[str, HotEndpoint],
        scope: Scope,
        receive: Receive,
        request_id: str,
    ) -> Answer:
        try:
            method = scope["method"]
            endpoint = methods.get("GET" if method == "HEAD" else method)
            if endpoint is None:
                raise Refusal(METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(methods)})
            return await endpoint(await _read(scope, receive))
        except Refusal as refusal:
            log_refusal(refusal, request_id)
            return self.refuse(refusal, request_id)


@dataclass
class _Sending:
    """Adds the headers that every answer has, and remembers the status for the log."""

    send: Send
    request_id: str
    https: bool
    status: int = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message["headers"] = list(message.get("headers", ()))
            headers.append((b"x-request-id", self.request_id.encode()))
            headers.extend(_HARDENING)
            if self.https:
                headers.append(_HSTS)
        await self.send(message)

    async def answer(self, answer: Answer, *, head: bool = False) -> None:
        headers = [*answer.headers]
        if answer.body:
            headers.append((b"content-type", answer.content_type))
        if answer.status not in {204, 304}:  # which have no content to speak of (RFC 9110 §8.6)
            headers.append((b"content-length", str(len(answer.body)).encode()))
        await self({"type": "http.response.start", "status": answer.status, "headers": headers})
        await self({"type": "http.response.body", "body": b"" if head else answer.body})


async def _read(scope: Scope, receive: Receive) -> Asked:
    body = b""
    if scope["method"] not in ("GET", "HEAD"):
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Refusal(MALFORMED_BODY, "the client went away")
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > BODY_BYTES:
                raise Refusal(BODY_TOO_LARGE)
    return Asked(
        scope["method"],
        scope["path"],
        scope["query_string"],
        tuple(scope["headers"]),
        body,
        (scope.get("client") or ("",))[0],
        _certificate(scope),
    )


def _certificate(scope: Scope) -> str | None:
    """What the ASGI extension `tls` tells of the peer. Headers are not looked at."""
    chain = scope.get("extensions", {}).get("tls", {}).get("client_cert_chain", ())
    return next(iter(chain), None)


def bound(
    ctx: C, endpoint: Callable[[C, Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint as routers call it."""

    async def asked(request: Request) -> Response:
        return await endpoint(ctx, request)

    asked.__doc__ = endpoint.__doc__
    return asked


def not_here(request: Request, error: Exception) -> Refusal:
    """What a router's own answer is to those who ask for what there is not."""
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        return Refusal(METHOD_NOT_ALLOWED, request.url.path, {"Allow": methods_of(request)})
    return Refusal(NOT_FOUND, request.url.path)


def methods_of(request: Request) -> str:
    """What an address of the framework's takes, for `Allow` (RFC 9110 §10.2.1): each method has a
    route of its own; static files have none."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    here = (r.path for r in routes if r.matches(request.scope)[0] is not Match.NONE)
    path = next(here, None)
    methods = {method for r in routes if r.path == path for method in r.methods or ()}
    return ", ".join(sorted(methods or {"GET", "HEAD"}))


def log_refusal(refusal: Refusal, request_id: str) -> None:
    """The private side of a refusal: why, for whoever is told the request id."""
    _log.info(
        "refused",
        extra={
            "fields": {
                "request_id": request_id,
                "code": refusal.reason.code,
                "debug": refusal.debug,
            }
        },
    )


def _log_access(scope: Scope, request_id: str, status: int, seconds: float) -> None:
    if _access.isEnabledFor(logging.INFO):
        _access.info(
            "request",
            extra={
                "fields": {
                    "request_id": request_id,
                    "method": scope["method"],
                    "path": scope["path"],  # never the query: it can carry codes and hints
                    "status": status,
                    "ms": round(seconds * 1000, 1),
                }
            },
        )


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, message, and the fields that the caller gave."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(line).decode()
        except orjson.JSONEncodeError:  # half a character, if need be
            written = json.dumps(line, ensure_ascii=False)
            return written.encode("utf-8", "backslashreplace").decode()


def log_as_json(level: str = "INFO") -> None:
    """Send every log line of this process to standard error, as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("uvicorn.access", "httpx2", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # What is wrong with a form is told to its sender, and is no fault of ours.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)


class Pool:
    """Threads for what takes long (argon2id), by name. More than `waiting` are not kept waiting:
    they are refused (503)."""

    def __init__(self, name: str, threads: int, waiting: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._room = threads + waiting

    async def run(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn` in a thread of the pool; raises Refusal where the queue is full."""
        if self._room == 0:
            raise Refusal(OVERLOADED, "the pool's queue is full", {"Retry-After": "5"})
        self._room -= 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._executor, partial(fn, *args, **kwargs))
        finally:
            self._room += 1

    def close(self) -> None:
        """Finish what has begun."""
        self._executor.shutdown(cancel_futures=True)


@dataclass
class Chores:
    """Small jobs that run again and again beside the endpoints; a failure is logged, not fatal."""

    jobs: Iterable[tuple[float, Callable[[], Awaitable[object]]]]
    _tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._repeat(*job)) for job in self.jobs]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _repeat(self, seconds: float, job: Callable[[], Awaitable[object]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await job()
            except Exception:
                _log.exception("a chore failed", extra={"fields": {"chore": repr(job)}})
