"""All the books at once: stock, orders and flash sales against the ledger, orders against payments."""

from collections.abc import Callable

from django.utils import timezone

from inventory.books import check_stock, repair_counters
from inventory.snapshots import consistent_snapshot
from inventory.types import Finding
from orders.books import check_orders
from payments.books import check_payments
from shop.books import check_sales

_ORDERS_IN_DOUBT = ("reservation-without-order", "order-without-lines", "total-differs-from-lines")


def check_books(*, report_progress: Callable[[int], None] = lambda count: None) -> list[Finding]:
    """Return every finding, as of one instant; none means that the books balance. Opens a transaction."""
    with consistent_snapshot():
        return [
            *check_stock(),
            *check_orders(report_progress=report_progress),
            *check_payments(),
            *check_sales(now=timezone.now()),
        ]


def repair_books(findings: list[Finding]) -> list[Finding]:
    """Repair what is safe and return the findings that were repaired.

    Safe is one thing only: counters that differ from a ledger with which nothing else is wrong. Where an
    order disagrees with the ledger, setting counters by it could sell a promised unit again: left to staff.
    """
    counters = [finding for finding in findings if finding.repairable]
    others = {finding.subject for finding in findings if not finding.repairable}
    # What such an order was for is not known, so it could have been for any item.
    if any(finding.check in _ORDERS_IN_DOUBT for finding in findings):
        return []
    return [f for f in counters if f.subject not in others and repair_counters(sku=f.subject)]
