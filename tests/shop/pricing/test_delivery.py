"""What shipping costs: by zone, by method, by weight, and what is said where nothing is shipped."""

import pytest

from shop.delivery.errors import NotDeliverable, ShippingMethodUnavailable
from shop.pricing.quotes import price
from shop.pricing.types import Quote
from tests.shop.pricing.making import GERMANY, list_amounts, make_basket, make_method, make_zone

pytestmark = pytest.mark.django_db


def list_prices(quote: Quote) -> dict[str, int]:
    """Return the methods on offer with their prices."""
    return {option.code: option.amount for option in quote.shipping_options}


def test_a_shop_without_zones_ships_for_nothing() -> None:
    quote = price(make_basket((1000, 2), address=GERMANY))
    assert (quote.total, quote.adjustments, quote.shares, quote.problems) == (2000, (), None, ())


def test_the_cheapest_method_is_taken_unless_another_is_chosen() -> None:
    zone = make_zone({"country": "DE"})
    make_method(zone, "express", 1500)
    make_method(zone, "standard", 500)
    assert list_amounts(price(make_basket((1000, 1), address=GERMANY))) == [("shipping", "Standard", 500)]
    chosen = price(make_basket((1000, 1), address=GERMANY, shipping_method="express"))
    assert (chosen.total, chosen.shipping_method) == (2500, "express")
    assert list_prices(chosen) == {"express": 1500, "standard": 500}


@pytest.mark.parametrize(
    ("grams", "amount"), [(999, 500), (1000, 700), (4999, 700), (5000, 900), (9000, 900)]
)
def test_the_price_goes_by_the_weight_of_everything(grams: int, amount: int) -> None:
    make_method(make_zone({"country": "DE"}), price=500, steps=((5000, 900), (1000, 700)))
    basket = make_basket((100, 1), (100, 1), grams=(grams - 1, 1), address=GERMANY)
    assert list_prices(price(basket)) == {"standard": amount}


def test_a_parcel_too_heavy_for_one_method_goes_by_another() -> None:
    zone = make_zone({"country": "DE"})
    make_method(zone, "letter", 100, max_grams=500)
    make_method(zone, "parcel", 800)
    heavy = make_basket((100, 2), grams=(251,), address=GERMANY, shipping_method="letter")
    quote = price(heavy)
    assert list_prices(quote) == {"parcel": 800}
    assert quote.problems == (ShippingMethodUnavailable("letter"),)


def test_from_an_amount_on_shipping_is_free() -> None:
    make_method(make_zone({"country": "DE"}), free_from_amount=5000)
    assert price(make_basket((4999, 1), address=GERMANY)).total == 5499
    free = price(make_basket((2500, 2), address=GERMANY))
    assert (free.total, list_amounts(free)) == (5000, [("shipping", "Standard", 0)])


def test_a_method_that_is_switched_off_is_not_offered() -> None:
    make_method(make_zone({"country": "DE"}), is_active=False)
    assert price(make_basket((1000, 1), address=GERMANY)).problems == (NotDeliverable("DE"),)


def test_where_nothing_is_shipped_is_said_so() -> None:
    make_method(make_zone({"country": "DE"}))
    assert price(make_basket((1000, 1), address={"country": "FR"})).problems == (NotDeliverable("FR"),)


def test_the_most_particular_zone_counts() -> None:
    for price_amount, *areas in (
        (4000,),
        (500, {"country": "DE"}),
        (900, {"country": "DE", "postal_codes": "18565; 25845...25999"}),
        (100, {"country": "US", "region": "NY"}),
        (200, {"country": "US"}),
    ):
        make_method(make_zone(*areas), price=price_amount)
    found = {
        (country, region, code): price(
            make_basket((1, 1), address={"country": country, "region": region, "postal_code": code})
        ).total
        - 1
        for country, region, code in (
            ("DE", "", "10115"),
            ("DE", "", "25 980"),
            ("DE", "", "18565"),
            ("US", "New York", "10001"),
            ("US", "tx", "73301"),
            ("CN", "", "100000"),
        )
    }
    assert list(found.values()) == [500, 900, 900, 100, 200, 4000]


def test_without_an_address_there_is_nothing_to_ship_yet() -> None:
    make_method(make_zone())
    assert price(make_basket((1000, 1))).total == 1000
    assert price(make_basket((1000, 1), shipping_method="standard")).problems
