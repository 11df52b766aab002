"""Moving the deadline of an order that waits for a slow way to pay."""

import datetime as dt

from inventory.transactions import require_transaction
from orders.models import Order
from orders.states import OrderStatus


def extend_deadline(*, order_id: int, until: dt.datetime) -> bool:
    """Let an unpaid order wait until then, never for less than it may wait already; say whether it moved.

    Needs a transaction that holds the order's lock.
    """
    require_transaction()
    waiting = Order.objects.filter(id=order_id, status=OrderStatus.PENDING, payment_due_at__lt=until)
    return bool(waiting.update(payment_due_at=until))
