"""`benchmark_checkout --level http`: POST /api/v1/orders/ of the shop's own web server, as clients see it."""

import http.client
import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from config.benchmark.client import LOOPBACK, Answer, LoadFailed, make_post
from config.benchmark.load import measure_http
from config.benchmark.web import WebServer, WebServerFailed, run_web_server
from orders.benchmark.contenders import DO_NOTHING
from orders.benchmark.jobs import Job
from orders.benchmark.processes import BenchmarkFailed
from orders.benchmark.processor import read_cpu_seconds
from orders.benchmark.sellers import EMAIL, PRICE, Outcome
from orders.benchmark.tally import Tally
from orders.benchmark.wire import Delays
from orders.benchmark.workloads import Basket, Way
from shop.models import Product, Variant

_ORDERS: Final = "/api/v1/orders/"
_NOTHING: Final = "/api/nothing/"
_OUTCOMES: Final = {201: Outcome.PLACED, 409: Outcome.REFUSED, 503: Outcome.BUSY}
_LONGEST_SELLOUT_SECONDS: Final = 120.0
_ATTEMPTS_A_UNIT: Final = 5
_WARM_UP_ORDERS: Final = 5
_CONTENTION: Final = re.compile(r'^shop_contention_total\{event="(\w+)"\} (\S+)$', re.MULTILINE)


class HttpLevel:
    """The API, over kept-alive connections of one load generator."""

    name = "http"
    # A view of Django REST framework that answers at once: the part of an order's time that is not ours.
    references: tuple[str, ...] = (DO_NOTHING,)
    ways = frozenset({Way.CLOSED, Way.SELLOUT})
    apps: tuple[str, ...] = ()

    @contextmanager
    def open(self, *, database: str, delays: Delays) -> Iterator["HttpSession"]:
        """Run a web server on this database for the time of the block."""
        environment = {
            "BENCHMARK_PACKET_DELAY": str(delays.packet),
            "BENCHMARK_COMMIT_DELAY": str(delays.commit),
            # All buyers are one customer at one address here.
            "MAX_UNPAID_UNITS_PER_CUSTOMER": "0",
            "MAX_UNPAID_UNITS_PER_ADDRESS": "0",
        }
        with TemporaryDirectory() as folder:
            running = run_web_server(database=database, folder=Path(folder), environment=environment)
            with _as_failure(), running as server:
                yield HttpSession(server)


class HttpSession:
    """One web server to buy from."""

    def __init__(self, server: WebServer) -> None:
        self._server = server

    def run(self, job: Job, shares: Sequence[range]) -> Tally:
        """See `orders.benchmark.levels.Session`. All clients are connections of this process."""
        product = Product.objects.create(name=job.items[0].sku, slug=job.items[0].sku.lower())
        Variant.objects.bulk_create(
            Variant(product=product, stock_item_id=item.id, price_amount=PRICE) for item in job.items
        )
        load = _Load(job, self._server, connections=sum(len(share) for share in shares))
        load.warm_up()
        counts = self._read_contention()
        tally = load.run()
        tally.counts = self._read_contention() - counts
        return tally

    def _read_contention(self) -> Counter[str]:
        with closing(http.client.HTTPConnection(LOOPBACK, self._server.port)) as connection:
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
        return Counter({event: int(float(times)) for event, times in _CONTENTION.findall(text)})


@contextmanager
def _as_failure() -> Iterator[None]:
    try:
        yield
    except (LoadFailed, WebServerFailed) as error:
        raise BenchmarkFailed(str(error)) from error


class _Load:
    """One run of the load generator, and what came of it."""

    def __init__(self, job: Job, server: WebServer, *, connections: int) -> None:
        self._job, self._server, self._connections = job, server, connections
        self._path = _NOTHING if job.contender == DO_NOTHING else _ORDERS
        self._next_basket = job.workload.shop_like(job.roll_dice(0))
        self._tally = Tally()
        self._database_clock: list[float | None] = []

    def warm_up(self) -> None:
        """Order some of the spare item: connections and compiled things are ready then."""
        measure_http(
            port=self._server.port,
            connections=self._connections,
            make_request=lambda _number: self._make_request(((-1, 1),)),
            attempts=_WARM_UP_ORDERS * self._connections,
            on_answer=self._note_any,
        )

    def run(self) -> Tally:
        """Buy as the workload says."""
        sells_out = self._job.workload.sells_out
        measured = measure_http(
            port=self._server.port,
            connections=self._connections,
            make_request=lambda _number: self._make_request(self._next_basket()),
            seconds=_LONGEST_SELLOUT_SECONDS if sells_out else self._job.seconds,
            attempts=_ATTEMPTS_A_UNIT * self._job.workload.units if sells_out else None,
            warm_up=0.0 if sells_out else self._job.warm_up,
            read_cpu_seconds=self._read_clocks,
            on_answer=self._note_any,
        )
        for answer in measured.answers:
            self._tally.note(_OUTCOMES[answer.status], began=answer.began, ended=answer.ended)
        self._tally.cpu_seconds = measured.cpu_seconds
        self._tally.started_at, self._tally.ended_at = measured.started_at, measured.ended_at
        before, after = self._database_clock
        if before is not None and after is not None:
            self._tally.database_cpu_seconds = after - before
        return self._tally

    def _make_request(self, basket: Basket) -> bytes:
        lines = [{"sku": self._job.items[index].sku, "quantity": quantity} for index, quantity in basket]
        body = json.dumps({"email": EMAIL, "lines": lines}).encode()
        return make_post(self._path, body, Idempotency_Key=uuid.uuid4().hex)

    def _read_clocks(self) -> float:
        # Called as the measured time begins and ends.
        self._database_clock.append(read_cpu_seconds(self._job.database_pid))
        return self._server.read_cpu_seconds()

    def _note_any(self, answer: Answer) -> None:
        if answer.status not in _OUTCOMES:
            raise BenchmarkFailed(f"the shop answered {answer.status}: {answer.body[:300]!r}")
        is_order = self._path == _ORDERS
        self._tally.placed_in_all += is_order and _OUTCOMES[answer.status] is Outcome.PLACED
