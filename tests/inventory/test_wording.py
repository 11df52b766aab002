"""What staff are told when a change did not end well."""

import pytest

from inventory.errors import StockBusy
from inventory.transactions import CommitUnknown
from inventory.wording import explain as explain_stock
from orders.admin import explain as explain_order
from payments.staff_actions import explain as explain_money

EXPLAIN = pytest.mark.parametrize("explain", [explain_stock, explain_order, explain_money])


@EXPLAIN
def test_a_busy_shelf_says_that_nothing_was_changed(explain):
    assert "nothing was changed" in explain(StockBusy())


@EXPLAIN
def test_a_lost_commit_does_not_say_that_nothing_was_changed(explain):
    text = explain(CommitUnknown())
    assert "nothing was changed" not in text
    assert "it is not known whether this was carried out" in text
