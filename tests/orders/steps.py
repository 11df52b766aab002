"""Steps that note what they are asked, and a way to deliver all that is due, now and after every pause."""

from django.db import transaction
from django.utils import timezone

from orders.models import OutboxMessage
from orders.services import deliver_outbox, mark_paid, register_step
from orders.steps import registry
from orders.steps.models import OrderStep
from orders.steps.registry import Step
from tests.builders import NOW, buy, make_stock_item


class World:
    """What the steps of a test did outside the shop, in order."""

    def __init__(self):
        self.told = []
        registry._steps.clear()

    def add_step(self, name, *, is_critical=True, failures=(), undo_failures=(), result=None):
        """Register a step; each of the errors is raised once, in the next attempt."""
        failures, undo_failures = iter(failures), iter(undo_failures)

        def do(task):
            self.told.append(f"do {name}")
            if error := next(failures, None):
                raise error
            return result

        def undo(task):
            self.told.append(f"undo {name}")
            if error := next(undo_failures, None):
                raise error

        register_step(Step(name, do, undo, is_critical))


def place_paid(*, on_hand=5, quantity=2, unit_price=1000):
    """Return an order that was paid just now, and its stock item."""
    item = make_stock_item(on_hand=on_hand)
    order = buy((item, quantity), unit_price=unit_price).order
    with transaction.atomic():
        mark_paid(order_id=order.id, now=NOW)
    return order, item


def deliver():
    """Deliver what is due by now."""
    deliver_outbox(now=timezone.now(), clock=timezone.now)


def deliver_everything():
    """Deliver as if all pauses were over, until nothing waits any more."""
    while waiting := OutboxMessage.objects.filter(is_waiting=True).order_by("deliver_after").first():
        deliver_outbox(now=max(waiting.deliver_after, NOW), limit=1)


def list_states(order):
    """Return the state of each step of an order, by name."""
    return dict(OrderStep.objects.filter(order_id=order.id).values_list("name", "state"))
