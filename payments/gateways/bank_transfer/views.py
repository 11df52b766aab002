"""Where to send the money, how much of it, and what to write on it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from orders.money import format_money
from orders.selectors import get_order
from orders.states import OrderStatus
from payments.gateways.bank_transfer.gateway import NAME, BankTransferGateway, read_token
from payments.gateways.bank_transfer.references import format_reference
from payments.gateways.registry import find_gateway
from payments.models import Payment, PaymentStatus


@never_cache
@require_safe
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Show where to send the money for one payment, while its order waits for it."""
    gateway, reference = find_gateway(NAME), read_token(token)
    if reference is None or not isinstance(gateway, BankTransferGateway):
        raise Http404
    payment = Payment.objects.filter(gateway=NAME, reference=reference).select_related("order").first()
    if payment is None:
        raise Http404
    order = get_order(number=str(payment.order))
    context = {
        "account": gateway.account,
        "amount": format_money(payment.amount, payment.currency),
        "reference": format_reference(reference),
        "due_at": order.payment_due_at,
        "is_open": payment.status == PaymentStatus.STARTED
        and order.status == OrderStatus.PENDING
        and order.payment_due_at > timezone.now(),
        "return_url": payment.return_url,
    }
    return render(request, "bank_transfer/pay.html", context)
