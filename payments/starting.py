"""Opening and closing payments at a gateway. The gateway is called between transactions, never inside one."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin

from django.conf import settings

from inventory.ids import new_id
from inventory.transactions import run_in_transaction
from orders import selectors as orders
from orders.errors import OrderNotPayable
from orders.services import enqueue, extend_deadline, lock_order
from orders.states import OrderStatus
from orders.types import OrderView
from payments.gateways.base import Gateway, GatewayCharge, HostedPayment, PaymentRequest
from payments.gateways.registry import get_gateway, get_offered_gateway
from payments.keys import name_payment
from payments.models import Payment, PaymentStatus
from payments.selectors import to_view
from payments.types import PaymentView

CLOSE_TOPIC = "payment.close"


def start_payment(
    *, number: str, gateway: str, return_url: str, callback_url: str, now: dt.datetime
) -> PaymentView:
    """Open a payment for a pending order, or return the one that is open; its `redirect_url` is where to pay.

    URLs are absolute. Raises OrderNotFound, OrderNotPayable, UnknownGateway, GatewayUnavailable. Opens its
    own transaction.
    """
    adapter = get_offered_gateway(gateway)
    order = orders.get_order(number=number)
    payment = run_in_transaction(lambda: _find_or_create(order_id=order.id, gateway=adapter, now=now))
    if payment.status == PaymentStatus.PROCESSING:
        # Paid, though the money takes a while: a second visit to the gateway could pay a second time.
        return replace(to_view(payment), redirect_url=return_url)
    if not payment.redirect_url:
        hosted = adapter.create_payment(_describe(payment, order, return_url, callback_url))
        order = run_in_transaction(lambda: _save_hosted(payment, hosted, return_url=return_url, now=now))
        if order.status != OrderStatus.PENDING:
            raise OrderNotPayable(order.number, order.status)
        payment.refresh_from_db()
    return to_view(payment)


def _describe(payment: Payment, order: OrderView, return_url: str, callback_url: str) -> PaymentRequest:
    return PaymentRequest(
        # From our own row, so that a retry after a crash right here finds the same payment at the gateway.
        idempotency_key=name_payment(payment.id),
        order_number=order.number,
        amount=payment.amount,
        currency=payment.currency,
        description=f"Order {order.number}",
        return_url=return_url,
        callback_url=callback_url,
        created_at=payment.created_at,
        expires_at=order.payment_due_at,
    )


def _find_or_create(*, order_id: int, gateway: Gateway, now: dt.datetime) -> Payment:
    # The order's lock makes two clicks on "pay" find the same payment.
    order = lock_order(order_id=order_id)
    if order.status != OrderStatus.PENDING or order.payment_due_at <= now:
        raise OrderNotPayable(order.number, order.status)
    under_way = Payment.objects.filter(
        order_id=order_id, gateway=gateway.name, status__in=[PaymentStatus.STARTED, PaymentStatus.PROCESSING]
    ).first()
    if under_way is None and gateway.window and _waits_as_long_as_any(order):
        extend_deadline(order_id=order_id, until=now + gateway.window)
    return under_way or Payment.objects.create(
        id=new_id(),
        order_id=order_id,
        gateway=gateway.name,
        status=PaymentStatus.STARTED,
        amount=order.total_amount,
        currency=order.currency,
        created_at=now,
    )


def _waits_as_long_as_any(order: OrderView) -> bool:
    """Say whether the order has the shop's own time to pay; one that has less, a flash sale's, keeps it."""
    return order.payment_due_at - order.placed_at >= dt.timedelta(seconds=settings.PAYMENT_WINDOW_SECONDS)


def _save_hosted(payment: Payment, hosted: HostedPayment, *, return_url: str, now: dt.datetime) -> OrderView:
    """Note what the gateway answered and return the order as it is now."""
    order = lock_order(order_id=payment.order_id)
    is_first = Payment.objects.filter(id=payment.id, redirect_url="").update(
        reference=hosted.reference,
        redirect_url=urljoin(return_url, hosted.redirect_url),
        return_url=return_url,
    )
    if is_first and order.status != OrderStatus.PENDING:
        # Cancelled while the gateway was being asked: whoever closed the order's payments since then had no
        # reference to close this one by.
        key = f"{CLOSE_TOPIC}:{payment.order_id}:{payment.id}"
        enqueue(topic=CLOSE_TOPIC, payloads={key: {"order_id": payment.order_id}}, now=now)
    return order


def adopt_session(*, payment_id: int, charge: GatewayCharge, now: dt.datetime) -> None:
    """Note the gateway's answer that was lost in a crash. Opens its own transaction.

    An order that is not pending any more has the payment closed, as if the answer had come late.
    """
    payment = Payment.objects.get(id=payment_id)
    hosted = HostedPayment(charge.reference, charge.redirect_url)
    run_in_transaction(lambda: _save_hosted(payment, hosted, return_url=settings.SITE_URL, now=now))


def close_payments_of_order(key: str, payload: Mapping[str, Any]) -> None:
    """Tell the gateways that nobody should pay a cancelled order any more.

    An outbox handler; doing it twice is harmless.

    A payment that succeeded first stays as it is: its event is on the way and will be a late payment.
    """
    # One that has no reference yet is closed by whoever saves it.
    open_payments = Payment.objects.filter(
        order_id=payload["order_id"], status=PaymentStatus.STARTED, reference__isnull=False
    )
    for payment in open_payments:
        if get_gateway(payment.gateway).cancel_payment(reference=str(payment.reference)):
            Payment.objects.filter(id=payment.id, status=PaymentStatus.STARTED).update(
                status=PaymentStatus.CANCELLED
            )
