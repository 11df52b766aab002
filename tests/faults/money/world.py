"""A few orders of scarce things, everybody who acts on them, and a clock that only the test moves."""

import datetime as dt
import random
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.utils import timezone

from inventory.errors import OutOfStock
from orders.errors import (
    InvalidTransition,
    NotThatManyToRefund,
    OrderNotCancellable,
    OrderNotPayable,
    PointsMissing,
    RefundTooLarge,
)
from orders.selectors import get_orders_by_id, get_points
from orders.services import cancel_order, deliver_outbox, fulfil_order, place_order, sweep_expired_orders
from orders.types import LineRefund, OrderView
from payments.errors import GatewayUnavailable, NothingToRefund, NotInReview
from payments.gateways.sandbox import provider
from payments.models import Payment, Refund, SandboxCallback
from payments.services import (
    apply_pending_events,
    receive_event,
    reconcile_payments,
    refund_order,
    refund_payment,
    resend_refund,
    start_payment,
)
from tests.builders import make_customer, make_stock_item
from tests.faults.stripe_peer import StripePeer
from tests.faults.stripe_peer.records import Records
from tests.orders.spending import draft_with_points
from tests.sessions import run_sql

WINDOW: Final = dt.timedelta(minutes=15)
# Points that the customer has to begin with.
GIVEN: Final = 300
CALM_ROUNDS: Final = 12
_KEPT: Final = ("django_migrations", "django_content_type", "auth_permission")


@dataclass(frozen=True)
class Told:
    """An event of a provider; it can be delivered any number of times."""

    gateway: str
    body: str
    event_id: str = ""


