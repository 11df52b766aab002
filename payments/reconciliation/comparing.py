"""One payment of ours against one charge of the gateway's. Reads only; amounts are minor units."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from payments.gateways.base import ChargeStatus, GatewayCharge
from payments.models import FindingKind, Payment, PaymentStatus, RefundStatus

_HAS_MONEY: Final = (PaymentStatus.SUCCEEDED, PaymentStatus.REVIEW)
# What a payment of ours may be while its charge is there. Others have not heard the news.
_UP_TO_DATE: Final = {
    ChargeStatus.OPEN: tuple(PaymentStatus),
    ChargeStatus.PROCESSING: (PaymentStatus.PROCESSING, *_HAS_MONEY),
    ChargeStatus.SUCCEEDED: _HAS_MONEY,
    ChargeStatus.ENDED: (PaymentStatus.FAILED, PaymentStatus.CANCELLED, *_HAS_MONEY),
}


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One disagreement; `charge` is None where the gateway has none."""

    kind: FindingKind
    payment: Payment | None
    charge: GatewayCharge | None
    expected: int
    actual: int
    detail: str = ""


def compare(payment: Payment | None, charge: GatewayCharge | None) -> Iterator[Discrepancy]:
    """Yield every disagreement between the two; at least one of them is there."""
    is_paid = charge is not None and charge.status == ChargeStatus.SUCCEEDED
    if payment and charge and not is_paid and not belongs_together(payment, charge):
        # Opened by an attempt whose answer was lost. Nobody was shown it; only money would make it count.
        return
    if payment is None:
        # Opened and never paid is nothing to anybody.
        if charge is not None and is_paid:
            yield Discrepancy(FindingKind.CHARGE_WITHOUT_PAYMENT, None, charge, 0, charge.amount)
    elif payment.status in _HAS_MONEY and not is_paid:
        received = payment.received_amount
        yield Discrepancy(FindingKind.PAYMENT_WITHOUT_CHARGE, payment, charge, received, 0, payment.status)
    elif charge is not None and payment.status in _HAS_MONEY:
        yield from _compare_money(payment, charge)
    elif charge is not None:
        yield from _compare_progress(payment, charge)


def belongs_together(payment: Payment, charge: GatewayCharge) -> bool:
    """Say whether this is the charge we know of, or could be, because we know of none."""
    return payment.reference in (None, charge.reference)


def _compare_money(payment: Payment, charge: GatewayCharge) -> Iterator[Discrepancy]:
    ours, theirs = payment.charge_reference, charge.charge_reference
    if ours and theirs and ours != theirs:
        yield Discrepancy(FindingKind.CHARGED_TWICE, payment, charge, 0, charge.amount, f"we have {ours}")
        return
    # Staff look at money in review already; what they see has to be right all the same.
    if (payment.received_amount, payment.money_currency) != (charge.amount, charge.currency):
        detail = f"{payment.money_currency} and {charge.currency}"
        yield Discrepancy(
            FindingKind.AMOUNT_DIFFERS, payment, charge, payment.received_amount, charge.amount, detail
        )
    sent, asked = _sum_refunds(payment, RefundStatus.SUCCEEDED), _sum_refunds(payment, RefundStatus.REQUESTED)
    # A refund that was asked for may have been sent a moment ago.
    if not sent <= charge.refunded_amount <= sent + asked:
        yield Discrepancy(FindingKind.REFUND_DIFFERS, payment, charge, sent, charge.refunded_amount)


def _compare_progress(payment: Payment, charge: GatewayCharge) -> Iterator[Discrepancy]:
    is_dead = payment.status in (PaymentStatus.FAILED, PaymentStatus.CANCELLED)
    if not payment.redirect_url and not payment.reference and charge.status != ChargeStatus.ENDED:
        yield Discrepancy(
            FindingKind.REFERENCE_NOT_SAVED, payment, charge, 0, charge.amount, charge.status.value
        )
    elif payment.status not in _UP_TO_DATE[charge.status] and not (
        is_dead and charge.status == ChargeStatus.PROCESSING
    ):
        paid = charge.amount if charge.status == ChargeStatus.SUCCEEDED else 0
        yield Discrepancy(
            FindingKind.PAYMENT_BEHIND, payment, charge, 0, paid, f"{payment.status}, {charge.status.value}"
        )


def _sum_refunds(payment: Payment, status: RefundStatus) -> int:
    return sum(refund.amount for refund in payment.refunds.all() if refund.status == status)
