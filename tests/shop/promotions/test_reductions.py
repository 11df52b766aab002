"""What promotions and coupons take off, to the cent, and which are refused."""

import datetime as dt
from typing import Any

import pytest

from shop.models import Category, Product
from shop.pricing.quotes import price
from shop.promotions.errors import CouponBelowMinimum, CouponFitsNothing, CouponRefused
from shop.promotions.rules import forget_promotions
from tests.builders import NOW
from tests.shop.pricing.making import GERMANY, list_amounts, make_method, make_zone
from tests.shop.promotions.making import make_basket, make_coupon, make_promotion
from tests.shop.shopping import make_product

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _no_promotions() -> None:
    forget_promotions()


@pytest.mark.parametrize("typed", ["SAVE10", " save10 ", "ＳＡＶＥ１０"])
def test_a_code_is_taken_as_people_type_it(typed: str) -> None:
    make_coupon()
    quote = price(make_basket((1000, 2), coupon=typed))
    assert list_amounts(quote) == [("coupon", "SAVE10", -200)]
    assert quote.problems == ()


@pytest.mark.parametrize(("percent", "off"), [("10", 101), ("33.33", 335), ("100", 1005)])
def test_a_percentage_is_rounded_once_for_all_lines(percent: str, off: int) -> None:
    make_coupon(percent=percent)
    quote = price(make_basket((335, 1), (335, 1), (335, 1), coupon="SAVE10"))
    assert list_amounts(quote) == [("coupon", "SAVE10", -off)]
    assert sum(quote.shares or ()) == quote.total == 1005 - off
    assert all(share >= 0 for share in quote.shares or ())


def test_a_fixed_amount_takes_off_no_more_than_there_is() -> None:
    make_coupon(kind="fixed", amount=5000)
    quote = price(make_basket((1000, 1), (500, 2), coupon="SAVE10"))
    assert (quote.total, quote.shares) == (0, (0, 0))


def test_free_shipping_is_free_and_said_on_the_order() -> None:
    make_coupon("SHIPFREE", "shipping")
    make_method(make_zone(), price=500)
    quote = price(make_basket((1000, 1), coupon="SHIPFREE", address=GERMANY))
    assert list_amounts(quote) == [("coupon", "SHIPFREE", 0), ("shipping", "Standard", 0)]


def test_a_promotion_comes_first_and_the_coupon_takes_of_what_it_left() -> None:
    make_promotion()
    make_coupon()
    quote = price(make_basket((1000, 1), coupon="SAVE10"))
    assert list_amounts(quote) == [("promotion", "Deal", -200), ("coupon", "SAVE10", -80)]
    assert quote.shares == (720,)


def test_a_line_is_reduced_by_the_first_promotion_that_fits_it() -> None:
    mug = make_product()
    make_promotion("All", percent=5, position=2)
    make_promotion("Mugs", percent=50, product=mug, position=1)
    quote = price(make_basket((1000, 1), (1000, 1), products=(mug.pk, None)))
    assert list_amounts(quote) == [("promotion", "Mugs", -500), ("promotion", "All", -50)]
    assert quote.shares == (500, 950)


def test_a_category_takes_in_those_below_it_and_no_others() -> None:
    top = Category.objects.create(name="Kitchen", slug="kitchen")
    below = Category.objects.create(name="Mugs", slug="mugs", parent=top)
    other = Category.objects.create(name="Desk", slug="desk")
    make_promotion(category=top)
    quote = price(make_basket((1000, 1), (1000, 1), categories=(below.pk, other.pk)))
    assert quote.shares == (800, 1000)


@pytest.mark.parametrize(("units", "free"), [(2, 0), (3, 1), (5, 1), (6, 2)])
def test_of_units_bought_the_cheapest_are_free(units: int, free: int) -> None:
    make_promotion(kind="free_units", minimum_quantity=2, free_quantity=1)
    quote = price(make_basket((900, units - 1), (400, 1)))
    assert quote.lines_amount - quote.total == (0, 400, 1300)[free]


def test_a_threshold_is_of_the_items_the_promotion_is_about() -> None:
    mug = make_product()
    make_promotion(product=mug, minimum_amount=2000)
    assert price(make_basket((1000, 1), (9000, 1), products=(mug.pk, None))).adjustments == ()
    assert price(make_basket((1000, 2), (9000, 1), products=(mug.pk, None))).total == 10600


def test_what_a_flash_sale_offers_is_reduced_no_further() -> None:
    make_promotion()
    make_coupon()
    quote = price(make_basket((1000, 1), (1000, 1), offers=(True, False), coupon="SAVE10"))
    assert quote.shares == (1000, 720)


@pytest.mark.parametrize(
    "code", ["NOPE", "", " ", "x" * 64, "a\u202eb", "'; DROP TABLE shop_coupon; --", "❤"]
)
def test_a_code_that_is_none_is_refused_and_an_empty_one_is_no_code(code: str) -> None:
    quote = price(make_basket((1000, 1), coupon=code.strip()))
    assert [type(problem) for problem in quote.problems] == ([CouponRefused] if code.strip() else [])
    assert quote.total == 1000


@pytest.mark.parametrize(
    ("facts", "is_taken"),
    [
        ({"starts_at": NOW}, True),
        ({"starts_at": NOW + DAY}, False),
        ({"ends_at": NOW + DAY}, True),
        ({"ends_at": NOW}, False),
        ({"is_active": False}, False),
    ],
)
def test_a_coupon_and_a_promotion_hold_within_their_time(facts: dict[str, Any], is_taken: bool) -> None:
    make_coupon(**facts)
    make_promotion(**facts)
    quote = price(make_basket((1000, 1), coupon="SAVE10"))
    assert quote.total == (720 if is_taken else 1000)


def test_a_minimum_is_what_is_left_of_what_the_coupon_is_for() -> None:
    mug: Product = make_product()
    make_coupon(minimum_amount=2000, product=mug)
    few = price(make_basket((1000, 1), (5000, 1), products=(mug.pk, None), coupon="SAVE10"))
    assert few.problems == (CouponBelowMinimum("SAVE10", 2000),)
    assert price(make_basket((5000, 1), coupon="SAVE10")).problems == (CouponFitsNothing("SAVE10"),)
    enough = price(make_basket((1000, 2), (5000, 1), products=(mug.pk, None), coupon="SAVE10"))
    assert enough.shares == (1800, 5000)


def test_without_promotions_and_coupon_nothing_is_asked_once_that_is_known(
    django_assert_num_queries: object,
) -> None:
    price(make_basket((1000, 1)))
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert price(make_basket((1000, 1))).shares is None
