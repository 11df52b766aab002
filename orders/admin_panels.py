"""What the page of an order shows below the order itself."""

from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from inventory.backoffice import Link, Panel
from inventory.selectors import list_movements
from orders.models import Order, OrderAdjustment, OutboxMessage
from orders.money import format_money
from orders.states import StepState
from orders.step_actions import SETTLE, TRY_AGAIN
from orders.steps.models import OrderStep
from orders.steps.registry import label_step
from orders.subscribers import list_subscribers, list_topics


def show_lines(order: Order) -> Panel:
    """Return what was bought, and what the total was adjusted by."""
    return Panel(
        title=_("Lines"),
        columns=[_("SKU"), _("Name"), _("Unit price"), _("Quantity"), _("Refunded"), _("Total")],
        rows=[
            *(
                [
                    _link_item(line.stock_item_id, line.sku),
                    line.name,
                    format_money(line.unit_price, order.currency),
                    line.quantity,
                    line.refunded_quantity,
                    format_money(line.unit_price * line.quantity, order.currency),
                ]
                for line in order.lines.order_by("position")
            ),
            *(_describe_adjustment(adjustment, order) for adjustment in order.adjustments.order_by("id")),
        ],
    )


def _describe_adjustment(adjustment: OrderAdjustment, order: Order) -> list[Any]:
    label, amount = adjustment.label, adjustment.amount
    if adjustment.included:
        label, amount = _("Includes %(tax)s") % {"tax": label}, adjustment.included
    return ["", label, "", "", "", format_money(amount, order.currency)]


def show_movements(order: Order) -> Panel:
    """Return what the ledger holds for the order, under each reference it ever had."""
    base, _slash, attempt = order.stock_reference.partition("/")
    references = [base, *(f"{base}/{number}" for number in range(2, int(attempt or 1) + 1))]
    ledger = reverse("admin:inventory_stockmovement_changelist", query={"q": base})
    return Panel(
        title=_("Stock movements"),
        columns=[_("Time"), _("Kind"), _("SKU"), _("Available"), _("On hand"), _("Who"), _("Reason")],
        rows=[
            [
                movement.created_at,
                movement.label,
                _link_item(movement.stock_item_id, movement.sku),
                _sign(movement.available_delta),
                _sign(movement.on_hand_delta),
                movement.actor,
                movement.reason,
            ]
            for movement in list_movements(references=references)
        ],
        links=[Link(ledger, _("Show in the ledger"))],
    )


def show_steps(order: Order) -> Panel:
    """Return what follows the payment, as far as it has come, with what staff can do about it."""
    columns = [_("Step"), _("State"), _("Began"), _("Done"), _("Failed"), _("Undone"), _("Attempts")]
    return Panel(
        title=_("After payment"),
        columns=[*columns, _("Latest error or tracking number"), ""],
        rows=[
            [
                format_html(
                    '<a href="{}">{}</a>',
                    reverse("admin:orders_orderstep_change", args=[step.pk]),
                    label_step(step.name),
                ),
                step.get_state_display(),
                step.began_at,
                step.done_at,
                step.failed_at,
                step.undone_at,
                step.attempts,
                step.failed_because or step.latest_error or _show_tracking(step),
                _link_actions(step),
            ]
            for step in order.steps.order_by("position")
        ],
    )


def _show_tracking(step: OrderStep) -> str:
    """Return what the customer finds the parcel by, of the step that booked it."""
    booked = step.result if step.state == StepState.DONE and isinstance(step.result, dict) else {}
    return str(booked.get("tracking_number", ""))


def _link_actions(step: OrderStep) -> str:
    """Return what can be done about a step; each link leads to a question."""
    possible = [action for action in (TRY_AGAIN, SETTLE) if action.is_possible(step)]
    links = (
        (reverse("admin:orders_orderstep_do", args=[step.pk, action.name]), action.label)
        for action in possible
    )
    return format_html_join(" ", '<a class="button" href="{}">{}</a>', links)


def find_messages(order: Order) -> QuerySet[OutboxMessage]:
    """Return the messages that tell of the order, oldest first."""
    exact = [
        f"{topic}:{order.pk}{suffix}"
        for topic in list_topics()
        for suffix in ("", *(f"/{subscriber}" for subscriber in list_subscribers(topic)))
    ]
    # Of what happens to an order more than once, each has its own name behind that of the order.
    about_order = reduce(or_, (Q(key__startswith=f"{topic}:{order.pk}:") for topic in list_topics()))
    return OutboxMessage.objects.filter(Q(key__in=exact) | about_order).order_by("id")


def name_message(message: OutboxMessage) -> str:
    """Return what a message is about, and whom it is for."""
    return f"{message.topic}/{message.subscriber}" if message.subscriber else message.topic


def show_messages(order: Order) -> Panel:
    """Return what had to happen outside the database because of the order."""
    return Panel(
        title=_("Outbox messages"),
        columns=[_("Message"), _("Created"), _("Delivered"), _("Parked"), _("Attempts"), _("Latest error")],
        rows=[
            [
                format_html(
                    '<a href="{}">{}</a>',
                    reverse("admin:orders_outboxmessage_change", args=[message.pk]),
                    name_message(message),
                ),
                message.created_at,
                message.delivered_at,
                message.parked_at,
                message.attempts,
                message.latest_error,
            ]
            for message in find_messages(order)
        ],
    )


def _sign(delta: int) -> str:
    return f"{delta:+}" if delta else "0"


def _link_item(stock_item_id: int, sku: str) -> str:
    return format_html(
        '<a href="{}">{}</a>', reverse("admin:inventory_stockitem_change", args=[stock_item_id]), sku
    )
