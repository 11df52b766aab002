"""Staff pages for points."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from orders.models import Order
from orders.points.models import PointsBalance, PointsEntry
from tests.builders import make_customer, make_stock_item
from tests.orders.spending import buy_with_points, read_balance
from tests.staff import make_manager, make_staff, page_of, said

pytestmark = pytest.mark.django_db(transaction=True)

ADD = "/admin/orders/pointsbalance/add/"


def name_of(customer_id):
    return get_user_model().objects.get(id=customer_id).email


def find(pattern, page):
    """Return what the first group of a pattern is on a page."""
    found = re.search(pattern, page)
    assert found, page
    return found[1]


def login_of(customer_id):
    return get_user_model().objects.get(id=customer_id).get_username()


def open_form(client, customer_id):
    """Return the page's own fields, as a browser would send them back."""
    page = client.get(f"{ADD}?customer={customer_id}").content.decode()
    return {
        "customer": name_of(customer_id),
        "reference": find('name="reference" value="([0-9a-f]{32})"', page),
        "reason": "broken in the post",
    }


def test_staff_give_points_and_the_ledger_says_who_and_why():
    ann, manager = make_customer(), make_manager()
    answer = manager.post(ADD, {**open_form(manager, ann), "points": "50"}, follow=True)
    assert "The balance is 50 now." in said(answer)
    entry = PointsEntry.objects.get(customer_id=ann)
    assert (entry.kind, entry.points, entry.actor) == ("adjust", 50, "staff:anna")
    assert entry.reason == "broken in the post"


def test_a_second_click_gives_nothing_more():
    ann, manager = make_customer(), make_manager()
    form = {**open_form(manager, ann), "points": "50"}
    manager.post(ADD, form)
    assert "booked already" in said(manager.post(ADD, form, follow=True))
    assert read_balance(ann) == (50, 0)


def test_no_more_is_taken_than_is_there():
    ann, manager = make_customer(points=5), make_manager()
    answer = manager.post(ADD, {**open_form(manager, ann), "points": "-6"})
    assert "There are only 5." in answer.content.decode()
    assert read_balance(ann) == (5, 0)


@pytest.mark.parametrize(
    "change",
    [{"points": "0"}, {"points": "x"}, {"customer": "nobody"}, {"reason": ""}, {"reference": "1"}],
    ids=str,
)
def test_what_makes_no_sense_is_said_on_the_page(change):
    ann, manager = make_customer(points=5), make_manager()
    answer = manager.post(ADD, {**open_form(manager, ann), "points": "1", **change})
    assert "Nothing was booked." in answer.content.decode()
    assert read_balance(ann) == (5, 0)


@pytest.mark.parametrize("customer", ["", "x", "0", "9" * 40, "-1", "²"])
def test_a_wrong_customer_in_the_address_opens_an_empty_form(customer):
    assert make_manager().get(ADD, {"customer": customer}).status_code == 200


def test_only_those_with_the_permission_change_points():
    client = make_staff("view_pointsbalance", "view_pointsentry")
    ann = make_customer(points=5)
    assert client.get(ADD).status_code == 403
    assert client.post(ADD, {"customer": name_of(ann), "points": "5"}).status_code == 403
    page = client.get(reverse("admin:orders_pointsbalance_change", args=[ann]))
    assert page.status_code == 200
    assert "Adjust points" not in page.content.decode()


def test_the_balance_leads_to_its_entries_and_both_can_be_searched():
    ann, bob = make_customer(points=5), make_customer(points=7)
    manager = make_manager()
    page = manager.get(reverse("admin:orders_pointsbalance_change", args=[ann])).content.decode()
    listed = manager.get(find(r'href="([^"]*customer__id__exact=[^"]*)"', page)).content.decode()
    assert login_of(ann) in listed
    assert login_of(bob) not in listed
    for model in ("pointsbalance", "pointsentry"):
        found = manager.get(f"/admin/orders/{model}/", {"q": name_of(bob)}).content.decode()
        assert f">{login_of(bob)}<" in found
        assert login_of(ann) not in found


def test_those_who_owe_points_are_listed():
    ann, bob = make_customer(points=5), make_customer(points=5)
    PointsBalance.objects.filter(customer_id=bob).update(owed=3)
    listed = make_manager().get("/admin/orders/pointsbalance/", {"owed": "yes"}).content.decode()
    assert login_of(bob) in listed
    assert login_of(ann) not in listed


def test_the_page_of_an_order_shows_its_points_and_what_they_took_off():
    ann = make_customer(points=300)
    order = buy_with_points(make_stock_item(), ann, 300).order
    page = make_manager().get(page_of(Order.objects.get(id=order.id))).content.decode()
    assert "300 points" in page
    assert "-$3.00" in page
    assert "Spent" in page


def test_the_pages_stand_accounts_that_are_gone():
    ann = make_customer(points=5)
    get_user_model().objects.filter(id=ann).delete()
    manager = make_manager()
    assert manager.get("/admin/orders/pointsbalance/").status_code == 200
    assert manager.get(reverse("admin:orders_pointsbalance_change", args=[ann])).status_code == 200
    assert manager.get("/admin/orders/pointsentry/").status_code == 200
