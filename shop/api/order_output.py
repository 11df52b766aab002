"""Orders as the API shows them.

The serializers describe it for the schema. What is sent is made by plain functions, because walking through
serializers costs more than writing the order; a test holds the two to each other.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from orders.selectors import get_tracking, order_token
from orders.states import AdjustmentKind, OrderStatus
from orders.types import Adjustment, OrderLineView, OrderView, PlacedOrder
from payments.selectors import list_refunds
from payments.types import RefundView
from shop.api.fields import MoneyField, TimeField
from shop.api.order_input import ADDRESS_FIELDS, AddressInput
from shop.api.paging import PageOutput


class LineOutput(serializers.Serializer[Any]):
    """One line of an order, as it was bought."""

    sku = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = serializers.IntegerField(help_text="In minor units of the order's currency.")
    line_total = serializers.IntegerField(help_text="In minor units of the order's currency.")
    refunded_quantity = serializers.IntegerField(help_text="How many of them were refunded.")


class RefundOutput(serializers.Serializer[RefundView]):
    """Money of an order on its way back."""

    amount = MoneyField(amount="amount")
    status = serializers.CharField(help_text="`requested`, `succeeded`, or `failed`: staff see to it.")
    created_at = TimeField()
    succeeded_at = TimeField(allow_null=True)


class AdjustmentOutput(serializers.Serializer[Any]):
    """What makes the total differ from the sum of the lines."""

    kind = serializers.ChoiceField(AdjustmentKind.values)
    label = serializers.CharField()  # type: ignore[assignment]  # a field here, not the serializer's own
    amount = serializers.IntegerField(
        help_text="In minor units of the order's currency; less than 0 makes the order cheaper."
    )
    points = serializers.IntegerField(help_text="How many points it costs.")
    included = serializers.IntegerField(
        help_text="Tax that the prices contain: in the total already, and in no amount."
    )


class OrderOutput(serializers.Serializer[OrderView]):
    """An order as it is now."""

    number = serializers.CharField()
    status = serializers.ChoiceField(OrderStatus.values)
    total = MoneyField(amount="total_amount")
    email = serializers.EmailField()
    payment_due_at = TimeField()
    placed_at = TimeField()
    paid_at = TimeField(allow_null=True)
    fulfilled_at = TimeField(allow_null=True)
    cancelled_at = TimeField(allow_null=True)
    refunded_at = TimeField(allow_null=True)
    cancel_reason = serializers.CharField(
        allow_blank=True, help_text="`expired`, `customer`, `staff`, or empty."
    )
    shipping_address = AddressInput(allow_null=True)
    lines = LineOutput(many=True)
    adjustments = AdjustmentOutput(many=True)
    refunds = serializers.SerializerMethodField(help_text="What went back, or is about to; oldest first.")

    @extend_schema_field(RefundOutput(many=True))
    def get_refunds(self, order: OrderView) -> list[dict[str, Any]]:
        """Return the order's refunds."""
        refunds: list[dict[str, Any]] = show_order(order)["refunds"]
        return refunds


class TrackingOutput(serializers.Serializer[Any]):
    """How to find a parcel."""

    carrier = serializers.CharField()
    number = serializers.CharField()
    url = serializers.CharField(allow_blank=True, help_text="Empty if the carrier has no such page.")


class OrderDetailOutput(OrderOutput):
    """An order as it is now, and where its parcel is."""

    tracking = TrackingOutput(allow_null=True, help_text="Null until the shipment is booked.")


class PlacedOrderOutput(OrderOutput):
    """An order just placed, with the secret that opens it."""

    token = serializers.SerializerMethodField(
        help_text="Send it as `Order-Token` to read, pay or cancel this order."
    )

    def get_token(self, order: OrderView) -> str:
        """Return the order's secret."""
        return order_token(number=order.number)


class OrderPageOutput(PageOutput):
    """Some of the caller's orders, newest first."""

    results = OrderOutput(many=True)


def show_order(order: OrderView) -> dict[str, Any]:
    """Return what `OrderOutput` describes. One query."""
    [shown] = show_orders([order])
    return shown


def show_orders(orders: Sequence[OrderView]) -> list[dict[str, Any]]:
    """Return what `OrderOutput` describes, for each order. One query for all of them."""
    refunds = list_refunds(order_ids=[order.id for order in orders])
    return [_show_order(order, refunds.get(order.id, ())) for order in orders]


def show_order_detail(order: OrderView) -> dict[str, Any]:
    """Return what `OrderDetailOutput` describes. One query, two once the order is paid."""
    tracking = get_tracking(order_id=order.id) if order.paid_at else None
    return {**show_order(order), "tracking": tracking and asdict(tracking)}


def show_placed_order(placed: PlacedOrder) -> dict[str, Any]:
    """Return what `PlacedOrderOutput` describes. No query for a new order: nothing went back of it."""
    shown = show_order(placed.order) if placed.replayed else _show_order(placed.order, ())
    return {**shown, "token": order_token(number=placed.order.number)}


def _show_order(order: OrderView, refunds: Iterable[RefundView]) -> dict[str, Any]:
    address = order.shipping_address
    return {
        "number": order.number,
        "status": order.status,
        "total": {"amount": order.total_amount, "currency": order.currency},
        "email": order.email,
        "payment_due_at": _show_time(order.payment_due_at),
        "placed_at": _show_time(order.placed_at),
        "paid_at": _show_time(order.paid_at),
        "fulfilled_at": _show_time(order.fulfilled_at),
        "cancelled_at": _show_time(order.cancelled_at),
        "refunded_at": _show_time(order.refunded_at),
        "cancel_reason": order.cancel_reason,
        "shipping_address": address and {name: address[name] for name in ADDRESS_FIELDS if name in address},
        "lines": [_show_line(line) for line in order.lines],
        "adjustments": [_show_adjustment(adjustment) for adjustment in order.adjustments],
        "refunds": [_show_refund(refund) for refund in refunds],
    }


def _show_refund(refund: RefundView) -> dict[str, Any]:
    return {
        "amount": {"amount": refund.amount, "currency": refund.currency},
        "status": refund.status,
        "created_at": _show_time(refund.created_at),
        "succeeded_at": _show_time(refund.succeeded_at),
    }


def _show_line(line: OrderLineView) -> dict[str, Any]:
    return {
        "sku": line.sku,
        "name": line.name,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "line_total": line.line_total,
        "refunded_quantity": line.refunded_quantity,
    }


def _show_adjustment(adjustment: Adjustment) -> dict[str, Any]:
    return {
        "kind": adjustment.kind,
        "label": adjustment.label,
        "amount": adjustment.amount,
        "points": adjustment.points,
        "included": adjustment.included,
    }


def _show_time(at: dt.datetime | None) -> str | None:
    return at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z") if at else None
