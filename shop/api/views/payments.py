"""Paying an order, and what gateways say about it."""

from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from orders.selectors import order_token
from payments.errors import UnknownGateway
from payments.selectors import list_gateways, list_payments
from payments.services import start_payment
from payments.types import EventReceipt, PaymentView
from shop.api.access import get_order_for
from shop.api.base import ApiView
from shop.api.callbacks import take_callback
from shop.api.documentation import ORDER_TOKEN, document
from shop.api.fields import MoneyField, TextField, TimeField

_TAG = "payments"
_NOT_OURS = "Only an address of this site is allowed."


class PaymentInput(serializers.Serializer[Any]):
    """How to pay."""

    gateway = TextField(required=False, max_length=50, help_text="The first one, if left out.")
    return_url = TextField(
        required=False,
        max_length=500,
        help_text="Where the customer comes back to, on this site; the order's page, if left out.",
    )


class PaymentOutput(serializers.Serializer[PaymentView]):
    """One attempt to pay an order."""

    id = serializers.SerializerMethodField(
        help_text="A string: it is longer than what JavaScript counts exactly."
    )
    gateway = serializers.CharField()
    status = serializers.CharField()
    amount = MoneyField(amount="amount")
    refunded = MoneyField(amount="refunded_amount")
    redirect_url = serializers.CharField(help_text="Where the customer pays.")
    created_at = TimeField()

    def get_id(self, payment: PaymentView) -> str:
        """Return the id in digits."""
        return str(payment.id)


class PaymentListOutput(serializers.Serializer[Any]):
    """Every attempt to pay an order, oldest first."""

    results = PaymentOutput(many=True)


class ReceiptOutput(serializers.Serializer[EventReceipt]):
    """What became of an event; `outcome` is empty while it waits, and it need not be sent again."""

    event_id = serializers.CharField()
    outcome = serializers.CharField(allow_blank=True)
    duplicate = serializers.BooleanField()


class OrderPaymentsView(ApiView):
    """`orders/{number}/payments/`."""

    @document(
        tag=_TAG,
        operation_id="list_payments",
        summary="The attempts to pay an order",
        responses={200: PaymentListOutput},
        parameters=[ORDER_TOKEN],
        problems=["order-not-found", "authentication-failed"],
    )
    def get(self, request: Request, number: str) -> Response:
        """List an order's payments, oldest first."""
        order = get_order_for(request, number=number)
        return Response(
            {"results": [PaymentOutput(payment).data for payment in list_payments(order_id=order.id)]}
        )

    @document(
        tag=_TAG,
        operation_id="start_payment",
        summary="Start paying an order",
        request=PaymentInput,
        responses={201: PaymentOutput},
        parameters=[ORDER_TOKEN],
        problems=[
            *(
                "order-not-found",
                "order-not-payable",
                "validation-failed",
                "malformed-body",
                "authentication-failed",
            ),
            *("gateway-unknown", "gateway-unavailable", "body-too-large", "unsupported-media-type", "busy"),
        ],
    )
    def post(self, request: Request, number: str) -> Response:
        """Open a payment, or find the one that is open; send the customer to its `redirect_url`."""
        order = get_order_for(request, number=number, permission="orders.change_order")
        wanted = PaymentInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        gateway = wanted.validated_data.get("gateway") or _first_gateway()
        return_url = wanted.validated_data.get("return_url") or _order_page(order.number)
        payment = start_payment(
            number=order.number,
            gateway=gateway,
            return_url=_resolve_return_url(request, return_url),
            callback_url=_on_site(reverse("api:webhook", kwargs={"gateway": gateway})),
            now=timezone.now(),
        )
        return Response(PaymentOutput(payment).data, status=201)


class WebhookView(ApiView):
    """`payments/webhooks/{gateway}/`. The signature says who is calling, so nobody logs in here."""

    authentication_classes = ()

    @document(
        tag=_TAG,
        operation_id="receive_event",
        summary="Where gateways send their events",
        description="For gateways only. The body is read as it came, at most 64 KB of it.",
        request={"application/json": OpenApiTypes.OBJECT},
        responses={200: ReceiptOutput},
        problems=[
            *("signature-invalid", "gateway-unknown", "body-too-large", "unsupported-media-type"),
            *("bad-request", "busy"),
        ],
    )
    def post(self, request: Request, gateway: str) -> Response:
        """Keep an event, apply it, and say what became of it."""
        receipt = take_callback(request, gateway=gateway, now=timezone.now())
        return Response(ReceiptOutput(receipt).data)


def _first_gateway() -> str:
    for name, _label in list_gateways():
        return name
    raise UnknownGateway("")


def _order_page(number: str) -> str:
    return reverse("shop:order", kwargs={"number": number, "token": order_token(number=number)})


def _resolve_return_url(request: Request, url: str) -> str:
    """Return the absolute address. Raises ValidationError if it leads away from this site."""
    try:
        absolute = _on_site(url)
    except ValueError:
        raise ValidationError({"return_url": _NOT_OURS}) from None
    hosts = {request.get_host(), settings.SITE_URL.partition("://")[2]}
    if not url_has_allowed_host_and_scheme(url, hosts) or not url_has_allowed_host_and_scheme(
        absolute, hosts
    ):
        raise ValidationError({"return_url": _NOT_OURS})
    return absolute


def _on_site(path: str) -> str:
    """Return the absolute address. Raises ValueError for what is none."""
    return str(urljoin(settings.SITE_URL + "/", path))
