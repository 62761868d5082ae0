"""A real HTTP server on this machine that does what each path says, and remembers what it was asked."""

from __future__ import annotations

import contextlib
import gzip
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class MoodyServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: str = "127.0.0.1") -> None:
        super().__init__((address, 0), _Handler)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.bodies: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.lock = threading.Lock()
        self.now = self.most_at_once = 0
        self.stopping = threading.Event()

    @property
    def url(self) -> str:
        return f"http://{self.server_address[0]}:{self.server_port}"

    def count(self, path: str) -> int:
        return sum(asked == path for asked, _ in self.asked)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: MoodyServer

    def do_GET(self) -> None:
        server = self.server
        with server.lock:
            server.asked.append((self.path, dict(self.headers)))
            server.now += 1
            server.most_at_once = max(server.most_at_once, server.now)
        try:
            with contextlib.suppress(OSError):
                self._answer(*self.path.partition("?")[0].strip("/").split("/", 1))
        finally:
            with server.lock:
                server.now -= 1

    def _answer(self, mood: str, more: str = "") -> None:
        """mood and more: the path up to a question mark, parted at the first slash."""
        known = self.server.bodies.get(self.path)
        if known:
            body, headers = known
            same = headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]
            same = same or (headers.get("Last-Modified") and self.headers.get("If-Modified-Since") == headers["Last-Modified"])
            self._send(304, headers=headers) if same else self._send(200, body, headers)
        elif mood == "busy" and self.server.count(self.path) < 3:
            self._send(503, headers={"Retry-After": more})
        elif mood == "busy-until" and self.server.count(self.path) < 2:
            self._send(429, headers={"Retry-After": formatdate(time.time() + float(more), usegmt=True)})
        elif mood == "status":
            self._send(int(more))
        elif mood == "to":
            self._send(302, headers={"Location": more if "://" in more else f"/{more}"})
        elif mood == "loop":
            self._send(302, headers={"Location": f"/loop/{int(more or 0) + 1}"})
        elif mood == "announced":
            self._send(200, headers={"Content-Length": more})
        elif mood == "bomb":
            self._send(200, gzip.compress(bytes(int(more))), {"Content-Encoding": "gzip"})
        elif mood == "slow":
            time.sleep(float(more))
            self._send(200, b"picture")
        elif mood == "endless":
            self._begin(200, {"Connection": "close"})
            for _ in range(10_000):
                self.wfile.write(bytes(2**16))
        elif mood == "drip-head":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
            self._drip()
        elif mood in ("drip", "drip-unmeasured"):
            self._begin(200, {"Content-Length": "9999"} if mood == "drip" else {"Connection": "close"})
            self._drip()
        else:
            self._send(200, b"picture")

    def _drip(self) -> None:
        while not self.server.stopping.wait(0.1):
            self.wfile.write(b"x")
            self.wfile.flush()

    def _begin(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        headers = dict(headers or {})
        if status != 304:
            headers.setdefault("Content-Length", str(len(body)))
        self._begin(status, headers)
        self.wfile.write(body)
        if int(headers.get("Content-Length", 0)) > len(body):
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(address: str = "127.0.0.1") -> Iterator[MoodyServer]:
    server = MoodyServer(address)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
