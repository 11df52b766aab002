"""Is every order that counts as paid covered by money, and is no money kept for an order that is not?"""

from collections.abc import Iterator

from django.db.models import BigIntegerField, F, Sum
from django.db.models.functions import Coalesce

from inventory.types import Finding
from orders.selectors import list_paid_orders
from orders.states import OrderStatus
from payments.models import Payment, PaymentStatus

_CHUNK = 1000


def check_payments() -> Iterator[Finding]:
    """Yield every disagreement between orders and payments. Run inside `consistent_snapshot`."""
    after = 0
    while orders := list_paid_orders(after_id=after, limit=_CHUNK):
        kept = dict(
            Payment.objects.filter(order_id__in=[order_id for order_id, _number, _total in orders])
            .filter(status=PaymentStatus.SUCCEEDED)
            .values_list("order_id")
            .annotate(kept=Sum(F("received_amount") - F("refunded_amount")))
        )
        for order_id, number, total in orders:
            if kept.get(order_id, 0) != total:
                yield Finding(
                    "paid-differs-from-received",
                    number,
                    f"order row {order_id}",
                    total,
                    kept.get(order_id, 0),
                )
        after = orders[-1][0]
    yield from _find_money_without_cause()
    yield from _find_lost_refunds()


def _find_money_without_cause() -> Iterator[Finding]:
    stray = Payment.objects.filter(
        status=PaymentStatus.SUCCEEDED, received_amount__gt=F("refunded_amount")
    ).exclude(order__status__in=[OrderStatus.PAID, OrderStatus.FULFILLED])
    for payment in stray.select_related("order").iterator():
        yield Finding(
            "money-kept-without-order",
            payment.order.number,
            f"payment row {payment.id}; the order is {payment.order.status}",
            0,
            payment.received_amount - payment.refunded_amount,
        )


def _find_lost_refunds() -> Iterator[Finding]:
    # Money set aside for a refund that nobody will send looks, from the order's side, as if it had been sent.
    requested = Coalesce(Sum("refunds__amount"), 0, output_field=BigIntegerField())
    differing = Payment.objects.annotate(requested=requested).exclude(refunded_amount=F("requested"))
    for row_id, number, set_aside, total in differing.values_list(
        "id", "order__number", "refunded_amount", "requested"
    ):
        yield Finding("refunds-differ-from-payment", number, f"payment row {row_id}", set_aside, total)
