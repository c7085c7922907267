"""A secret shared among custodians: any `threshold` of them bring it back, fewer learn nothing
(Shamir, "How to share a secret", CACM 22/11, 1979), each octet over GF(2^8) with the field of AES.

Written here because no kept library has it; docs/decisions/ceremony.md says what was weighed.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from keys.handles import new_bytes

_POLYNOMIAL: Final = 0x11B  # FIPS 197 §4.2
_MOST: Final = 255  # points that the field has, besides the one of the secret
_NAME: Final = "tra-share-1"
_CHECK_BYTES: Final = 4


class SharesWrong(ValueError):
    """Too few shares, of different secrets, or mistyped."""


@dataclass(frozen=True, slots=True)
class Share:
    """One custodian's share. `group` tells the shares of one secret from others'."""

    number: int
    threshold: int
    group: bytes
    value: bytes

    def __str__(self) -> str:
        """A line to print and to type: name, number of threshold, groups of four letters."""
        body = bytes((self.number, self.threshold)) + self.group + self.value
        letters = base64.b32encode(body + _check_of(body)).decode().rstrip("=").lower()
        fours = (letters[at : at + 4] for at in range(0, len(letters), 4))
        return f"{_NAME} {' '.join(fours)}"


def split(secret: bytes, threshold: int, shares: int) -> tuple[Share, ...]:
    """Share a random secret; raises ValueError where the numbers make no sense."""
    if not 2 <= threshold <= shares <= _MOST:
        raise ValueError("two custodians at least are needed, and no more than there are")
    # The coefficients above the constant term, which is the secret: one row to a power.
    rows = [secret, *(new_bytes(len(secret)) for _ in range(threshold - 1))]
    group = _group_of(secret)
    return tuple(
        Share(number, threshold, group, _evaluated(rows, number)) for number in range(1, shares + 1)
    )


def combine(shares: Sequence[Share]) -> bytes:
    """The secret again; raises SharesWrong."""
    first = shares[0] if shares else None
    if first is None or len(shares) < first.threshold:
        raise SharesWrong("too few shares")
    alike = {(share.threshold, share.group, len(share.value)) for share in shares}
    if len(alike) != 1 or len({share.number for share in shares}) != len(shares):
        raise SharesWrong("the shares are of different secrets, or one was given twice")
    used = shares[: first.threshold]
    secret = bytes(len(first.value))
    for share in used:
        weight = _weight(share.number, [other.number for other in used if other is not share])
        scaled = bytes(_multiply(octet, weight) for octet in share.value)
        secret = bytes(a ^ b for a, b in zip(secret, scaled, strict=True))
    if not hmac.compare_digest(_group_of(secret), first.group):
        raise SharesWrong("the shares do not make their secret")
    return secret


def parse(line: str) -> Share:
    """A share as `str` writes it, however spaced; raises SharesWrong."""
    name, *fours = line.split() or [""]
    letters = "".join(fours).upper()
    try:
        encoded = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except ValueError as error:
        raise SharesWrong("the share is mistyped") from error
    body, check = encoded[:-_CHECK_BYTES], encoded[-_CHECK_BYTES:]
    if name != _NAME or len(body) < 11 or check != _check_of(body):
        raise SharesWrong("the share is mistyped")
    share = Share(body[0], body[1], body[2:10], body[10:])
    if "".join(str(share).split()[1:]).upper() != letters:  # stray bits of the last letter
        raise SharesWrong("the share is mistyped")
    return share


def _group_of(secret: bytes) -> bytes:
    """Tells nothing of a secret that is 32 random octets."""
    return hashlib.sha256(b"tra shares of" + secret).digest()[:8]


def _check_of(body: bytes) -> bytes:
    return hashlib.sha256(_NAME.encode() + body).digest()[:_CHECK_BYTES]


def _evaluated(rows: Sequence[bytes], at: int) -> bytes:
    """The polynomials, one of each octet, at a point (Horner)."""
    value = bytes(len(rows[0]))
    for row in reversed(rows):
        value = bytes(_multiply(octet, at) ^ more for octet, more in zip(value, row, strict=True))
    return value


def _weight(own: int, others: Sequence[int]) -> int:
    """Lagrange's coefficient of a point, for the value at 0. Minus is plus in this field."""
    above, below = 1, 1
    for other in others:
        above = _multiply(above, other)
        below = _multiply(below, other ^ own)
    return _multiply(above, _inverse(below))


def _inverse(a: int) -> int:
    """a^254: the group has 255 elements."""
    result = 1
    for _ in range(254):
        result = _multiply(result, a)
    return result


def _multiply(a: int, b: int) -> int:
    """In GF(2^8), without a table or a branch that depends on the secret."""
    product = 0
    for bit in range(8):
        product ^= -(b >> bit & 1) & a << bit
    for bit in range(14, 7, -1):
        product ^= -(product >> bit & 1) & _POLYNOMIAL << bit - 8
    return product
