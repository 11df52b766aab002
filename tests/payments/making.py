"""Orders and payments in the states these tests begin with."""

from dataclasses import dataclass, replace
from typing import Any

from inventory.types import StockLevel
from orders.selectors import get_order
from orders.types import OrderView
from payments.gateways.sandbox import provider
from payments.models import GatewayEvent, Payment, Refund
from payments.types import EventReceipt
from tests.builders import NOW, Callback, buy, make_callback, make_stock_item, open_payment


@dataclass
class Sale:
    """An order of 2 units out of 5, at 10.00 each, with a payment opened for it."""

    item: StockLevel
    order: OrderView
    reference: str

    def tell(self, kind: str = "charge.succeeded", **changes: Any) -> EventReceipt:
        """Deliver an event about the payment, of the right amount unless changed."""
        return self.make_event(kind, **changes).deliver()

    def make_event(self, kind: str = "charge.succeeded", **changes: Any) -> Callback:
        """Return an event about the payment without delivering it."""
        details = {"amount": self.order.total_amount, "currency": self.order.currency, **changes}
        return make_callback(details.pop("reference", self.reference), kind=kind, **details)

    @property
    def status(self) -> str:
        """The order's status now."""
        return get_order(number=self.order.number).status

    @property
    def payment(self) -> Payment:
        """The payment's row now."""
        return Payment.objects.get(reference=self.reference)


def make_sale(*, on_hand: int = 5, quantity: int = 2) -> Sale:
    """Place an order and open a payment for it."""
    item = make_stock_item(on_hand=on_hand)
    order = buy((item, quantity)).order
    return Sale(item, order, open_payment(order))


def make_paid_sale() -> Sale:
    """Place an order and have the provider take the money for it."""
    sale = make_sale()
    assert provider.settle_charge(sale.reference, approve=True)
    assert sale.tell().outcome == "applied"
    return sale


def reopen(sale: Sale) -> Sale:
    """Open another payment for the order, once the first has ended."""
    return replace(sale, reference=open_payment(sale.order, now=NOW))


def get_event(receipt: EventReceipt) -> GatewayEvent:
    """Return the row of an event."""
    return GatewayEvent.objects.get(event_id=receipt.event_id)


def list_refunds() -> list[tuple[int, str, str]]:
    """Return (amount, reason, status) of every refund, oldest first."""
    return list(Refund.objects.order_by("id").values_list("amount", "reason", "status"))
