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


class MalformedEvent(PaymentError):
    """The event is signed, but cannot be read."""


class GatewayUnavailable(PaymentError):
    """The gateway did not answer, or not usefully. The same call may be made again."""


@dataclass
class NothingToRefund(PaymentError):
    """The payment brought nothing in, or all of it has been sent back."""

    payment_id: int

    def __str__(self) -> str:
        return f"payment {self.payment_id} has nothing left to refund"
