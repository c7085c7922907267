"""What is asked of a signature beyond the standard: a validation policy, read from its text.

A policy is data (TOML), published as it is; its digest stands in every report
(ETSI EN 319 102-1 §5.1.4, TS 119 172-1 annex A).
"""

import hashlib
import re
import tomllib
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, Final, TypeVar

from signing.rules.algorithms import NEVER, NO_END, KeyRule, Suites

T = TypeVar("T")


class PolicyInvalid(ValueError):
    """A text that is no policy, and why."""


@dataclass(frozen=True, slots=True)
class SignatureConstraints:
    """`formats` that are accepted. `commitments`: where any are named, a signature that says what
    it commits to (OIDs) says one of them. `signing_time`: it says when it was made."""

    formats: tuple[str, ...] = ("PAdES", "CAdES", "XAdES", "JAdES")
    commitments: tuple[str, ...] = ()
    signing_time: bool = False


@dataclass(frozen=True, slots=True)
class CertificateConstraints:
    """A certificate that limits its key's use allows one of these (EN 319 412-2 §4.3.2)."""

    key_usage: tuple[str, ...] = ("contentCommitment", "digitalSignature")


@dataclass(frozen=True, slots=True)
class TimeStampConstraints:
    """Whether there is one, whether one that is there has to pass, which policies (OIDs; none
    named: any) it may be under, and how long after the claimed signing time it may come."""

    required: bool = False
    must_pass: bool = True
    policies: tuple[str, ...] = ()
    delay_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class RevocationConstraints:
    """`freshness_seconds`: how old revocation data may be (EN 319 102-1 §5.2.5; unsaid: until its
    nextUpdate). `after_signature`: what vouches for the signer was made after the proven signing
    time, by `grace_seconds` at least."""

    freshness_seconds: int | None = None
    after_signature: bool = True
    grace_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """A validation policy. `digest`: SHA-256 of its text, in hex."""

    name: str
    title: Mapping[str, str]
    suites: Suites
    signatures: SignatureConstraints = SignatureConstraints()
    certificates: CertificateConstraints = CertificateConstraints()
    time_stamps: TimeStampConstraints = TimeStampConstraints()
    revocation: RevocationConstraints = RevocationConstraints()
    text: str = field(default="", repr=False)
    digest: str = ""


def parse(text: str) -> Policy:
    """The policy that a text says; raises PolicyInvalid."""
    try:
        said = _Table(tomllib.loads(text), "the policy")
    except tomllib.TOMLDecodeError as error:
        raise PolicyInvalid(f"not TOML: {error}") from error
    title = said.table("title")
    policy = Policy(
        name=_name(said.take("name", str)),
        title={lang: title.take(lang, str) for lang in ("km", "en")},
        suites=Suites(
            {name: _until(end, name) for name, end in said.take("hashes", dict).items()},
            tuple(_key_rule(_Table(row, "[[keys]]")) for row in said.take("keys", list)),
        ),
        signatures=_constraints(SignatureConstraints, said.take("signatures", dict, {})),
        certificates=_constraints(CertificateConstraints, said.take("certificates", dict, {})),
        time_stamps=_constraints(TimeStampConstraints, said.take("time_stamps", dict, {})),
        revocation=_constraints(RevocationConstraints, said.take("revocation", dict, {})),
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )
    title.finish()
    said.finish()
    return policy


class _Table:
    """A TOML table that is taken apart until nothing is left."""

    def __init__(self, values: object, name: str) -> None:
        if not isinstance(values, dict):
            raise PolicyInvalid(f"{name} is no table")
        self._values: dict[str, Any] = dict(values)
        self._name = name

    def take(self, name: str, kind: type[T], default: T | None = None) -> T:
        value = self._values.pop(name, default)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise PolicyInvalid(f"{self._name}: {name} is missing, or no {kind.__name__}")
        return value

    def table(self, name: str) -> "_Table":
        return _Table(self.take(name, dict), f"[{name}]")

    def finish(self) -> None:
        if self._values:
            raise PolicyInvalid(f"{self._name}: nothing is known of {', '.join(self._values)}")


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise PolicyInvalid("name: small letters, digits and hyphens, 64 at most")
    return name


def _until(end: object, name: str) -> int:
    """A day, excluded; true: no end is known; false: never reliable."""
    if isinstance(end, bool):
        return NO_END if end else NEVER
    if not isinstance(end, date) or isinstance(end, datetime):
        raise PolicyInvalid(f"{name}: ends on a day (2012-08-01), or is true or false")
    return timegm(end.timetuple())


def _key_rule(row: _Table) -> KeyRule:
    curves = row.take("curves", list, [])
    rule = KeyRule(
        key=row.take("type", str),
        bits=row.take("bits", int, 0),
        curves=_texts(curves, "curves"),
        until=_until(row.take("until", object, True), "until"),  # noqa: FBT003  # no end
    )
    row.finish()
    return rule


def _constraints(kind: type[T], said: dict[str, Any]) -> T:
    """A table that fills a dataclass of constraints; what it leaves out stays as it is there."""
    known = {each.name: each.type for each in fields(kind)}  # type: ignore[arg-type]  # dataclasses
    for name, value in said.items():
        if name not in known:
            raise PolicyInvalid(f"nothing is known of {name}")
        if known[name] is bool:
            fits = isinstance(value, bool)
        elif known[name] == tuple[str, ...]:
            said = {**said, name: _texts(value, name)}
            continue
        else:
            fits = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        if not fits:
            raise PolicyInvalid(f"{name}: {value!r} is not what it takes")
    return kind(**said)


def _texts(value: object, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise PolicyInvalid(f"{name} is no list of texts")
    return tuple(value)


_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?")
