"""Numbers, days and moments as people in Cambodia read them.

Khmer prose carries Khmer digits; what is typed or compared (codes, identifiers) stays ASCII and
does not pass through here.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from markupsafe import Markup

CAMBODIA: Final = timezone(timedelta(hours=7), "Asia/Phnom_Penh")
"""One zone, and no summer time since 1931."""

_KHMER_DIGITS: Final = str.maketrans("0123456789", "០១២៣៤៥៦៧៨៩")

_MONTHS: Final[Mapping[str, tuple[str, ...]]] = {
    "km": (
        *("មករា", "កុម្ភៈ", "មីនា", "មេសា", "ឧសភា", "មិថុនា"),
        *("កក្កដា", "សីហា", "កញ្ញា", "តុលា", "វិច្ឆិកា", "ធ្នូ"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}


def number(lang: str, value: object) -> str:
    """A number in the digits of the language."""
    return str(value).translate(_KHMER_DIGITS) if lang == "km" else str(value)


def day(lang: str, value: str) -> str:
    """A date from ISO 8601. The year may stand alone, or be 0000 where it is not known (OIDC
    Core 5.1); what is no date is given back as it came."""
    year, _, rest = value.partition("-")
    month, _, of_month = rest.partition("-")
    if not (year.isdecimal() and len(year) == 4):
        return value
    if not rest:
        return f"ឆ្នាំ{number(lang, year)}" if lang == "km" else year
    if not (month.isdecimal() and of_month.isdecimal() and 1 <= int(month) <= 12):
        return value
    named = _MONTHS[lang][int(month) - 1]
    if lang == "km":
        known_year = f" ឆ្នាំ{number(lang, year)}" if year != "0000" else ""
        return f"ថ្ងៃទី{number(lang, int(of_month))} ខែ{named}{known_year}"
    return f"{int(of_month)} {named}{f' {year}' if year != '0000' else ''}"


def in_cambodia(utc: datetime) -> datetime:
    """On the clocks of Cambodia; a certificate without an end has the last second that there is
    (RFC 5280 §4.1.2.5), which is none there."""
    try:
        return utc.astimezone(CAMBODIA)
    except OverflowError:
        return utc


def spoken(lang: str, utc: datetime) -> str:
    """A moment on the clocks of Cambodia."""
    local = in_cambodia(utc)
    date, clock = day(lang, f"{local:%Y-%m-%d}"), number(lang, f"{local:%H:%M}")
    return f"{date} ម៉ោង {clock}" if lang == "km" else f"{date}, {clock}"


def moment(lang: str, at: int | datetime) -> Markup:
    """A moment (NumericDate, or aware) on the clocks of Cambodia, as a <time> element."""
    utc = at.astimezone(UTC) if isinstance(at, datetime) else datetime.fromtimestamp(at, UTC)
    said = spoken(lang, utc)
    return Markup('<time datetime="{}">{}</time>').format(
        f"{utc.replace(tzinfo=None).isoformat(timespec='seconds')}Z", said
    )
