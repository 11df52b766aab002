"""Which payment of ours belongs to which charge, and where the two disagree for certain."""

import datetime as dt
from collections.abc import Iterator, Sequence

from payments.gateways.base import Gateway, GatewayCharge
from payments.keys import find_payment_id
from payments.models import Payment, PaymentStatus
from payments.reconciliation.comparing import Discrepancy, belongs_together, compare

_CHUNK = 500


def find_discrepancies(
    gateway: Gateway, charges: Sequence[GatewayCharge], *, since: dt.datetime
) -> Iterator[Discrepancy]:
    """Yield where the gateway's charges since then and our payments disagree, asking twice before saying so.

    Raises GatewayUnavailable.
    """
    seen: set[int] = set()
    for start in range(0, len(charges), _CHUNK):
        chunk = charges[start : start + _CHUNK]
        payments = _find_payments(gateway.name, chunk)
        for charge in chunk:
            payment = payments.get(charge.reference)
            if payment is not None and belongs_together(payment, charge):
                seen.add(payment.id)
            if any(compare(payment, charge)):
                yield from _ask_again(gateway, payment, charge.reference)
    for payment in _list_unseen(gateway.name, since, seen):
        yield from _ask_again(gateway, payment, payment.reference or "")


def _find_payments(gateway: str, charges: Sequence[GatewayCharge]) -> dict[str, Payment]:
    """Return our payments by the gateway's reference: what it says itself, or what our key says."""
    mine = Payment.objects.filter(gateway=gateway).prefetch_related("refunds")
    by_reference = {
        str(payment.reference): payment
        for payment in mine.filter(reference__in=[charge.reference for charge in charges])
    }
    ids = {charge.reference: find_payment_id(charge.payment_key) for charge in charges}
    by_id = mine.in_bulk([id_ for id_ in ids.values() if id_ is not None])
    by_key = {reference: by_id[id_] for reference, id_ in ids.items() if id_ in by_id}
    return {**by_key, **by_reference}


def _ask_again(gateway: Gateway, payment: Payment | None, reference: str) -> Iterator[Discrepancy]:
    # The list and our rows were read at different times: money may have come in between.
    charge = gateway.retrieve_payment(reference=reference) if reference else None
    if payment is not None:
        payment.refresh_from_db()
    if charge is not None or payment is not None:
        yield from compare(payment, charge)


def _list_unseen(gateway: str, since: dt.datetime, seen: set[int]) -> Iterator[Payment]:
    with_money = Payment.objects.filter(
        gateway=gateway,
        created_at__gte=since,
        status__in=[PaymentStatus.SUCCEEDED, PaymentStatus.REVIEW],
    )
    for payment in with_money.order_by("id").iterator(chunk_size=_CHUNK):
        if payment.id not in seen:
            yield payment
