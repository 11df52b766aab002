"""The query every order begins with, made once, finds what the models say is for sale at each moment."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shop.models import Variant
from shop.services.items_for_sale import _COLUMNS, ItemForSale, read_items_for_sale
from tests.shop.api.calls import make_variant
from tests.shop.selling import HOUR, make_sale

pytestmark = pytest.mark.django_db


def read_by_models(skus, now):
    rows = Variant.objects.for_sale(now).filter(stock_item__sku__in=skus).values_list(*_COLUMNS)
    return {row[0]: ItemForSale(*row) for row in rows}


@pytest.mark.parametrize("hours", [-2, 0, 2])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_it_finds_what_the_models_find(hours, count):
    sale = make_sale(limit_per_customer=2, payment_window_seconds=300)
    retired = make_variant(name="Cup")
    Variant.objects.filter(stock_item__sku=retired).update(is_active=False)
    skus = [
        sale.sku,
        make_variant(name="Zoë's 张 %s cup"),
        make_variant(name="Cup", is_published=False),
        retired,
        "no'ne",
    ]
    now = timezone.now() + hours * HOUR
    for shift in range(5):
        wanted = (skus[shift:] + skus[:shift])[:count]
        found = read_items_for_sale(skus=wanted, now=now)
        assert found == read_by_models(wanted, now)
        assert (sale.sku in found) == (sale.sku in wanted and hours == 0)


def test_a_moment_is_compared_in_utc_whatever_its_time_zone():
    sale = make_sale()
    elsewhere = timezone.now().astimezone(dt.timezone(dt.timedelta(hours=12)))
    assert sale.sku in read_items_for_sale(skus=[sale.sku], now=elsewhere)


def test_it_takes_one_query_and_none_for_nothing():
    sku = make_variant(name="Cup")
    with CaptureQueriesContext(connection) as queries:
        assert read_items_for_sale(skus=[], now=timezone.now()) == {}
        assert read_items_for_sale(skus=[sku], now=timezone.now())[sku].options == [["Size", "M"]]
    assert len(queries) == 1
