"""Telling another system by HTTP, signed as Standard Webhooks wants it, and within a bounded time.

The id of a message is the step's key, the same in every attempt: by it the other side knows a repetition.
"""

import datetime as dt
import http.client
import json
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from django.utils import timezone
from standardwebhooks import Webhook

from orders.errors import PeerUnavailable, StepRefused

# To a cancellation: nothing was ever booked under this key, or it was cancelled before.
NOTHING_THERE: Final = frozenset({HTTPStatus.NOT_FOUND.value, HTTPStatus.GONE.value})
_LARGEST_ANSWER: Final = 64 * 1024
_LONGEST_PROBLEM: Final = 200


@dataclass(frozen=True, slots=True)
class Peer:
    """Another system's address, the secret shared with it (`whsec_...`), and how long it may take in all."""

    url: str
    secret: str
    timeout_seconds: float

    def tell(
        self, path: str, *, key: str, body: Mapping[str, Any], accept: frozenset[int] = frozenset()
    ) -> dict[str, Any]:
        """Post a message and return what was answered.

        `accept` are statuses that are as good as success. Raises StepRefused if the other side says that it
        will never do this (410, 422), PeerUnavailable for everything else that is no success.
        """
        text = json.dumps(body, ensure_ascii=False)
        try:
            status, answer = self._post(path, text.encode(), self._sign(key, text, now=timezone.now()))
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise PeerUnavailable(f"{type(error).__name__}: {error}"[:_LONGEST_PROBLEM]) from error
        if HTTPStatus(200) <= status < HTTPStatus(300):
            return _read(answer)
        if status in accept:
            return {}
        problem = f"{status} {answer.decode(errors='replace')[:_LONGEST_PROBLEM]}".strip()
        # Whatever may be our own mistake, a wrong secret above all, must not cost an order so soon.
        if status in (HTTPStatus.GONE, HTTPStatus.UNPROCESSABLE_ENTITY):
            raise StepRefused(problem)
        raise PeerUnavailable(problem)

    def _sign(self, key: str, text: str, *, now: dt.datetime) -> dict[str, str]:
        return {
            "content-type": "application/json",
            "webhook-id": key,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self.secret).sign(key, now, text),
        }

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        address = urlsplit(self.url)
        make = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        connection = make(address.netloc, timeout=self.timeout_seconds)
        # A timeout of the socket is for each packet; this one is for all of them together.
        watchdog = threading.Timer(self.timeout_seconds, _hang_up, [connection])
        watchdog.start()
        try:
            connection.request("POST", address.path.rstrip("/") + path, body, headers)
            response = connection.getresponse()
            answer = response.read(_LARGEST_ANSWER + 1)
            if len(answer) > _LARGEST_ANSWER:
                raise ValueError("the answer is too long")
            if not _is_whole(response, answer):
                raise http.client.HTTPException("the answer was cut off")
        finally:
            watchdog.cancel()
            connection.close()
        return response.status, answer


def _hang_up(connection: http.client.HTTPConnection) -> None:
    if (line := connection.sock) is not None:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)


def _is_whole(response: http.client.HTTPResponse, answer: bytes) -> bool:
    """Say whether all of an answer came: half a header looks like a header, nothing like an empty body."""
    if response.length is None:
        # Chunks say themselves when they end; what ends with the connection must at least be something.
        return response.chunked or bool(answer) or response.status == HTTPStatus.NO_CONTENT
    return response.length == 0


def _read(answer: bytes) -> dict[str, Any]:
    """Return the answer's JSON object. Raises PeerUnavailable: what cannot be read may have been cut off."""
    if not answer.strip():
        return {}
    try:
        content = json.loads(answer)
    except ValueError as error:
        raise PeerUnavailable("the answer is not JSON") from error
    if not isinstance(content, dict):
        raise PeerUnavailable("the answer is not a JSON object")
    return content
