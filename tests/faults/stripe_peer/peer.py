"""The provider as tests see it: what its customers do, how its calls fail, and how it calls back."""

import hashlib
import hmac
import json
import threading
import time
import urllib.error
import urllib.request
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from http.server import ThreadingHTTPServer
from typing import Any, Self

from tests.faults.stripe_peer.recipes import Fault
from tests.faults.stripe_peer.records import Records
from tests.faults.stripe_peer.server import Handler

SECRET = "whsec_of_the_peer"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    peer: "StripePeer"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hung up is no error of the peer's."""


class StripePeer:
    """A running provider on loopback; use as a context manager."""

    def __init__(self) -> None:
        self.records = Records()
        self.lock = threading.Lock()
        self.stopped = threading.Event()
        self.answers: dict[str, Any] = {}
        self.calls: list[str] = []
        self.keys: list[str] = []
        self.page_size = 2
        self.on_call: Callable[[str], None] | None = None
        self.webhook = ""
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.peer = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def fail(self, call: str, *faults: Fault) -> None:
        """Let the next calls that begin so, such as "POST /v1/refunds", go wrong, one after the other."""
        self._faults[call].extend(faults)

    def forgive(self) -> None:
        """Let nothing go wrong any more."""
        self._faults.clear()

    def take_fault(self, call: str) -> Fault | None:
        """Return how this call goes wrong."""
        for begin, faults in self._faults.items():
            if faults and call.startswith(begin):
                return faults.popleft()
        return None

    def note_call(self, call: str, headers: Mapping[str, str]) -> None:
        """Remember that somebody called."""
        self.calls.append(call)
        if key := headers.get("idempotency-key"):
            self.keys.append(key)

    # What customers do

    def pay(self, id_: str, **wrong: Any) -> str:
        """Pay by card, in the right amount unless changed; return the intent."""
        intent = self.records.act(id_, "succeeded", **wrong)
        self.records.tell("payment_intent.succeeded", self.records.intents[intent])
        self.records.tell("checkout.session.completed", self.records.sessions[id_])
        return intent

    def challenge(self, id_: str) -> None:
        """Have the customer's bank ask who is there (3-D Secure)."""
        intent = self.records.act(id_, "requires_action")
        self.records.tell("payment_intent.requires_action", self.records.intents[intent])

    def decline(self, id_: str) -> None:
        """Refuse a card; the customer may try another one."""
        intent = self.records.act(id_, "requires_payment_method")
        self.records.tell("payment_intent.payment_failed", self.records.intents[intent])

    def pay_later(self, id_: str) -> None:
        """Pay by a method whose money takes days."""
        intent = self.records.act(id_, "processing")
        self.records.tell("payment_intent.processing", self.records.intents[intent])
        self.records.tell("checkout.session.completed", self.records.sessions[id_])

    def settle(self, id_: str, *, arrives: bool) -> None:
        """Let the money that took days arrive, or not."""
        intent = self.records.act(id_, "succeeded" if arrives else "requires_payment_method")
        self.records.sessions[id_]["status"] = "complete"
        if arrives:
            self.records.tell("payment_intent.succeeded", self.records.intents[intent])
        kind = f"checkout.session.async_payment_{'succeeded' if arrives else 'failed'}"
        self.records.tell(kind, self.records.sessions[id_])

    # How it calls back

    def sign(self, body: bytes, *, secret: str = SECRET, age: float = 0) -> str:
        """Return the signature header for a body."""
        at = int(time.time() - age)
        digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return f"t={at},v1={digest}"

    def call_back(self, body: bytes, *, signature: str | None = None) -> tuple[int, dict[str, Any]]:
        """POST one callback; return the shop's status and answer."""
        headers = {
            "content-type": "application/json",
            "stripe-signature": self.sign(body) if signature is None else signature,
        }
        request = urllib.request.Request(self.webhook, data=body, headers=headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def deliver(self, events: Iterable[str]) -> list[str]:
        """Deliver these events in this order; return what became of each."""
        outcomes = []
        for event in events:
            status, answer = self.call_back(event.encode())
            assert status == 200, answer
            outcomes.append(answer["outcome"])
        return outcomes

    def deliver_all(self) -> list[str]:
        """Deliver what is owed, in order; return what became of each."""
        with self.lock:
            events, self.records.events = self.records.events, []
        return self.deliver(events)

    def drop_all(self) -> list[str]:
        """Deliver nothing of what is owed; return it."""
        events, self.records.events = self.records.events, []
        return events
