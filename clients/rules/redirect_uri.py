"""Where an answer may be sent. Only `check` makes a ReplyTo: no other address can be written."""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import SplitResult, urlencode, urlsplit

from clients.rules.client import Client
from core.errors import Refusal, reason

REDIRECT_URI_MISSING = reason(
    "redirect_uri_missing",
    "invalid_request",
    400,
    "Send redirect_uri, exactly as it is registered.",
    "OIDC Core 3.1.2.1",
)
REDIRECT_URI_MISMATCH = reason(
    "redirect_uri_mismatch",
    "invalid_request",
    400,
    "redirect_uri is not registered for this client. It is compared character by character, query "
    "included; only the port of a loopback address may differ.",
    "RFC 9700 §2.1, OIDC Core 3.1.2.1",
)

_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_LOOPBACK: Final = re.compile(
    r"(?P<host>http://(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?(?P<path>(?:/.*)?)\Z"
)


class ReplyTo:
    """A redirect URI that was found on a client's record."""

    __slots__ = ("client_id", "uri")

    client_id: str
    uri: str

    def __init__(self) -> None:
        raise TypeError("only redirect_uri.check makes a ReplyTo")

    def with_parameters(self, parameters: dict[str, str]) -> str:
        """The URI with parameters added to its query, where it has one (RFC 6749 §3.1.2)."""
        if not parameters:
            return self.uri
        joint = "&" if "?" in self.uri else "?"
        return f"{self.uri}{joint}{urlencode(parameters)}"

    @property
    def origin(self) -> str:
        """What a Content-Security-Policy calls the receiver."""
        parts = urlsplit(self.uri)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"


def check(asked: str | None, client: Client) -> ReplyTo:
    """Find the asked URI on the client's record; raises Refusal, which is shown as a page."""
    if asked is None:
        raise Refusal(REDIRECT_URI_MISSING, client.client_id)
    if not any(_same(asked, registered) for registered in client.redirect_uris):
        raise Refusal(REDIRECT_URI_MISMATCH, f"{client.client_id} asked {asked[:200]}")
    return _reply_to(asked, client)


def check_post_logout(asked: str | None, client: Client) -> ReplyTo | None:
    """RP-Initiated Logout 3: a registered post_logout_redirect_uri, or None where none is asked."""
    if asked is None:
        return None
    if asked not in client.post_logout_redirect_uris:
        raise Refusal(REDIRECT_URI_MISMATCH, f"{client.client_id} asked {asked[:200]}")
    return _reply_to(asked, client)


def _reply_to(uri: str, client: Client) -> ReplyTo:
    reply_to = object.__new__(ReplyTo)
    reply_to.client_id, reply_to.uri = client.client_id, uri
    return reply_to


def _same(asked: str, registered: str) -> bool:
    if asked == registered:
        return True
    # RFC 8252 §7.3: a native app on a loopback address cannot know its port beforehand.
    return _without_loopback_port(asked) == _without_loopback_port(registered) is not None


def _without_loopback_port(uri: str) -> tuple[str, str] | None:
    found = _LOOPBACK.match(uri)
    return None if found is None else (found["host"], found["path"])


def origins(redirect_uris: Iterable[str]) -> frozenset[str]:
    """Where the pages of a client may be, as browsers spell it (RFC 6454 §6.2)."""
    pages = (urlsplit(uri) for uri in redirect_uris)
    return frozenset(_origin(page) for page in pages if page.scheme in _DEFAULT_PORTS)


def _origin(page: SplitResult) -> str:
    host = f"[{page.hostname}]" if ":" in (page.hostname or "") else page.hostname
    usual = page.port in {None, _DEFAULT_PORTS[page.scheme]}
    return f"{page.scheme}://{host}" if usual else f"{page.scheme}://{host}:{page.port}"
