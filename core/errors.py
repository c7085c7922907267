"""The one catalogue of refusals: every way to be refused has a stable code, a rule and a hint."""

from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Reason:
    """One way to be refused, the same in every answer, page, log line and in docs/errors.md.

    `code` is ours and stable; `error` is what the protocol calls it (RFC 6749 §5.2 and its kin);
    `hint` tells the developer what to do next; `rule` names the specification and its section.
    """

    code: str
    error: str
    status: int
    hint: str
    rule: str


_CATALOGUE: Final[dict[str, Reason]] = {}


def reason(code: str, error: str, status: int, hint: str, rule: str) -> Reason:
    """Add a reason to the catalogue. A code that stands twice is a mistake found at import."""
    if code in _CATALOGUE:
        raise ValueError(f"two reasons are called {code}")
    _CATALOGUE[code] = Reason(code, error, status, hint, rule)
    return _CATALOGUE[code]


def catalogue() -> tuple[Reason, ...]:
    """Every reason of the packages imported so far, by code."""
    return tuple(_CATALOGUE[code] for code in sorted(_CATALOGUE))


def find_reason(code: str) -> Reason:
    """The reason of that code; an error of ours where it is no longer in the catalogue."""
    return _CATALOGUE.get(code, INTERNAL)


@dataclass
class Refusal(Exception):
    """Raised by `check` functions. `debug` is for the log alone; the outside sees the reason, and
    the `detail` where one is given: which member of a large document the reason speaks of.

    `headers` are added to the answer (WWW-Authenticate, DPoP-Nonce, Retry-After).
    """

    reason: Reason
    debug: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason.code}: {self.debug}" if self.debug else self.reason.code


OVERLOADED = reason(
    "overloaded",
    "temporarily_unavailable",
    503,
    "The service has more work than it can take. Wait a few seconds and send the request again.",
    "RFC 9110 §15.6.4",
)
INTERNAL = reason(
    "internal_error",
    "server_error",
    500,
    "Something failed on our side and was logged. Try again; if it stays, report the request id.",
    "RFC 9110 §15.6.1",
)
NOT_FOUND = reason(
    "not_found",
    "not_found",
    404,
    "There is nothing at this address. Check the path against the OpenAPI description.",
    "RFC 9110 §15.5.5",
)
METHOD_NOT_ALLOWED = reason(
    "method_not_allowed",
    "method_not_allowed",
    405,
    "This address does not take that HTTP method. The Allow header lists those it takes.",
    "RFC 9110 §15.5.6",
)
BODY_TOO_LARGE = reason(
    "body_too_large",
    "invalid_request",
    413,
    "The body is larger than this address accepts. Send a smaller one.",
    "RFC 9110 §15.5.14",
)
MALFORMED_BODY = reason(
    "malformed_body",
    "invalid_request",
    400,
    "The body is not of the type that this address expects. Check its Content-Type.",
    "RFC 9110 §15.5.1",
)
