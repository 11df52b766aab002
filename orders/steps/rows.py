"""The rows of steps: written, read and changed by plain statements, under the lock of their order."""

from typing import Any

from inventory.ids import new_ids
from inventory.rows import RowRead, RowUpdate
from inventory.sql import RowInsert, Statement, execute_together
from orders.models import Order
from orders.rows import lock_row
from orders.steps.models import OrderStep
from orders.steps.registry import list_steps

_STEPS = RowRead(OrderStep)
_INSERT = RowInsert(
    OrderStep,
    ["id", "order", "name", "position", "is_critical"],
    constants={
        "state": "'waiting'",
        "attempts": "0",
        **dict.fromkeys(("latest_error", "failed_because", "settled_by"), "''"),
        **dict.fromkeys(("began_at", "done_at", "failed_at", "undone_at", "result"), "NULL"),
    },
)


def insert_steps(order_id: int) -> None:
    """Write the rows of all steps that an order has none of yet. Needs a transaction with its lock."""
    steps = list_steps()
    if not steps:
        return
    rows = [
        (id_, order_id, step.name, position, int(step.is_critical))
        for position, (id_, step) in enumerate(zip(new_ids(len(steps)), steps, strict=True))
    ]
    # Told twice: the rows that are there know what became of them.
    execute_together([_INSERT.prepare(rows).or_leave("id")])


def lock_steps(*, order_id: int, step_id: int) -> tuple[Order, OrderStep, list[OrderStep]]:
    """Lock an order; return it, one of its steps, and all of them. Needs a transaction."""
    order = lock_row(order_id=order_id)
    steps = read_steps(order_id)
    return order, next(step for step in steps if step.id == step_id), steps


def read_steps(order_id: int) -> list[OrderStep]:
    """Return an order's steps, in their order; nobody else changes them while its row is locked."""
    return _STEPS.fetch("WHERE order_id = %s ORDER BY position", (order_id,))


def change(step: OrderStep, **columns: Any) -> Statement:
    """Change a step of an order that is locked: here at once, and there by the statement that is returned.

    It matches the step only as it was read. What `columns` says of `result` is JSON already.
    """
    was = (step.id, step.state, step.attempts)
    for name, value in columns.items():
        setattr(step, name, value)
    update = RowUpdate(OrderStep, list(columns), where="id = %s AND state = %s AND attempts = %s")
    return update.prepare(list(columns.values()), was, matches=1)
