"""A trusted list (ETSI TS 119 612): who the trust services of a scheme are, and since when."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from signing.rules.evidence import Span

_SERVICE: Final = "http://uri.etsi.org/TrstSvc/Svctype/"
_STATUS: Final = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/"

CURRENT_SECONDS: Final = 30 * 86_400
"""How long an issue of our list is good: TS 119 612 §5.3.15 allows six months."""


class ServiceType(StrEnum):
    """What a service does (TS 119 612 §5.5.1)."""

    CA = _SERVICE + "CA/PKC"
    CA_QUALIFIED = _SERVICE + "CA/QC"
    NATIONAL_ROOT = _SERVICE + "NationalRootCA-QC"
    TIME_STAMPS = _SERVICE + "TSA"
    TIME_STAMPS_QUALIFIED = _SERVICE + "TSA/QTST"
    OCSP = _SERVICE + "Certstatus/OCSP"


STAMPING_TYPES: Final = frozenset(
    {
        *(ServiceType.TIME_STAMPS, ServiceType.TIME_STAMPS_QUALIFIED),
        *(_SERVICE + name for name in ("TSA/TSS-QC", "TSA/TSS-AdESQCandQES")),
    }
)
"""Services in whose certificates the path of a time-stamp may end, and of nothing else: those
beside certificates and signatures of qualified providers, too."""

TRUSTED_TYPES: Final = frozenset(ServiceType) - STAMPING_TYPES - {ServiceType.OCSP}
"""Services in whose certificates any path may end: they issue to signers, and to time-stamp
authorities too."""


class ServiceStatus(StrEnum):
    """What its supervisor says of it (TS 119 612 §5.5.4)."""

    RECOGNISED = _STATUS + "recognisedatnationallevel"
    DEPRECATED = _STATUS + "deprecatedatnationallevel"


TRUSTED_STATUSES: Final = frozenset({ServiceStatus.RECOGNISED.value, _STATUS + "granted"})

_BEFORE_EIDAS: Final = frozenset(
    _STATUS + name
    for name in ("undersupervision", "supervisionincessation", "accredited", "setbynationallaw")
)
"""What lists called the same before Regulation (EU) No 910/2014 (TS 119 615)."""

_EIDAS: Final = 1_467_331_200
"""1 July 2016, when it began to apply."""


@dataclass(frozen=True, slots=True)
class Words:
    """The same in two languages: English is never missing (TS 119 612 §5.1.4)."""

    en: str
    km: str


@dataclass(frozen=True, slots=True)
class Period:
    """A status, and since when (NumericDate)."""

    status: str
    since: int


@dataclass(frozen=True, slots=True)
class Service:
    """A service: its certificate (DER), its status, and those before, the newest first."""

    kind: str
    name: Words
    certificate: bytes
    now: Period
    history: tuple[Period, ...] = ()


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs the scheme and the services in it. `address`: street, locality, postal code."""

    name: Words
    identifier: str
    address: tuple[str, str, str]
    electronic: str
    information: str
    country: str = "KH"


@dataclass(frozen=True, slots=True)
class TrustedList:
    """An issue of a list."""

    operator: Operator
    sequence: int
    issued_at: int
    next_update: int
    published_at: str
    services: tuple[Service, ...]


def recognised(told: Iterable[tuple[str, Period]], kinds: Collection[str]) -> tuple[Span, ...]:
    """When a service did what is of some kinds, with a status to trust. Each status, given the
    newest first with what the service was, lasts until the next one."""
    found = []
    next_one: int | None = None
    for kind, period in sorted(told, key=lambda one: one[1].since, reverse=True):
        ends = [] if next_one is None else [next_one]
        ends += [_EIDAS] if period.status in _BEFORE_EIDAS else []
        until = min(ends, default=None)
        trusted = period.status in TRUSTED_STATUSES | _BEFORE_EIDAS
        if kind in kinds and trusted and (until is None or period.since < until):
            found.append(Span(period.since, until))
        next_one = period.since
    return tuple(found)


def name_of(kind: ServiceType, common_name: str) -> Words:
    """What a service is called: as its certificate says, and in Khmer what it does."""
    return Words(common_name, f"{_IN_KHMER[kind]} ({common_name})")


_ISSUES: Final = "សេវាចេញវិញ្ញាបនបត្រ"
_STAMPS: Final = "សេវាត្រាពេលវេលា"
_IN_KHMER: Final = {
    ServiceType.CA: _ISSUES,
    ServiceType.CA_QUALIFIED: _ISSUES,
    ServiceType.NATIONAL_ROOT: _ISSUES,
    ServiceType.TIME_STAMPS: _STAMPS,
    ServiceType.TIME_STAMPS_QUALIFIED: _STAMPS,
    ServiceType.OCSP: "សេវាប្រាប់ស្ថានភាពវិញ្ញាបនបត្រ",
}


def due(next_update: int, now: int) -> bool:
    """Whether another issue has to be made, although nothing changed."""
    return now >= next_update - CURRENT_SECONDS // 2
