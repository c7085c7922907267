"""An NTP server on loopback that says what a test tells it to."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from socket import AF_INET, SOCK_DGRAM, socket
from threading import Thread

from core.clock import Clock

PACKET = struct.Struct("!BBbb 2I4s 8s8sQQ")
SINCE_1900 = 2_208_988_800


@dataclass
class NtpOnLoopback:
    """Tells a clock's time, `ahead` seconds later; the rest is what else can be wrong."""

    clock: Clock
    ahead: float = 0.0
    leap: int = 0
    stratum: int = 2
    mode: int = 4
    dispersion: float = 0.001
    code: bytes = b"TEST"
    silent: bool = False
    cookie: bytes | None = None  # in the place of the client's
    cut: int = 48
    asked: int = 0

    def __post_init__(self) -> None:
        self._socket = socket(AF_INET, SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def source(self) -> str:
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def _serve(self) -> None:
        while True:
            packet, client = self._socket.recvfrom(512)
            if not packet:
                return
            self.asked += 1
            if not self.silent:
                self._socket.sendto(self._answer(packet)[: self.cut], client)

    def _answer(self, packet: bytes) -> bytes:
        asked = PACKET.unpack(packet)
        seconds = self.clock.utc().timestamp() + self.ahead + SINCE_1900
        stamp = int(seconds * (1 << 32)) % (1 << 64)
        flags = self.leap << 6 | 4 << 3 | self.mode
        dispersion = int(self.dispersion * 65_536)
        cookie = asked[-1].to_bytes(8) if self.cookie is None else self.cookie
        return PACKET.pack(
            flags, self.stratum, 6, -20, 0, dispersion, self.code, bytes(8), cookie, stamp, stamp
        )

    def close(self) -> None:
        with socket(AF_INET, SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()


@contextmanager
def ntp_servers(clock: Clock, number: int) -> Iterator[list[NtpOnLoopback]]:
    """So many servers, until the block ends."""
    servers = [NtpOnLoopback(clock) for _ in range(number)]
    try:
        yield servers
    finally:
        for server in servers:
            server.close()
