"""Writing an order: order, lines, ledger and stock in one transaction, the hot row last."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Final

from django.db import IntegrityError

from inventory.errors import GuardClosed
from inventory.ids import new_id, new_ids
from inventory.services import PlannedClaim, reserve
from inventory.sql import RowInsert, Statement
from inventory.transactions import CommitUnknown, run_in_transaction
from orders import allowances, selectors
from orders.announcements import prepare_for_new
from orders.errors import CustomerGone, IdempotencyKeyReused
from orders.models import Order, OrderAdjustment, OrderLine
from orders.numbers import number_for
from orders.points import ledger as points
from orders.points.ledger import Booking
from orders.points.models import EntryKind
from orders.states import OrderStatus
from orders.types import OrderDraft, OrderLineView, OrderView, PlacedOrder

_INSERT_ORDERS = RowInsert(
    Order,
    [
        *("id", "number", "status", "currency", "total_amount", "units", "email", "customer", "language"),
        *("shipping_address", "client_address", "stock_reference", "idempotency_scope", "idempotency_key"),
        *("request_fingerprint", "placed_at", "payment_due_at", "paid_at"),
    ],
    constants={
        **dict.fromkeys(("fulfilled_at", "cancelled_at", "refunded_at", "parked_at"), "NULL"),
        **dict.fromkeys(("cancel_reason", "parked_because"), "''"),
        "refunded_amount": "0",
    },
)
_INSERT_LINES = RowInsert(
    OrderLine,
    ["id", "order", "stock_item", "position", "sku", "name", "unit_price", "quantity", "share"],
    constants={"refunded_quantity": "0", "withdrawn_quantity": "0"},
)
_INSERT_ADJUSTMENTS = RowInsert(
    OrderAdjustment, ["id", "order", "kind", "label", "amount", "points", "included"]
)
ACTOR = "checkout"
# A collision of ids or a lost COMMIT is rare; a few in a row are a broken clock or a broken network.
_ATTEMPTS = 4
_NO_PARENT_ROW: Final = 1452


class Placement:
    """One call of `place_order`: what stays the same however often its transaction runs."""

    def __init__(self, draft: OrderDraft, scope: str, key: str, fingerprint: str, now: dt.datetime) -> None:
        self.draft, self.scope, self.key, self.fingerprint, self.now = draft, scope, key, fingerprint, now
        self.allowances = allowances.bound_keys(draft.allowances)
        # Units taken of them by key, as last looked at.
        self.used: Mapping[str, int] = {}
        self._may_be_committed = False

    def look_at_customer(self) -> None:
        """Raise AllowanceExceeded or PointsMissing if that is certain; free without limits and points."""
        if self.allowances:
            self.used = allowances.require_left(self.allowances)
        if self.draft.customer_id is not None and self.draft.points:
            points.require_balance(customer_id=self.draft.customer_id, points=self.draft.points)

    def run(self, claims: list[PlannedClaim]) -> PlacedOrder:
        """Run the transaction, resolving duplicates and an unknown COMMIT by the idempotency key."""
        for _attempt in range(_ATTEMPTS):
            try:
                return PlacedOrder(run_in_transaction(lambda: self.write(claims)), replayed=False)
            except IntegrityError as error:
                # Outside the failed transaction: this key's order is there, or two processes drew one id.
                problem: Exception = error
            except CommitUnknown as error:
                # It may have been committed, or still be: the key's unique index makes writing again safe
                # either way, because a second insert waits for the first to settle and then is a duplicate.
                problem = error
                self.note_unknown_commit()
            if replay := self.find_replay():
                return replay
            if self.draft.customer_id is not None and problem.args[0] == _NO_PARENT_ROW:
                raise CustomerGone("the account was deleted meanwhile") from problem
        raise problem

    def note_unknown_commit(self) -> None:
        """Remember that a COMMIT of this call may have been carried out: finding its order is no replay."""
        self._may_be_committed = True

    def write(self, claims: list[PlannedClaim]) -> OrderView:
        """Write all of it. Needs the transaction that `run` opens, and may commit it."""
        order = self.make_order()
        try:
            reserve(
                claims=claims,
                reference=make_reference(order),
                actor=ACTOR,
                now=self.now,
                first=prepare_inserts([(self, order)]),
                commit=True,
            )
        except IntegrityError as error:
            allowances.explain(error, self.allowances)
            raise
        except GuardClosed as error:
            if self.draft.customer_id is not None:
                points.explain(error, customer_id=self.draft.customer_id, points=self.draft.points)
            raise
        return order

    def make_order(self) -> OrderView:
        """Return the order to be written, under a new id."""
        return _draft_to_view(self.draft, new_id(), self.now)

    def find_replay(self) -> PlacedOrder | None:
        """Return the order that this key has. Raises IdempotencyKeyReused if it came from another request."""
        found = selectors.find_placed(idempotency_scope=self.scope, idempotency_key=self.key)
        if found is None:
            return None
        order, fingerprint = found
        if fingerprint != self.fingerprint:
            raise IdempotencyKeyReused(self.key)
        return PlacedOrder(order, replayed=not self._may_be_committed)


def make_reference(order: OrderView) -> str:
    """Return the reference under which the ledger holds the units of a new order."""
    return f"order:{order.number}"


def prepare_inserts(orders: Sequence[tuple[Placement, OrderView]]) -> list[Statement]:
    """Return what inserts these orders and all that is theirs: one statement a table, whatever their number.

    The orders go first: their unique keys settle duplicates before anything else is touched. Then come the
    points they cost and the allowances they use, because rows of customers are locked before stock.
    """
    order_rows = [_order_row(placement, order) for placement, order in orders]
    ids = iter(new_ids(sum(len(order.lines) for _placement, order in orders)))
    line_rows = [
        (
            next(ids),
            order.id,
            line.stock_item_id,
            position,
            line.sku,
            line.name,
            line.unit_price,
            line.quantity,
            line.share,
        )
        for _placement, order in orders
        for position, line in enumerate(order.lines)
    ]
    claims = allowances.prepare_claims([(order.id, placement.allowances) for placement, order in orders])
    return [
        _INSERT_ORDERS.prepare(order_rows),
        *_prepare_spending([order for _placement, order in orders]),
        *claims,
        _INSERT_LINES.prepare(line_rows),
        *_prepare_adjustments([order for _placement, order in orders]),
        *prepare_for_new([order for _placement, order in orders]),
    ]


def _prepare_spending(orders: Sequence[OrderView]) -> list[Statement]:
    bookings = [
        Booking(order.customer_id, EntryKind.SPEND, order.points, make_reference(order), order.id)
        for order in orders
        if order.points and order.customer_id is not None
    ]
    return points.prepare_spending(bookings, actor=ACTOR, now=orders[0].placed_at)


def _prepare_adjustments(orders: Sequence[OrderView]) -> list[Statement]:
    adjustments = [(order.id, adjustment) for order in orders for adjustment in order.adjustments]
    if not adjustments:
        return []
    ids = new_ids(len(adjustments))
    return [
        _INSERT_ADJUSTMENTS.prepare(
            [
                (id_, order_id, a.kind, a.label, a.amount, a.points, a.included)
                for id_, (order_id, a) in zip(ids, adjustments, strict=True)
            ]
        )
    ]


def _order_row(placement: Placement, order: OrderView) -> tuple[object, ...]:
    address = None if order.shipping_address is None else json.dumps(dict(order.shipping_address))
    return (
        *(order.id, order.number, order.status, order.currency, order.total_amount),
        *(placement.draft.units, order.email, order.customer_id, order.language, address),
        *(placement.draft.client_address if order.paid_at is None else "", make_reference(order)),
        *(placement.scope, placement.key, placement.fingerprint),
        *(order.placed_at, order.payment_due_at, order.paid_at),
    )


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
        language=draft.language,
        lines=tuple(
            OrderLineView(
                line.sku, line.name, line.unit_price, line.quantity, line.stock_item_id, share=line.share
            )
            for line in draft.lines
        ),
        adjustments=draft.adjustments,
    )
