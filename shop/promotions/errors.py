"""Why a coupon is not taken."""

from dataclasses import dataclass

from shop.errors import ShopError


@dataclass
class CouponRefused(ShopError):
    """No coupon that is valid now has this code."""

    code: str

    def __str__(self) -> str:
        return f"no coupon {self.code} is valid now"


@dataclass
class TooManyWrongCoupons(CouponRefused):
    """This caller tried too many wrong codes: none is looked at for so many `seconds`, right or wrong."""

    seconds: int

    def __str__(self) -> str:
        return f"too many coupons that are not valid; try again in {self.seconds} seconds"


@dataclass
class CouponBelowMinimum(CouponRefused):
    """The items it counts come to less than the coupon asks for; `minimum` is in minor units."""

    minimum: int

    def __str__(self) -> str:
        return f"coupon {self.code} is for {self.minimum} minor units or more"


class CouponFitsNothing(CouponRefused):
    """Nothing in the basket is what the coupon is for."""

    def __str__(self) -> str:
        return f"coupon {self.code} is for nothing in this order"


class CouponUsedUp(CouponRefused):
    """The coupon was used as often as it may be in all. Orders that are cancelled give their use back."""

    def __str__(self) -> str:
        return f"coupon {self.code} is used up"


class CouponUsedBefore(CouponUsedUp):
    """This customer used the coupon as often as one customer may."""

    def __str__(self) -> str:
        return f"coupon {self.code} was used by this customer as often as it may be"
