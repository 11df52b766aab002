"""What the lists of staff pages say, in words."""

import re

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from knox.models import AuthToken

from inventory.backoffice import paging
from inventory.models import StockItem
from orders.models import Order, OutboxMessage
from tests.builders import NOW, buy, make_stock_item
from tests.staff import make_manager, page_of

pytestmark = pytest.mark.django_db


def read_column(client: Client, model: str, field: str) -> list[str]:
    """Return what a list shows in one column, row by row."""
    page = client.get(reverse(f"admin:{model}_changelist")).content.decode()
    return re.findall(rf'<td class="field-{field}[^"]*">(.*?)</td>', page)


def test_stock_that_runs_low_says_so_and_other_stock_says_nothing() -> None:
    make_stock_item(sku="A-LOW", on_hand=2)
    make_stock_item(sku="B-FINE", on_hand=9)
    StockItem.objects.update(low_stock_threshold=2)
    assert read_column(make_manager(), "inventory_stockitem", "show_is_low") == ["low", "-"]


def test_the_outbox_says_in_words_what_became_of_a_message() -> None:
    for _number in range(3):
        buy((make_stock_item(), 1))
    waiting, delivered, parked = OutboxMessage.objects.order_by("-pk")
    OutboxMessage.objects.filter(pk=delivered.pk).update(is_waiting=False, delivered_at=NOW)
    OutboxMessage.objects.filter(pk=parked.pk).update(is_waiting=False, parked_at=NOW)
    manager = make_manager()
    assert read_column(manager, "orders_outboxmessage", "show_state") == ["waiting", "delivered", "parked"]
    assert "icon-no" not in manager.get(page_of(delivered)).content.decode()
    assert waiting.is_waiting


def test_a_parked_order_says_so_and_others_say_nothing() -> None:
    parked = buy((make_stock_item(), 1)).order
    buy((make_stock_item(), 1))
    Order.objects.filter(pk=parked.id).update(parked_at=NOW)
    assert read_column(make_manager(), "orders_order", "show_parked") == ["-", "parked"]


def test_a_list_that_was_not_counted_to_its_end_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MOST_COUNTED", 1_000)
    StockItem.objects.bulk_create(
        StockItem(sku=f"S-{number}", on_hand=0, available=0, locking_strategy="conditional")
        for number in range(1_001)
    )
    manager = make_manager()
    address = reverse("admin:inventory_stockitem_changelist")
    page = manager.get(address).content.decode()
    assert "1,000+ results" in page
    assert "1,000+ stock items" in page
    assert "1 result " in manager.get(f"{address}?q=S-1000").content.decode()


def test_nobody_makes_or_reads_tokens_in_the_admin() -> None:
    assert AuthToken not in admin.site._registry
    assert make_manager().get("/admin/knox/authtoken/").status_code == 404
