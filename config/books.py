"""All the books at once: stock against ledger, orders against ledger, orders against payments."""

from collections.abc import Callable

from inventory.books import check_stock, repair_counters
from inventory.snapshots import consistent_snapshot
from inventory.types import Finding
from orders.books import check_orders
from payments.books import check_payments


def check_books(*, report_progress: Callable[[int], None] = lambda count: None) -> list[Finding]:
    """Return every finding, as of one instant; an empty list means that the books balance. Opens a transaction."""
    with consistent_snapshot():
        return [*check_stock(), *check_orders(report_progress=report_progress), *check_payments()]


def repair_books(findings: list[Finding]) -> list[Finding]:
    """Repair what is safe and return the findings that were repaired.

    Safe is one thing only: counters that differ from a ledger with which nothing else is wrong. Where an order disagrees with
    the ledger, setting counters by it could sell a promised unit again, so that is left to staff.
    """
    counters = [finding for finding in findings if finding.repairable]
    others = {finding.subject for finding in findings if not finding.repairable}
    # A lost order could have been for any item.
    if any(finding.check == "reservation-without-order" for finding in findings):
        return []
    return [f for f in counters if f.subject not in others and repair_counters(sku=f.subject)]
