"""What every service does around its endpoints."""

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from core.errors import OVERLOADED, Refusal, catalogue, reason
from core.serving import BODY_BYTES, Answer, Asked, Chores, JsonLines, Pool, Service
from keys.handles import new_id

TEAPOT = reason("teapot", "teapot", 418, "Ask for tea.", "RFC 2324 §2.3.2")


async def echo(asked: Asked) -> Answer:
    told = {
        "query": asked.query.decode(),
        "body": asked.body.decode(),
        "source": asked.source,
        "x": asked.headers(b"x-name"),
        "first": asked.header(b"x-name"),
    }
    return Answer(200, json.dumps(told).encode())


async def empty(_: Asked) -> Answer:
    return Answer(200, b"")


async def fail(_: Asked) -> Answer:
    raise LookupError("the secret is hunter2")


async def refuse(_: Asked) -> Answer:
    raise Refusal(TEAPOT, "why", {"X-Tea": "none"})


async def page(_: Request) -> PlainTextResponse:
    return PlainTextResponse("page")


async def failing_page(_: Request) -> PlainTextResponse:
    raise LookupError("unexpected")


def as_json(refusal: Refusal, request_id: str) -> Answer:
    body = {"code": refusal.reason.code, "request_id": request_id}
    headers = tuple((name.lower().encode(), v.encode()) for name, v in refusal.headers.items())
    return Answer(refusal.reason.status, json.dumps(body).encode(), headers=headers)


def service(*, https: bool = False) -> Service:
    return Service(
        Starlette(routes=[Route("/page", page), Route("/failing", failing_page)]),
        {
            "/echo": {"GET": echo, "POST": echo},
            "/empty": {"GET": empty},
            "/fail": {"GET": fail},
            "/refuse": {"GET": refuse},
        },
        refuse=as_json,
        new_id=new_id,
        https=https,
    )


@pytest.fixture
def http() -> TestClient:
    return TestClient(service(), client=("203.0.113.7", 1))


