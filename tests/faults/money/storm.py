"""A provider, a network and customers of whom each does wrong now and then, in many threads at once."""

import http.client
import itertools
import json
import random
import threading
import uuid
from collections import Counter, deque
from contextlib import closing, suppress
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.utils import timezone

from inventory.errors import StockBusy
from orders.errors import InvalidTransition
from orders.services import fulfil_order
from payments.gateways.sandbox import provider
from payments.services import refund_order
from tests.faults.stripe_peer import Fault, StripePeer

# Of a hundred calls, and of a hundred callbacks, so many go wrong in each way.
PERCENT: Final = 10
CALL_FAULTS: Final = (Fault.ERROR_AFTER, Fault.RESET, Fault.HANG, Fault.THROTTLED)
_TRIES: Final = 8
# What customers do, and how many of a hundred.
CUSTOMERS: Final = {
    "pay": 50,
    "pay_late": 10,
    "pay_twice": 10,
    "pay_wrong": 10,
    "leave": 8,
    "decline": 4,
    "cancel": 8,
}


class StormyPeer(StripePeer):
    """A provider whose calls fail by chance, each way as often, and whose callbacks are not reliable."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.page_size = 100
        self.chance = chance
        self.counts: Counter[str] = Counter()
        self.late: deque[str] = deque()
        # What nobody is told before its order's deadline.
        self.held: deque[str] = deque()
        self.strangers: list[str] = []
        self.is_calm = False

    def take_fault(self, call: str) -> Fault | None:
        """Return how this call goes wrong."""
        drawn = self.chance.randrange(100) // PERCENT
        if self.is_calm or drawn >= len(CALL_FAULTS):
            return None
        self.counts[f"call: {CALL_FAULTS[drawn].name.lower()}"] += 1
        return CALL_FAULTS[drawn]

    def report(self) -> None:
        """Call back about what happened: now, later, twice, in another order, never, or with nonsense."""
        events = self.take_events()
        for name in ("duplicate", "reorder", "delay", "drop", "garbage", "forge", "unknown"):
            if self.chance.randrange(100) < PERCENT:
                self.counts[f"callback: {name}"] += 1
                events = self._spoil(name, events)
        for event in events:
            self.tell(event)
        while self.late and self.chance.randrange(4) == 0:
            with suppress(IndexError):
                self.tell(self.late.popleft())

    def take_events(self) -> list[str]:
        """Take what is owed and give it to nobody else."""
        with self.lock:
            events, self.records.events = self.records.events, []
        return events

    def tell(self, event: str) -> None:
        """Deliver one event; a shop that is busy is told again later."""
        status, _answer = self.call_back(event.encode())
        if status != http.client.OK:
            self.late.append(event)

    def _spoil(self, name: str, events: list[str]) -> list[str]:
        match name:
            case "duplicate":
                return [*events, *events]
            case "reorder":
                return events[::-1]
            case "delay":
                self.late.extend(events)
                return []
            case "drop":
                return []
            case "garbage":
                assert self.call_back(b'{"id": 7, "type": [')[0] == http.client.OK
            case "forge":
                body = json.dumps({"id": f"evt_{uuid.uuid4().hex}", "type": "payment_intent.succeeded"})
                assert self.call_back(body.encode(), signature="t=1,v1=forged")[0] == http.client.BAD_REQUEST
            case "unknown":
                self.charge_a_stranger()
        return events

    def charge_a_stranger(self) -> None:
        """Take money under a key of ours that no payment has, and tell of it."""
        with self.lock:
            marks = {"holdfast_payment": f"payment:{len(self.strangers) + 1}"}
            asked = {
                "line_items": {"0": {"price_data": {"unit_amount": "500", "currency": "usd"}}},
                "client_reference_id": "",
                "metadata": marks,
                "payment_intent_data": {"metadata": marks},
                "success_url": "",
            }
            session = self.records.open_session(asked, page="")["id"]
            self.strangers.append(session)
            self.pay(session)


class Customers:
    """Buyers in a thread each; together they place so many orders."""

    def __init__(self, peer: StormyPeer, port: int, skus: list[str], *, orders: int, seed: int) -> None:
        self.peer, self.port, self.skus, self.seed = peer, port, skus, seed
        self.numbers: list[str] = []
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []
        self._turns = iter(range(orders))
        self._lock = threading.Lock()

    def run(self, clients: int) -> None:
        """Serve customers from so many threads until all orders are placed."""
        threads = [threading.Thread(target=self._serve, args=(number,)) for number in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not self.problems, self.problems

    def _serve(self, number: int) -> None:
        chance = random.Random(f"{self.seed}:{number}")
        acts = list(itertools.chain.from_iterable([act] * often for act, often in CUSTOMERS.items()))
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as shop:
                while not self.problems:
                    with self._lock:
                        if next(self._turns, None) is None:
                            return
                    self._be_customer(shop, chance, chance.choice(acts))
        except Exception as problem:  # the test reports it
            self.problems.append(repr(problem))
        finally:
            connection.close()

    def _be_customer(self, shop: http.client.HTTPConnection, chance: random.Random, act: str) -> None:
        placed = self._place(shop, chance)
        with self._lock:
            self.counts[act] += 1
            self.numbers.append(placed["number"])
        address, token = f"/api/v1/orders/{placed['number']}/", {"Order-Token": placed["token"]}
        if act == "cancel":
            self._ask(shop, f"{address}cancel/", {}, token)
        elif act != "leave":
            self._visit_stripe(shop, f"{address}payments/", token, act)
        if act == "pay_twice":
            self._pay_at_the_sandbox(shop, f"{address}payments/", token)
        if act in ("pay", "pay_twice"):
            self._let_staff_act(placed["number"], chance)

    def _place(self, shop: http.client.HTTPConnection, chance: random.Random) -> Any:
        while True:
            lines = [{"sku": chance.choice(self.skus), "quantity": chance.randint(1, 2)}]
            body = {"email": "buyer@example.com", "lines": lines}
            status, placed = self._ask(
                shop, "/api/v1/orders/", body, {"Idempotency-Key": f"{chance.getrandbits(64):x}"}
            )
            if status == http.client.CREATED:
                return placed
            assert status in (409, 503), placed

    def _visit_stripe(
        self, shop: http.client.HTTPConnection, address: str, token: dict[str, str], act: str
    ) -> None:
        page = self._start(shop, address, token, "stripe")
        if not page:
            return
        with self.peer.lock:
            session = self.peer.records.sessions[page]
            if session["status"] != "open":
                return
            if act == "decline":
                self.peer.decline(page)
            else:
                self.peer.pay(page, amount=session["amount_total"] + (act == "pay_wrong"))
        if act == "pay_late":
            self.peer.held.extend(self.peer.take_events())
        else:
            self.peer.report()

    def _start(
        self, shop: http.client.HTTPConnection, address: str, token: dict[str, str], gateway: str
    ) -> str:
        """Choose a way to pay, again while the provider does not answer; return the page's name."""
        for _try in range(_TRIES):
            status, answer = self._ask(shop, address, {"gateway": gateway}, token)
            if status == http.client.CREATED:
                is_open = answer["status"] == "started"
                return urlsplit(answer["redirect_url"]).path.rstrip("/").rpartition("/")[2] if is_open else ""
            if status == http.client.CONFLICT:
                return ""
            assert status in (502, 503), answer
        return ""

    def _pay_at_the_sandbox(
        self, shop: http.client.HTTPConnection, address: str, token: dict[str, str]
    ) -> None:
        page = self._start(shop, address, token, "sandbox")
        if page and (callback := provider.settle_charge(page, approve=True)):
            provider.deliver_callback(callback, secret=settings.SANDBOX_SECRET, now=timezone.now())

    def _let_staff_act(self, number: str, chance: random.Random) -> None:
        drawn = chance.randrange(10)
        with suppress(InvalidTransition, StockBusy):
            if drawn == 0:
                refund_order(number=number, reason="broken", actor="staff", now=timezone.now())
            elif drawn == 1:
                fulfil_order(number=number, actor="staff", now=timezone.now())

    def _ask(
        self, shop: http.client.HTTPConnection, path: str, body: Any, headers: dict[str, str]
    ) -> tuple[int, Any]:
        text = json.dumps(body)
        for _try in range(_TRIES):
            # A kept-alive connection may end at any moment; the same is asked again, under the same key.
            with suppress(ConnectionError, http.client.HTTPException):
                shop.request("POST", path, text, {"Content-Type": "application/json", **headers})
                answer = shop.getresponse()
                content = json.loads(answer.read())
                break
            shop.close()
        else:
            raise ConnectionError(path)
        with self._lock:
            self.counts[f"HTTP {answer.status}"] += 1
        return answer.status, content
