"""Each client of the demo does what clients.json says it is for, by openid-client."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx2
import pytest
from joserfc import jws

from core.clock import SystemClock
from keys.jose import parse
from tests.certificates import Certified
from tests.live import LiveProvider, Person
from tests.node import script
from tests.processes import free_port
from tests.visitor import Visitor
from tra.demo_certificates import AUTHORITY, Certificates
from tra.demo_clients import AGENCIES, Addresses, clients, for_import
from tra.demo_profiles import API, BROKER, LOOPBACK
from tra.edge import Edge

ANY_PORT = LOOPBACK.replace("127.0.0.1", "127.0.0.1:5173")
SIGN_IN = ["moc-portal", "nssf-portal", "try-post", "try-spa", "try-rs256", "try-encrypted"]
FAPI = ["try-fapi", "try-fapi-signing", "try-fapi-mtls", "try-tls", "try-tls-self-signed"]
BY_ITSELF = ["moc-seal", "nssf-seal", "try-service"]
CIBA = ["try-ciba-poll", "try-ciba-ping"]
ONE_EACH = [
    "try-basic",  # its token is exchanged
    "try-exchange",
    "try-form-post",
    "try-spa-dpop",
    "try-logout",
    "try-device",
    "try-opaque",  # its token is asked about
    "try-api",
]


@dataclass
class Own:
    """A program of the reader's own: what it was sent."""

    port: int
    told: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    came: threading.Event = field(default_factory=threading.Event)

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def hear(self) -> tuple[str, dict[str, str], bytes]:
        assert self.came.wait(30), "nothing came"
        self.came.clear()
        return self.told.pop()

    @contextmanager
    def listening(self) -> Iterator[None]:
        own = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                own.told.append((self.path, dict(self.headers), body))
                self.send_response(204)
                self.end_headers()
                own.came.set()

            def log_message(self, *_: Any) -> None:
                return

        with ThreadingHTTPServer(("127.0.0.1", self.port), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield
            server.shutdown()


@dataclass
class Demo:
    """The demo's provider behind the edge, its clients, and somebody who is signed in there."""

    provider: LiveProvider
    own: Own
    clients: dict[str, dict[str, Any]]
    person: Person
    visitor: Visitor

    def service(self, client_id: str, **more: Any) -> dict[str, Any]:
        """What a program is told of its client, and no more."""
        client = self.clients[client_id]
        keys = {key["use"]: key for key in client.get("private_jwks", {"keys": []})["keys"]}
        pem = {
            name: client.get(f"certificate{part}") for name, part in (("cert", ""), ("key", "_key"))
        }
        assert self.provider.trust
        told = {
            "issuer": self.provider.issuer,
            "tls": self.provider.trust.read_text(encoding="ascii"),
            "client_id": client_id,
            "method": client["token_endpoint_auth_method"],
            "client_secret": client.get("client_secret"),
            "private_jwk": keys.get("sig"),
            "decryption_jwk": keys.get("enc"),
            "certificate": _read(pem) if pem["cert"] else None,
            "redirect_uri": ANY_PORT,
            "post_logout_redirect_uri": next(iter(client.get("post_logout_redirect_uris", ())), ""),
            "scope": client["scope"],
            "metadata": {
                name: client[name]
                for name in (
                    "id_token_signed_response_alg",
                    "userinfo_signed_response_alg",
                    "introspection_signed_response_alg",
                )
                if name in client
            },
            **more,
        }
        return {name: value for name, value in told.items() if value is not None}

    def sign_in(self, client_id: str, **more: Any) -> dict[str, Any]:
        with script("sign-in.js") as node:
            begun = node.ask(**self.service(client_id, **more))
            callback = self.visitor.go_through(begun["authorization_url"], self.person)
            learned = node.ask(callback=callback)
        assert learned["userinfo"]["name"] == self.person.name
        return learned

    def waiting(self) -> str:
        """The page of the one CIBA request that waits for the person."""
        self.visitor.open(f"{self.provider.issuer}/account")
        [waiting] = re.findall(r'href="(/ciba/[^"]+)"', self.visitor.page)
        self.visitor.open(self.provider.issuer + waiting)
        return self.visitor.page


def _read(files: dict[str, str]) -> dict[str, str]:
    return {name: Path(file).read_text(encoding="ascii") for name, file in files.items()}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder, port = tmp_path_factory.mktemp("demo"), free_port()
    certificates = Certificates(folder / "certificates")
    certificates.prepare()
    edge = Edge(folder / "edge", "localhost", free_port(), free_port(), f"127.0.0.1:{port}")
    authority = str(certificates.pair(AUTHORITY).certificate)
    provider = LiveProvider(folder, port, edge, {"tls_client_ca": authority})
    services = {agency.agency_id: "http://127.0.0.1:5173" for agency in AGENCIES}
    with provider.serving(), Visitor(edge.certificate) as visitor, ExitStack() as running:
        own = Own(provider.reachable_port())
        running.enter_context(own.listening())
        addresses = Addresses(provider.issuer, "http://localhost:1", services, own.origin)
        made = {client["client_id"]: client for client in clients(addresses, [], certificates)}
        provider.register(*map(for_import, made.values()))
        person = provider.newcomer()
        visitor.go_through(f"{provider.issuer}/account", person)
        yield Demo(provider, own, made, person, visitor)


def test_every_client_of_the_demo_is_walked_here(demo: Demo) -> None:
    assert sorted(demo.clients) == sorted([*SIGN_IN, *FAPI, *BY_ITSELF, *CIBA, *ONE_EACH])
    assert all(client["client_use"] for client in demo.clients.values())


@pytest.mark.parametrize("client_id", SIGN_IN)
def test_a_client_signs_the_person_in(demo: Demo, client_id: str) -> None:
    learned = demo.sign_in(client_id)
    if client_id == "try-rs256":
        token = learned["tokens"]["id_token"].encode()
        assert jws.extract_compact(token).headers()["alg"] == "RS256"
    if client_id == "try-encrypted":
        assert learned["tokens"]["id_token"].count(".") == 4


@pytest.mark.parametrize("client_id", FAPI)
def test_a_client_holds_to_fapi(demo: Demo, client_id: str) -> None:
    client = demo.clients[client_id]
    by_dpop = client.get("dpop_bound_access_tokens", False)
    other = Certified("another", since=SystemClock().utc())
    more = {
        "scope": "openid profile offline_access",
        "dpop_algorithm": "ES256" if by_dpop else None,
        "signing": client["security_profile"] == "fapi2-message-signing",
        "other_certificate": None if by_dpop else {"cert": other.pem, "key": other.key_pem},
    }
    with script("fapi.js") as node:
        begun = node.ask(**demo.service(client_id, **more))
        callback = demo.visitor.go_through(begun["authorization_url"], demo.person)
        learned = node.ask(callback=callback)
    assert learned["userinfo"]["name"] == demo.person.name
    cnf = parse(learned["tokens"]["access_token"]).claims["cnf"]
    assert cnf.keys() == ({"jkt"} if by_dpop else {"x5t#S256"})
    assert learned["stolen"] in {"invalid_token", "invalid_dpop_proof"}


@pytest.mark.parametrize("client_id", BY_ITSELF)
def test_a_client_gets_a_token_to_seal_with(demo: Demo, client_id: str) -> None:
    bound = demo.clients[client_id].get("dpop_bound_access_tokens", False)
    with script("client-credentials.js") as node:
        told = node.ask(**demo.service(client_id, dpop=bound))
    claims = parse(told["access_token"]).claims
    assert (claims["aud"], claims["scope"]) == ("http://localhost:1", "seal")
    assert ("cnf" in claims) == bound


@pytest.mark.parametrize("client_id", CIBA)
def test_a_client_asks_the_person_elsewhere(demo: Demo, client_id: str) -> None:
    notified = {"client_notification_token": "a-token-of-128-bits-or-more"}
    asked = {
        "scope": "openid profile",
        "login_hint": demo.person.username,
        "binding_message": "B-17",
        **(notified if client_id == "try-ciba-ping" else {}),
    }
    more = {"grant": "ciba", "signed": True, "dpop": True, "parameters": asked}
    with script("decoupled.js") as node:
        begun = node.ask(**demo.service(client_id, **more))
        assert "B-17" in demo.waiting()
        demo.visitor.submit(decision="approve")
        if client_id == "try-ciba-ping":
            path, headers, body = demo.own.hear()
            assert path == "/ciba"
            assert headers["Authorization"] == "Bearer a-token-of-128-bits-or-more"
            assert json.loads(body) == {"auth_req_id": begun["auth_req_id"]}
        learned = node.ask()
    assert learned["tokens"]["token_type"] == "dpop"
    assert learned["userinfo"]["name"] == demo.person.name


def test_a_page_rotates_its_bound_refresh_tokens(demo: Demo) -> None:
    with script("rotation.js") as node:
        begun = node.ask(**demo.service("try-spa-dpop", scope="openid profile"))
        callback = demo.visitor.go_through(begun["authorization_url"], demo.person)
        learned = node.ask(callback=callback)
    assert learned["second"]["refresh_token"] != learned["first"]["refresh_token"]
    assert learned["stolen"] == "invalid_grant"


def test_the_answer_comes_as_a_form(demo: Demo) -> None:
    more = {"parameters": {"response_mode": "form_post"}}
    with script("sign-in.js") as node:
        begun = node.ask(**demo.service("try-form-post", **more))
        demo.visitor.open(begun["authorization_url"])
        demo.visitor.submit(decision="approve")
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', demo.visitor.page))
        learned = node.ask(callback=f"{ANY_PORT}?{urlencode(fields)}")
    assert learned["userinfo"]["name"] == demo.person.name


def test_a_device_waits_for_the_person(demo: Demo) -> None:
    more = {"grant": "device", "parameters": {"scope": "openid profile"}}
    with script("decoupled.js") as node:
        begun = node.ask(**demo.service("try-device", **more))
        demo.visitor.go_through(begun["verification_uri_complete"], demo.person)
        learned = node.ask()
    assert learned["userinfo"]["name"] == demo.person.name


def test_a_service_goes_on_with_a_token_that_it_was_called_with(demo: Demo) -> None:
    token = demo.sign_in("try-basic")["tokens"]["access_token"]
    assert BROKER in parse(token).claims["aud"]
    more = {"subject_token": token, "audience": API, "scope": "profile"}
    with script("exchange.js") as node:
        exchanged = node.ask(**demo.service("try-exchange", **more))
    claims = parse(exchanged["access_token"]).claims
    assert (claims["aud"], claims["act"]["sub"]) == (API, "try-exchange")


def test_a_resource_server_asks_what_a_token_stands_for(demo: Demo) -> None:
    token = demo.sign_in("try-opaque")["tokens"]["access_token"]
    assert "." not in token
    answer = httpx2.post(
        f"{demo.provider.issuer}/introspect",
        data={"token": token},
        auth=("try-api", demo.clients["try-api"]["client_secret"]),
        verify=demo.visitor.trust,
    )
    told = answer.json()
    assert (told["active"], told["client_id"]) == (True, "try-opaque")


def test_a_client_learns_on_both_channels_that_the_person_signed_out(demo: Demo) -> None:
    learned = demo.sign_in("try-logout")
    demo.visitor.open(learned["end_session_url"])
    demo.visitor.submit(decision="logout")
    path, _, body = demo.own.hear()
    assert path == "/backchannel-logout"
    claims = parse(parse_qs(body.decode())["logout_token"][0]).claims
    assert claims["sid"] == learned["claims"]["sid"]
    assert f"{demo.own.origin}/frontchannel-logout?" in demo.visitor.page
