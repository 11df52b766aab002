"""What staff should read first about an order or one of its steps: what is wrong, and what to press."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from inventory.backoffice import Link, Notice
from orders.admin_panels import find_messages, name_message
from orders.models import Order
from orders.outbox import MAX_ATTEMPTS
from orders.states import OrderStatus, StepState
from orders.steps.models import OrderStep
from orders.steps.registry import label_step


def explain_parked(order: Order) -> Iterable[Notice]:
    """Yield why the sweep left an overdue order alone."""
    if order.parked_at and order.status == OrderStatus.PENDING:
        text = _(
            "The sweep could not cancel this overdue order: %(problem)s. Once the cause is gone, press"
            " “Let the sweep try again”."
        )
        yield Notice(text % {"problem": order.parked_because})


def explain_steps(order: Order) -> Iterable[Notice]:
    """Yield what holds up the steps of an order, with the way to each."""
    for step in order.steps.order_by("position"):
        url = reverse("admin:orders_orderstep_change", args=[step.pk])
        for notice in explain_step(step):
            yield Notice(notice.text, Link(url, label_step(step.name)))


def explain_step(step: OrderStep) -> Iterable[Notice]:
    """Yield what a step waits for, or why its order went back, and what the buttons do about it."""
    if text := _choose_text(step):
        told = {"step": label_step(step.name), "problem": step.failed_because}
        yield Notice(text % {**told, "attempts": step.attempts, "most": MAX_ATTEMPTS})


def _choose_text(step: OrderStep) -> str:
    if step.state == StepState.STUCK:
        return _(
            "“%(step)s” could not be undone. Undo it yourself, with the other side, and press"
            " “Settled by hand”; or press “Try again”."
        )
    if step.state == StepState.FAILED:
        return _(
            "“%(step)s” failed for good. Press “Try again” once its cause is gone, or do it yourself and"
            " press “Settled by hand”."
        )
    if step.state == StepState.UNDONE and step.is_critical and step.failed_because:
        return _("“%(step)s” failed for good (%(problem)s), so the order was taken back and refunded.")
    if step.state != StepState.READY or not step.attempts:
        return ""
    if step.is_critical and step.order.status == OrderStatus.PAID:
        return _(
            "“%(step)s” failed %(attempts)d times and is tried again by itself. After %(most)d times"
            " everything is refunded. To keep the order, do it yourself and press “Settled by hand”."
        )
    return _("“%(step)s” failed %(attempts)d times and is tried again by itself.")


def explain_messages(order: Order) -> Iterable[Notice]:
    """Yield which messages about an order were given up."""
    for message in find_messages(order).filter(parked_at__isnull=False):
        text = _("A message could not be delivered. Open it to have it delivered again.")
        url = reverse("admin:orders_outboxmessage_change", args=[message.pk])
        yield Notice(text, Link(url, name_message(message)))
