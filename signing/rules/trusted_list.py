"""A trusted list (ETSI TS 119 612): who the trust services of a scheme are, and since when."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

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


TRUSTED_TYPES: Final = frozenset(ServiceType) - {ServiceType.OCSP}
"""Services whose certificates are where a path may end."""


class ServiceStatus(StrEnum):
    """What its supervisor says of it (TS 119 612 §5.5.4)."""

    RECOGNISED = _STATUS + "recognisedatnationallevel"
    DEPRECATED = _STATUS + "deprecatedatnationallevel"


TRUSTED_STATUSES: Final = frozenset({ServiceStatus.RECOGNISED.value, _STATUS + "granted"})


@dataclass(frozen=True, slots=True)
class Period:
    """A status, and since when (NumericDate)."""

    status: str
    since: int


@dataclass(frozen=True, slots=True)
class Service:
    """A service: its certificate (DER), its status, and those before, the newest first."""

    kind: str
    name: str
    certificate: bytes
    now: Period
    history: tuple[Period, ...] = ()


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs the scheme and the services in it. `address`: street, locality, postal code."""

    name: str
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


def due(next_update: int, now: int) -> bool:
    """Whether another issue has to be made, although nothing changed."""
    return now >= next_update - CURRENT_SECONDS // 2
