"""A snapshot shows one instant, whatever is sold meanwhile."""

import pytest
from django.db import OperationalError, transaction

from inventory.models import StockItem
from inventory.selectors import get_stock_level
from inventory.snapshots import consistent_snapshot
from tests.builders import make_stock_item
from tests.sessions import run_sql, second_session

pytestmark = pytest.mark.django_db(transaction=True)

ADD_ONE = "UPDATE inventory_stockitem SET on_hand = on_hand + 1 WHERE id = %s"


def test_inside_a_snapshot_nothing_that_others_commit_is_seen():
    item, other_item = make_stock_item(on_hand=5), make_stock_item(on_hand=5)
    with second_session() as other:
        with consistent_snapshot():
            assert get_stock_level(sku=item.sku).on_hand == 5
            run_sql(ADD_ONE, item.id, session=other)
            run_sql(ADD_ONE, other_item.id, session=other)
            run_sql(
                "INSERT INTO inventory_stockitem (sku, on_hand, available, version, locking_strategy,"
                " low_stock_threshold) VALUES ('LATE', 0, 0, 0, 'conditional', 0)",
                session=other,
            )
            assert get_stock_level(sku=item.sku).on_hand == 5
            # Also of what was not read before.
            assert get_stock_level(sku=other_item.sku).on_hand == 5
            assert StockItem.objects.count() == 2
        assert get_stock_level(sku=item.sku).on_hand == 6
        assert StockItem.objects.count() == 3


def test_after_a_snapshot_transactions_see_the_latest_commits_again():
    item = make_stock_item(on_hand=5)
    with consistent_snapshot():
        get_stock_level(sku=item.sku)
    with second_session() as other, transaction.atomic():
        assert get_stock_level(sku=item.sku).on_hand == 5
        run_sql(ADD_ONE, item.id, session=other)
        assert get_stock_level(sku=item.sku).on_hand == 6


def test_a_snapshot_blocks_no_sale():
    item = make_stock_item(on_hand=5)
    with second_session() as other, consistent_snapshot():
        get_stock_level(sku=item.sku)
        run_sql("SET SESSION innodb_lock_wait_timeout = 1", session=other)
        run_sql(ADD_ONE, item.id, session=other)
    assert get_stock_level(sku=item.sku).on_hand == 6


def test_a_snapshot_inside_a_transaction_is_refused():
    # There it would show what that transaction sees, not one instant.
    with transaction.atomic():
        StockItem.objects.count()
        with pytest.raises((RuntimeError, OperationalError)), consistent_snapshot():
            pytest.fail("this is no snapshot")
