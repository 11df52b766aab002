"""The database engine: BEGIN travels with the first statement, and transactions are what they were."""

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from inventory.errors import GuardClosed
from inventory.models import StockItem
from inventory.mysql.base import TRUSTED_SECONDS
from inventory.sql import Statement, execute_together
from inventory.transactions import can_commit, execute_and_commit
from tests.builders import make_stock_item
from tests.sessions import run_sql, second_session

pytestmark = pytest.mark.django_db(transaction=True)
DOUBLE = "UPDATE inventory_stockitem SET on_hand = on_hand * 2 WHERE id = %s"
NO_ROW = Statement("UPDATE inventory_stockitem SET on_hand = 0 WHERE id = -1", matches=1)
OVERSELL = "UPDATE inventory_stockitem SET available = -1 WHERE id = %s"


@pytest.fixture
def item():
    return make_stock_item(on_hand=5)


def read_on_hand(item):
    return StockItem.objects.get(id=item.id).on_hand


def count_statements():
    """Return how many statements this session has sent; asking is one of them."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Questions'")
        return int(cursor.fetchone()[1])


@transaction.atomic
def write_and_fail(item):
    """Change the row in a block that fails."""
    StockItem.objects.filter(id=item.id).update(on_hand=9)
    raise ZeroDivisionError


def test_the_first_statement_of_a_transaction_is_rolled_back_with_it(item):
    with pytest.raises(ZeroDivisionError):
        write_and_fail(item)
    assert read_on_hand(item) == 5


def test_the_first_statement_says_how_many_rows_it_matched(item):
    with transaction.atomic():
        assert StockItem.objects.filter(id=item.id).update(on_hand=9) == 1
    assert read_on_hand(item) == 9


def test_a_first_statement_that_fails_leaves_a_transaction_that_ends_cleanly(item):
    with pytest.raises(IntegrityError), transaction.atomic():
        StockItem.objects.filter(id=item.id).update(available=-1)
    with transaction.atomic():
        assert read_on_hand(item) == 5


def test_a_transaction_that_sends_nothing_costs_nothing(item):
    before = count_statements()
    with transaction.atomic():
        pass
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        raise ZeroDivisionError
    assert count_statements() - before == 1
    StockItem.objects.filter(id=item.id).update(on_hand=9)
    connection.close()
    assert read_on_hand(item) == 9, "a BEGIN was left over and took a later statement with it"


def test_what_follows_a_transaction_is_committed_by_itself(item):
    with transaction.atomic():
        read_on_hand(item)
    StockItem.objects.filter(id=item.id).update(on_hand=9)
    connection.close()
    assert read_on_hand(item) == 9


def test_an_inner_block_can_be_undone_alone(item):
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError):
            write_and_fail(item)
        StockItem.objects.filter(id=item.id).update(low_stock_threshold=3)
    stored = StockItem.objects.get(id=item.id)
    assert (stored.on_hand, stored.low_stock_threshold) == (5, 3)


@pytest.mark.parametrize("statements", [[OVERSELL, DOUBLE], [DOUBLE, OVERSELL]], ids=["first", "second"])
def test_a_broken_check_in_a_packet_is_an_integrity_error_and_undoes_all(item, statements):
    with pytest.raises(IntegrityError), transaction.atomic():
        execute_together([Statement(sql, [item.id]) for sql in statements])
    assert read_on_hand(item) == 5


def test_a_failing_statement_stops_those_behind_it_in_the_packet(item):
    with pytest.raises(IntegrityError):
        execute_together([Statement(sql, [item.id]) for sql in (DOUBLE, OVERSELL, DOUBLE)])
    assert read_on_hand(item) == 10, "outside a transaction each statement stands alone"


def count_pings():
    """Return how often this session was asked whether it is there."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Com_admin_commands'")
        return int(cursor.fetchone()[1])


def kill_session():
    """Have the server drop this session, by a session of its own."""
    thread_id = connection.connection.thread_id()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute(f"KILL {thread_id}")
    other.close()


def begin_request():
    """Do to the connection what Django does before a request."""
    connection.close_if_unusable_or_obsolete()


def test_a_connection_that_has_just_answered_is_not_asked_whether_it_is_there(item):
    before = count_pings()
    begin_request()
    assert read_on_hand(item) == 5
    assert count_pings() == before


def test_a_connection_that_was_idle_is_asked_once_in_a_request(item):
    before = count_pings()
    begin_request()
    connection.connection.answered_at -= TRUSTED_SECONDS
    assert read_on_hand(item) == 5
    assert read_on_hand(item) == 5
    assert count_pings() == before + 1


def test_an_idle_connection_that_was_lost_is_replaced_without_an_error(item):
    begin_request()
    connection.connection.answered_at -= TRUSTED_SECONDS
    kill_session()
    assert read_on_hand(item) == 5


def test_commit_may_go_with_the_last_statements(item):
    with transaction.atomic(durable=True):
        execute_and_commit([Statement(DOUBLE, [item.id], matches=1)])
        with second_session() as other:
            assert run_sql("SELECT on_hand FROM inventory_stockitem", session=other) == [(10,)]
    assert read_on_hand(item) == 10


def test_a_write_that_matched_no_row_keeps_its_packet_from_commit(item):
    with transaction.atomic(durable=True):
        with pytest.raises(GuardClosed) as stopped:
            execute_and_commit([Statement(DOUBLE, [item.id], matches=1), NO_ROW])
        assert stopped.value.position == 1
        # What came before stands, in a transaction that is still open.
        assert read_on_hand(item) == 10
        transaction.set_rollback(True)
    assert read_on_hand(item) == 5


def test_after_a_write_that_matched_no_row_the_transaction_can_go_on(item):
    with transaction.atomic(durable=True):
        with pytest.raises(GuardClosed):
            execute_and_commit([NO_ROW])
        execute_and_commit([Statement(DOUBLE, [item.id])])
    assert read_on_hand(item) == 10


@transaction.atomic(durable=True)
def commit_and_go_on(item):
    """Send something after COMMIT, with the transaction's block still open."""
    execute_and_commit([Statement(DOUBLE, [item.id])])
    read_on_hand(item)


def test_a_transaction_that_was_committed_takes_no_further_statement(item):
    with pytest.raises(ProgrammingError, match="was committed"):
        commit_and_go_on(item)
    assert read_on_hand(item) == 10


def test_inside_another_transaction_nothing_is_committed_early(item):
    assert not can_commit()
    with transaction.atomic():
        assert can_commit()
        with transaction.atomic():
            assert not can_commit()


def test_an_error_of_the_last_statements_leaves_them_undone(item):
    with pytest.raises(IntegrityError), transaction.atomic(durable=True):
        execute_and_commit([Statement(DOUBLE, [item.id]), Statement(OVERSELL, [item.id])])
    assert read_on_hand(item) == 5
