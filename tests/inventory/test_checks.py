"""System checks: a database or a strategy that cannot keep the promises is named before anything is sold."""

import pytest
from django.core.checks import run_checks
from django.db import connections

from inventory.locking.registry import register, unregister
from inventory.models import StockItem, StockSlice
from tests.builders import make_stock_item


def list_ids(**kwargs) -> set[str | None]:
    return {message.id for message in run_checks(tags=["inventory"], **kwargs)}


class Careless:
    """A strategy in name only."""

    name = "careless"
    label = ""

    def claim(self, *, product_id: int) -> None:
        """Take what nobody asked for."""


@pytest.mark.django_db
def test_this_database_passes():
    assert list_ids(databases=["default"]) == set()


def test_another_isolation_level_is_an_error(monkeypatch):
    monkeypatch.setitem(connections["default"].settings_dict["OPTIONS"], "isolation_level", "repeatable read")
    assert "inventory.E002" in list_ids()
    monkeypatch.delitem(connections["default"].settings_dict["OPTIONS"], "isolation_level")
    assert "inventory.E002" in list_ids()


def test_a_strategy_that_cannot_claim_is_an_error():
    register(Careless())  # type: ignore[arg-type]
    try:
        assert "inventory.E003" in list_ids()
    finally:
        unregister("careless")


class Hasty:
    """A strategy that cannot say how it claims in one go."""

    name = "hasty"
    label = "Hasty"
    combines = needs_skip_locked = is_a_race = False

    def claim(self, *, stock_item_id: int, quantity: int) -> int | None:
        """Take nothing."""
        return None


def test_a_strategy_that_cannot_prepare_a_claim_is_an_error():
    register(Hasty())  # type: ignore[arg-type]
    try:
        assert "inventory.E003" in list_ids()
    finally:
        unregister("hasty")


class Silent:
    """A strategy that does not say whether its orders may share a transaction."""

    name = "silent"
    label = "Silent"

    def claim(self, *, stock_item_id: int, quantity: int) -> int | None:
        """Take nothing."""
        return None


def test_a_strategy_that_does_not_say_whether_it_combines_is_an_error():
    register(Silent())  # type: ignore[arg-type]
    try:
        assert "inventory.E003" in list_ids()
    finally:
        unregister("silent")


@pytest.mark.django_db
def test_a_stored_strategy_that_nobody_registered_is_a_warning():
    StockItem.objects.filter(id=make_stock_item().id).update(locking_strategy="gone")
    assert list_ids(databases=["default"]) == {"inventory.W005"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("model", "name"),
    [(StockItem, "stockitem_available_not_negative"), (StockSlice, "stockslice_units_not_negative")],
)
def test_a_constraint_that_was_dropped_is_an_error(model, name):
    constraint = next(c for c in model._meta.constraints if c.name == name)
    with connections["default"].schema_editor() as editor:
        editor.remove_constraint(model, constraint)
    try:
        assert list_ids(databases=["default"]) == {"inventory.E004"}
    finally:
        with connections["default"].schema_editor() as editor:
            editor.add_constraint(model, constraint)
