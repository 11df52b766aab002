"""Placing an order: order, lines, ledger and stock in one transaction, the hot row last."""

import datetime as dt
import json

from django.db import IntegrityError

from inventory.errors import OutOfStock
from inventory.ids import new_id, new_ids
from inventory.services import PlannedClaim, plan_reservation, reserve
from inventory.sql import RowInsert
from inventory.transactions import CommitUnknown, run_in_transaction
from inventory.types import MAX_QUANTITY, Demand
from orders import selectors
from orders.errors import IdempotencyKeyReused, InvalidOrder
from orders.models import Order, OrderLine
from orders.numbers import number_for
from orders.states import OrderStatus
from orders.types import (
    MAX_AMOUNT,
    MAX_KEY_LENGTH,
    MAX_LINES,
    MAX_SCOPE_LENGTH,
    LineDraft,
    OrderDraft,
    OrderLineView,
    OrderView,
    PlacedOrder,
)

_INSERT_ORDER = RowInsert(
    Order,
    [
        *("id", "number", "status", "currency", "total_amount", "email", "customer", "shipping_address"),
        *("stock_reference", "idempotency_scope", "idempotency_key", "request_fingerprint"),
        *("placed_at", "payment_due_at", "paid_at"),
    ],
    constants={
        **dict.fromkeys(("fulfilled_at", "cancelled_at", "refunded_at", "parked_at"), "NULL"),
        **dict.fromkeys(("cancel_reason", "parked_because"), "''"),
    },
)
_INSERT_LINES = RowInsert(
    OrderLine, ["id", "order", "stock_item", "position", "sku", "name", "unit_price", "quantity"]
)
# A collision of ids or a lost COMMIT is rare; a few in a row are a broken clock or a broken network.
_ATTEMPTS = 4


def place_order(
    *, draft: OrderDraft, idempotency_scope: str, idempotency_key: str, fingerprint: str = "", now: dt.datetime
) -> PlacedOrder:
    """Place an order and reserve its units, or change nothing.

    The same key in the same scope gives the same order, also after a lost connection or at the same time; `fingerprint`
    tells whether it is the same request. Raises OutOfStock, StockBusy, IdempotencyKeyReused, InvalidOrder, UnknownSku,
    InvalidQuantity. Opens its own transaction.
    """
    _require_usable(draft)
    if len(idempotency_scope) > MAX_SCOPE_LENGTH or len(idempotency_key) > MAX_KEY_LENGTH:
        raise InvalidOrder(f"an idempotency key has at most {MAX_KEY_LENGTH} characters")
    placement = _Placement(draft, idempotency_scope, idempotency_key, fingerprint, now)
    try:
        claims = plan_reservation(demands=[Demand(line.stock_item_id, line.quantity) for line in draft.lines])
    except OutOfStock:
        # Sold out meanwhile, perhaps to this very request: its retry must get its order, not a refusal.
        if replay := placement.find_replay():
            return replay
        raise
    return placement.run(claims)


def _require_usable(draft: OrderDraft) -> None:
    if not draft.lines:
        raise InvalidOrder("an order needs at least one line")
    if len(draft.lines) > MAX_LINES:
        raise InvalidOrder(f"an order has at most {MAX_LINES} lines")
    for line in draft.lines:
        # Quantities are inventory's to judge; a price is refused here, before it can cancel another out.
        if type(line.unit_price) is not int or not 0 <= line.unit_price <= MAX_AMOUNT:
            raise InvalidOrder(f"{line.sku}: not a usable price")
        if type(line.quantity) is int and line.quantity <= MAX_QUANTITY and line.unit_price * line.quantity > MAX_AMOUNT:
            raise InvalidOrder(f"{line.sku}: amount too large")
    if draft.total_amount > MAX_AMOUNT:
        raise InvalidOrder("total too large")


class _Placement:
    """One call of `place_order`: what stays the same however often its transaction runs."""

    def __init__(self, draft: OrderDraft, scope: str, key: str, fingerprint: str, now: dt.datetime) -> None:
        self.draft, self.scope, self.key, self.fingerprint, self.now = draft, scope, key, fingerprint, now

    def run(self, claims: list[PlannedClaim]) -> PlacedOrder:
        """Run the transaction, resolving duplicates and an unknown COMMIT by the idempotency key."""
        is_first = True
        for _attempt in range(_ATTEMPTS):
            try:
                return PlacedOrder(run_in_transaction(lambda: self.write(claims)), replayed=False)
            except IntegrityError as error:
                # Outside the failed transaction: either this key's order is there, or two processes drew the same id.
                problem: Exception = error
            except CommitUnknown as error:
                # It may have been committed, or still be: the key's unique index makes writing again safe either way,
                # because a second insert waits for the first to settle and then fails as a duplicate.
                problem, is_first = error, False
            if replay := self.find_replay():
                return PlacedOrder(replay.order, replayed=is_first)
        raise problem

    def write(self, claims: list[PlannedClaim]) -> OrderView:
        """Write all of it. Needs the transaction that `run` opens."""
        order = _draft_to_view(self.draft, new_id(), self.now)
        reference = f"order:{order.number}"
        ids = new_ids(len(self.draft.lines))
        lines = [
            _line_row(id_, order.id, position, line)
            for position, (id_, line) in enumerate(zip(ids, self.draft.lines, strict=True))
        ]
        # The order's own insert goes first: its unique key settles duplicates before anything else is touched.
        inserts = [_INSERT_ORDER.prepare([self._order_row(order, reference)]), _INSERT_LINES.prepare(lines)]
        reserve(claims=claims, reference=reference, actor="checkout", now=self.now, first=inserts)
        return order

    def find_replay(self) -> PlacedOrder | None:
        """Return the order that this key already has. Raises IdempotencyKeyReused if it came from another request."""
        found = selectors.find_placed(idempotency_scope=self.scope, idempotency_key=self.key)
        if found is None:
            return None
        order, fingerprint = found
        if fingerprint != self.fingerprint:
            raise IdempotencyKeyReused(self.key)
        return PlacedOrder(order, replayed=True)

    def _order_row(self, order: OrderView, reference: str) -> tuple[object, ...]:
        address = None if order.shipping_address is None else json.dumps(dict(order.shipping_address))
        return (
            *(order.id, order.number, order.status, order.currency, order.total_amount, order.email),
            *(order.customer_id, address, reference, self.scope, self.key, self.fingerprint),
            *(order.placed_at, order.payment_due_at, order.paid_at),
        )


def _line_row(id_: int, order_id: int, position: int, line: LineDraft) -> tuple[object, ...]:
    return (id_, order_id, line.stock_item_id, position, line.sku, line.name, line.unit_price, line.quantity)


def _draft_to_view(draft: OrderDraft, order_id: int, now: dt.datetime) -> OrderView:
    total = draft.total_amount
    # Nothing to pay means paid: a free order must never expire.
    paid_at = now if total == 0 else None
    return OrderView(
        id=order_id,
        number=number_for(order_id),
        status=OrderStatus.PAID.value if paid_at else OrderStatus.PENDING.value,
        currency=draft.currency,
        total_amount=total,
        email=draft.email,
        customer_id=draft.customer_id,
        shipping_address=draft.shipping_address,
        payment_due_at=draft.payment_due_at,
        placed_at=now,
        paid_at=paid_at,
        cancelled_at=None,
        fulfilled_at=None,
        refunded_at=None,
        cancel_reason="",
        lines=tuple(
            OrderLineView(line.sku, line.name, line.unit_price, line.quantity, line.stock_item_id) for line in draft.lines
        ),
    )
