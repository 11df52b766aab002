"""The provider's HTTP side: form bodies in, JSON out, idempotency keys honoured, faults by recipe."""

import json
import re
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.faults.stripe_peer.recipes import STATUSES, UNDONE, Fault
from tests.faults.stripe_peer.records import ApiError

Answer = tuple[int, dict[str, Any]]


def parse_form(text: str) -> dict[str, Any]:
    """Return `a[b][0]=c` as {"a": {"b": {"0": "c"}}}."""
    parsed: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        *path, last = re.findall(r"[^\[\]]+", name)
        place = parsed
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    return parsed


class Handler(BaseHTTPRequestHandler):
    """Answers for the peer that is its server's `peer`."""

    protocol_version = "HTTP/1.1"
    # Head and body are two writes; the second one must not wait for a delayed acknowledgement of the first.
    disable_nagle_algorithm = True
    server: Any

    def do_GET(self) -> None:
        """Answer reads; the hosted page pays by being visited."""
        address = urlsplit(self.path)
        if address.path.startswith("/page/"):
            self._visit(address.path.removeprefix("/page/"))
            return
        self._serve(parse_form(address.query), address.path)

    def do_POST(self) -> None:
        """Answer writes."""
        text = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        self._serve(parse_form(text), self.path)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def _visit(self, id_: str) -> None:
        peer = self.server.peer
        peer.pay(id_)
        self.send_response(303)
        self.send_header("location", peer.records.sessions[id_]["success_url"])
        self.send_header("content-length", "0")
        self.end_headers()
        peer.deliver_all()

    def _serve(self, params: dict[str, Any], path: str) -> None:
        peer = self.server.peer
        call = f"{self.command} {path}"
        fault = peer.take_fault(call)
        peer.note_call(call, self.headers)
        if fault in UNDONE:
            status = STATUSES.get(fault, 500)
            self._send(status, ApiError(status, fault.name.lower()).body)
            return
        answer = self._answer_once(params, path, fault)
        if peer.on_call is not None:
            peer.on_call(call)
        if fault is Fault.HANG:
            peer.stopped.wait(30)
        if fault in (Fault.HANG, Fault.RESET):
            self.close_connection = True
        elif fault is Fault.GARBAGE:
            self._send_bytes(200, b"<html>this is fine</html>")
        elif fault is Fault.ERROR_AFTER:
            self._send(500, ApiError(500, "server_error").body)
        else:
            self._send(*answer)

    def _answer_once(self, params: dict[str, Any], path: str, fault: Fault | None) -> Answer:
        """Do what is asked, or repeat the answer this idempotency key got before."""
        peer, key = self.server.peer, self.headers.get("idempotency-key")
        with peer.lock:
            if self.command != "POST" or not key:
                return self._answer(params, path)
            request = (path, json.dumps(params, sort_keys=True))
            if key in peer.answers:
                before, answer = peer.answers[key]
                if before != request:
                    return 400, {"error": {"type": "idempotency_error", "message": "other parameters"}}
                return answer
            answer = self._answer(params, path)
            if fault is Fault.ERROR_KEPT:
                answer = (500, ApiError(500, "server_error").body)
            peer.answers[key] = (request, answer)
            return answer

    def _answer(self, params: dict[str, Any], path: str) -> Answer:
        records = self.server.peer.records
        try:
            match [*path.strip("/").split("/"), self.command]:
                case ["v1", "checkout", "sessions", "POST"]:
                    return 200, records.open_session(params, page=f"{self.server.peer.url}/page")
                case ["v1", "checkout", "sessions", "GET"]:
                    return 200, self._list_sessions(params)
                case ["v1", "checkout", "sessions", id_, "GET"]:
                    return 200, records.expand(records.find(records.sessions, id_))
                case ["v1", "checkout", "sessions", id_, "expire", "POST"]:
                    return 200, records.expire_session(id_)
                case ["v1", "refunds", "POST"]:
                    refund = records.refund(
                        params["payment_intent"], int(params["amount"]), params["metadata"]
                    )
                    return 200, refund
                case ["v1", "refunds", "GET"]:
                    of = [
                        r for r in records.refunds.values() if r["payment_intent"] == params["payment_intent"]
                    ]
                    return 200, self._make_page(of[::-1], params, path)
        except ApiError as error:
            return error.status, error.body
        return 404, ApiError(404, "unknown_route").body

    def _list_sessions(self, params: dict[str, Any]) -> dict[str, Any]:
        peer = self.server.peer
        since = int(params.get("created", {}).get("gte", 0))
        found = [s for s in reversed(peer.records.sessions.values()) if s["created"] >= since]
        page = self._make_page(found, params, "/v1/checkout/sessions")
        return {**page, "data": [peer.records.expand(session) for session in page["data"]]}

    def _make_page(self, found: list[dict[str, Any]], params: dict[str, Any], url: str) -> dict[str, Any]:
        """Return some of what was found, newest first, a few at a time, whatever the caller would like."""
        after, size = params.get("starting_after"), self.server.peer.page_size
        start = [one["id"] for one in found].index(after) + 1 if after else 0
        page = found[start : start + size]
        return {"object": "list", "data": page, "has_more": start + size < len(found), "url": url}

    def _send(self, status: int, body: dict[str, Any]) -> None:
        self._send_bytes(status, json.dumps(body).encode())

    def _send_bytes(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("request-id", "req_test")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
