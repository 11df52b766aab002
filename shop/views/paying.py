"""Sending a customer to the gateway that takes the money."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.errors import OrderNotPayable
from orders.selectors import order_token
from orders.states import OrderStatus
from orders.types import OrderView
from payments.errors import GatewayUnavailable, UnknownGateway
from payments.services import start_payment


def lead_to_gateway(request: HttpRequest, order: OrderView, token: str, gateway: str) -> HttpResponse:
    """Open a payment and lead to its page; back to the pay page when the gateway does not answer."""
    order_page = reverse("shop:order", kwargs={"number": order.number, "token": token})
    try:
        payment = start_payment(
            number=order.number,
            gateway=gateway,
            return_url=request.build_absolute_uri(order_page),
            callback_url=f"{settings.SITE_URL}/api/v1/payments/webhooks/{gateway}/",
            now=timezone.now(),
        )
    except OrderNotPayable:
        return redirect(order_page)
    except (GatewayUnavailable, UnknownGateway):
        messages.error(request, _("This way to pay does not answer. Nothing was charged; please try again."))
        return redirect("shop:pay", number=order.number, token=token)
    return redirect(payment.redirect_url)


def find_order_address(order: OrderView) -> str:
    """Return the page on which a customer goes on with an order: to pay it, or else to look at it."""
    page = "shop:pay" if order.status == OrderStatus.PENDING else "shop:order"
    return reverse(page, kwargs={"number": order.number, "token": order_token(number=order.number)})
