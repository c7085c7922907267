"""Holds a running service to its OpenAPI description: requests of every kind, valid and broken,
made from the description by Schemathesis; whatever is answered has to stand in it."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import requests
import schemathesis
import uvicorn
from schemathesis import Case, Response, SerializationContext
from schemathesis.checks import CheckContext, not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core import NOT_SET
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from starlette.types import ASGIApp

from tests.callers import Maker, Valid
from tests.processes import free_port

SEED = 2026
EXAMPLES = int(os.environ.get("EXAMPLES", "10"))
"""Random requests for each operation; `make fuzz` asks for more."""

PATIENCE = 120
"""Seconds that a busy machine may take to answer."""

EVERYWHERE = frozenset(
    {
        # of HTTP itself, and of every body
        "connection",
        "content-length",
        "content-type",
        "date",
        "transfer-encoding",
        # of every answer
        "cross-origin-opener-policy",
        "referrer-policy",
        "strict-transport-security",
        "x-content-type-options",
        # of every page
        "content-security-policy",
        "x-frame-options",
        # what browsers ask of answers to other origins
        "access-control-allow-headers",
        "access-control-allow-methods",
        "access-control-allow-origin",
        "access-control-expose-headers",
        "access-control-max-age",
        "vary",
    }
)
"""Headers that need no word at each answer."""


@schemathesis.serializer(
    "application/pdf",
    "application/octet-stream",
    "application/timestamp-query",
    "application/ocsp-request",
)
def as_it_is(_ctx: SerializationContext, value: Any) -> bytes:
    """Bodies that are bytes; what was generated for one may be anything."""
    return value if isinstance(value, bytes) else repr(value).encode()


def no_header_is_undescribed(ctx: CheckContext, response: Response, case: Case) -> None:
    """Each header of the answer is told of at its status."""
    answers = case.operation.definition.raw["responses"]
    described = answers.get(str(response.status_code), {}).get("headers", {})
    known = EVERYWHERE | {name.lower() for name in described}
    if response.status_code == 405:  # of an address, not of an operation
        known |= {"allow", "cache-control", "pragma", "x-request-id", "set-cookie"}
    unknown = {name.lower() for name in response.headers} - known
    assert not unknown or (response.status_code == 204 and case.method == "OPTIONS"), unknown


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
    allow_header_conformance,
    ignored_auth,
    no_header_is_undescribed,
]


def read(document: dict[str, Any]) -> BaseSchema:
    """The description, with what is made from it: always the same requests."""
    plain = json.loads(json.dumps(document))
    schema = schemathesis.openapi.from_dict(plain, config=SchemathesisConfig(seed=SEED))
    schema.config.phases.fuzzing.generation.update(max_examples=EXAMPLES)
    schema.config.generation.update(database="none")
    return schema


def check(case: Case, url: str, http: requests.Session, maker: Maker | None) -> None:
    """Send it, with what the maker puts into it; whatever comes back has to be described."""
    credentials = {} if maker is None else _furnish(case, maker)
    _sent(case, url, http, credentials)


def send(operation: APIOperation, valid: Valid, url: str, http: requests.Session) -> Response:
    """Send that very request; the answer is described too."""
    case = operation.Case(
        path_parameters=valid.path,
        query=valid.query,
        headers=valid.headers,
        cookies=valid.cookies,
        body=valid.body if operation.body else NOT_SET,
        media_type=operation.body[0].media_type if operation.body else None,
    )
    return _sent(case, url, http, {})


def _sent(case: Case, url: str, http: requests.Session, credentials: dict[str, str]) -> Response:
    answer = case.call(base_url=url, session=http, headers=credentials, timeout=PATIENCE)
    http.cookies.clear()
    case.validate_response(answer, checks=CHECKS)
    return answer


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """The application in a server of this process, as `tra serve` runs it; yields its address."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            port=port,
            loop="uvloop",
            http="httptools",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    _wait(lambda: server.started or not thread.is_alive())
    assert server.started
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def _wait(done: Callable[[], bool]) -> None:
    while not done():
        time.sleep(0.01)


def _furnish(case: Case, maker: Maker) -> dict[str, str]:
    """Puts a request that is accepted into the case, and returns its credentials. Of what was
    generated all is left, or some, or nothing. The same case always comes out the same."""
    dice = Random(repr((case.operation.label, case.path_parameters, case.query, case.body)))
    if dice.random() < 0.3:
        return {}
    valid, left = maker(dice), dice.choice([0.0, 0.1, 0.3])
    if isinstance(valid.body, bytes):
        whole = hurt(valid.body, dice) if dice.random() < left else valid.body
        form = case.media_type == "multipart/form-data"
        case.body = {"document": whole} if form else whole
    elif valid.body and not isinstance(case.body, dict):
        case.body = {}
    for generated, wanted in (
        (case.query, valid.query),
        (case.path_parameters, valid.path),
        (case.headers, valid.headers),
        (case.cookies, valid.cookies),
        *([(case.body, valid.body)] if isinstance(valid.body, dict) and valid.body else []),
    ):
        for name in list(generated):
            if dice.random() >= left:
                del generated[name]
        generated.update({k: v for k, v in wanted.items() if k not in generated})
    given = case.headers.pop("Authorization", None)
    return {} if given is None else {"Authorization": given}


def hurt(data: bytes, dice: Random) -> bytes:
    """The same with one octet changed, or cut short."""
    place = dice.randrange(len(data))
    end = dice.choice([b"", bytes([data[place] ^ 1 << dice.randrange(8)]) + data[place + 1 :]])
    return data[:place] + end
