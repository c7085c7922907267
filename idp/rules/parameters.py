"""Request parameters (RFC 6749 §3.1, §3.2): each once, and an empty one is an absent one."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from core.errors import Refusal, reason

REPEATED_PARAMETER = reason(
    "repeated_parameter",
    "invalid_request",
    400,
    "A parameter stands more than once in the request. Send each once.",
    "RFC 6749 §3.1",
)
UNREADABLE_PARAMETERS = reason(
    "unreadable_parameters",
    "invalid_request",
    400,
    "The parameters are not application/x-www-form-urlencoded UTF-8, or too many, or too long.",
    "RFC 6749 App. B",
)

MOST_PARAMETERS: Final = 100
LONGEST_VALUE: Final = 16_384

Parameters = Mapping[str, str]


def parse(encoded: bytes | str) -> dict[str, str]:
    """A query or a form body as parameters; raises Refusal."""
    parameters, resources = parse_with_resources(encoded)
    return {**parameters, "resource": " ".join(resources)} if resources else parameters


def parse_with_resources(encoded: bytes | str) -> tuple[dict[str, str], tuple[str, ...]]:
    """The parameters, and those called `resource`: they alone may be several (RFC 8707 §2)."""
    try:
        text = encoded.decode("ascii") if isinstance(encoded, bytes) else encoded
        pairs = parse_qsl(
            text, keep_blank_values=True, max_num_fields=MOST_PARAMETERS, errors="strict"
        )
    except ValueError as error:
        raise Refusal(UNREADABLE_PARAMETERS, str(error)) from error
    parameters: dict[str, str] = {}
    resources: list[str] = []
    seen = set()
    for name, value in pairs:
        if not fits(value):
            raise Refusal(UNREADABLE_PARAMETERS, name[:80])
        if name == "resource":
            resources.append(value)
            continue
        if name in seen:
            raise Refusal(REPEATED_PARAMETER, name[:80])
        seen.add(name)
        if value:
            parameters[name] = value
    return parameters, tuple(resource for resource in resources if resource)


def fits(value: str) -> bool:
    """Whether a parameter can have that value, wherever it is sent."""
    return len(value) <= LONGEST_VALUE and "\x00" not in value
