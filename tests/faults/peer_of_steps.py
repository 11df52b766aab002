"""A carrier or warehouse on loopback: verifies signatures, honours keys, and misbehaves by recipe."""

import base64
import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


class StepPeer:
    """The other side of a step: what it was told, what it has on record, and how it answers next.

    `recipes` are taken from the front, one for each call: "ok", "error" (500 before doing anything),
    "error_after" (500 after doing it), "hang" (does it and answers nothing), "drip" (does it and answers a
    byte at a time), "garbage", "refuse" (422) or an HTTP status.
    """

    def __init__(self):
        self.calls: list[tuple[str, str]] = []
        self.recipes: deque[Any] = deque()
        # What is booked or to be packed, by key, and what was cancelled: under that nothing is done any more.
        self.records: dict[str, dict[str, Any]] = {}
        self.cancelled: set[str] = set()
        self.stopped, self.lock = threading.Event(), threading.Lock()
        self.on_done = lambda path: None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.peer = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        """Stop answering, and let go whoever hangs."""
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def act(self, path, body):
        """Do what is asked, once for each key; return status and answer."""
        key = body["key"]
        with self.lock:
            if path.endswith("/cancel"):
                was_there = self.records.pop(key, None) is not None
                self.cancelled.add(key)
                return (200, {}) if was_there else (404, {"error": "nothing under this key"})
            if key in self.cancelled:
                return 410, {"error": "cancelled before"}
            number = f"TRK{len(self.records) + 1}"
            record = self.records.setdefault(key, {"tracking_number": number, "body": body})
        url = f"https://carrier.example/{record['tracking_number']}"
        return 200, {"tracking_number": record["tracking_number"], "tracking_url": url}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def do_POST(self) -> None:
        peer, text = self.server.peer, self.rfile.read(int(self.headers["content-length"]))
        path = self.path.removeprefix("/v1")
        try:
            Webhook(SECRET).verify(text, dict(self.headers))
        except WebhookVerificationError:
            self._send(401, b"bad signature")
            return
        peer.calls.append((path, self.headers["webhook-id"]))
        recipe = peer.recipes.popleft() if peer.recipes else "ok"
        if recipe == "error":
            self._send(500, b"")
        elif recipe == "refuse":
            self._send(422, b"no such street")
        elif isinstance(recipe, int):
            self._send(recipe, b"")
        else:
            self._act(path, json.loads(text), recipe)

    def _act(self, path, body, recipe):
        peer = self.server.peer
        status, answer = peer.act(path, body)
        peer.on_done(path)
        match recipe:
            case "error_after":
                self._send(500, b"")
            case "garbage":
                self._send(200, b"<html>this is fine</html>")
            case "hang":
                peer.stopped.wait(30)
                self.close_connection = True
            case "drip":
                self._drip()
            case _:
                self._send(status, json.dumps(answer).encode())

    def _drip(self):
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not self.peer_is_tired():
            self.wfile.write(b"x")
            self.wfile.flush()

    def peer_is_tired(self):
        return self.server.peer.stopped.wait(0.05)

    def _send(self, status, body):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle(self):
        # Whoever asked may have hung up.
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def log_message(self, *args):
        """Say nothing."""
