"""What agencies register, and how they prove who they are besides tokens."""

import asyncio
import base64
import ipaddress
import json
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import httpcore
import orjson
from cryptography.hazmat.primitives.serialization import Encoding

from clients.rules import certificate, metadata, profiles, redirect_uri, registration
from clients.rules.authentication import ASSERTION_TYPE, parse_presented
from clients.rules.client import Client, SecurityProfile, TlsSubject
from core import outbound
from core.outbound import Outbound, OutboundError, OutboundPolicy
from core.pages import page_headers
from idp.rules import parameters
from idp.web import proof
from idp.web.browser import origin
from tests.certificates import Certified
from tests.fuzz.mutating import Kind
from tests.fuzz.targets import accepted, same, target, text
from tests.fuzz.targets.tokens import ED25519, RSA, key
from tests.rules import samples
from tests.rules.samples import NOW
from tra.forwarded import Forwarded

CALLBACK = "https://service.example.kh/callback"


@cache
def registrations() -> list[str]:
    plain: dict[str, Any] = {
        "client_name": "Land",
        "client_name#km": "ដីធ្លី",
        "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": ["https://service.example.kh/bye"],
        "grant_types": ["authorization_code", "refresh_token"],
        "contacts": ["a@example.kh"],
        "logo_uri": "https://service.example.kh/logo.png",
        "default_max_age": 60,
    }
    fapi = {
        **plain,
        "security_profile": "fapi2",
        "jwks": key().jwks,
        "token_endpoint_auth_method": "private_key_jwt",
        "dpop_bound_access_tokens": True,
    }
    encrypted = {
        **plain,
        "jwks": {"keys": [{**RSA, "use": "enc"}, ED25519]},
        "id_token_encrypted_response_alg": "RSA-OAEP-256",
        "backchannel_logout_uri": "https://service.example.kh/out",
        "frontchannel_logout_uri": "https://service.example.kh/out?x=1",
        "subject_type": "public",
    }
    by_certificate = {
        **plain,
        "token_endpoint_auth_method": "tls_client_auth",
        "tls_client_auth_subject_dn": "CN=land,O=Ministry,C=KH",
    }
    return list(map(json.dumps, (plain, fapi, encrypted, by_certificate)))


@target(make=registrations, kind=Kind.JSON, longest=8_192)
def client_metadata(data: bytes) -> None:
    """RFC 7591 §2 over HTTP: what is registered can be stored, read and told again."""
    try:
        document = orjson.loads(data)
    except ValueError:
        return
    asked = accepted(registration.check_asked, document, SecurityProfile.OIDC)
    if asked is None:
        return
    told = registration.with_sector(asked, "new")
    client = accepted(metadata.parse, told, client_id="new", agency_id="moc")
    if client is None:
        return
    stored = json.dumps(client.metadata, ensure_ascii=False)
    stored.encode()
    assert "\x00" not in stored  # which PostgreSQL takes in no text
    same(metadata.parse(json.loads(stored), client_id="new", agency_id="moc"), client)
    answer = orjson.loads(orjson.dumps(registration.describe(client)))
    changed = accepted(registration.check_update, answer, client)
    assert changed is not None, "what was told is not taken back"
    redirect_uri.origins(client.redirect_uris)
    for uri in client.redirect_uris:
        check_reply_to(client, uri)
    if client.logout.frontchannel_uri is not None:
        check_origin(origin(client.logout.frontchannel_uri))
    for lang in ("km", "en"):
        client.name(lang).encode()


@target(make=registrations, kind=Kind.JSON, longest=8_192)
def client_of_a_file(data: bytes) -> None:
    """The same from a file of an operator, which json reads."""
    try:
        document = json.loads(data)
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return
    if isinstance(document, dict):
        accepted(metadata.parse, document, client_id="new", agency_id="moc")


@target(
    CALLBACK,
    "http://127.0.0.1:8080/cb?x=1",
    "http://[::1]/cb",
    "com.example.app:/cb",
    "https://a.example.kh;script-src/",
    "https://a,b/",
    "https://user@a.example.kh/",
    "https://a.example.kh\\@b/",
    "https://a.example.kh:0x50/",
    "https://[::1%25eth0]/",
)
def registered_redirect_uri(data: bytes) -> None:
    """RFC 9700 §2.1: whatever is registered, an answer goes there and nowhere else."""
    uri = text(data)
    client = accepted(
        metadata.parse,
        {"security_profile": "oidc", "redirect_uris": [uri]},
        client_id="new",
        agency_id="moc",
    )
    if client is not None:
        check_reply_to(client, uri)
        redirect_uri.origins(client.redirect_uris)


