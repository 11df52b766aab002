"""What payments hands to its neighbours. Amounts are minor units of the payment's currency."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class PaymentView:
    """One attempt to pay an order."""

    id: int
    gateway: str
    status: str
    amount: int
    currency: str
    refunded_amount: int
    redirect_url: str
    created_at: dt.datetime


class ReturnReason(StrEnum):
    """Why money goes back that was never an order's."""

    LATE = "late"
    TWICE = "twice"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class ReturnedMoney:
    """Money that came for an order, did not count for it, and goes back."""

    order_id: int
    amount: int
    currency: str
    reason: ReturnReason


@dataclass(frozen=True, slots=True)
class RefundView:
    """Money of an order on its way back. `status` is requested, succeeded or failed."""

    amount: int
    currency: str
    status: str
    created_at: dt.datetime
    succeeded_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class FindingView:
    """A disagreement with a gateway. `expected` is what we have on record, `actual` what the gateway has."""

    gateway: str
    kind: str
    reference: str
    payment_id: int | None
    expected: int
    actual: int
    currency: str
    detail: str


@dataclass(frozen=True, slots=True)
class ReconciliationReport:
    """How one gateway's list compares with ours; `error` says why it could not be compared to the end."""

    gateway: str
    charges: int
    findings: tuple[FindingView, ...]
    repaired: tuple[FindingView, ...]
    error: str = ""


@dataclass(frozen=True, slots=True)
class EventReceipt:
    """How a gateway event ended; empty while it waits to be applied."""

    event_id: str
    outcome: str
    duplicate: bool
