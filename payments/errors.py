"""What can go wrong with money."""

from dataclasses import dataclass


class PaymentError(Exception):
    """Base of every error raised by payments on purpose."""


@dataclass
class UnknownGateway(PaymentError):
    """No gateway of this name is switched on."""

    name: str

    def __str__(self) -> str:
        return f"no payment gateway named {self.name!r} is switched on"


class InvalidSignature(PaymentError):
    """The event was not signed by the gateway, or too long ago."""


class StaleSignature(InvalidSignature):
    """The event names a moment that is more than five minutes away: somebody may have kept it."""


class MalformedEvent(PaymentError):
    """The event is signed, but cannot be read. It is kept, and waits for staff."""


class GatewayUnavailable(PaymentError):
    """The gateway did not answer, or not usefully. The same call may be made again."""


@dataclass
class UnsupportedAmount(GatewayUnavailable):
    """The gateway cannot move exactly this amount of this currency. In minor units, ours or the gateway's."""

    amount: int
    currency: str

    def __str__(self) -> str:
        return f"{self.amount} minor units of {self.currency} have no counterpart at the gateway"


class UnreadableStatement(PaymentError):
    """The file is no bank statement: no text, too large, or without a header we know."""


@dataclass
class NotByHand(PaymentError):
    """What was to be noted as done by hand is done by the gateway, or is done already."""

    gateway: str
    status: str

    def __str__(self) -> str:
        return f"{self.gateway} does this itself, or it is done already: {self.status}"


@dataclass
class NothingToRefund(PaymentError):
    """The payment brought nothing in, or all of it has been sent back."""

    payment_id: int

    def __str__(self) -> str:
        return f"payment {self.payment_id} has nothing left to refund"


@dataclass
class NotInReview(PaymentError):
    """The payment is not one that waits for staff: its money belongs to its order, and goes back with it."""

    payment_id: int
    status: str

    def __str__(self) -> str:
        return f"payment {self.payment_id} is {self.status}, not waiting for staff"
