"""Servers on which SKIP LOCKED does not lock cannot pool, and everybody who tries is told so."""

from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from config.diagnosis import diagnose
from inventory.errors import StrategyNotSupported
from inventory.locking.servers import describe_server, has_skip_locked
from inventory.models import StockItem
from inventory.selectors import get_stock_level, get_stock_levels
from inventory.services import (
    configure_stock_item,
    create_stock_item,
    create_stock_items,
    set_locking_strategy,
)
from inventory.types import NewStockItem
from tests.builders import NOW, make_stock_item
from tests.staff import make_manager, said

TIDB = "8.0.11-TiDB-v8.5.6"
WHO: dict[str, Any] = {"actor": "test", "now": NOW}


@pytest.fixture
def tidb(monkeypatch):
    """Have the server say it is another one."""
    connections["default"].ensure_connection()
    monkeypatch.setitem(vars(connections["default"]), "mysql_server_info", TIDB)


@pytest.mark.parametrize(
    ("version", "locks"),
    [
        *(("8.0.1", True), ("8.0.45-0ubuntu0.22.04.1", True), ("9.7.4-2", True), ("8.4.7-cluster", True)),
        *(("8.0.0", False), ("5.7.44-log", False), ("5.6.51", False)),
        *(("10.6.0-MariaDB", True), ("10.11.19-MariaDB-0+deb12u1", True), ("11.8.3-MariaDB-ubu2404", True)),
        *(("5.5.5-10.6.22-MariaDB", True), ("5.5.5-10.5.29-MariaDB-log", False)),
        *(("10.5.29-MariaDB", False), ("5.5.68-MariaDB", False)),
        *((TIDB, False), ("5.7.25-TiDB-v7.1.0", False), ("5.7.25-OceanBase-v4.2.1.0", False), ("", False)),
    ],
)
def test_a_server_is_known_by_what_it_says_of_itself(version, locks):
    assert has_skip_locked(version) is locks


@pytest.mark.django_db
def test_this_server_can_pool():
    assert has_skip_locked(describe_server())
    make_stock_item(strategy="pooled")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "choose",
    [
        lambda item: set_locking_strategy(stock_item_ids=[item.id], name="pooled"),
        lambda item: configure_stock_item(
            stock_item_id=item.id, locking_strategy="pooled", low_stock_threshold=0
        ),
        lambda item: create_stock_item(sku="NEW", locking_strategy="pooled", **WHO),
        lambda item: create_stock_items(items=[NewStockItem("NEW", 1, "pooled")], **WHO),
    ],
)
def test_choosing_to_pool_is_refused_where_nothing_would_be_locked(tidb, choose):
    item = make_stock_item()
    with pytest.raises(StrategyNotSupported) as refusal:
        choose(item)
    assert (refusal.value.name, refusal.value.server) == ("pooled", TIDB)
    assert TIDB in str(refusal.value)
    assert get_stock_levels(skus=[item.sku, "NEW"]) == {item.sku: item}


@pytest.mark.django_db
def test_the_other_strategies_can_be_chosen_there(tidb):
    item = make_stock_item()
    for name in ("pessimistic", "optimistic", "combined", "conditional"):
        set_locking_strategy(stock_item_ids=[item.id], name=name)
        assert get_stock_level(sku=item.sku).locking_strategy == name


@pytest.mark.django_db
def test_items_that_are_pooled_there_are_named(tidb):
    assert "inventory.W006" not in {m.id for m in run_checks(tags=["inventory"], databases=["default"])}
    StockItem.objects.filter(id=make_stock_item().id).update(locking_strategy="pooled")
    [message] = run_checks(tags=["inventory"], databases=["default"])
    assert (message.id, TIDB in message.msg) == ("inventory.W006", True)
    [found] = [one for one in diagnose(now=timezone.now()) if one.name == "strategies"]
    assert (found.verdict, "pooled" in found.detail) == ("failure", True)


@pytest.mark.django_db(transaction=True)
def test_staff_who_choose_to_pool_there_are_told_why_not(tidb):
    staff, item = make_manager(), make_stock_item()
    page = reverse("admin:inventory_stockitem_change", args=[item.id])
    responses = [
        staff.post(page, {"locking_strategy": "pooled", "low_stock_threshold": "0"}, follow=True),
        staff.post(
            reverse("admin:inventory_stockitem_changelist"),
            {"action": "strategy_pooled", "_selected_action": [item.id]},
            follow=True,
        ),
    ]
    for response in responses:
        assert "cannot be used with this database server (8.0.11-TiDB-v8.5.6)" in said(response)
    assert get_stock_level(sku=item.sku) == item
