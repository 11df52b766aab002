"""Reads of payments."""

from payments.gateways import registry
from payments.models import Payment
from payments.types import PaymentView


def list_gateways() -> list[tuple[str, str]]:
    """Return (name, label) of the gateways customers can choose from."""
    return [(gateway.name, str(gateway.label)) for gateway in registry.list_gateways()]


def list_payments(*, order_id: int) -> list[PaymentView]:
    """Return an order's payments, oldest first."""
    return [to_view(payment) for payment in Payment.objects.filter(order_id=order_id).order_by("id")]


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