def check_reply_to(client: Client, uri: str) -> None:
    reply_to = redirect_uri.check(uri, client)
    answer = reply_to.with_parameters({"code": "c", "state": "ស &=#"})
    assert answer.startswith(uri)
    assert answer.isascii()
    assert answer.isprintable()
    assert " " not in answer
    same(urlsplit(answer)[:3], urlsplit(uri)[:3])
    said = dict(
        pair.split("=", 1)
        for pair in urlsplit(answer).query.split("&")
        if pair.startswith(("code=", "state="))
    )
    same(said["code"], "c")
    check_origin(reply_to.origin)


def check_origin(found: str) -> None:
    """It becomes a word of a policy, and adds nothing to it."""
    usual, policy = page_headers(), page_headers((found,), (found,))
    name = "Content-Security-Policy"
    same(policy[name].count(";"), usual[name].count(";"))
    assert found.isascii()
    assert not set(found) & set(" ,;'\"")


@target(CALLBACK, "http://127.0.0.1:9/cb", "HTTP://127.0.0.1/cb", "http://127.0.0.1@evil/cb")
def asked_redirect_uri(data: bytes) -> None:
    """RFC 8252 §7.3: the port of a loopback address, and nothing else, may vary."""
    loopback = "http://127.0.0.1/cb"
    client = samples.client(redirect_uris=[CALLBACK, loopback], sector="service.example.kh")
    asked = text(data)
    found = accepted(redirect_uri.check, asked, client)
    if found is not None and asked not in client.redirect_uris:
        parts = urlsplit(asked)
        same((parts.scheme, parts.hostname, parts.path), ("http", "127.0.0.1", "/cb"))
        same(parts._replace(netloc="127.0.0.1").geturl(), loopback)


@target(
    make=lambda: [
        basic("service", "s3cret"),
        basic("a:b", "ក %"),
        "Basic",
        "basic YTpi",
        "Bearer x",
    ],
)
def basic_authentication(data: bytes) -> None:
    """RFC 6749 §2.3.1: as it was understood it can be written, and understood again."""
    found = accepted(parse_presented, data.decode("latin-1"), {})
    if found is not None:
        again = parse_presented(basic(found.client_id, found.secret), {})
        same(again, found)
        found.secret.encode()


@target(f"client_id=service&client_secret=x&client_assertion_type={ASSERTION_TYPE}", kind=Kind.FORM)
def client_authentication_in_a_form(data: bytes) -> None:
    """RFC 6749 §2.3: in one way."""
    form = accepted(parameters.parse, data)
    if form is not None:
        accepted(parse_presented, None, form)
        accepted(parse_presented, basic("service", "s3cret"), form)


def basic(client_id: str, secret: str) -> str:
    pair = ":".join(map(quote_plus, (client_id, secret)))
    return "Basic " + base64.b64encode(pair.encode()).decode()


@cache
def authority() -> Certified:
    return Certified("Authority", authority=True, since=datetime.fromtimestamp(NOW, UTC))


@cache
def leaf() -> Certified:
    return Certified("land", authority(), since=datetime.fromtimestamp(NOW, UTC))


