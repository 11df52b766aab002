"""Taking people out of orders that nobody needs to know them for any more."""

import datetime as dt
from typing import Final

from django.db.models import QuerySet

from orders.models import Order
from orders.states import OrderStatus

# Nobody can have a mailbox there (RFC 2606), and no mail is sent there.
ERASED_EMAIL: Final = "erased@account.invalid"
# A transfer may arrive weeks after its order was cancelled, and may take it up again.
KEPT_AFTER_CANCELLING: Final = dt.timedelta(days=30)


def erase_person(*, customer_id: int, now: dt.datetime) -> int:
    """Take address and e-mail out of a customer's orders that were never paid; return out of how many.

    Those cancelled of late keep them, and so does every order that was paid: its invoice has to name its
    customer. One statement, which carries its guard.
    """
    return _filter_erasable(customer_id, now).update(
        email=ERASED_EMAIL, shipping_address=None, client_address=""
    )


def has_open_orders(*, customer_id: int) -> bool:
    """Say whether a customer has orders that wait for their money."""
    return Order.objects.filter(customer_id=customer_id, status=OrderStatus.PENDING).exists()


def _filter_erasable(customer_id: int, now: dt.datetime) -> QuerySet[Order]:
    return Order.objects.filter(
        customer_id=customer_id,
        status=OrderStatus.CANCELLED,
        paid_at=None,
        cancelled_at__lt=now - KEPT_AFTER_CANCELLING,
    )