class Lines(logging.Handler):
    """Every line as it would be written."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(JsonLines())
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(self.format(record)))


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    handler, ours = Lines(), logging.getLogger("tra")
    before = ours.level
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
    yield handler.lines
    ours.removeHandler(handler)
    ours.setLevel(before)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/echo", 200),
        ("GET", "/page", 200),
        ("GET", "/nowhere", 404),
        ("POST", "/page", 405),
        ("DELETE", "/echo", 405),
        ("GET", "/refuse", 418),
        ("GET", "/fail", 500),
        ("GET", "/failing", 500),
    ],
)
def test_every_answer_has_a_request_id_and_the_hardening_headers(
    http: TestClient, lines: list[dict[str, Any]], method: str, path: str, status: int
) -> None:
    answer = http.request(method, path + "?secret=1")
    assert answer.status_code == status
    assert len(answer.headers["x-request-id"]) == 26
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    (access,) = [line for line in lines if line["logger"] == "tra.access"]
    assert access["request_id"] == answer.headers["x-request-id"]
    assert (access["path"], access["status"]) == (path, status)
    assert "secret=1" not in json.dumps(lines)


def test_request_ids_differ(http: TestClient) -> None:
    assert len({http.get("/echo").headers["x-request-id"] for _ in range(20)}) == 20


def test_strict_transport_security_is_said_over_https_alone(http: TestClient) -> None:
    assert "strict-transport-security" not in http.get("/echo").headers
    secure = TestClient(service(https=True))
    for path in ("/echo", "/page"):
        assert "max-age=" in secure.get(path).headers["strict-transport-security"]


def test_hot_endpoint_is_handed_the_bare_request(http: TestClient) -> None:
    headers = [("X-Name", "one"), ("X-Name", "two")]
    told = http.post("/echo?a=1", content="b=2", headers=headers).json()
    assert told == {
        "query": "a=1",
        "body": "b=2",
        "source": "203.0.113.7",
        "x": ["one", "two"],
        "first": "one",
    }


def test_method_that_is_not_taken_is_405_and_the_others_are_listed(http: TestClient) -> None:
    answer = http.put("/echo")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"
    assert answer.json()["code"] == "method_not_allowed"


def test_body_longer_than_the_limit_is_413(http: TestClient) -> None:
    assert http.post("/echo", content=b"x" * BODY_BYTES).status_code == 200
    answer = http.post("/echo", content=b"x" * (BODY_BYTES + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    chunks = (b"x" * 10_000 for _ in range(1_000))
    assert http.post("/echo", content=chunks).status_code == 413


def test_body_that_breaks_off_is_not_taken_for_a_whole_one() -> None:
    messages = [
        {"type": "http.request", "body": b"grant_type=", "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/echo",
        "query_string": b"",
        "headers": [],
        "client": None,
    }
    asyncio.run(service()(scope, receive, send))
    assert sent[0]["status"] == 400


def test_refusal_is_answered_by_its_reason_and_logged_with_its_cause(
    http: TestClient, lines: list[dict[str, Any]]
) -> None:
    answer = http.get("/refuse")
    assert answer.json() == {"code": "teapot", "request_id": answer.headers["x-request-id"]}
    assert answer.headers["x-tea"] == "none"
    (line,) = [line for line in lines if line["message"] == "refused"]
    assert (line["code"], line["debug"]) == ("teapot", "why")
    assert line["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("path", ["/fail", "/failing"])
def test_unexpected_exception_is_logged_once_with_its_trace(
    http: TestClient, lines: list[dict[str, Any]], path: str
) -> None:
    answer = http.get(path)
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    (line,) = [line for line in lines if "trace" in line]
    assert line["message"] == "request failed"
    assert line["request_id"] == answer.headers["x-request-id"]
    assert "LookupError" in line["trace"]


def test_unexpected_exception_of_a_hot_endpoint_has_its_stable_code(http: TestClient) -> None:
    assert http.get("/fail").json()["code"] == "internal_error"


def test_chore_that_fails_is_logged_and_runs_again(lines: list[dict[str, Any]]) -> None:
    async def wait() -> None:
        runs, again = [], asyncio.Event()

        async def chore() -> None:
            runs.append(1)
            if len(runs) == 1:
                raise LookupError("once")
            again.set()

        async with Chores(((0.01, chore),)):
            await again.wait()

    asyncio.run(asyncio.wait_for(wait(), 10))
    assert len([line for line in lines if line["message"] == "a chore failed"]) == 1


def test_log_line_is_one_json_object_whatever_stands_in_it() -> None:
    record = logging.LogRecord("n", logging.INFO, "", 0, 'ក "%s"\n', ("x\r\n",), None)
    record.fields = {"debug": "a\nb"}
    line = JsonLines().format(record)
    assert "\n" not in line
    assert json.loads(line)["message"] == 'ក "x\r\n"\n'


def test_log_line_can_be_written_where_half_a_character_stands_in_it() -> None:
    record = logging.LogRecord("n", logging.INFO, "", 0, "\ud800", (), None)
    line = JsonLines().format(record)
    line.encode()
    assert json.loads(line)["message"] == "\ud800"


def test_answer_without_a_body_is_of_no_type(http: TestClient) -> None:
    answer = http.get("/empty")
    assert answer.headers["content-length"] == "0"
    assert "content-type" not in answer.headers


def test_reasons_have_distinct_codes_and_teach() -> None:
    with pytest.raises(ValueError, match="teapot"):
        reason("teapot", "x", 400, "x", "x")
    for known in catalogue():
        assert 400 <= known.status <= 599
        assert known.hint, known.code
        assert known.rule, known.code


def test_pool_refuses_what_it_cannot_keep_waiting() -> None:
    pool, hold = Pool("test", threads=1, waiting=2), threading.Event()

    async def overfill() -> list[object]:
        held = [asyncio.create_task(pool.run(hold.wait, 10)) for _ in range(5)]
        await asyncio.sleep(0)
        hold.set()
        return await asyncio.gather(*held, return_exceptions=True)

    outcomes = asyncio.run(overfill())
    pool.close()
    refused = [each for each in outcomes if isinstance(each, Refusal)]
    assert [each.reason for each in refused] == [OVERLOADED] * 2
    assert outcomes.count(True) == 3


def test_head_is_get_without_its_body() -> None:
    async def hello(_: Asked) -> Answer:
        return Answer(200, b'{"hello":"world"}')

    service = Service(Starlette(), {"/hot": {"GET": hello}}, as_json, new_id, https=False)
    answer = TestClient(service).head("/hot")
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (
        200,
        "17",
        b"",
    )


def test_a_hot_endpoint_may_have_all_addresses_that_begin_alike() -> None:
    async def told(asked: Asked) -> Answer:
        return Answer(200, asked.path.encode())

    async def not_modified(_: Asked) -> Answer:
        return Answer(304, b"", headers=((b"etag", b'"1"'),))

    hot = {"/all/*": {"GET": told}, "/one/": {"GET": told}, "/same": {"GET": not_modified}}
    http = TestClient(Service(Starlette(), hot, as_json, new_id, https=False))
    for path in ("/all/", "/all/a", "/all/a/b/c", "/one/a"):
        assert http.get(path).text == path
    for path in ("/all", "/al/a", "/one/a/b", "/other"):
        assert http.get(path).status_code == 404
    assert "content-length" not in http.get("/same").headers