@target(make=lambda: [leaf().certificate.public_bytes(Encoding.DER)])
def certificate_of_a_client(data: bytes) -> None:
    """RFC 8705 §2: a certificate of the handshake, which anybody may have made."""
    body = base64.encodebytes(data).decode()
    check_certificate(f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n")


@target(make=lambda: [leaf().pem, leaf().pem * 2, "-----BEGIN CERTIFICATE-----\n"])
def pem_of_a_client(data: bytes) -> None:
    """What the edge hands on."""
    check_certificate(text(data))


def check_certificate(pem: str) -> None:
    found = accepted(certificate.parse, pem)
    if found is None:
        return
    proof.thumbprint(found)
    accepted(certificate.check_self_signed, found, ())
    for kind, value in (("subject_dn", "CN=land,O=Ministry,C=KH"), ("san_dns", "land.example.kh")):
        subject = TlsSubject(kind, value)
        accepted(certificate.check_issued, found, subject, (authority().certificate,), NOW)


@target("CN=land,O=Ministry,C=KH", "1.2.3=#0500", "CN=a+CN=b", "emailAddress=a@b", "CN=\\zz")
def subject_of_a_certificate(data: bytes) -> None:
    """RFC 8705 §2.1.2: a name that can be registered can be compared."""
    for kind in ("subject_dn", "san_ip", "san_dns", "san_uri", "san_email"):
        subject = TlsSubject(kind, text(data))
        if accepted(lambda one: certificate.check_subject(one) or one, subject) is not None:
            accepted(
                certificate.check_issued,
                leaf().certificate,
                subject,
                (authority().certificate,),
                NOW,
            )


@target(
    make=lambda: [
        f"203.0.113.7\nhttps\n{quote(leaf().pem)}",
        "1.2.3.4, 203.0.113.7\nhttps\n",
        "\nhttp\n%ff%zz",
    ]
)
def headers_of_the_edge(data: bytes) -> None:
    """RFC 9700 §4.13: none of them goes further, whoever sent them."""
    names = (b"x-forwarded-for", b"x-forwarded-proto", b"tra-client-certificate", b"accept")
    sent = list(zip(names, data.split(b"\n", 3), strict=False))
    for peer in ("127.0.0.1", "203.0.113.9"):
        seen: list[Any] = []

        async def app(scope: Any, _receive: Any, _send: Any, seen: list[Any] = seen) -> None:
            seen.append(scope)

        scope = {"type": "http", "scheme": "http", "headers": sent, "client": (peer, 1)}
        run(Forwarded(app, ["127.0.0.0/8"])(scope, SimpleNamespace(), SimpleNamespace()))
        assert not {name for name, _ in seen[0]["headers"]} & set(names[:3])
        if peer != "127.0.0.1":
            same((seen[0]["client"], seen[0].get("extensions")), ((peer, 1), None))


def run(coroutine: Any) -> None:
    """A coroutine that waits for nobody."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits")


@target(
    "https://service.example.kh/jwks",
    "http://neighbour:8000/jwks",
    "https://service.example.kh\\@evil/",
    "https://a\tb/",
    "https://0x7f.1/",
    "https://a:b@c/",
)
def address_to_ask(data: bytes) -> None:
    """RFC 7591 §5: who is checked is who is asked."""
    url = text(data)
    try:
        client()._check_scheme(url)
    except OutboundError:
        return
    asked, checked = httpcore.URL(url), urlsplit(url)
    host = checked.hostname or ""
    same(asked.host.decode().lower(), f"[{host}]" if ":" in host else host.lower())
    same((asked.scheme.decode(), asked.port), (checked.scheme, checked.port))
    assert checked.netloc.isprintable()
    assert not set(checked.netloc) & set(" /?#@\\"), checked.netloc


@cache
def client() -> Outbound:
    return asyncio.run(_client())


async def _client() -> Outbound:
    return Outbound(OutboundPolicy(frozenset({"neighbour:8000"})))


@target("127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "8.8.8.8", "fe80::1%lo")
def address_of_a_peer(data: bytes) -> None:
    """OWASP SSRF: nothing special is public, however it is dressed."""
    try:
        ip = ipaddress.ip_address(text(data).partition("%")[0])
    except ValueError:
        return  # getaddrinfo gives addresses alone
    if outbound.is_public(str(ip)):
        inner = getattr(ip, "ipv4_mapped", None) or ip
        assert inner.is_global
        assert not inner.is_private
        assert not inner.is_loopback


@target(json.dumps([CALLBACK]), "{}", '["a","a"]', kind=Kind.JSON)
def sector_document(data: bytes) -> None:
    """OIDC Core 8.1: all redirect URIs are in it, or nothing is registered."""
    try:
        document = orjson.loads(data)
    except ValueError:
        return
    plain = samples.client()
    if accepted(lambda: registration.check_sector(document, plain) or plain) is not None:
        assert CALLBACK in document
    profiles.split_address(text(data))
