"""Units for orders: reserve, release, ship. All need the transaction in which the order changes too."""

import datetime as dt
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from django.db import IntegrityError, connection

from inventory import hot, sold_out
from inventory.claiming import PlannedClaim, claim_and_commit, claim_units, read_items
from inventory.errors import InvalidQuantity, OutOfStock, UnknownSku
from inventory.ledger import Movement, apply_to_counters, book, explain, prepare
from inventory.models import MovementKind
from inventory.sql import Statement, execute_together, placeholders
from inventory.transactions import can_commit, require_transaction
from inventory.types import MAX_QUANTITY, Demand, Shortfall

_READ_MOVEMENTS = (
    "SELECT reference, stock_item_id, kind, available_delta FROM inventory_stockmovement WHERE reference IN"
)


def plan_reservation(*, demands: Sequence[Demand], look: bool = False) -> list[PlannedClaim]:
    """Sum the demands for each stock item and refuse at once what cannot be had, without any lock.

    Saves everybody the wait when something is sold out. What others are taking at this moment is not
    committed yet, so this can only be too hopeful; a refusal was true when it was read. For a moment after
    it, others are spared the read: of what was there, and, in a storm, of what is sold out, unless told to
    `look`. Raises OutOfStock with all shortfalls, UnknownSku, InvalidQuantity.
    Needs no transaction.
    """
    totals: Counter[int] = Counter()
    for demand in demands:
        if type(demand.quantity) is not int or not 1 <= demand.quantity <= MAX_QUANTITY:
            raise InvalidQuantity(demand.quantity)
        # Two lines of one item must not each pass on their own (docs/locking.md).
        totals[demand.stock_item_id] += demand.quantity
    if not look and (claims := _plan_from_memory(totals)):
        return claims
    read_at = time.monotonic()
    items = read_items(totals)
    if unknown := totals.keys() - items.keys():
        raise UnknownSku([f"#{stock_item_id}" for stock_item_id in sorted(unknown)])
    short = {
        id_: Shortfall(items[id_][0], quantity, items[id_][1])
        for id_, quantity in sorted(totals.items())
        if items[id_][1] < quantity
    }
    if short:
        for id_, shortfall in short.items():
            sold_out.note_refusal(stock_item_id=id_, shortfall=shortfall, read_at=read_at)
        raise OutOfStock(list(short.values()))
    claims = [
        PlannedClaim(id_, items[id_][0], quantity, items[id_][2]) for id_, quantity in sorted(totals.items())
    ]
    for claim in claims:
        hot.remember(stock_item_id=claim.stock_item_id, sku=claim.sku, strategy=claim.locking_strategy)
    return claims


def _plan_from_memory(totals: Mapping[int, int]) -> list[PlannedClaim] | None:
    if len(totals) == 1:
        [(stock_item_id, quantity)] = totals.items()
        if shortfall := sold_out.recall_shortfall(stock_item_id=stock_item_id, quantity=quantity):
            raise OutOfStock([shortfall])
    claims = []
    for stock_item_id, quantity in sorted(totals.items()):
        if (seen := hot.recall(stock_item_id)) is None:
            return None
        claims.append(PlannedClaim(stock_item_id, seen.sku, quantity, seen.strategy))
    return claims


def reserve(
    *,
    claims: Sequence[PlannedClaim],
    reference: str,
    actor: str,
    now: dt.datetime,
    first: Sequence[Statement] = (),
    commit: bool = False,
) -> None:
    """Promise units to `reference`: ledger rows first, then the counters, hot rows last and in id order.

    `first` are inserts of the caller's that go ahead of the ledger rows, in one packet with them. With
    `commit`, the caller has nothing more to send: COMMIT goes in that packet too, if it can.
    Raises OutOfStock with all shortfalls or StockConflict, and what the caller's inserts raise; the caller's
    transaction must then be rolled back. Needs a transaction.
    """
    require_transaction()
    movements = [
        Movement(claim.stock_item_id, MovementKind.RESERVE, -claim.quantity, 0, reference) for claim in claims
    ]
    made = _write(movements, claims=claims, first=first, actor=actor, now=now, commit=commit)
    for index, claim in enumerate(claims[made:], start=made + 1):
        available = claim_units(
            stock_item_id=claim.stock_item_id,
            quantity=claim.quantity,
            locking_strategy=claim.locking_strategy,
        )
        if available is not None:
            hot.forget(claim.stock_item_id)
            raise OutOfStock([Shortfall(claim.sku, claim.quantity, available), *_find_short(claims[index:])])


