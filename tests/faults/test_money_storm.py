"""Thousands of orders over HTTP while the provider fails, callbacks get lost and workers are killed.

At the end every event has an outcome, every cent is accounted for, and no order is where it cannot be.
`MONEY_STORM_ORDERS=2000 make test PYTEST_ARGS="-s tests/faults/test_money_storm.py"` makes it a real one.
"""

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import threading
import uuid
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from config.benchmark.web import run_web_server
from config.books import check_books
from inventory.selectors import get_stock_level
from inventory.services import adjust, create_stock_item
from orders.models import Order, OutboxMessage
from orders.selectors import get_orders_by_id
from orders.services import deliver_outbox, sweep_expired_orders
from payments.models import GatewayEvent, Refund
from payments.services import apply_pending_events, reconcile_payments
from shop.models import Product, Variant
from tests.faults.money.accounts import find_cents_astray
from tests.faults.money.storm import Customers, StormyPeer
from tests.faults.stripe_peer.peer import SECRET

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(1800)]

ROOT = Path(__file__).resolve().parents[2]
ORDERS = int(os.environ.get("MONEY_STORM_ORDERS", "80"))
CLIENTS = 16
WORKERS = 2
SKUS = 10
KILL_SECONDS = 3.0
WINDOW_SECONDS = 5
WORKER = """
import sys, time
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from orders.tasks import deliver_outbox, sweep_expired_orders
from payments.tasks import apply_pending_events
while True:
    sweep_expired_orders()
    deliver_outbox()
    apply_pending_events()
    time.sleep(0.2)
"""


class Workers:
    """Processes that do the shop's work in the background; one is killed every few seconds."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = {**os.environ, **environment, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        self.killed = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._kill_now_and_then)
        self._processes = [self._start() for _ in range(WORKERS)]

    def __enter__(self) -> "Workers":
        self._thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._done.set()
        self._thread.join()
        for process in self._processes:
            process.kill()
            process.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-c", WORKER, str(connection.settings_dict["NAME"])]
        return subprocess.Popen(command, env=self.environment, cwd=ROOT, stderr=subprocess.DEVNULL)

    def _kill_now_and_then(self) -> None:
        while not self._done.wait(KILL_SECONDS):
            victim = self._processes.pop(0)
            assert victim.poll() is None, "a worker ended by itself"
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            self.killed += 1
            self._processes.append(self._start())


@pytest.fixture
def skus():
    """Things to buy: about as many units as are wanted."""
    names = []
    for number in range(SKUS):
        sku = f"STORM-{number}-{uuid.uuid4().hex[:6]}"
        item = create_stock_item(sku=sku, on_hand=2 * ORDERS // SKUS + 2, actor="test", now=timezone.now())
        product = Product.objects.create(name=sku, slug=sku.lower(), is_published=True)
        Variant.objects.create(product=product, stock_item_id=item.id, price_amount=1250)
        names.append(sku)
    return names


def take_away(skus: list[str]) -> None:
    """Have nothing left of these when late money comes for them."""
    for sku in skus:
        if left := get_stock_level(sku=sku).available:
            adjust(sku=sku, delta=-left, actor="test", reason="broken", now=timezone.now())


def settle_all() -> None:
    """Do all that is left to do, as if hours passed: leases and pauses run out, deadlines too."""
    now = timezone.now()
    for hours in range(1, 14):
        later = now + dt.timedelta(hours=hours)
        if hours in (1, 2, 13):
            reconcile_payments(now=later, since=None, repair=True)
        sweep_expired_orders(now=later)
        deliver_outbox(now=later, seconds=600)
        apply_pending_events(now=later, seconds=600)


def test_a_storm_leaves_no_order_event_or_cent_unaccounted_for(settings, skus, tmp_path):
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - shown with a failure
    with StormyPeer(random.Random(seed)) as peer:
        environment = {
            "PAYMENT_GATEWAYS": "stripe,sandbox",
            "SANDBOX_SECRET": settings.SANDBOX_SECRET,
            "STRIPE_SECRET_KEY": "sk_test_of_the_peer",
            "STRIPE_WEBHOOK_SECRET": SECRET,
            "STRIPE_API_BASE": peer.url,
            "STRIPE_TIMEOUT_SECONDS": "0.5",
            "PAYMENT_WINDOW_SECONDS": str(WINDOW_SECONDS),
            "MAX_UNPAID_UNITS_PER_ADDRESS": "0",
        }
        settings.PAYMENT_GATEWAYS = ["stripe", "sandbox"]
        settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRETS = "sk_test_of_the_peer", [SECRET]
        settings.STRIPE_API_BASE, settings.STRIPE_TIMEOUT_SECONDS = peer.url, 5.0
        name = connection.settings_dict["NAME"]
        with (
            run_web_server(database=name, folder=tmp_path, environment=environment) as web,
            Workers(environment) as workers,
        ):
            peer.webhook = f"http://127.0.0.1:{web.port}/api/v1/payments/webhooks/stripe/"
            customers = Customers(peer, web.port, skus, orders=ORDERS, seed=seed)
            customers.run(CLIENTS)
            peer.is_calm = True
            sweep_expired_orders(now=timezone.now() + dt.timedelta(seconds=WINDOW_SECONDS + 1))
            take_away(skus[::2])
            peer.late += peer.held
            while peer.late:
                peer.tell(peer.late.popleft())
        peer.take_events()
        settle_all()
        orders = list(Order.objects.values_list("id", "status"))
        print_counts(customers, peer, workers, orders)
        assert len(orders) == ORDERS
        assert {status for _id, status in orders} <= {"paid", "fulfilled", "cancelled", "refunded"}
        assert not GatewayEvent.objects.filter(outcome="").exists()
        assert not OutboxMessage.objects.filter(delivered_at=None).exists()
        assert not Refund.objects.exclude(status="succeeded").exists()
        views = get_orders_by_id(ids=[id_ for id_, _status in orders]).values()
        assert find_cents_astray(peer, views, strangers=peer.strangers) == []
        assert check_books() == []
        assert workers.killed or ORDERS < 1000


def print_counts(customers, peer, workers, orders):
    """Print what happened, and what became of it."""
    counts = {
        "customers": customers.counts,
        "faults": peer.counts,
        "events": Counter(GatewayEvent.objects.values_list("outcome", flat=True)),
        "orders": Counter(status for _id, status in orders),
        "refunds": Counter(Refund.objects.values_list("reason", flat=True)),
        "outbox": Counter(OutboxMessage.objects.values_list("topic", flat=True)),
    }
    print(f"{workers.killed} workers killed")  # noqa: T201 - the figures
    for name, counted in counts.items():
        print(f"{name}: {dict(sorted(counted.items()))}")  # noqa: T201 - the figures
