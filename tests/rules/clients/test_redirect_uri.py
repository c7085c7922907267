"""Where an answer may be sent (RFC 9700 §2.1, RFC 8252 §7.3, RFC 6749 §3.1.2)."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.rules.redirect_uri import (
    REDIRECT_URI_MISMATCH,
    REDIRECT_URI_MISSING,
    ReplyTo,
    check,
    check_post_logout,
    origins,
)
from core.errors import Refusal
from tests.rules.samples import client

WEB = "https://service.example.kh/callback?lang=km&x=%20a+b"
APP = "kh.example.app:/done"
SIX, FOUR = "http://[::1]/done", "http://127.0.0.1:4000/done?a=1"
NATIVE = client(redirect_uris=[WEB, APP, SIX, FOUR], sector="app")


@pytest.mark.rule("authorize.redirect-uri")
@pytest.mark.parametrize("uri", [WEB, APP, SIX, FOUR])
def test_redirect_uri_is_compared_as_an_exact_string(uri: str) -> None:
    assert check(uri, NATIVE).uri == uri


@pytest.mark.rule("authorize.redirect-uri")
@pytest.mark.parametrize(
    "asked",
    [
        WEB + "&y=1",
        WEB.replace("km", "KM"),
        WEB.replace("https", "http"),
        WEB.replace("https", "HTTPS"),
        WEB.replace("/callback", "/callback/"),
        WEB.replace("/callback", "/x/../callback"),
        WEB.replace(".kh", ".kh:443"),
        WEB.replace(".kh", ".kh."),
        WEB.partition("?")[0],
        WEB + "#",
        WEB + "\n",
        WEB + " ",
        WEB.replace("service", "user@service"),
        WEB.replace("%20", "%2520"),
        "https://service.example.kh.evil.example/callback",
        "",
        "javascript:alert(1)",
        "//service.example.kh/callback",
        APP.upper(),
    ],
)
def test_redirect_uri_that_differs_in_anything_is_refused(asked: str) -> None:
    with pytest.raises(Refusal) as refusal:
        check(asked, NATIVE)
    assert refusal.value.reason is REDIRECT_URI_MISMATCH


def test_missing_redirect_uri_is_refused_even_where_one_is_registered() -> None:
    with pytest.raises(Refusal) as refusal:
        check(None, client())
    assert refusal.value.reason is REDIRECT_URI_MISSING


@pytest.mark.rule("authorize.redirect-uri")
@pytest.mark.parametrize(
    "asked",
    [
        "http://127.0.0.1/done?a=1",
        "http://127.0.0.1:51004/done?a=1",
        "http://[::1]:51004/done",
        "http://[::1]/done",
    ],
)
def test_only_the_port_of_a_loopback_address_may_vary(asked: str) -> None:
    assert check(asked, NATIVE).uri == asked


@pytest.mark.parametrize(
    "asked",
    [
        "http://127.0.0.1:51004/other",
        "http://127.0.0.1:51004/done",
        "http://127.0.0.1:51004/done?a=2",
        "http://127.0.0.1:5100a/done?a=1",
        "http://127.0.0.1:៥១/done?a=1",
        "http://127.0.0.1:²/done?a=1",
        "http://127.0.0.1:510041/done?a=1",
        "http://127.0.0.1:/done?a=1",
        "http://127.0.0.1:1@evil.example/done?a=1",
        "http://127.0.0.1.evil.example/done?a=1",
        "http://127.0.0.2:4000/done?a=1",
        "http://localhost:4000/done?a=1",
        "http://[::1]:51004/done?a=1",
        "https://127.0.0.1:51004/done?a=1",
        "http://user@127.0.0.1:4000/done?a=1",
    ],
)
def test_loopback_address_that_differs_otherwise_is_refused(asked: str) -> None:
    with pytest.raises(Refusal):
        check(asked, NATIVE)


@pytest.mark.rule("authorize.redirect-uri")
@given(
    st.one_of(
        st.text(),
        st.sampled_from([WEB, APP, SIX, FOUR]).flatmap(
            lambda uri: st.tuples(
                st.just(uri), st.integers(0, len(uri)), st.integers(0, 3), st.text(max_size=6)
            ).map(lambda cut: cut[0][: cut[1]] + cut[3] + cut[0][cut[1] + cut[2] :])
        ),
    )
)
def test_nothing_but_the_registered_string_or_its_loopback_port_variant_is_accepted(
    asked: str,
) -> None:
    try:
        accepted = check(asked, NATIVE).uri
    except Refusal:
        return
    assert accepted == asked
    if asked in {WEB, APP}:
        return
    parts = urlsplit(asked)
    assert parts.port is None or parts.port <= 99_999
    bare = parts._replace(netloc="[::1]" if "[" in parts.netloc else "127.0.0.1").geturl()
    assert bare in {SIX, FOUR.replace(":4000", "")}


def test_reply_to_is_made_by_the_check_alone() -> None:
    with pytest.raises(TypeError):
        ReplyTo()


@pytest.mark.rule("authorize.registered-query")
def test_registered_query_survives_byte_for_byte_next_to_ours() -> None:
    sent = check(WEB, NATIVE).with_parameters({"code": "a b", "state": "ក&=#"})
    assert sent.startswith(WEB + "&")
    assert dict(parse_qsl(urlsplit(sent).query))["state"] == "ក&=#"


@pytest.mark.parametrize(
    ("uri", "sent"),
    [(APP, APP + "?code=c"), (SIX, SIX + "?code=c"), (FOUR, FOUR + "&code=c")],
)
def test_answer_is_added_to_the_query(uri: str, sent: str) -> None:
    assert check(uri, NATIVE).with_parameters({"code": "c"}) == sent
    assert check(uri, NATIVE).with_parameters({}) == uri


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=4))
def test_answer_can_say_anything_and_leads_to_the_same_place(answer: dict[str, str]) -> None:
    parts = urlsplit(check(WEB, NATIVE).with_parameters(answer))
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == (*urlsplit(WEB)[:3], "")


@pytest.mark.parametrize(
    ("uri", "origin"),
    [
        (WEB, "https://service.example.kh"),
        (FOUR, "http://127.0.0.1:4000"),
        (APP, "kh.example.app:"),
    ],
)
def test_origin_is_what_a_content_security_policy_calls_it(uri: str, origin: str) -> None:
    assert check(uri, NATIVE).origin == origin


def test_pages_are_where_browsers_say_they_are() -> None:
    """RFC 6454 §6.2: lower case, no usual port, and no origin for what is no page."""
    for uri, origin in (
        ("https://Spa.example.kh/callback?x", "https://spa.example.kh"),
        ("https://spa.example.kh:443/", "https://spa.example.kh"),
        ("https://spa.example.kh:8443/", "https://spa.example.kh:8443"),
        ("http://localhost:80/", "http://localhost"),
        (SIX.replace("[::1]", "[::1]:4000"), "http://[::1]:4000"),
    ):
        assert origins([uri]) == {origin}
    assert origins([APP, WEB, WEB]) == {"https://service.example.kh"}


def test_post_logout_redirect_uri_is_exact_and_may_be_absent() -> None:
    leaving = client(post_logout_redirect_uris=["https://service.example.kh/bye"])
    assert check_post_logout(None, leaving) is None
    found = check_post_logout("https://service.example.kh/bye", leaving)
    assert found is not None
    assert found.uri == "https://service.example.kh/bye"
    for asked in ("https://service.example.kh/callback", "https://service.example.kh/bye?x"):
        with pytest.raises(Refusal):
            check_post_logout(asked, leaving)
