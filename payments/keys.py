"""What our own rows are called at a gateway: names derived from their ids, so that a retry says the same."""

from typing import Final

_PAYMENT: Final = "payment:"
_REFUND: Final = "refund:"
_LONGEST_ID: Final = 19


def name_payment(payment_id: int) -> str:
    """Return the idempotency key under which a payment is opened; gateways repeat it to us."""
    return f"{_PAYMENT}{payment_id}"


def name_refund(refund_id: int) -> str:
    """Return the idempotency key under which a refund is sent."""
    return f"{_REFUND}{refund_id}"


def find_payment_id(key: str) -> int | None:
    """Return the id of the payment a gateway's repetition of its key names; None if it is no such key."""
    digits = key.removeprefix(_PAYMENT)
    is_ours = key.startswith(_PAYMENT) and digits.isascii() and digits.isdigit()
    return int(digits) if is_ours and len(digits) <= _LONGEST_ID else None
