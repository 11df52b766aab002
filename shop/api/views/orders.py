"""Placing, reading and cancelling orders."""

from django.utils import timezone
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from orders.selectors import list_customer_orders
from orders.services import cancel_order
from orders.states import CancelReason
from shop.api.access import get_order_for, is_staff
from shop.api.base import ApiView
from shop.api.documentation import IDEMPOTENCY_KEY, ORDER_TOKEN, QUEUE_TICKET, document, page_parameter
from shop.api.idempotency import find_scope, read_idempotency_key
from shop.api.order_input import OrderInput, decode_order
from shop.api.order_output import (
    OrderDetailOutput,
    OrderOutput,
    OrderPageOutput,
    PlacedOrderOutput,
    show_order,
    show_order_detail,
    show_orders,
)
from shop.api.paging import DEFAULT_LIMIT, MAX_LIMIT, link_next, read_limit, read_number
from shop.api.placing import place_requested

_TAG = "orders"


class OrdersView(ApiView):
    """`orders/`."""

    @document(
        tag=_TAG,
        operation_id="place_order",
        summary="Place an order and reserve its units",
        request=OrderInput,
        responses={201: PlacedOrderOutput},
        parameters=[IDEMPOTENCY_KEY, QUEUE_TICKET],
        problems=[
            *("idempotency-key-missing", "idempotency-key-invalid", "validation-failed", "malformed-body"),
            *("authentication-failed", "out-of-stock", "body-too-large", "unsupported-media-type"),
            *("product-unavailable", "idempotency-key-reused", "coupon-invalid", "coupon-used-up", "busy"),
            *("purchase-limit-reached", "too-many-unpaid", "waiting-room"),
            *("points-missing", "points-not-taken", "throttled"),
        ],
    )
    def post(self, request: Request) -> Response:
        """Place an order; the same key gives the same order again, with `Idempotent-Replayed: true`."""
        key = read_idempotency_key(request.META)
        content, headers = place_requested(
            decode_order(request.data, customer_id=request.user.pk),
            idempotency_scope=find_scope(request),
            idempotency_key=key,
            path=request.path,
            meta=request.META,
        )
        return Response(content, status=201, headers=headers)

    @document(
        tag=_TAG,
        operation_id="list_orders",
        summary="The caller's own orders, newest first",
        responses={200: OrderPageOutput},
        parameters=[
            page_parameter("limit", "Results on a page.", default=DEFAULT_LIMIT, maximum=MAX_LIMIT),
            page_parameter("before", "Where the page starts; follow `next` instead of making it up."),
        ],
        problems=["validation-failed", "authentication-required", "authentication-failed"],
    )
    def get(self, request: Request) -> Response:
        """List the orders of the customer whose token this is."""
        if not request.user.is_authenticated:
            raise NotAuthenticated
        limit = read_limit(request)
        before = read_number(request, "before")
        # One more than is shown says whether there is a next page.
        orders = list_customer_orders(customer_id=request.user.pk, limit=limit + 1, before_id=before)
        shown = orders[:limit]
        link = link_next(request, before=shown[-1].id) if len(orders) > limit else None
        return Response({"next": link, "results": show_orders(shown)})


class OrderDetailView(ApiView):
    """`orders/{number}/`."""

    @document(
        tag=_TAG,
        operation_id="get_order",
        summary="One order",
        responses={200: OrderDetailOutput},
        parameters=[ORDER_TOKEN],
        problems=["order-not-found", "authentication-failed"],
    )
    def get(self, request: Request, number: str) -> Response:
        """Show an order to its guest, its customer, or staff."""
        return Response(show_order_detail(get_order_for(request, number=number)))


class OrderCancellationView(ApiView):
    """`orders/{number}/cancel/`."""

    @document(
        tag=_TAG,
        operation_id="cancel_order",
        summary="Cancel an unpaid order",
        responses={200: OrderOutput},
        parameters=[ORDER_TOKEN],
        problems=["order-not-found", "order-not-cancellable", "authentication-failed", "busy"],
    )
    def post(self, request: Request, number: str) -> Response:
        """Cancel an order and give its units back; doing it twice is the same as once. There is no body."""
        permission = "orders.change_order"
        order = get_order_for(request, number=number, permission=permission)
        by_staff = order.customer_id != request.user.pk and is_staff(request, permission=permission)
        cancelled = cancel_order(
            number=order.number,
            reason=CancelReason.STAFF if by_staff else CancelReason.CUSTOMER,
            actor=f"user:{request.user.pk}" if request.user.is_authenticated else "guest",
            now=timezone.now(),
        )
        return Response(show_order(cancelled))