@dataclass
class World:
    """Two stock items of three units, one customer with points, up to `most` orders, providers, the clock."""

    peer: StripePeer
    most: int = 5
    now: dt.datetime = field(default_factory=timezone.now)

    def __post_init__(self) -> None:
        empty_database()
        self.peer.records, self.peer.webhook = Records(), ""
        self.peer.answers.clear()
        self.peer.forgive()
        self.on_hand = 3
        self.customer_id = make_customer(points=GIVEN)
        self.items = [make_stock_item(on_hand=self.on_hand) for _ in range(2)]
        self.orders: list[OrderView] = []
        self.told: list[Told] = []
        # Pages of providers to which the shop has led a customer: nobody pays on others.
        self.sessions: list[str] = []
        self.charges: list[str] = []
        self.strangers: list[str] = []

    # What customers do

    def place(self, item: int, quantity: int, *, points: int | None = None) -> None:
        """Place an order, if there is enough for it: a guest's, or one for which the customer pays points."""
        customer_id = None if points is None else self.customer_id
        draft = draft_with_points(self.items[item], customer_id, points or 0, quantity=quantity)
        with suppress(OutOfStock, PointsMissing):
            placed = place_order(
                draft=replace(draft, payment_due_at=self.now + WINDOW),
                idempotency_scope="test",
                idempotency_key=uuid.uuid4().hex,
                now=self.now,
            )
            self.orders.append(placed.order)

    def count_points(self) -> int:
        """Return how many points the customer can spend."""
        return get_points(customer_id=self.customer_id).balance

    def start(self, order: OrderView, gateway: str) -> str:
        """Choose a way to pay; return the name of the page one is led to, or nothing."""
        with suppress(OrderNotPayable, GatewayUnavailable):
            view = start_payment(
                number=order.number,
                gateway=gateway,
                return_url="https://shop.example/back/",
                callback_url="https://shop.example/hook/",
                now=self.now,
            )
            pages = self.sessions if gateway == "stripe" else self.charges
            name = urlsplit(view.redirect_url).path.rstrip("/").rpartition("/")[2]
            if view.status == "started":
                pages += [name] if name not in pages else []
                return name
        return ""

    def list_sessions(self, status: str, intent: str = "") -> list[str]:
        """Return the shown sessions that are at this point."""
        sessions, intents = self.peer.records.sessions, self.peer.records.intents
        return [
            id_
            for id_ in self.sessions
            if sessions[id_]["status"] == status
            and (not intent or intents[sessions[id_]["payment_intent"]]["status"] == intent)
        ]

    def cancel(self, order: OrderView, reason: str) -> None:
        """Cancel an order that is not paid."""
        with suppress(OrderNotCancellable):
            cancel_order(number=order.number, reason=reason, actor="x", now=self.now)

    # What providers do

    def pay(self, session: str, *, change: int = 0) -> None:
        """Have the customer pay on a page of Stripe's that is open, so much more than is asked for."""
        found = self.peer.records.sessions[session]
        if found["status"] == "open":
            self.peer.pay(session, amount=found["amount_total"] + change)

    def decide(self, charge: str, *, approve: bool) -> None:
        """Have the customer pay at the sandbox, or not."""
        provider.settle_charge(charge, approve=approve)

    def charge_a_stranger(self, amount: int) -> None:
        """Take money that bears our mark and no name of ours: another shop's, or one of a lost back-up."""
        marks = {"holdfast_payment": f"payment:{len(self.strangers) + 1}"}
        price = {"unit_amount": str(amount), "currency": "usd"}
        session = self.peer.records.open_session(
            {
                "line_items": {"0": {"price_data": price}},
                "client_reference_id": "",
                "metadata": marks,
                "payment_intent_data": {"metadata": marks},
                "success_url": "",
            },
            page="",
        )
        self.strangers.append(session["id"])
        self.peer.pay(session["id"])

    def collect(self) -> list[Told]:
        """Take over what providers owe the shop; return all they ever had to tell."""
        self.told += [Told("stripe", body) for body in self.peer.drop_all()]
        owed = SandboxCallback.objects.filter(is_delivered=False).order_by("event_id")
        self.told += [Told("sandbox", callback.body, callback.event_id) for callback in owed]
        owed.update(is_delivered=True)
        return self.told

    def deliver(self, told: Told) -> str:
        """Deliver an event, for the first time or again; return what became of it."""
        headers = {"stripe-signature": self.peer.sign(told.body.encode())}
        if told.gateway == "sandbox":
            # Signed by the real clock, which signatures are checked against.
            signed_at = timezone.now()
            headers = {
                "webhook-id": told.event_id,
                "webhook-timestamp": str(int(signed_at.timestamp())),
                "webhook-signature": provider.signer(settings.SANDBOX_SECRET).sign(
                    told.event_id, signed_at, told.body
                ),
            }
        return receive_event(
            gateway=told.gateway, headers=headers, body=told.body.encode(), now=self.now
        ).outcome

    # What staff do

    def ship(self, order: OrderView) -> None:
        """Send a paid order off."""
        with suppress(InvalidTransition):
            fulfil_order(number=order.number, actor="x", now=self.now)

    def refund(self, order: OrderView) -> None:
        """Refund all of a paid order."""
        with suppress(InvalidTransition):
            refund_order(number=order.number, reason="broken", actor="x", now=self.now)

    def refund_part(self, order: OrderView, *, amount: int | None) -> None:
        """Refund so much of a paid order, or one unit of its line."""
        with suppress(InvalidTransition, RefundTooLarge, NotThatManyToRefund, NothingToRefund):
            refund_order(
                number=order.number,
                lines=() if amount else (LineRefund(position=0, quantity=1),),
                amount=amount,
                reason="a part",
                actor="x",
                now=self.now,
            )

    def send_back(self, order: OrderView) -> None:
        """Send back money that came in the wrong amount."""
        for payment in Payment.objects.filter(order_id=order.id, status="review"):
            with suppress(NothingToRefund, NotInReview):
                refund_payment(payment_id=payment.id, reason="wrong amount", actor="x", now=self.now)

    def resend_refunds(self) -> None:
        """Have refunds that came back sent again."""
        for refund in Refund.objects.filter(status="failed"):
            resend_refund(refund_id=refund.id, now=self.now)

    # What the shop does by itself

    def pass_time(self, minutes: int) -> None:
        """Move the clock."""
        self.now += dt.timedelta(minutes=minutes)

    def work(self) -> None:
        """Deliver the outbox and try waiting events again."""
        deliver_outbox(now=self.now)
        apply_pending_events(now=self.now)

    def sweep(self) -> None:
        """Cancel what is overdue."""
        sweep_expired_orders(now=self.now)

    def reconcile(self) -> None:
        """Compare with the providers' lists and repair what is safe."""
        reconcile_payments(now=self.now, since=None, repair=True)

    def calm_down(self, chance: random.Random) -> None:
        """Let everybody do their work undisturbed until nothing is left to do.

        Of the callbacks that have not come yet, some come now, in any order; the others never do.
        """
        self.peer.forgive()
        for session in self.list_sessions("complete", "processing"):
            self.peer.settle(session, arrives=True)
        told = self.collect()
        for event in chance.sample(told, len(told) // 2):
            self.deliver(event)
        for turn in range(CALM_ROUNDS):
            self.pass_time(61)
            if turn in (0, 1, CALM_ROUNDS - 1):
                self.reconcile()
            self.work()
            self.sweep()
        self.peer.drop_all()

    def read_orders(self) -> list[OrderView]:
        """Return all orders as they are now."""
        return list(get_orders_by_id(ids=[order.id for order in self.orders]).values())


def empty_database() -> None:
    """Delete what an earlier world left; much faster than truncating every table."""
    names: Callable[[], list[str]] = connection.introspection.table_names
    run_sql("SET foreign_key_checks = 0")
    for name in names():
        if name not in _KEPT:
            run_sql(f"DELETE FROM {name}")  # noqa: S608 - a name of ours
    run_sql("SET foreign_key_checks = 1")
