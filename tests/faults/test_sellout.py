"""A sell-out over HTTP by the real web server, with nothing wrong and with things killed in the middle.

Exactly the stock is sold, the last unit too; nobody gets a 500; every order that was written was answered.
`SELLOUT_UNITS=1000 SELLOUT_ATTEMPTS=20000 SELLOUT_CONNECTIONS=64` makes it a real one.
"""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable

import pytest
from django.db import connection
from django.utils import timezone

from config.benchmark.client import Answer, make_post
from config.benchmark.load import HttpTally, measure_http
from config.benchmark.web import run_web_server
from config.books import check_books
from inventory.selectors import get_stock_level
from inventory.services import create_stock_item
from orders.models import Order
from scripts import ports
from scripts.servers.base import find_program
from shop.models import Product, Variant

pytestmark = pytest.mark.django_db(transaction=True)

UNITS = int(os.environ.get("SELLOUT_UNITS", "200"))
ATTEMPTS = int(os.environ.get("SELLOUT_ATTEMPTS", "2000"))
CONNECTIONS = int(os.environ.get("SELLOUT_CONNECTIONS", "32"))
STRATEGIES = ["conditional", "combined"]


class PrivateRedis:
    """A Redis of this test's own, that can be killed and comes back empty."""

    def __init__(self):
        self.port = ports.choose_port()
        self.start()

    def start(self):
        program = find_program("redis-server", "valkey-server")
        assert program, "no Redis is installed"
        options = ["--bind", ports.LOOPBACK, "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection((ports.LOOPBACK, self.port)):
                return
            time.sleep(0.01)
        raise AssertionError("Redis did not start")

    def kill(self):
        self._process.kill()
        self._process.wait()


@pytest.fixture
def redis():
    server = PrivateRedis()
    yield server
    server.kill()


@pytest.fixture
def web(redis, tmp_path):
    """Run the shop on this test's database and this test's Redis."""
    environment = {"REDIS_URL": f"redis://{ports.LOOPBACK}:{redis.port}/0"}
    with run_web_server(
        database=connection.settings_dict["NAME"], folder=tmp_path, environment=environment
    ) as server:
        yield server
        assert "Traceback" not in server.log.read_text()


def put_on_shelf(strategy: str) -> str:
    """Stock something everybody wants and return its SKU."""
    sku = f"HOT-{uuid.uuid4().hex[:8]}"
    item = create_stock_item(
        sku=sku, on_hand=UNITS, locking_strategy=strategy, actor="test", now=timezone.now()
    )
    product = Product.objects.create(name="Lantern", slug=sku.lower(), is_published=True)
    Variant.objects.create(product=product, stock_item_id=item.id, price_amount=1250)
    return sku


def sell_out(
    port: int, sku: str, *, faults: dict[int, Callable[[], object]] | None = None
) -> tuple[HttpTally, dict[int, str]]:
    """Attempt it, each time under a new key; return what was answered, and the orders by attempt.

    `faults` happen once so many orders have been answered.
    """
    body = json.dumps({"email": "buyer@example.com", "lines": [{"sku": sku, "quantity": 1}]}).encode()
    head, _mark, rest = make_post("/api/v1/orders/", body, Idempotency_Key="KEY").partition(b"KEY")
    orders: dict[int, str] = {}
    waiting = dict(faults or {})

    def note(answer: Answer) -> None:
        if answer.status == 201:
            orders[answer.number] = json.loads(answer.body)["number"]
            waiting.pop(len(orders), lambda: None)()

    tally = measure_http(
        port=port,
        connections=CONNECTIONS,
        attempts=ATTEMPTS,
        make_request=lambda number: head + str(number).encode() + rest,
        on_answer=note,
    )
    assert not waiting
    return tally, orders


def assert_sold_exactly(sku: str, tally: HttpTally, orders: dict[int, str]) -> None:
    """Check the shop's books against what its clients were told, and print how fast it was."""
    counts = tally.count_by_status()
    sold_out_at = tally.find_last(201)
    refused = sum(answer.status == 409 and answer.ended > sold_out_at for answer in tally.answers)
    print(  # noqa: T201 - the figures
        f"{dict(counts)}, {tally.broken} connections broken:"
        f" {UNITS / (sold_out_at - tally.started_at):.0f} orders/s,"
        f" then {refused / (tally.ended_at - sold_out_at):.0f} sold-out/s"
    )
    assert counts.keys() <= {201, 409, 503}, counts
    assert len(tally.answers) == ATTEMPTS
    assert len(orders) == UNITS
    assert set(orders.values()) == set(Order.objects.values_list("number", flat=True))
    level = get_stock_level(sku=sku)
    assert (level.available, level.reserved) == (0, UNITS)
    assert check_books() == []


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_sell_out_sells_every_unit_once_and_refuses_the_rest(web, strategy):
    sku = put_on_shelf(strategy)
    tally, orders = sell_out(web.port, sku)
    assert tally.broken == 0
    assert_sold_exactly(sku, tally, orders)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_redis_killed_and_back_empty_in_the_middle_of_a_sell_out_changes_nothing(web, redis, strategy):
    sku = put_on_shelf(strategy)
    tally, orders = sell_out(web.port, sku, faults={UNITS // 3: redis.kill, UNITS * 2 // 3: redis.start})
    assert tally.broken == 0
    assert_sold_exactly(sku, tally, orders)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_web_workers_killed_in_the_middle_of_a_sell_out_fail_nobody_else(web, strategy):
    def kill_a_worker():
        os.kill(random.choice(web.list_workers()), signal.SIGKILL)

    def kill_all_workers():
        # One alone may have no connection at that moment.
        for worker in web.list_workers():
            os.kill(worker, signal.SIGKILL)

    sku = put_on_shelf(strategy)
    faults = {UNITS // 4: kill_a_worker, UNITS // 2: kill_all_workers, UNITS * 3 // 4: kill_a_worker}
    tally, orders = sell_out(web.port, sku, faults=faults)
    assert tally.broken > 0
    assert_sold_exactly(sku, tally, orders)
