"""Passwords and one-time codes: how names are read, how guessing is slowed."""

import unicodedata
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

FREE_FAILURES: Final = 10
"""Wrong tries before a source must wait with an account."""

LONGEST_WAIT: Final = 300
"""Seconds; a citizen who mistypes is slowed, never locked out."""

FORGOTTEN_AFTER: Final = 3_600
"""Seconds without a try after which the count begins anew."""

PASSWORD_BYTES: Final = 1_024
"""What is hashed at most: longer input only serves to make us work."""

_KHMER_ZERO: Final = 0x17E0


def username_key(username: str) -> str:
    """What sign-in names are compared by: case, width, the script of digits, and characters that
    nobody sees don't matter (toNFKC_Casefold, Unicode 3.13)."""
    folded = unicodedata.normalize("NFKD", username)
    for _ in range(2):
        folded = unicodedata.normalize("NFKC", folded.casefold())
    seen = (c for c in fold_digits(folded) if unicodedata.category(c) not in {"Cf", "Cc"})
    return unicodedata.normalize("NFKC", "".join(seen)).strip()


def fold_digits(text: str) -> str:
    """Khmer digits (U+17E0 to U+17E9) as ASCII ones."""
    return text.translate({_KHMER_ZERO + digit: str(digit) for digit in range(10)})


def one_time_code(typed: str) -> str:
    """A code as typed or pasted: Khmer or ASCII digits, spaces and dashes anywhere."""
    return "".join(c for c in fold_digits(typed) if c not in " -\u00a0\u200b\t")


def source(address: str) -> str:
    """Whom a peer's address stands for: an IPv6 network of 64 bits is one household's."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv4Address):
        return str(ip)
    return str(ip.ipv4_mapped or IPv6Network((int(ip) >> 64 << 64, 64)))


def is_loopback(address: str) -> bool:
    """Whether a peer is on this machine."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return (mapped or ip).is_loopback


def wait_after(failures: int) -> int:
    """Seconds to wait before the next try: 0 for the first ten, then 2, 4, 8 … up to 300."""
    if failures < FREE_FAILURES:
        return 0
    return int(min(2 ** min(failures - FREE_FAILURES + 1, 16), LONGEST_WAIT))
