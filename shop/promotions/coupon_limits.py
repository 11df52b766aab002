"""How often a coupon may be used, in all and by one customer: allowances of orders, one use an order."""

import hashlib
from typing import Final

from orders.errors import AllowanceExceeded
from orders.selectors import require_allowances_left
from orders.types import MAX_ALLOWANCE_KEY_LENGTH, Allowance
from shop.buyers import name_buyers
from shop.promotions.errors import CouponRefused, CouponUsedBefore, CouponUsedUp
from shop.promotions.models import Coupon

_PREFIX: Final = "coupon:"


def list_allowances(coupon: Coupon, *, email: str, customer_id: int | None) -> tuple[Allowance, ...]:
    """Return what one order takes of a coupon's limits; of the customer's, as far as they are known."""
    in_all = () if coupon.usage_limit is None else (Allowance(_name_coupon(coupon), coupon.usage_limit, 1),)
    if coupon.limit_per_customer is None:
        return in_all
    buyers = [
        buyer
        for buyer in name_buyers(email=email, customer_id=customer_id)
        if email.strip() or not buyer.startswith("email:")
    ]
    own = (Allowance(_name_customer(coupon, buyer), coupon.limit_per_customer, 1) for buyer in buyers)
    return (*in_all, *own)


def require_uses_left(coupon: Coupon, allowances: tuple[Allowance, ...]) -> None:
    """Look, without a lock, whether the coupon can be used once more. Raises CouponUsedUp. One query."""
    try:
        if allowances:
            require_allowances_left(allowances)
    except AllowanceExceeded as exceeded:
        raise explain_exceeded(exceeded, code=coupon.code) from exceeded


def explain_exceeded(exceeded: AllowanceExceeded, *, code: str) -> CouponRefused:
    """Return what a limit of the coupon with this code, reached, means."""
    return CouponUsedUp(code) if "/" not in exceeded.key else CouponUsedBefore(code)


def is_of_coupon(exceeded: AllowanceExceeded) -> bool:
    """Say whether it is a coupon's limit that was reached, and no flash sale's."""
    return exceeded.key.startswith(_PREFIX)


def _name_coupon(coupon: Coupon) -> str:
    return f"{_PREFIX}{coupon.pk}"


def _name_customer(coupon: Coupon, buyer: str) -> str:
    key = f"{_name_coupon(coupon)}/{buyer}"
    if len(key) <= MAX_ALLOWANCE_KEY_LENGTH:
        return key
    # Short here already: what `orders` makes of long keys would not say any more that it is a coupon's.
    return f"{_name_coupon(coupon)}/sha256:{hashlib.sha256(buyer.encode()).hexdigest()}"