def reserve_together(
    *,
    claim: PlannedClaim,
    wanted: Sequence[tuple[str, int]],
    actor: str,
    now: dt.datetime,
    first: Sequence[Statement] = (),
) -> bool:
    """Promise units of one stock item to several references, each with its quantity, by one claim of the sum.

    `claim` is that of the sum. Says whether all of it together was there, and if so it may be committed
    already, so the caller must have nothing more to send; if not, the caller's transaction must be rolled
    back. `first` is as for `reserve`. Raises StockConflict. Needs a transaction.
    """
    require_transaction()
    movements = [
        Movement(claim.stock_item_id, MovementKind.RESERVE, -quantity, 0, reference)
        for reference, quantity in wanted
    ]
    if _write(movements, claims=[claim], first=first, actor=actor, now=now, commit=True):
        return True
    available = claim_units(
        stock_item_id=claim.stock_item_id,
        quantity=claim.quantity,
        locking_strategy=claim.locking_strategy,
    )
    if available is None:
        return True
    hot.forget(claim.stock_item_id)
    return False


def _write(
    movements: Sequence[Movement],
    *,
    claims: Sequence[PlannedClaim],
    first: Sequence[Statement],
    actor: str,
    now: dt.datetime,
    commit: bool,
) -> int:
    """Insert ledger rows, and if all claims can go with them, make these and commit; return claims made."""
    inserts = [*first, prepare(movements, actor=actor, now=now)]
    try:
        if commit and can_commit() and (made := claim_and_commit(claims=claims, first=inserts)) is not None:
            return made
        execute_together(inserts)
    except IntegrityError as error:
        explain(error, movements)
        raise
    return 0


def _find_short(claims: Sequence[PlannedClaim]) -> list[Shortfall]:
    """Look, without claiming, which of the remaining claims would fail too."""
    if not claims:
        return []
    items = read_items([claim.stock_item_id for claim in claims])
    left = {id_: row[1] for id_, row in items.items()}
    return [
        Shortfall(claim.sku, claim.quantity, left.get(claim.stock_item_id, 0))
        for claim in claims
        if left.get(claim.stock_item_id, 0) < claim.quantity
    ]


def release(*, references: Collection[str], actor: str, reason: str, now: dt.datetime) -> int:
    """Give back every unit still reserved for these references; return how many, 0 the second time.

    One UPDATE for each stock item however many references there are. Needs a transaction.
    """
    open_units = lock_open_reservations(references)
    movements = [
        Movement(stock_item_id, MovementKind.RELEASE, quantity, 0, reference)
        for (reference, stock_item_id), quantity in sorted(open_units.items())
    ]
    _settle(movements, actor=actor, reason=reason, now=now)
    return sum(open_units.values())


def ship(*, reference: str, actor: str, now: dt.datetime) -> int:
    """Book the units still reserved for `reference` as shipped; return how many. Needs a transaction."""
    open_units = lock_open_reservations([reference])
    movements = [
        Movement(stock_item_id, MovementKind.SHIP, 0, -quantity, reference)
        for (_reference, stock_item_id), quantity in sorted(open_units.items())
    ]
    _settle(movements, actor=actor, reason="", now=now)
    return sum(open_units.values())


def _settle(movements: Sequence[Movement], *, actor: str, reason: str, now: dt.datetime) -> None:
    if movements:
        book(movements, actor=actor, reason=reason, now=now)
        apply_to_counters(movements)


def lock_open_reservations(references: Collection[str]) -> dict[tuple[str, int], int]:
    """Return units reserved and neither released nor shipped, by (reference, stock item id).

    The ledger rows are locked, so that a release and a shipment of one reference cannot both find it open.
    """
    require_transaction()
    if not references:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_READ_MOVEMENTS} ({placeholders(references)}) ORDER BY reference, stock_item_id FOR UPDATE",
            sorted(references),
        )
        rows = cursor.fetchall()
    reserved: dict[tuple[str, int], int] = {}
    settled: set[tuple[str, int]] = set()
    for reference, stock_item_id, kind, available_delta in rows:
        if kind == MovementKind.RESERVE:
            reserved[reference, stock_item_id] = -available_delta
        elif kind in (MovementKind.RELEASE, MovementKind.SHIP):
            settled.add((reference, stock_item_id))
    return {key: quantity for key, quantity in reserved.items() if key not in settled}
