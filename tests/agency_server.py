"""An agency's own web server, on loopback: what it was asked and told, and what it answers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """A request that arrived."""

    path: str
    headers: Message
    body: bytes


class AgencyServer(ThreadingHTTPServer):
    """Answers `content` with `status`, but first with each of `statuses`, in their order."""

    def __init__(self, content: bytes = b"", status: int = 200) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content, self.status = content, status
        self.statuses: list[int] = []
        self.requests: list[Asked] = []
        self.arrived = threading.Semaphore(0)
        """Released once for each request that was answered."""

    @property
    def asked(self) -> int:
        return len(self.requests)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: AgencyServer

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        server = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        server.requests.append(Asked(self.path, self.headers, body))
        self.send_response(server.statuses.pop(0) if server.statuses else server.status)
        self.send_header("Location", f"http://{server.address}/elsewhere")
        self.send_header("Content-Type", "image/svg+xml")
        self.send_header("Content-Length", str(len(server.content)))
        self.end_headers()
        self.wfile.write(server.content)
        server.arrived.release()

    def log_message(self, *_: Any) -> None:
        return


@contextmanager
def agency_server(content: bytes = b"", status: int = 200) -> Iterator[AgencyServer]:
    server = AgencyServer(content, status)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
