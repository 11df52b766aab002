"""Orders of the past, so that a checkout can be measured in a shop that has seen a million of them.

Written by the server itself, thousands in a statement. Keys are random, as real ones are; ids, numbers and
references rise with time, as real ones do. Two years, 5,000 SKUs, some wanted more than others; three
quarters shipped, a fifth cancelled, the rest paid.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.apps import apps
from django.db import connection, models

from inventory.ids import new_id
from orders.benchmark.sellers import EMAIL, PRICE, SCOPE
from orders.models import Order, OrderLine, OutboxMessage

_PAST: Final = dt.timedelta(days=730)
# What `inventory.ids` makes of that time: milliseconds, then 22 random bits.
_ID_SPAN: Final = round(_PAST.total_seconds() * 1000) << 22
_SKUS: Final = 5_000
_PLENTY: Final = 1_000_000_000
_CHUNK: Final = 50_000
_THOUSAND: Final = 1_000

# A row for each number `i` of a chunk.
_NUMBERS: Final = (
    "(SELECT {first} + low.n + 1000 * high.n AS i FROM benchmark_numbers low"
    " JOIN benchmark_numbers high WHERE low.n + 1000 * high.n < {rows}) numbers"
)
# Ids of the past in order of time, with room for chance; a movement takes the one after its order's too.
_ORDERS: Final[Mapping[str, str]] = {
    "id": "{first_id} + i * {ids_apart} + CAST(FLOOR(RAND() * ({ids_apart} - 2)) AS SIGNED)",
    "number": "LPAD(CONV({first_id} + i * {ids_apart}, 10, 32), 13, '0')",
    "status": "CASE WHEN i % 20 < 4 THEN 'cancelled' WHEN i % 20 = 4 THEN 'paid' ELSE 'fulfilled' END",
    "currency": "'USD'",
    "total_amount": f"{PRICE}",
    "email": f"'{EMAIL}'",
    "stock_reference": "CONCAT('order:', LPAD(CONV({first_id} + i * {ids_apart}, 10, 32), 13, '0'))",
    "idempotency_scope": f"'{SCOPE}'",
    "idempotency_key": "LEFT(SHA2(CONCAT(RAND(), i), 256), 32)",
    "placed_at": "UTC_TIMESTAMP(6) - INTERVAL ({orders} - i) * {seconds_apart} SECOND",
    "payment_due_at": "UTC_TIMESTAMP(6) - INTERVAL ({orders} - i) * {seconds_apart} SECOND",
}
_LINES: Final[Mapping[str, str]] = {
    "id": "o.id",
    "order": "o.id",
    # Squared, so that some items are wanted far more than others.
    "stock_item": "{first_item} + FLOOR({skus} * RAND() * RAND())",
    "sku": "'HISTORY'",
    "name": "'HISTORY'",
    "position": "0",
    "unit_price": f"{PRICE}",
    "quantity": "1",
}
_MOVEMENTS: Final[Mapping[str, str]] = {
    "stock_item": "line.stock_item_id",
    "reference": "o.stock_reference",
    "actor": "'checkout'",
    "created_at": "o.placed_at",
}
_RESERVED: Final[Mapping[str, str]] = {
    **_MOVEMENTS,
    "id": "o.id",
    "kind": "'reserve'",
    "available_delta": "-1",
    "on_hand_delta": "0",
}
_SETTLED: Final[Mapping[str, str]] = {
    **_MOVEMENTS,
    "id": "o.id + 1",
    "kind": "IF(o.status = 'cancelled', 'release', 'ship')",
    "available_delta": "IF(o.status = 'cancelled', 1, 0)",
    "on_hand_delta": "IF(o.status = 'cancelled', 0, -1)",
}
_MESSAGES: Final[Mapping[str, str]] = {
    "id": "o.id",
    "topic": "'order.cancelled'",
    "key": "CONCAT('order.cancelled:', o.id)",
    "payload": "'{{}}'",
    "created_at": "o.placed_at",
    "deliver_after": "o.placed_at",
    "delivered_at": "o.placed_at",
    "is_waiting": "0",
}
_OF_CHUNK: Final = "orders_order o WHERE o.id BETWEEN {low_id} AND {high_id}"
_LINES_OF_CHUNK: Final = "orders_orderline line JOIN " + _OF_CHUNK.replace(
    " WHERE", " ON o.id = line.order_id WHERE"
)


def fill_history(*, orders: int, report_progress: Callable[[str], None]) -> None:
    """Write so many past orders with lines, ledger rows and outbox messages into the scratch database."""
    # From the registry: inventory's models are its own, but the benchmark fills their tables.
    movement = apps.get_model("inventory", "StockMovement")
    values = {
        "orders": orders,
        "first_id": max(1, new_id() - _ID_SPAN),
        "ids_apart": _ID_SPAN // orders,
        "seconds_apart": round(_PAST.total_seconds() / orders, 3),
        "skus": _SKUS,
    }
    _write_numbers()
    values["first_item"] = _write_items()
    for first in range(0, orders, _CHUNK):
        rows = min(_CHUNK, orders - first)
        low_id = values["first_id"] + first * values["ids_apart"]
        chunk = {
            **values,
            "first": first,
            "rows": rows,
            "low_id": low_id,
            "high_id": low_id + rows * values["ids_apart"] - 1,
        }
        _insert(Order, _ORDERS, _NUMBERS, chunk)
        _insert(OrderLine, _LINES, _OF_CHUNK, chunk)
        _insert(movement, _RESERVED, _LINES_OF_CHUNK, chunk)
        _insert(movement, _SETTLED, f"{_LINES_OF_CHUNK} AND o.status <> 'paid'", chunk)
        _insert(OutboxMessage, _MESSAGES, f"{_OF_CHUNK} AND o.status = 'cancelled'", chunk)
        report_progress(f"{first + rows} of {orders} past orders written")


def _write_numbers() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE benchmark_numbers (n INT PRIMARY KEY)")
        cursor.executemany("INSERT INTO benchmark_numbers VALUES (%s)", [(n,) for n in range(_THOUSAND)])


def _write_items() -> int:
    """Write the stock items of the past and return the first one's id; the others follow."""
    item = apps.get_model("inventory", "StockItem")
    plenty = str(_PLENTY)
    values = {
        "sku": "CONCAT('HISTORY-', i)",
        "on_hand": plenty,
        "available": plenty,
        "version": "0",
        "locking_strategy": "'conditional'",
        "low_stock_threshold": "0",
    }
    _insert(item, values, _NUMBERS, {"first": 0, "rows": _SKUS})
    first_id: int = item.objects.order_by("id").values_list("id", flat=True)[0]
    return first_id


def _insert(
    model: type[models.Model], columns: Mapping[str, str], source: str, values: Mapping[str, object]
) -> None:
    """Insert what a query gives; columns it does not name get what an empty form would give them."""
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
    names = ", ".join(f"`{field.column}`" for field in fields)
    given = ", ".join(columns.get(field.name) or _make_default(field) for field in fields)
    statement = f"INSERT INTO `{model._meta.db_table}` ({names}) SELECT {given} FROM {source}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement.format(**values))


def _make_default(field: "models.Field[Any, Any]") -> str:
    if field.null:
        return "NULL"
    default = field.get_default()
    return f"'{default}'" if isinstance(default, str) else f"{int(default)}"
