"""Taxes: on top or included, by class and place, rounded once, and each line's part to the cent."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.types import Adjustment
from shop.places.areas import Area, Place, find_place
from shop.pricing.quotes import price
from shop.pricing.types import Quote
from shop.tax.rates import Rate, list_rates
from shop.tax.sums import Taxable, sum_taxes
from tests.shop.pricing.making import (
    GERMANY,
    list_amounts,
    make_basket,
    make_class,
    make_method,
    make_rate,
    make_zone,
)

pytestmark = pytest.mark.django_db
RATES = [
    Rate(Area(), tax_class_id, f"VAT {percent}%", Fraction(percent, 100), 1, False, True)
    for tax_class_id, percent in ((None, 19), (1, 7))
]
NEW_YORK = {"country": "US", "region": "New York", "city": "New York", "postal_code": "10001-1234"}


def quote(*lines: tuple[int, int], **facts: Any) -> Quote:
    """Price a basket that goes to Germany unless another address is given."""
    return price(make_basket(*lines, **{"address": GERMANY, **facts}))


def test_a_tax_is_added_and_belongs_to_the_lines() -> None:
    make_rate("19")
    taxed = quote((1000, 1), (333, 3))
    assert list_amounts(taxed) == [("tax", "VAT 19%", 380)]
    assert (taxed.total, taxed.shares) == (2379, (1190, 1189))


def test_a_tax_that_prices_contain_changes_no_total(settings: Any) -> None:
    settings.PRICES_INCLUDE_TAX = True
    make_rate("19")
    taxed = quote((1190, 1))
    assert taxed.adjustments == (Adjustment("tax", "VAT 19%", 0, included=190),)
    assert (taxed.total, taxed.shares) == (1190, (1190,))


def test_each_class_has_its_rates_and_a_rate_of_nothing_is_not_mentioned() -> None:
    reduced, zero = make_class(), make_class("zero-rate")
    make_rate("19")
    make_rate("7", tax_class=reduced)
    make_rate("0", tax_class=zero)
    taxed = quote((1000, 1), (1000, 1), (1000, 1), classes=(None, reduced.pk, zero.pk))
    assert list_amounts(taxed) == [("tax", "VAT 19%", 190), ("tax", "VAT 7%", 70)]
    assert taxed.shares == (1190, 1070, 1000)


def test_shipping_is_taxed_as_the_goods_it_goes_with() -> None:
    reduced = make_class()
    make_rate("20")
    make_rate("10", tax_class=reduced)
    make_method(make_zone(), price=400)
    taxed = quote((3000, 1), (1000, 1), classes=(None, reduced.pk))
    # Of the shipping, 300 go with the first line and 100 with the second.
    assert list_amounts(taxed)[1:] == [("tax", "VAT 20%", 660), ("tax", "VAT 10%", 110)]
    assert taxed.shares == (3600, 1100)


def test_where_shipping_is_not_taxed_it_is_not() -> None:
    make_rate("20", is_on_shipping=False)
    make_method(make_zone(), price=400)
    assert quote((1000, 1)).total == 1000 + 400 + 200


def test_shipping_of_what_is_given_away_is_taxed_too() -> None:
    make_rate("20")
    make_method(make_zone(), price=500)
    assert quote((0, 1)).total == 600


@pytest.mark.parametrize(("is_compound", "amount"), [(False, 150), (True, 155)])
def test_of_each_priority_one_rate_applies_and_a_compound_one_is_on_the_others_too(
    is_compound: bool, amount: int
) -> None:
    make_rate("10", "US", name="Federal")
    make_rate("3", "US", name="Elsewhere", priority=2)
    make_rate("5", "US", name="State", region="NY", priority=2, is_compound=is_compound)
    taxed = quote((1000, 1), address=NEW_YORK)
    assert [label for _kind, label, _amount in list_amounts(taxed)] == ["Federal 10%", "State 5%"]
    assert taxed.total == 1000 + amount


@pytest.mark.parametrize(
    ("area", "applies"),
    [
        ({"postal_codes": "10001"}, True),
        ({"postal_codes": "100*"}, True),
        ({"postal_codes": "10000...10009"}, True),
        ({"postal_codes": "10002; 10003"}, False),
        ({"city": "Albany; New York"}, True),
        ({"city": "Albany"}, False),
        ({"region": "TX"}, False),
    ],
)
def test_a_rate_holds_in_its_area_only(area: dict[str, str], applies: bool) -> None:
    make_rate("10", "US", **area)
    assert (quote((1000, 1), address=NEW_YORK).total == 1100) == applies


def test_an_order_without_an_address_is_taxed_where_the_shop_is(settings: Any) -> None:
    make_rate("19")
    assert quote((1000, 1), address=None).total == 1000
    settings.SHOP_COUNTRY = "DE"
    assert quote((1000, 1), address=None).total == 1190


def test_points_pay_for_goods_tax_and_shipping_alike(settings: Any) -> None:
    settings.POINT_VALUE = 1
    make_rate("20")
    make_method(make_zone(), price=500)
    half = quote((1000, 1), points=900, customer_id=1)
    assert list_amounts(half)[-1] == ("points", "900 points", -900)
    assert (half.total, half.total_before_points, half.shares) == (900, 1800, (600,))
    assert quote((1000, 1), points=5000, customer_id=1).total == 0


@given(
    st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**4), st.booleans()), min_size=1, max_size=6),
    st.booleans(),
)
def test_whatever_is_taxed_its_parts_come_to_the_tax(
    lines: list[tuple[int, int, bool]], is_included: bool
) -> None:
    taxables = [Taxable(1 if reduced else None, amount, shipping) for amount, shipping, reduced in lines]
    sums = sum_taxes(taxables=taxables, rates=RATES, place=Place("DE"), is_included=is_included)
    whole = sum(taxable.amount + taxable.shipping for taxable in taxables)
    for tax in sums:
        assert 0 <= sum(tax.by_line) <= tax.amount
    if is_included:
        assert sum(tax.amount for tax in sums) <= whole
        return
    exact = sum((t.amount + t.shipping) * (7 if t.tax_class_id else 19) for t in taxables)
    assert abs(100 * sum(tax.amount for tax in sums) - exact) <= 100


def test_places_far_apart_in_one_process_keep_their_own_rates() -> None:
    make_rate("19")
    make_rate("10", "US")
    for _again in range(2):
        assert [quote((1000, 1), address=at).total for at in (GERMANY, NEW_YORK)] == [1190, 1100]
    assert list_rates(place=Place("FR")) == ()


def test_an_address_without_a_country_is_no_place() -> None:
    assert find_place({"city": "Paris"}) is None
    assert find_place({"city": "Paris"}, otherwise="de") == Place("DE")


@pytest.mark.parametrize("has_rules", [False, True])
def test_a_price_costs_no_question_while_the_rules_are_fresh(
    django_assert_num_queries: Any, has_rules: bool
) -> None:
    if has_rules:
        make_rate("19")
        make_method(make_zone(), price=500)
    quote((1000, 1))
    with django_assert_num_queries(0):
        quote((1000, 1))
        quote((2000, 3), address=None)
