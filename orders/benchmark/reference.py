"""The references: `raw`, as fast as one order at a time can be, and `unlocked`, which must oversell."""

import datetime as dt
import json
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import MySQLdb
from django.db import connection

from inventory.ids import new_id, new_ids
from orders.announcements import PLACED
from orders.benchmark.jobs import Job
from orders.benchmark.sellers import EMAIL, PRICE, SCOPE, Outcome
from orders.benchmark.wire import MeteredConnection, find_wire
from orders.benchmark.workloads import Basket
from orders.numbers import number_for
from orders.subscribers import list_subscribers

# The last are ids that two processes drew in one millisecond: no key is ever used twice here.
_RETRYABLE: Final = {1213: "deadlocks", 1205: "lock_waits", 1062: "collisions"}

# Written out by hand: nothing of the shop's own way to the database is in what it is measured against.
_ORDER: Final = (
    "INSERT INTO orders_order (id, number, status, currency, total_amount, units, email, customer_id,"
    " shipping_address, client_address, stock_reference, idempotency_scope, idempotency_key,"
    " request_fingerprint, placed_at, payment_due_at, paid_at, fulfilled_at, cancelled_at, refunded_at,"
    " cancel_reason, parked_at, parked_because) VALUES (%s, %s, 'pending', 'USD', %s, %s, %s, NULL, NULL, '',"
    " %s, %s, %s, '', %s, %s, NULL, NULL, NULL, NULL, '', NULL, '')"
)
_LINE: Final = (
    "INSERT INTO orders_orderline (id, order_id, stock_item_id, position, sku, name, unit_price, quantity)"
    " VALUES "
)
_LINE_ROW: Final = "(%s, %s, %s, %s, %s, %s, %s, %s)"
_MOVEMENT: Final = (
    "INSERT INTO inventory_stockmovement (id, stock_item_id, kind, available_delta, on_hand_delta, reference,"
    " actor, reason, created_at) VALUES "
)
_MOVEMENT_ROW: Final = "(%s, %s, 'reserve', %s, 0, %s, 'checkout', '', %s)"
_MESSAGE: Final = (
    "INSERT INTO orders_outboxmessage (id, topic, `key`, payload, created_at, deliver_after, delivered_at,"
    " parked_at, subscriber, latest_error, attempts, is_waiting)"
    " VALUES (%s, 'order.placed', %s, %s, %s, %s, NULL, NULL, '', '', 0, 1)"
)
_CLAIM: Final = (
    "UPDATE inventory_stockitem SET available = available - %s, version = version + 1"
    " WHERE id = %s AND available >= %s"
)
_LOOK: Final = "SELECT available, version FROM inventory_stockitem WHERE id = %s"
_OVERWRITE: Final = "UPDATE inventory_stockitem SET available = %s, version = %s WHERE id = %s"


class RawSeller:
    """Bare mysqlclient: the rows of an order, the guarded UPDATE last, one transaction an order."""

    # Never busy: it tries again until it has got through.
    retry_after = 0.0

    def __init__(self, job: Job) -> None:
        self._items, self._payment_window = job.items, job.workload.payment_window
        self.counts: Counter[str] = Counter()
        self.placed_id = 0
        # The shop tells of a new order only if somebody wants to know.
        self._tells_of_orders = bool(list_subscribers(PLACED))
        self._connection = open_raw_connection()
        self._connection.autocommit(False)  # noqa: FBT003 - the driver takes it so
        self._cursor = self._connection.cursor()

    def place(self, basket: Basket) -> Outcome:
        """See Seller."""
        while True:
            try:
                return self._place_once(basket)
            except (MySQLdb.OperationalError, MySQLdb.IntegrityError) as error:
                self._connection.rollback()
                if error.args[0] not in _RETRYABLE:
                    raise
                self.counts[_RETRYABLE[error.args[0]]] += 1
                self.counts["retries"] += 1

    def close(self) -> None:
        """See Seller."""
        self._connection.close()

    def _place_once(self, basket: Basket) -> Outcome:
        # In id order like the shop: a reference slowed down by deadlocks would flatter it.
        wanted = sorted((self._items[index].id, quantity) for index, quantity in basket)
        seen = self._look(wanted)
        if seen is None:
            self._connection.rollback()
            return Outcome.REFUSED
        self._insert(basket, wanted)
        if not self._claim(wanted, seen):
            self._connection.rollback()
            return Outcome.REFUSED
        self._connection.commit()
        return Outcome.PLACED

    def _look(self, wanted: Sequence[tuple[int, int]]) -> list[tuple[int, int]] | None:
        return []

    def _insert(self, basket: Basket, wanted: Sequence[tuple[int, int]]) -> None:
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        placed_at, due_at = now.isoformat(" "), (now + self._payment_window).isoformat(" ")
        order_id, ids, execute = new_id(), new_ids(2 * len(basket)), self._cursor.execute
        self.placed_id = order_id
        number = number_for(order_id)
        units = sum(quantity for _index, quantity in basket)
        key = (SCOPE, uuid.uuid4().hex)
        money = (PRICE * units, units, EMAIL, f"order:{number}")
        execute(_ORDER, (order_id, number, *money, *key, placed_at, due_at))
        lines: list[Any] = []
        for position, (index, quantity) in enumerate(basket):
            item = self._items[index]
            lines += (ids[position], order_id, item.id, position, item.sku, item.sku, PRICE, quantity)
        execute(_LINE + ", ".join([_LINE_ROW] * len(basket)), lines)
        if self._tells_of_orders:
            payload = json.dumps({"order_id": order_id})
            execute(_MESSAGE, (new_id(), f"order.placed:{order_id}", payload, placed_at, placed_at))
        movements: list[Any] = []
        for id_, (stock_item_id, quantity) in zip(ids[len(basket) :], wanted, strict=True):
            movements += (id_, stock_item_id, -quantity, f"order:{number}", placed_at)
        execute(_MOVEMENT + ", ".join([_MOVEMENT_ROW] * len(basket)), movements)

    def _claim(self, wanted: Sequence[tuple[int, int]], _seen: list[tuple[int, int]]) -> bool:
        return all(self._cursor.execute(_CLAIM, (n, stock_item_id, n)) == 1 for stock_item_id, n in wanted)


class UnlockedSeller(RawSeller):
    """The negative control: looks, checks, and writes back what it computed, as many shops do.

    Two clients that looked at the same moment both write, and one sale vanishes from the counter: more units
    are in orders than were taken from stock. Lives here and in no registry, so that no setting can choose it.
    """

    def _look(self, wanted: Sequence[tuple[int, int]]) -> list[tuple[int, int]] | None:
        seen = []
        for stock_item_id, quantity in wanted:
            self._cursor.execute(_LOOK, (stock_item_id,))
            available, version = self._cursor.fetchone()
            if available < quantity:
                return None
            seen.append((available, version))
        return seen

    def _claim(self, wanted: Sequence[tuple[int, int]], seen: list[tuple[int, int]]) -> bool:
        for (stock_item_id, quantity), (available, version) in zip(wanted, seen, strict=True):
            self._cursor.execute(_OVERWRITE, (available - quantity, version + 1, stock_item_id))
        return True


def open_raw_connection(*, database: bool = True) -> Any:
    """Return a connection without Django: same server, same session settings, isolation level and wire."""
    parameters = {name: value for name, value in connection.get_connection_params().items() if name != "conv"}
    if not database:
        parameters.pop("database", None)
    raw = MeteredConnection(wire=find_wire(), **parameters)
    raw.query(b"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    return raw
