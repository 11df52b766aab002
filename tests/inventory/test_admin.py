"""Staff pages for stock."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from inventory.models import StockItem, StockMovement
from inventory.selectors import get_stock_level
from inventory.services import configure_stock_item, receive
from inventory.types import StockLevel
from tests.builders import NOW, buy, make_stock_item
from tests.staff import log_in, make_manager, make_staff, said

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff() -> Client:
    """Return a browser in which somebody who may do everything is logged in."""
    return make_manager()


def page_of(item: StockLevel) -> str:
    return reverse("admin:inventory_stockitem_change", args=[item.id])


def stock_page_of(item: StockLevel) -> str:
    return reverse("admin:inventory_stockitem_stock", args=[item.id])


def open_stock_form(client: Client, item: StockLevel) -> dict[str, object]:
    """Return what the form for changing stock holds when it is opened."""
    return dict(client.get(stock_page_of(item)).context["form"].initial)


def send(client: Client, item: StockLevel, form: dict[str, object], **typed: object):
    return client.post(stock_page_of(item), {"reason": "delivery 7", **form, **typed}, follow=True)


def test_units_that_came_in_are_booked_with_reason_and_name(staff):
    item = make_stock_item(on_hand=5)
    response = send(staff, item, open_stock_form(staff, item), kind="receive", quantity="7")
    level = get_stock_level(sku=item.sku)
    booked = StockMovement.objects.filter(stock_item_id=item.id).latest("id")
    assert (level.on_hand, level.available) == (12, 12)
    assert (booked.kind, booked.on_hand_delta, booked.actor, booked.reason) == (
        *("receive", 7),
        *("staff:anna", "delivery 7"),
    )
    assert "12 on hand now, 12 available" in said(response)


def test_an_adjustment_may_be_negative(staff):
    item = make_stock_item(on_hand=5)
    send(staff, item, open_stock_form(staff, item), kind="adjust", quantity="-2")
    assert get_stock_level(sku=item.sku).on_hand == 3


def test_a_count_keeps_what_is_promised(staff):
    item = make_stock_item(on_hand=5)
    buy((item, 2))
    send(staff, item, open_stock_form(staff, item), kind="count", quantity="4")
    level = get_stock_level(sku=item.sku)
    assert (level.on_hand, level.available, level.reserved) == (4, 2, 2)


@pytest.mark.parametrize(("kind", "quantity"), [("receive", "7"), ("adjust", "-2"), ("count", "9")])
def test_a_form_sent_twice_is_booked_once(staff, kind, quantity):
    item = make_stock_item(on_hand=5)
    form = open_stock_form(staff, item)
    send(staff, item, form, kind=kind, quantity=quantity)
    once = get_stock_level(sku=item.sku)
    response = send(staff, item, form, kind=kind, quantity=quantity)
    assert get_stock_level(sku=item.sku) == once
    assert "booked already" in said(response)


def test_promised_units_cannot_be_taken_away(staff):
    item = make_stock_item(on_hand=5)
    buy((item, 4))
    before = get_stock_level(sku=item.sku)
    for kind, quantity, words in [("adjust", "-2", "Only 1 units"), ("count", "3", "4 units are promised")]:
        response = send(staff, item, open_stock_form(staff, item), kind=kind, quantity=quantity)
        assert words in response.content.decode()
    assert get_stock_level(sku=item.sku) == before


def test_a_count_begun_before_units_came_or_went_is_refused(staff):
    item = make_stock_item(on_hand=5)
    form = open_stock_form(staff, item)
    receive(sku=item.sku, quantity=10, actor="dock", reason="", now=NOW)
    response = send(staff, item, form, kind="count", quantity="5")
    assert get_stock_level(sku=item.sku).on_hand == 15
    assert "The books now say 15" in response.content.decode()


@pytest.mark.parametrize(
    "typed",
    [
        {"quantity": "0"},
        {"quantity": ""},
        {"quantity": "1.5"},
        {"quantity": "9" * 30},
        {"quantity": "9" * 5000},
        {"quantity": "-9223372036854775809", "kind": "adjust"},
        {"quantity": "-1", "kind": "count"},
        {"quantity": "1\0"},
        {"reason": ""},
        {"reason": "  "},
        {"reason": "a\0b"},
        {"reason": "x" * 201},
        {"kind": "steal"},
        {"reference": "mine"},
        {"reference": ""},
        {"shown_on_hand": "9" * 40, "kind": "count"},
    ],
)
def test_what_makes_no_sense_is_explained_and_books_nothing(staff, typed):
    item = make_stock_item(on_hand=5)
    form = {"kind": "receive", "quantity": "1", **open_stock_form(staff, item), **typed}
    response = send(staff, item, form)
    assert response.status_code == 200
    assert "Nothing was booked." in response.content.decode()
    assert get_stock_level(sku=item.sku) == item


def test_a_page_opened_before_a_sale_and_saved_after_it_leaves_stock_as_the_sale_did(staff):
    item = make_stock_item(on_hand=5)
    opened = staff.get(page_of(item)).context["adminform"].form
    form = {name: opened.initial[name] for name in opened.fields}
    buy((item, 3))
    sold = get_stock_level(sku=item.sku)
    stale = {"on_hand": "5", "available": "5", "version": "0", "sku": "other"}
    response = staff.post(page_of(item), {**form, **stale, "low_stock_threshold": "4"})
    saved = get_stock_level(sku=item.sku)
    assert response.status_code == 302
    assert (saved.on_hand, saved.available, saved.sku) == (5, 2, item.sku)
    assert saved.low_stock_threshold == 4
    assert saved.version == sold.version + 1


def test_counters_are_no_fields_of_any_form(staff):
    item = make_stock_item()
    form = staff.get(page_of(item)).context["adminform"].form
    assert set(form.fields) == {"locking_strategy", "low_stock_threshold"}


def test_the_strategy_of_chosen_items_is_switched_by_one_action(staff):
    items = [make_stock_item(), make_stock_item()]
    chosen = {"action": "strategy_pessimistic", "_selected_action": [item.id for item in items]}
    staff.post(reverse("admin:inventory_stockitem_changelist"), chosen)
    assert {get_stock_level(sku=item.sku).locking_strategy for item in items} == {"pessimistic"}


def test_the_list_finds_by_sku_and_by_level(staff):
    make_stock_item(sku="TEA-1", on_hand=3)
    make_stock_item(sku="TEA-2", on_hand=0)
    url = reverse("admin:inventory_stockitem_changelist")
    found = {
        query: [
            item.sku for item in staff.get(url, query and dict([query.split("=")])).context["cl"].result_list
        ]
        for query in ("q=TEA", "q=tea", "q=TEA-1", "level=low", "level=out", "strategy=optimistic")
    }
    assert found == {
        "q=TEA": ["TEA-1", "TEA-2"],
        "q=tea": [],
        "q=TEA-1": ["TEA-1"],
        "level=low": ["TEA-2"],
        "level=out": ["TEA-2"],
        "strategy=optimistic": [],
    }


def test_an_item_with_movements_cannot_be_deleted_and_an_unused_one_can(staff):
    used, unused = make_stock_item(on_hand=1), make_stock_item(on_hand=0)
    for item in (used, unused):
        staff.post(reverse("admin:inventory_stockitem_delete", args=[item.id]), {"post": "yes"})
    assert list(StockItem.objects.values_list("id", flat=True)) == [used.id]


def test_the_ledger_can_be_read_and_searched_but_not_written(staff):
    item = make_stock_item(on_hand=4, sku="TEA")
    order = buy((item, 1)).order
    url = reverse("admin:inventory_stockmovement_changelist")
    movement = StockMovement.objects.get(kind="reserve")
    page = reverse("admin:inventory_stockmovement_change", args=[movement.id])
    by_reference = staff.get(url, {"q": f"order:{order.number}"}).context["cl"].result_list
    assert [found.kind for found in by_reference] == ["reserve"]
    assert len(staff.get(url, {"q": "TEA"}).context["cl"].result_list) == 2
    assert [found.kind for found in staff.get(url, {"kind__exact": "receive"}).context["cl"].result_list] == [
        "receive"
    ]
    assert staff.get(reverse("admin:inventory_stockmovement_add")).status_code == 403
    assert staff.get(page).status_code == 200
    assert staff.post(page, {"reason": "other"}).status_code == 403
    assert staff.post(reverse("admin:inventory_stockmovement_delete", args=[movement.id])).status_code == 403


def test_who_may_only_look_can_only_look():
    item = make_stock_item(on_hand=5)
    viewer = make_staff("view_stockitem", "view_stockmovement")
    form = {"kind": "receive", "quantity": "1", "reason": "x", "reference": "0" * 32, "shown_on_hand": "5"}
    assert viewer.get(page_of(item)).status_code == 200
    assert "Change stock" not in viewer.get(page_of(item)).content.decode()
    assert viewer.get(stock_page_of(item)).status_code == 403
    assert viewer.post(stock_page_of(item), form).status_code == 403
    assert viewer.post(page_of(item), {"low_stock_threshold": "1"}).status_code == 403
    viewer.post(
        reverse("admin:inventory_stockitem_changelist"),
        {"action": "strategy_optimistic", "_selected_action": [item.id]},
    )
    assert get_stock_level(sku=item.sku) == item


def test_units_in_slices_are_counted_on_every_page(staff):
    pooled = make_stock_item(sku="POOLED", on_hand=500, strategy="pooled")
    buy((pooled, 30))
    configure_stock_item(stock_item_id=pooled.id, locking_strategy="pooled", low_stock_threshold=100)
    url = reverse("admin:inventory_stockitem_changelist")
    assert '<td class="field-show_available">470</td><td class="field-show_reserved">30</td>' in (
        staff.get(url).content.decode()
    )
    for level in ("low", "out"):
        assert list(staff.get(url, {"level": level}).context["cl"].result_list) == []
    assert '<div class="readonly">470</div>' in staff.get(page_of(pooled)).content.decode()
    assert "<dt>Available</dt><dd>470</dd>" in staff.get(stock_page_of(pooled)).content.decode()
    response = send(staff, pooled, open_stock_form(staff, pooled), kind="adjust", quantity="-450")
    assert "50 on hand now, 20 available" in said(response)
    assert [item.sku for item in staff.get(url, {"level": "low"}).context["cl"].result_list] == ["POOLED"]


def test_customers_are_sent_to_the_log_in():
    item = make_stock_item()
    customer = log_in(User.objects.create_user("bob", "bob@example.com", "secret"))
    assert customer.get(stock_page_of(item)).status_code == 302


@pytest.mark.parametrize("page", ["stockitem", "stockmovement"])
def test_a_list_asks_as_many_questions_for_thirty_rows_as_for_three(
    staff, page, django_assert_max_num_queries
):
    url = reverse(f"admin:inventory_{page}_changelist")
    for _round in range(2):
        for _item in range(3 if _round == 0 else 27):
            make_stock_item()
        with django_assert_max_num_queries(6):
            staff.get(url)


@pytest.mark.parametrize(
    "address",
    [
        "stockitem/%00/change/",
        "stockitem/99999999999999999999999/change/",
        "stockitem/" + "9" * 5000 + "/change/",
        "stockitem/99999999999999999999999/stock/",
        "stockitem/%00/stock/",
        "stockitem/x/do/nothing/",
        "stockmovement/-1/change/",
        "stockitem/?q=%00",
        "stockitem/?q=" + "a+" * 3000,
        "stockitem/?level=%00",
        "stockitem/?strategy=" + "x" * 5000,
        "stockitem/?p=99999999999999999999",
        "stockitem/?o=99999",
        "stockmovement/?q=%F0%9F%92%A9%00",
        "stockmovement/?stock_item__id__exact=99999999999999999999999",
        "stockmovement/?stock_item__id__exact=x",
        "stockmovement/?created_at__gte=%00",
        "stockmovement/?created_at__year=99999999999",
        "stockmovement/?kind__exact=%ED%A0%80",
    ],
)
def test_strange_addresses_are_answered(staff, address):
    response = staff.get(f"/admin/inventory/{address}", follow=True)
    assert response.status_code in (200, 400, 404)


def test_an_old_page_of_an_item_does_not_bring_back_its_old_settings(staff):
    item = make_stock_item()
    page = staff.get(page_of(item)).content.decode()
    assert 'name="initial-low_stock_threshold"' in page
    shown = {"low_stock_threshold": "0", "locking_strategy": "conditional"}
    shown |= {f"initial-{name}": value for name, value in shown.items()}
    staff.post(page_of(item), {**shown, "low_stock_threshold": "9"})
    staff.post(page_of(item), {**shown, "locking_strategy": "optimistic"})
    saved = get_stock_level(sku=item.sku)
    assert (saved.low_stock_threshold, saved.locking_strategy) == (9, "optimistic")
