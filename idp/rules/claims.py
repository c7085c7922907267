"""Claims about a person (OIDC Core 5): which are asked for, and which may leave."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.errors import Refusal, reason

CLAIMS_MALFORMED = reason(
    "claims_malformed",
    "invalid_request",
    400,
    "claims is a JSON object; its userinfo and id_token members are objects whose values are null "
    "or objects.",
    "OIDC Core 5.5",
)

OF_SCOPE: Final[Mapping[str, tuple[str, ...]]] = {
    "profile": (
        "name",
        "family_name",
        "given_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "updated_at",
    ),
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
    "address": ("address",),
}
"""OIDC Core 5.4."""

_LISTED: Final = tuple(name for names in OF_SCOPE.values() for name in names)

OFFERED: Final = frozenset(_LISTED)

_SCRIPTED: Final = frozenset({"name", "family_name", "given_name", "middle_name"})
"""Claims that people have in Khmer too (`name#km`, OIDC Core 5.2)."""

_IN_KHMER: Final = frozenset(f"{name}#km" for name in _SCRIPTED)


@dataclass(frozen=True, slots=True)
class Wish:
    """One claim asked for by name (OIDC Core 5.5.1)."""

    name: str
    essential: bool = False
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """The `claims` parameter."""

    userinfo: tuple[Wish, ...] = ()
    id_token: tuple[Wish, ...] = ()

    def essential_acr(self) -> tuple[str, ...]:
        """The acr values of which one is demanded (OIDC Core 5.5.1.1)."""
        for wish in self.id_token:
            if wish.name == "acr" and wish.essential:
                return tuple(value for value in wish.values if isinstance(value, str))
        return ()

    def demanded_sub(self) -> str | None:
        """The subject that the answer must be about (OIDC Core 5.5.1); '' where the value is no
        subject identifier (OIDC Core 2: 255 ASCII characters at most)."""
        for wish in self.id_token:
            if wish.name == "sub" and len(wish.values) == 1:
                value = wish.values[0]
                fits = isinstance(value, str) and value.isascii() and value.isprintable()
                return value if fits and len(value) <= 255 else ""
        return None


def parse(text: str | None) -> ClaimsRequest:
    """Raises Refusal. Members that we don't know are ignored, as OIDC Core 5.5 demands."""
    if text is None:
        return ClaimsRequest()
    try:
        document = json.loads(text)
        if "\\u" in text:  # an escape can spell half a character, which no text can hold
            json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Refusal(CLAIMS_MALFORMED, "not JSON") from error
    if not isinstance(document, dict):
        raise Refusal(CLAIMS_MALFORMED, "not an object")
    return ClaimsRequest(_wishes(document.get("userinfo")), _wishes(document.get("id_token")))


def _wishes(member: object) -> tuple[Wish, ...]:
    if member is None:
        return ()
    if not isinstance(member, dict):
        raise Refusal(CLAIMS_MALFORMED, "a member is not an object")
    return tuple(_wish(name, detail) for name, detail in member.items())


def _wish(name: str, detail: object) -> Wish:
    if detail is None:
        return Wish(name)
    if not isinstance(detail, dict):
        raise Refusal(CLAIMS_MALFORMED, f"{name[:80]} is neither null nor an object")
    essential, values = detail.get("essential", False), detail.get("values", [])
    if not isinstance(essential, bool) or not isinstance(values, list):
        raise Refusal(CLAIMS_MALFORMED, name[:80])
    if "value" in detail:
        values = [detail["value"], *values]
    return Wish(name, essential, tuple(values))


def asked_for(scope: Iterable[str], request: ClaimsRequest) -> frozenset[str]:
    """Every claim about the person that the client asks for, by scope or by name."""
    by_scope = {name for word in scope for name in OF_SCOPE.get(word, ())}
    by_name = {_untagged(wish.name) for wish in (*request.userinfo, *request.id_token)}
    return frozenset(by_scope | (by_name & (OFFERED | _IN_KHMER)))


def _untagged(name: str) -> str:
    """A claim without its language (OIDC Core 5.2), but for a name of a person in Khmer."""
    base, _, tag = name.partition("#")
    return f"{base}#km" if base in _SCRIPTED and tag.lower().split("-")[0] == "km" else base


def for_userinfo(scope: Iterable[str], request: ClaimsRequest) -> frozenset[str]:
    """What the UserInfo endpoint answers with (OIDC Core 5.4, 5.5)."""
    return asked_for(scope, ClaimsRequest(userinfo=request.userinfo))


def for_id_token(request: ClaimsRequest) -> frozenset[str]:
    """What stands in the ID token: what was asked for there by name, and nothing else."""
    return asked_for((), ClaimsRequest(id_token=request.id_token))


def release(
    person: Mapping[str, Any], names: Iterable[str], claims_locales: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The person's claims of those names. Names of people come in Latin, and in Khmer as
    `name#km`, unless `claims_locales` leaves Khmer out; what was asked for in Khmer comes so."""
    khmer = not claims_locales or any(tag.lower().startswith("km") for tag in claims_locales)
    released: dict[str, Any] = {}
    for name in sorted(names):
        if person.get(name) is not None:
            released[name] = person[name]
        tagged = f"{name}#km"
        if name in _SCRIPTED and khmer and person.get(tagged) is not None:
            released[tagged] = person[tagged]
    return released


def in_order(names: Iterable[str]) -> list[str]:
    """Names of claims as a person would tell them: who, born when, reached how (OIDC Core 5.4)."""
    return sorted(names, key=lambda name: (_LISTED.index(name.partition("#")[0]), name))
