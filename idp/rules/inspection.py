"""What is wrong with a pasted request or token: the rules of the endpoints, asked by hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, ParamSpec, TypeVar
from urllib.parse import urlsplit

from clients.rules import authentication, redirect_uri
from clients.rules.authentication import ASSERTION_TYPE, CLIENT_UNKNOWN
from clients.rules.client import Client
from core.errors import Reason, Refusal, reason
from idp.rules import authorize, dpop, id_token_hint, request_object
from idp.rules.pasted import LONGEST_SHOWN, Kind, Pasted, shown
from idp.rules.tokens import ACCESS_TOKEN_TYPE
from keys.jose import VerificationKey, verify
from keys.segments import JoseError

NOTHING_TO_INSPECT = reason(
    "nothing_to_inspect",
    "invalid_request",
    400,
    "Paste an authorization URL, a form that has a client_assertion, or a signed token: three "
    "parts joined by dots. Opaque handles and encrypted tokens tell nothing.",
    "Tra: inspector",
)
ANOTHER_ADDRESS = reason(
    "another_address",
    "invalid_request",
    400,
    "The URL does not begin with this provider's authorization_endpoint; see its metadata.",
    "OpenID Connect Discovery 3",
)
TOKEN_NOT_OURS = reason(
    "token_not_ours",
    "invalid_token",
    401,
    "The token is not signed by a key that this provider publishes, or names another issuer, or "
    "its typ is that of another kind of token.",
    "RFC 9068 §4, OIDC Core 3.1.3.7",
)

_PUSHED: Final = "urn:ietf:params:oauth:request_uri:"  # RFC 9126 §2.2
P = ParamSpec("P")
T = TypeVar("T")


class Note(StrEnum):
    """What was left unchecked, and what is no mistake but good to know."""

    ONCE = "once"  # whether it was used before
    KEYS = "keys"  # its signature: the client's keys are elsewhere
    ALIVE = "alive"  # whether it was revoked
    PUSHED = "pushed"  # the request itself
    EXPIRED = "expired"


_OURS: Final[Mapping[Kind, tuple[frozenset[str], str]]] = {
    Kind.ACCESS_TOKEN: (frozenset({"ES256"}), ACCESS_TOKEN_TYPE),
    Kind.ID_TOKEN: (frozenset({"ES256", "RS256", "PS256"}), "jwt"),
    Kind.ANSWER: (frozenset({"ES256", "RS256", "PS256"}), "jwt"),
    Kind.LOGOUT_TOKEN: (frozenset({"ES256", "RS256", "PS256"}), "logout+jwt"),
}


@dataclass(frozen=True, slots=True)
class Us:
    """The provider that is asked: its issuer, the addresses of its endpoints, its keys."""

    issuer: str
    addresses: Callable[[str], tuple[str, ...]]
    keys: tuple[VerificationKey, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is not kept."""

    reason: Reason
    detail: str


