"""A run: every gateway that keeps a list, its findings on record, repaired where that is safe."""

import datetime as dt
import logging
from typing import Final

from payments.errors import GatewayUnavailable
from payments.gateways.base import Gateway
from payments.gateways.registry import list_configured
from payments.models import ReconciliationFinding
from payments.reconciliation.comparing import Discrepancy, compare
from payments.reconciliation.matching import find_discrepancies
from payments.reconciliation.repairing import repair
from payments.types import FindingView, ReconciliationReport

logger = logging.getLogger(__name__)

# Gateways repeat what was not taken for about as long.
USUAL_SPAN: Final = dt.timedelta(days=3)


def reconcile_payments(
    *, now: dt.datetime, since: dt.datetime | None, repair: bool
) -> list[ReconciliationReport]:
    """Compare what was opened since then, by default in the last three days, at every gateway with a list.

    A gateway that does not answer is reported, and holds up no other. Opens its own transactions; gateways
    are asked outside of them.
    """
    begin = since or now - USUAL_SPAN
    return [
        _reconcile(gateway, since=begin, with_repair=repair, now=now)
        for gateway in list_configured()
        if gateway.keeps_list
    ]


def dismiss_finding(*, finding_id: int, now: dt.datetime) -> bool:
    """Note that staff have settled a finding; say whether it was open."""
    still_open = ReconciliationFinding.objects.filter(
        id=finding_id, resolved_at__isnull=True, dismissed_at__isnull=True
    )
    return bool(still_open.update(dismissed_at=now))


def _reconcile(
    gateway: Gateway, *, since: dt.datetime, with_repair: bool, now: dt.datetime
) -> ReconciliationReport:
    found: list[FindingView] = []
    repaired: list[FindingView] = []
    error, count = "", 0
    try:
        charges = list(gateway.list_payments(since=since))
        count = len(charges)
        for discrepancy in find_discrepancies(gateway, charges, since=since):
            row = _record(gateway.name, discrepancy, now)
            if with_repair and _is_repaired(gateway, discrepancy, now):
                ReconciliationFinding.objects.filter(id=row.id).update(resolved_at=now)
                repaired.append(_to_view(row))
            elif row.dismissed_at is None:
                found.append(_to_view(row))
    except GatewayUnavailable as problem:
        logger.warning("payments at %s could not be reconciled: %s", gateway.name, problem)
        error = str(problem)
    else:
        # What this run would have seen again, and has not, is gone.
        unseen = ReconciliationFinding.objects.filter(
            gateway=gateway.name, charged_at__gte=since, last_seen_at__lt=now, resolved_at__isnull=True
        )
        unseen.update(resolved_at=now)
    return ReconciliationReport(gateway.name, count, tuple(found), tuple(repaired), error)


def _is_repaired(gateway: Gateway, discrepancy: Discrepancy, now: dt.datetime) -> bool:
    """Repair, and look whether that helped: an event may be waiting, or have been left to staff."""
    if not repair(gateway.name, discrepancy, now=now) or discrepancy.payment is None:
        return False
    discrepancy.payment.refresh_from_db()
    return not any(compare(discrepancy.payment, discrepancy.charge))


def _record(gateway: str, discrepancy: Discrepancy, now: dt.datetime) -> ReconciliationFinding:
    payment, charge = discrepancy.payment, discrepancy.charge
    reference = charge.reference if charge else (payment and payment.reference) or str(payment and payment.id)
    row, is_new = ReconciliationFinding.objects.get_or_create(
        gateway=gateway,
        kind=discrepancy.kind,
        reference=reference,
        defaults={
            "payment": payment,
            "expected": discrepancy.expected,
            "actual": discrepancy.actual,
            "currency": charge.currency if charge else payment.currency if payment else "",
            "detail": discrepancy.detail,
            "charged_at": charge.created_at if charge else payment.created_at if payment else now,
            "first_seen_at": now,
            "last_seen_at": now,
        },
    )
    if not is_new:
        if (row.expected, row.actual) != (discrepancy.expected, discrepancy.actual):
            row.dismissed_at = None
        row.expected, row.actual, row.detail = discrepancy.expected, discrepancy.actual, discrepancy.detail
        row.last_seen_at, row.resolved_at = now, None
        row.save()
    return row


def _to_view(row: ReconciliationFinding) -> FindingView:
    return FindingView(
        row.gateway,
        row.kind,
        row.reference,
        row.payment_id,
        row.expected,
        row.actual,
        row.currency,
        row.detail,
    )
