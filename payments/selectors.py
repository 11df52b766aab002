"""Reads of payments."""

from collections import defaultdict
from collections.abc import Collection

from django.db.models import F, Sum

from inventory.rows import RowRead
from payments.gateways import registry
from payments.models import EventOutcome, GatewayEvent, Payment, PaymentStatus, Refund
from payments.types import PaymentView, RefundView, ReturnedMoney, ReturnReason

_EVENTS = RowRead(GatewayEvent)


def list_gateways() -> list[tuple[str, str]]:
    """Return (name, label) of the gateways customers can choose from."""
    return [(gateway.name, str(gateway.label)) for gateway in registry.list_gateways()]


def is_switched_on(name: str) -> bool:
    """Say whether there is a gateway of this name that has its secrets. Asks no database."""
    return registry.find_gateway(name) is not None


def list_payments(*, order_id: int) -> list[PaymentView]:
    """Return an order's payments, oldest first."""
    return [to_view(payment) for payment in Payment.objects.filter(order_id=order_id).order_by("id")]


def was_revived(*, order_id: int) -> bool:
    """Say whether an order was paid late and taken up again."""
    return _EVENTS.exists(
        "WHERE outcome = %s AND payment_id IN (SELECT id FROM payments_payment WHERE order_id = %s)",
        (EventOutcome.LATE_RESERVED, order_id),
    )


def find_returned_money(*, refund_id: int) -> ReturnedMoney | None:
    """Return what goes back with a refund if that is no money of an order; None if it is."""
    refund = Refund.objects.select_related("payment").get(id=refund_id)
    payment = refund.payment
    if (reason := _find_return_reason(payment)) is None:
        return None
    return ReturnedMoney(payment.order_id, refund.amount, payment.money_currency, reason)


def _find_return_reason(payment: Payment) -> ReturnReason | None:
    if payment.status == PaymentStatus.REVIEW:
        return ReturnReason.WRONG
    outcomes = {
        EventOutcome.LATE_REFUNDED.value: ReturnReason.LATE,
        EventOutcome.REFUNDED_DUPLICATE.value: ReturnReason.TWICE,
    }
    outcome = payment.events.filter(outcome__in=outcomes).values_list("outcome", flat=True).first()
    return outcomes[outcome] if outcome else None


def list_refunds(*, order_ids: Collection[int]) -> dict[int, list[RefundView]]:
    """Return what went back of money that came for these orders, or is about to, by order id, oldest first.

    Money that never was an order's, because it came late, twice or wrong, is among it.
    """
    found: dict[int, list[RefundView]] = defaultdict(list)
    refunds = Refund.objects.filter(payment__order_id__in=order_ids)
    for refund in refunds.select_related("payment").order_by("id"):
        found[refund.payment.order_id].append(
            RefundView(
                refund.amount,
                refund.payment.money_currency,
                refund.status,
                refund.created_at,
                refund.succeeded_at,
            )
        )
    return found


def count_left(*, order_id: int) -> int:
    """Return how much of what was paid for an order can still go back, in minor units."""
    paid = Payment.objects.filter(order_id=order_id, status=PaymentStatus.SUCCEEDED)
    return paid.aggregate(left=Sum(F("received_amount") - F("refunded_amount")))["left"] or 0


def to_view(payment: Payment) -> PaymentView:
    """Return a payment row as a value."""
    return PaymentView(
        id=payment.id,
        gateway=payment.gateway,
        status=payment.status,
        amount=payment.amount,
        currency=payment.currency,
        refunded_amount=payment.refunded_amount,
        redirect_url=payment.redirect_url,
        created_at=payment.created_at,
    )
