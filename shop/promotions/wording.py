"""What is said to customers about coupons."""

import math

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders.money import format_money
from shop.promotions.errors import (
    CouponBelowMinimum,
    CouponFitsNothing,
    CouponRefused,
    CouponUsedBefore,
    CouponUsedUp,
    TooManyWrongCoupons,
)


def explain_refused(refused: CouponRefused) -> str:
    """Return why a coupon is not taken, in the language that is active."""
    match refused:
        case TooManyWrongCoupons():
            minutes = math.ceil(refused.seconds / 60)
            text = ngettext(
                "Too many codes were not valid. Please try again in %(minutes)s minute.",
                "Too many codes were not valid. Please try again in %(minutes)s minutes.",
                minutes,
            )
            return text % {"minutes": minutes}
        case CouponBelowMinimum():
            least = format_money(refused.minimum, settings.SHOP_CURRENCY)
            return _("This coupon is for orders of %(least)s or more of the items it is for.") % {
                "least": least
            }
        case CouponFitsNothing():
            return _("This coupon is for nothing in your cart. What a flash sale offers is reduced already.")
        case CouponUsedBefore():
            return _("You have used this coupon as often as one customer may.")
        case CouponUsedUp():
            return _("This coupon is used up.")
    return _("No coupon with this code is valid now.")