@dataclass(slots=True)
class Report:
    """What a person is shown. `says` has no secret and no signature."""

    kind: Kind
    says: list[tuple[str, str]]
    findings: list[Finding] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def ask(self, rule: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """What the rule returns; None where it refuses, which is written down."""
        try:
            return rule(*args, **kwargs)
        except Refusal as refusal:
            self.findings.append(Finding(refusal.reason, refusal.detail or refusal.debug))
            return None


def inspect(
    pasted: Pasted,
    client: Client | None,
    keys: tuple[VerificationKey, ...] | None,
    us: Us,
    now: int,
) -> Report:
    """`keys` are the client's; None where they would have to be asked for elsewhere."""
    report = Report(pasted.kind, [(name, shown(name, pasted.says[name])) for name in pasted.says])
    if pasted.kind is Kind.UNKNOWN:
        report.findings.append(Finding(NOTHING_TO_INSPECT, pasted.flaw))
    elif pasted.kind in _OURS:
        _inspect_ours(report, pasted, us, now)
    elif pasted.kind is Kind.PROOF:
        _inspect_proof(report, pasted, us, now)
    elif client is None:
        report.findings.append(Finding(CLIENT_UNKNOWN, pasted.client_id[:LONGEST_SHOWN]))
    elif pasted.kind is Kind.ASSERTION:
        _inspect_assertion(report, pasted, client, keys, us, now)
    else:
        _inspect_request(report, pasted, client, keys, us, now)
    return report


def _inspect_request(
    report: Report,
    pasted: Pasted,
    client: Client,
    keys: tuple[VerificationKey, ...] | None,
    us: Us,
    now: int,
) -> None:
    """In the order of the authorization endpoint."""
    sent = dict(pasted.says)
    if pasted.kind is Kind.REQUEST_OBJECT:
        sent = {"client_id": client.client_id, "request": pasted.text}
    elif pasted.address is not None and not _same_address(pasted.address, us):
        report.findings.append(Finding(ANOTHER_ADDRESS, pasted.address[:LONGEST_SHOWN]))
    if "request_uri" in sent:
        if sent["request_uri"].startswith(_PUSHED):
            report.notes.append(Note.PUSHED)
        else:
            report.findings.append(Finding(authorize.REQUEST_URI_UNSUPPORTED, ""))
        return
    asked = _opened(report, sent, client, keys, us, now)
    if asked is None:
        return
    report.ask(redirect_uri.check, asked.get("redirect_uri"), client)
    if pasted.kind is Kind.REQUEST and client.require_pushed_authorization_requests:
        report.findings.append(Finding(authorize.PUSHED_REQUEST_REQUIRED, ""))
    report.ask(authorize.check, asked, client, us.issuer)
    if "id_token_hint" in asked:
        hint = asked["id_token_hint"]
        report.ask(id_token_hint.check, hint, us.keys, us.issuer, client.client_id)


def _opened(
    report: Report,
    sent: dict[str, Any],
    client: Client,
    keys: tuple[VerificationKey, ...] | None,
    us: Us,
    now: int,
) -> Mapping[str, str] | None:
    """The parameters that count (RFC 9101 §6.3)."""
    if "request" not in sent:
        if client.require_signed_request_object:
            report.findings.append(Finding(authorize.REQUEST_OBJECT_REQUIRED, ""))
        return sent
    if keys is None:
        report.notes.append(Note.KEYS)
        return None
    return report.ask(request_object.parse, sent["request"], client, keys, sent, us.issuer, now)


def _inspect_assertion(
    report: Report,
    pasted: Pasted,
    client: Client,
    keys: tuple[VerificationKey, ...] | None,
    us: Us,
    now: int,
) -> None:
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": pasted.text}
    presented = report.ask(authentication.parse_presented, None, form)
    if presented is None:
        return
    report.notes.append(Note.ONCE)
    if keys is None:
        report.notes.append(Note.KEYS)
        return
    endpoints = us.addresses("/token")
    report.ask(authentication.check, presented, client, keys, us.issuer, endpoints, now)


def _inspect_proof(report: Report, pasted: Pasted, us: Us, now: int) -> None:
    """RFC 9449 §4.3, for the request that the proof itself names."""
    method, htu = str(pasted.says.get("htm", "")), str(pasted.says.get("htu", ""))
    path = urlsplit(htu).path if _is_url(htu) else ""
    report.ask(dpop.check, [pasted.text], method, us.addresses(path), now)
    report.notes.append(Note.ONCE)


def _inspect_ours(report: Report, pasted: Pasted, us: Us, now: int) -> None:
    """A token that this provider should have signed."""
    algorithms, typ = _OURS[pasted.kind]
    try:
        claims = verify(pasted.text, us.keys, algorithms, {typ})
    except JoseError as error:
        report.findings.append(Finding(TOKEN_NOT_OURS, str(error)))
        return
    if claims.get("iss") != us.issuer:
        report.findings.append(Finding(TOKEN_NOT_OURS, "iss is another issuer"))
    exp = claims.get("exp")
    if isinstance(exp, int) and exp <= now:
        report.notes.append(Note.EXPIRED)
    if pasted.kind is Kind.ACCESS_TOKEN:
        report.notes.append(Note.ALIVE)


def _same_address(address: str, us: Us) -> bool:
    return any(dpop.same_target(address, ours) for ours in us.addresses("/authorize"))


def _is_url(text: str) -> bool:
    try:
        return bool(urlsplit(text).netloc)
    except ValueError:
        return False
