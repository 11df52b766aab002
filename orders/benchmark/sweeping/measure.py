"""The measurement: buyers alone, then buyers beside a sweep of overdue orders of the same item."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.utils import timezone

from inventory.ids import new_id
from inventory.services import create_stock_item
from inventory.types import StockLevel
from orders.benchmark.audit import audit_run
from orders.benchmark.jobs import Job
from orders.benchmark.runner import split_clients
from orders.benchmark.scratch import use_scratch_database
from orders.benchmark.server import (
    describe_durability,
    describe_machine,
    describe_server,
    require_connections,
)
from orders.benchmark.sweeping.buyers import buyers_at_work
from orders.benchmark.sweeping.filling import fill_overdue
from orders.benchmark.sweeping.report import SweepMeasurement
from orders.benchmark.wire import Delays
from orders.benchmark.workloads import ENDLESS, list_workloads
from orders.services import sweep_expired_orders
from orders.types import SweepReport

_APPS: Final = ("inventory", "orders")
_BUSY_SCALE: Final = 0.1


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """What to measure. `seconds` is how long buyers are alone, after as long a warm-up."""

    orders: int
    allowances: int
    clients: int
    processes: int
    seconds: float
    strategy: str


def measure_sweep(plan: SweepPlan, *, report_progress: Callable[[str], None]) -> SweepMeasurement:
    """Measure in a database of its own. Forks. Raises BenchmarkFailed, NoScratchDatabase, TooManyClients."""
    with use_scratch_database(apps=_APPS):
        require_connections(clients=plan.clients)
        server, durability = describe_server(), describe_durability()
        since, item = new_id(), _make_item(plan)
        now = timezone.now()
        fill_overdue(
            item=item,
            orders=plan.orders,
            allowances=plan.allowances,
            now=now,
            report_progress=report_progress,
        )
        # A forked child must not find its parent's connection.
        connection.close()
        shares = split_clients(clients=plan.clients, processes=plan.processes)
        with buyers_at_work(make_job(plan, item), shares=shares) as buyers:
            report_progress("buyers alone")
            time.sleep(plan.seconds)
            alone_from = time.monotonic()
            time.sleep(plan.seconds)
            report_progress("buyers and the sweep")
            sweep_from = time.monotonic()
            swept = sweep_expired_orders(now=now)
            sweep_to = time.monotonic()
        during = (sweep_from, sweep_to)
        return SweepMeasurement(
            server=server,
            durability=durability,
            machine=describe_machine(),
            strategy=plan.strategy,
            clients=plan.clients,
            orders=plan.orders,
            allowances=plan.allowances,
            sweep_seconds=swept.seconds,
            swept_per_second=swept.cancelled / swept.seconds,
            sales_per_second_alone=buyers.count_per_second(alone_from, sweep_from),
            sales_per_second_during_sweep=buyers.count_per_second(*during),
            sales_p95_ms_alone=buyers.find_p95_ms(alone_from, sweep_from),
            sales_p95_ms_during_sweep=buyers.find_p95_ms(*during),
            failures=find_failures(plan, swept, item, since_id=since),
        )


def _make_item(plan: SweepPlan) -> StockLevel:
    return create_stock_item(
        sku="FLOOD", on_hand=ENDLESS, locking_strategy=plan.strategy, actor="benchmark", now=timezone.now()
    )


def make_job(plan: SweepPlan, item: StockLevel) -> Job:
    """Return what buyers are told: buy this item."""
    return Job(
        contender=plan.strategy,
        workload=list_workloads(sellout_units=1)["hot"],
        items=(item,),
        warm_up=0.0,
        seconds=0.0,
        seed=0,
        delays=Delays(),
        busy_scale=_BUSY_SCALE,
    )


def find_failures(plan: SweepPlan, swept: SweepReport, item: StockLevel, *, since_id: int) -> list[str]:
    """Ask the database, by plain SQL, which promises were broken. `since_id` is older than all orders."""
    audit = audit_run(since_id=since_id, items=(item,))
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM orders_order WHERE cancel_reason = 'expired'")
        expired = cursor.fetchone()[0]
        cursor.execute("SELECT COUNT(*) FROM orders_outboxmessage WHERE topic = 'order.cancelled'")
        announced = cursor.fetchone()[0]
        cursor.execute("SELECT COALESCE(SUM(used), 0) FROM orders_purchaseallowance")
        used = cursor.fetchone()[0]
    checks = {
        f"{plan.orders} orders were overdue and {expired} were cancelled": expired == plan.orders,
        f"the sweep says it cancelled {swept.cancelled}": swept.cancelled == plan.orders,
        f"it parked {swept.parked}": swept.parked == 0,
        f"it gave back {swept.units_released} units": swept.units_released == plan.orders,
        f"{announced} cancellations were announced": announced == plan.orders,
        f"{used} units of allowances did not come back": used == 0,
        f"{audit.oversold_units} units were oversold": audit.oversold_units == 0,
        "the books do not balance": audit.books_balanced,
    }
    return [problem for problem, is_kept in checks.items() if not is_kept]
