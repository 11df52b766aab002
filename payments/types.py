"""What payments hands to its neighbours. Amounts are minor units of the payment's currency."""

import datetime as dt
from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True)
class EventReceipt:
    """How a gateway event ended; empty while it waits to be applied."""

    event_id: str
    outcome: str
    duplicate: bool
