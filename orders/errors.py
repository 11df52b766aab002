"""What can go wrong with orders."""

from dataclasses import dataclass


class OrderError(Exception):
    """Base of every error raised by orders on purpose."""


@dataclass
class OrderNotFound(OrderError):
    """No order has this number."""

    number: str

    def __str__(self) -> str:
        return f"no order {self.number}"


@dataclass
class InvalidTransition(OrderError):
    """The order's status does not allow the move."""

    number: str
    status: str

    def __str__(self) -> str:
        return f"order {self.number} is {self.status}"


class OrderNotPayable(InvalidTransition):
    """Money cannot be taken for this order any more, or not again."""


class OrderNotCancellable(InvalidTransition):
    """The order is past the point where it can be cancelled."""


class OrderGoesBack(InvalidTransition):
    """A step after payment failed for good: the order goes back, and what was done for it is being undone."""


@dataclass
class StepRefused(OrderError):
    """The other side will never do this, however often it is asked."""

    problem: str

    def __str__(self) -> str:
        return self.problem


class PeerUnavailable(OrderError):
    """The other side did not answer, or not with what was asked for; it may have done it all the same."""


@dataclass
class IdempotencyKeyReused(OrderError):
    """The key was used before, for a different request."""

    key: str

    def __str__(self) -> str:
        return "this idempotency key belongs to a different request"


@dataclass
class InvalidOrder(OrderError):
    """The draft cannot be an order: no lines, too many, or amounts out of range."""

    problem: str

    def __str__(self) -> str:
        return self.problem


class CustomerGone(InvalidOrder):
    """The account that the order would belong to was deleted meanwhile."""


@dataclass
class AllowanceExceeded(OrderError):
    """Whoever `key` stands for may have `limit` units in all, has `used` of them, and asked for more."""

    key: str
    limit: int
    used: int

    def __str__(self) -> str:
        return f"the limit is {self.limit} units for each customer, and {self.used} are taken"


@dataclass
class TooManyUnpaid(OrderError):
    """This customer or address holds `open_units` in unpaid orders; with this order it would pass `limit`."""

    open_units: int
    limit: int

    def __str__(self) -> str:
        return f"unpaid orders hold {self.open_units} units already; the limit is {self.limit}"


@dataclass
class PointsMissing(OrderError):
    """The customer has `balance` points; `wanted` were to be spent or taken."""

    wanted: int
    balance: int

    def __str__(self) -> str:
        return f"{self.wanted} points wanted, {self.balance} there"


@dataclass
class PointsBooked(OrderError):
    """The points ledger holds an entry of this kind under this reference; another would count twice."""

    reference: str

    def __str__(self) -> str:
        return f"already booked: {self.reference}"


class Undeliverable(OrderError):
    """A message of the outbox asks for what can never be done: it is parked at once, for staff."""


@dataclass
class RefundTooLarge(OrderError):
    """More money was to go back than is left of what was paid: `left` minor units."""

    left: int

    def __str__(self) -> str:
        return f"only {self.left} minor units are left to refund"


@dataclass
class NotThatManyToRefund(OrderError):
    """More units of a line, by its position, were to be refunded than are left of it."""

    position: int
    quantity: int

    def __str__(self) -> str:
        return f"line {self.position} has not {self.quantity} units left to refund"
