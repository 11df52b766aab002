"""One replay from file to verdict."""

import datetime as dt
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Final

from inventory.selectors import list_strategies
from orders.replay.audit import audit_run
from orders.replay.crew import Progress, race
from orders.replay.orderlog import read_order_log
from orders.replay.stocking import stock_up
from orders.replay.switching import StrategySwitcher
from orders.replay.types import Audit, Invoice, Job, OrderLog, Race, ReplayReport, StockedItem
from orders.types import LineDraft, OrderDraft

MIXED: Final = "mixed"
# Nobody pays for these orders; they keep their units this long and then expire like any other.
PAYMENT_WINDOW: Final = dt.timedelta(days=30)
_BUYER: Final = "replay@example.com"
_MOST_WANTED: Final = 200


def replay_orders(
    *,
    path: Path,
    workers: int,
    strategy: str,
    stock_factor: Decimal,
    currency: str,
    now: dt.datetime,
    on_progress: Progress = lambda _done, _total: None,
) -> ReplayReport:
    """Place every invoice of an order log at once and check that every promise held.

    `strategy` is the name of a locking strategy, or `mixed`: dealt out over the items and switched while
    orders are in flight. Stock is `stock_factor` x demand, rounded down, under SKUs of this run only. Raises
    UnreadableOrderLog, ReplayFailed, UnknownStrategy. Opens transactions of its own.
    """
    log = read_order_log(path=path, currency=currency)
    run = secrets.token_hex(4)
    names = [name for name, _label in list_strategies()] if strategy == MIXED else [strategy]
    demand = log.sum_demand()
    items = stock_up(run=run, demand=demand, factor=stock_factor, strategies=names, now=now)
    jobs = [_draft_job(invoice, items, currency, now + PAYMENT_WINDOW) for invoice in log.invoices]
    wanted_most = [items[code].id for code, _units in demand.most_common(_MOST_WANTED)]
    switcher = StrategySwitcher(stock_item_ids=wanted_most, strategies=names) if strategy == MIXED else None
    scope = f"replay:{run}"
    with switcher or nullcontext():
        result = race(jobs=jobs, workers=workers, scope=scope, on_progress=on_progress)
    counts = Counter(outcome.result for outcome in result.outcomes)
    refused = {outcome.key for outcome in result.outcomes if outcome.result == "refused"}
    audit = audit_run(
        run=run,
        scope=scope,
        items=items.values(),
        placed=counts["placed"],
        refused=[job for job in jobs if job.key in refused],
    )
    return _report(
        run=run,
        strategy=strategy,
        workers=workers,
        stock_factor=stock_factor,
        log=log,
        result=result,
        audit=audit,
        switches=switcher.switches if switcher else 0,
    )


def _draft_job(
    invoice: Invoice, items: Mapping[str, StockedItem], currency: str, payment_due_at: dt.datetime
) -> Job:
    lines = tuple(
        LineDraft(items[line.code].id, items[line.code].sku, line.name, line.unit_price, line.quantity)
        for line in invoice.lines
    )
    return Job(invoice.number, OrderDraft(_BUYER, currency, lines, payment_due_at))


def _report(
    *,
    run: str,
    strategy: str,
    workers: int,
    stock_factor: Decimal,
    log: OrderLog,
    result: Race,
    audit: Audit,
    switches: int,
) -> ReplayReport:
    counts = Counter(outcome.result for outcome in result.outcomes)
    return ReplayReport(
        run=run,
        strategy=strategy,
        workers=workers,
        stock_factor=stock_factor,
        orders_placed=counts["placed"],
        orders_refused=counts["refused"],
        orders_busy=counts["busy"],
        orders_failed=counts["failed"],
        false_refusals=audit.false_refusals,
        skipped_rows=log.skipped_rows,
        cancellations=log.cancellations,
        units_requested=sum(log.sum_demand().values()),
        units_sold=audit.units_sold,
        oversold_units=audit.oversold_units,
        retries=result.contention.get("retries", 0),
        deadlocks=result.contention.get("deadlocks", 0),
        lock_waits=result.contention.get("lock_waits", 0),
        conflicts=result.contention.get("conflicts", 0),
        strategy_switches=switches,
        seconds=round(result.seconds, 3),
        orders_per_second=round(counts["placed"] / result.seconds, 1) if result.seconds else 0.0,
        books_balanced=not audit.problems,
        problems=(*audit.problems, *_describe_failures(result)),
    )


def _describe_failures(result: Race, limit: int = 10) -> Sequence[str]:
    failed = [outcome for outcome in result.outcomes if outcome.result == "failed"]
    return [f"invoice {outcome.key}: {outcome.detail}" for outcome in failed[:limit]]
