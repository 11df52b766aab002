"""One HTTP client as a load generator needs it: whole requests go out as bytes, answers are barely read."""

import contextlib
import re
import socket
import time
from dataclasses import dataclass
from typing import Final

LOOPBACK: Final = "127.0.0.1"
ANSWER_SECONDS: Final = 60.0
_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSE: Final = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_STATUS: Final = slice(9, 12)


class LoadFailed(Exception):
    """The server cannot be measured: it does not answer, or not in a way this generator reads."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request got, and when."""

    number: int
    status: int
    began: float
    ended: float
    body: bytes


class Client:
    """A kept-alive connection, the request it waits for, and what has come of the answer."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.number = -1
        self.request = b""
        self.began = 0.0
        self.received = b""
        self.socket = self._connect()

    def send(self, number: int, request: bytes) -> None:
        """Send a request."""
        self.number, self.request, self.began = number, request, time.monotonic()
        self._send()

    def reconnect(self) -> None:
        """Go on with a new connection."""
        self.close()
        self.socket = self._connect()

    def resend(self) -> None:
        """Send the same request on a new connection, as a client does that got no answer."""
        self.reconnect()
        self._send()

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def take_answer(self) -> Answer | None:
        """Return the answer once all of it is there. Raises LoadFailed on one without Content-Length."""
        end = self.received.find(_HEAD_END)
        if end < 0:
            return None
        length = _LENGTH.search(self.received, 0, end)
        if length is None:
            raise LoadFailed(f"an answer without Content-Length: {self.received[:end]!r}")
        body_at = end + len(_HEAD_END)
        if len(self.received) < body_at + int(length[1]):
            return None
        return Answer(
            self.number,
            int(self.received[_STATUS]),
            self.began,
            time.monotonic(),
            self.received[body_at:],
        )

    @property
    def is_closed_by_server(self) -> bool:
        """Whether the answer said that the server hangs up after it."""
        return bool(_CLOSE.search(self.received, 0, self.received.find(_HEAD_END)))

    def _connect(self) -> socket.socket:
        try:
            connected = socket.create_connection((LOOPBACK, self.port), timeout=ANSWER_SECONDS)
        except OSError as error:
            raise LoadFailed(f"nobody listens on port {self.port}: {error}") from error
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connected

    def _send(self) -> None:
        self.received = b""
        # A connection that is closed already shows when the answer is read.
        with contextlib.suppress(ConnectionError):
            self.socket.sendall(self.request)


def make_post(path: str, body: bytes, **headers: str) -> bytes:
    """Return a POST of JSON, ready to be sent. Underscores in names of headers become hyphens."""
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {LOOPBACK}",
        "Accept: application/json",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode() + _HEAD_END + body
