"""Coupons and promotions on their staff pages, and how often each was used."""

import pytest
from django.urls import reverse

from orders.services import cancel_order
from shop.promotions.models import Coupon
from shop.promotions.rules import forget_promotions
from tests.builders import NOW
from tests.shop.promotions.making import buy, make_coupon, make_promotion
from tests.shop.shopping import make_variant
from tests.shop.test_staff_pages import read_column
from tests.staff import make_manager, page_of

pytestmark = pytest.mark.django_db(transaction=True)
ADD = "/admin/shop/coupon/add/"


@pytest.fixture(autouse=True)
def _no_promotions() -> None:
    forget_promotions()


def test_staff_make_a_coupon_and_customers_use_it_at_once() -> None:
    typed = {"code": " spring-5 ", "kind": "fixed", "amount": "5.00", "is_active": "on", "usage_limit": "3"}
    assert make_manager().post(ADD, typed).status_code == 302
    assert Coupon.objects.get().code == "SPRING-5"
    assert buy((make_variant(price=1250), 1), coupon="spring-5").order.total_amount == 750


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"kind": "percent"}, "percent"),
        ({"kind": "percent", "percent": "101"}, "percent"),
        ({"kind": "fixed", "amount": "0"}, "amount"),
        ({"kind": "shipping", "code": "a b\u202e"}, "code"),
        ({"kind": "shipping", "usage_limit": "-1"}, "usage_limit"),
        (
            {
                "kind": "shipping",
                "starts_at_0": "2026-03-02",
                "starts_at_1": "10:00",
                "ends_at_0": "2026-03-01",
                "ends_at_1": "10:00",
            },
            "ends_at",
        ),
    ],
)
def test_what_cannot_be_a_coupon_is_said_at_its_field(typed: dict[str, str], field: str) -> None:
    page = make_manager().post(ADD, {"code": "X", "is_active": "on", **typed})
    assert page.status_code == 200
    assert field in page.context["adminform"].form.errors
    assert not Coupon.objects.exists()


def test_a_page_shows_how_often_a_coupon_was_used_and_by_which_orders() -> None:
    coupon, promotion = make_coupon(usage_limit=5), make_promotion()
    mug, manager = make_variant(price=1000, on_hand=9), make_manager()
    orders = [buy((mug, 1), coupon="SAVE10", email=f"{n}@example.com").order for n in range(3)]
    cancel_order(number=orders[0].number, reason="customer", actor="test", now=NOW)
    assert read_column(manager, "shop_coupon", "show_uses") == ["2 of 5"]
    assert read_column(manager, "shop_coupon", "show_amount") == ["-$1.60"]
    assert read_column(manager, "shop_promotion", "show_uses") == ["2"]
    for record in (coupon, promotion):
        page = manager.get(page_of(record)).content.decode()
        assert "Used by 2 orders; 1 were cancelled or refunded" in page
        assert all(order.number in page for order in orders)


def test_allowances_are_there_to_look_at() -> None:
    coupon, manager = make_coupon(usage_limit=5), make_manager()
    order = buy((make_variant(), 1), coupon="SAVE10").order
    page = manager.get(reverse("admin:orders_purchaseallowance_changelist"), {"q": f"coupon:{coupon.pk}"})
    assert f"coupon:{coupon.pk}" in page.content.decode()
    assert read_column(manager, "orders_allowanceuse", "quantity") == ["1"]
    page = manager.get(reverse("admin:orders_allowanceuse_changelist"), {"q": order.number})
    assert order.number in page.content.decode()
    assert manager.get(reverse("admin:orders_purchaseallowance_add")).status_code == 403
