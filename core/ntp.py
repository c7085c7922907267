"""Asks others what time it is: NTP servers as a simple client (RFC 5905 §14), and this machine's
kernel, which knows whether something keeps its clock right.

It never sets a clock. Whom to ask is what the operator named, and nobody else.
"""

import asyncio
import ctypes
import struct
from dataclasses import dataclass
from typing import Final

from core.clock import Clock

KERNEL: Final = "kernel"
"""The name of the source that is this machine itself."""

PORT: Final = 123
TIMEOUT_SECONDS: Final = 2.0
COOKIE_BYTES: Final = 8

_PACKET: Final = struct.Struct("!BBbb 2I4s Q8sQQ")
_REQUEST: Final = 4 << 3 | 3  # version 4, mode 3: client
_SERVER_MODE: Final = 4
_NOT_SYNCHRONISED: Final = 3  # leap indicator
_STRATA: Final = range(1, 16)
_SINCE_1900: Final = 2_208_988_800  # the epoch, in NTP's seconds
_TURN: Final = 1 << 32  # seconds of an era (RFC 5905 §6)

_TIME_ERROR: Final = 5  # adjtimex(2): the clock is not synchronised
_TIMEX_BYTES: Final = 208
_MAXERROR: Final = struct.Struct("@illl")  # modes, offset, freq, maxerror (microseconds)


class NtpFailed(Exception):
    """A source did not say what time it is."""


@dataclass(frozen=True, slots=True)
class Told:
    """How far ahead of our clock a source is, in seconds, and how far that may be off."""

    ahead: float
    margin: float


async def ask(source: str, cookie: bytes, clock: Clock) -> Told:
    """What a source says: `kernel`, `host` or `host:port`; raises NtpFailed. The cookie is 8
    random bytes: an answer that does not bring them back is somebody else's."""
    if source == KERNEL:
        return ask_kernel()
    host, port = parse_source(source)
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[tuple[bytes, float]] = loop.create_future()
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            transport, _ = await loop.create_datagram_endpoint(
                lambda: _Exchange(answered, clock), remote_addr=(host, port)
            )
            try:
                sent = clock.utc().timestamp()
                transport.sendto(_PACKET.pack(_REQUEST, *(0,) * 5, b"", 0, b"", 0, _as_int(cookie)))
                packet, received = await answered
            finally:
                transport.close()
    except (TimeoutError, OSError) as error:
        raise NtpFailed(f"{source} does not answer: {type(error).__name__}") from error
    return read_answer(packet, cookie, sent, received)


def parse_source(text: str) -> tuple[str, int]:
    """Host and port of `host`, `host:port` or `[address]:port`; raises ValueError."""
    host, separator, port = text.rpartition(":")
    if not separator or text.endswith("]"):
        host, port = text, str(PORT)
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise ValueError(f"{text!r} is no host, and no host:port")
    return host, int(port)


def read_answer(packet: bytes, cookie: bytes, sent: float, received: float) -> Told:
    """What a server's packet says (RFC 5905 §8); raises NtpFailed. Times are ours, NumericDates."""
    if len(packet) < _PACKET.size:
        raise NtpFailed("the answer is too short")
    (flags, stratum, _, _, root_delay, root_dispersion, code, _, origin, arrived, left) = (
        _PACKET.unpack_from(packet)
    )
    if flags & 7 != _SERVER_MODE or origin != cookie:
        raise NtpFailed("the answer is not to our question")
    if stratum == 0:
        raise NtpFailed(f"the server sends us away: {code.decode('ascii', 'replace')}")
    if flags >> 6 == _NOT_SYNCHRONISED or stratum not in _STRATA or not (arrived and left):
        raise NtpFailed("the server does not know the time itself")
    there, back = _unix(arrived, sent) - sent, _unix(left, received) - received
    on_the_way = max(0.0, there - back)
    margin = (on_the_way + root_delay / 65_536) / 2 + root_dispersion / 65_536
    return Told((there + back) / 2, margin)


def ask_kernel() -> Told:
    """What the kernel thinks of its own clock (adjtimex(2)); raises NtpFailed."""
    asked = ctypes.create_string_buffer(_TIMEX_BYTES)  # modes = 0: nothing is changed
    state = getattr(ctypes.CDLL(None), "adjtimex", lambda _: -1)(asked)
    if state < 0:
        raise NtpFailed("this machine's kernel does not say")
    if state == _TIME_ERROR:
        raise NtpFailed("nothing keeps this machine's clock right")
    *_, microseconds = _MAXERROR.unpack_from(asked.raw)
    return Told(0.0, microseconds / 1_000_000)


class _Exchange(asyncio.DatagramProtocol):
    """One packet back."""

    def __init__(self, answered: "asyncio.Future[tuple[bytes, float]]", clock: Clock) -> None:
        self._answered = answered
        self._clock = clock

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002  # the socket is connected to one peer
        if not self._answered.done():
            self._answered.set_result((data, self._clock.utc().timestamp()))

    def error_received(self, exc: Exception) -> None:
        if not self._answered.done():
            self._answered.set_exception(exc)


def _as_int(cookie: bytes) -> int:
    return int.from_bytes(cookie)


def _unix(timestamp: int, near: float) -> float:
    """A timestamp of whichever era brings it next to a time of ours."""
    seconds = timestamp / _TURN - _SINCE_1900
    return seconds + _TURN * round((near - seconds) / _TURN)
