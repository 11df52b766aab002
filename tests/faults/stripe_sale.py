"""Orders that are paid through the peer."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from inventory.types import StockLevel
from orders.selectors import get_order
from orders.types import OrderView
from payments.models import GatewayEvent, Payment, Refund
from payments.services import start_payment
from payments.types import PaymentView
from tests.builders import buy, make_stock_item
from tests.faults.stripe_peer import StripePeer

BACK = "https://shop.example/orders/back/"


@dataclass
class StripeSale:
    """An order of 2 units out of 5, at 10.00 each, and its payment at the peer."""

    item: StockLevel
    order: OrderView
    session: str = ""

    @property
    def status(self) -> str:
        """The order's status now."""
        return get_order(number=self.order.number).status

    @property
    def payment(self) -> Payment:
        """The payment's row now."""
        return Payment.objects.get(order_id=self.order.id)


def place(*, minutes: int = 15) -> StripeSale:
    """Place an order that can be paid from now on."""
    now = timezone.now()
    item = make_stock_item()
    return StripeSale(item, buy((item, 2), now=now, due_at=now + dt.timedelta(minutes=minutes)).order)


def start(sale: StripeSale, *, return_url: str = BACK) -> PaymentView:
    """Choose to pay by Stripe."""
    return start_payment(
        number=sale.order.number,
        gateway="stripe",
        return_url=return_url,
        callback_url="https://shop.example/hook/",
        now=timezone.now(),
    )


def make_stripe_sale(**details: Any) -> StripeSale:
    """Place an order and open its session."""
    sale = place(**details)
    start(sale)
    sale.session = sale.payment.reference or ""
    return sale


def make_paid_stripe_sale(peer: StripePeer) -> StripeSale:
    """Place an order, pay for it, and let the shop hear of it."""
    sale = make_stripe_sale()
    peer.pay(sale.session)
    assert peer.deliver_all() == ["applied", "duplicate"]
    return sale


def list_outcomes() -> list[str]:
    """Return what became of every event, oldest first."""
    return list(GatewayEvent.objects.order_by("id").values_list("outcome", flat=True))


def list_refunds() -> list[tuple[int, str]]:
    """Return (amount, status) of every refund, oldest first."""
    return list(Refund.objects.order_by("id").values_list("amount", "status"))
