"""Slowing down those who guess coupons.

Counted in the cache: without Redis nobody is slowed down, and every coupon is still taken.
"""

import hashlib
import math
from collections.abc import Sequence

from rest_framework.throttling import SimpleRateThrottle

from shop.promotions.errors import CouponRefused, TooManyWrongCoupons

prefix = "throttle:coupon"


class _WrongCodes(SimpleRateThrottle):
    """The different wrong codes of one caller, as far back as the limit looks."""

    scope = "coupon"
    num_requests: int
    duration: int

    def __init__(self, caller: str) -> None:
        super().__init__()
        self.key = f"{prefix}:{caller}"
        self.now = self.timer()
        told: list[float] = self.cache.get(self.key, [])
        self.history = [at for at in told if at > self.now - self.duration]

    @property
    def seconds_to_wait(self) -> int:
        """How long until one more may be tried; 0 for now."""
        if len(self.history) < self.num_requests:
            return 0
        return max(1, math.ceil(self.wait() or 1))

    def count(self, code: str) -> None:
        """Count a wrong code, unless it is one that this caller was told about."""
        digest = hashlib.sha256(code.encode()).hexdigest()
        # A page that shows a wrong code asks about it again and again, and learns nothing new by that.
        if self.cache.add(f"{self.key}:{digest}", 1, self.duration):
            self.throttle_success()


def require_few_wrong(*, code: str, customer_id: int | None, client_address: str) -> None:
    """Raise TooManyWrongCoupons if this caller tried so many wrong codes that no other is looked at now."""
    callers = _find_callers(customer_id, client_address)
    if seconds := max((caller.seconds_to_wait for caller in callers), default=0):
        raise TooManyWrongCoupons(code, seconds)


def count_if_wrong(refused: CouponRefused, *, customer_id: int | None, client_address: str) -> None:
    """Count a code that was refused, if it is none; one that is only of no use here gives nothing away."""
    # Its subclasses say what is wrong with a code that there is, or are raised without a look at it.
    if type(refused) is CouponRefused:
        for caller in _find_callers(customer_id, client_address):
            caller.count(refused.code)


def _find_callers(customer_id: int | None, client_address: str) -> Sequence[_WrongCodes]:
    """Return by which names wrong codes are counted; none for what is no caller, such as a command."""
    names = [f"address:{client_address}"] if client_address else []
    if customer_id is not None:
        names.append(f"user:{customer_id}")
    return [_WrongCodes(name) for name in names]
