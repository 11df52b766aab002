"""The deadline of an unpaid order is kept also while the broker is down."""

import itertools
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from celery import Celery
from django.conf import settings
from django.db import connection

from config.celery import app as shop_app
from config.scheduler import BrokerOptionalScheduler
from inventory.selectors import get_stock_level
from orders.selectors import get_job_health, get_order
from scripts.run import list_programs
from tests.builders import buy, make_stock_item

PAST = datetime(2024, 1, 1, tzinfo=UTC)
SWEEP = "sweep-expired-orders"


@pytest.fixture
def unreachable():
    """A broker that is down: nobody listens on this port, and nobody can start to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"redis://127.0.0.1:{held.getsockname()[1]}/0"


@pytest.fixture
def silent():
    """A broker that hangs: connections are taken, and nothing is ever said on them."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@pytest.fixture
def make_scheduler(tmp_path):
    """Make beat's scheduler as the shop configures it, with another broker."""
    schedulers = []

    def make(broker):
        # Shared tasks, as the shop's are, belong to every app made after they were loaded.
        shop_app.loader.import_default_modules()
        app = Celery("test", set_as_current=False)
        app.config_from_object("django.conf:settings", namespace="CELERY")
        app.conf.update(broker_url=broker)
        scheduler = BrokerOptionalScheduler(app=app, schedule_filename=str(tmp_path / "schedule"))
        schedulers.append(scheduler)
        return scheduler

    yield make
    for scheduler in schedulers:
        scheduler.close()


def run(scheduler, name=SWEEP):
    """Have beat hand out a task that is due, and wait for it if beat runs the task itself."""
    outcome = scheduler.apply_async(scheduler.schedule[name], advance=False)
    if isinstance(outcome, threading.Thread):
        outcome.join(20)
        assert not outcome.is_alive()
    return outcome


def test_the_shop_uses_it():
    assert settings.CELERY_BEAT_SCHEDULER == "config.scheduler.BrokerOptionalScheduler"


@pytest.mark.parametrize("name", settings.CELERY_BEAT_SCHEDULE)
def test_everything_on_the_schedule_is_a_task(name):
    shop_app.loader.import_default_modules()
    assert settings.CELERY_BEAT_SCHEDULE[name]["task"] in shop_app.tasks


@pytest.mark.parametrize("name", settings.CELERY_BEAT_SCHEDULE)
def test_a_task_nobody_picked_up_in_time_is_dropped_for_the_next_one(name):
    entry = settings.CELERY_BEAT_SCHEDULE[name]
    assert entry["options"]["expires"] <= entry["schedule"]


def list_worker_queues():
    """Return, for each of the ways to start the shop, the queues each of its workers serves."""
    base = settings.BASE_DIR
    compose = [
        json.loads(line) for line in re.findall(r'\["celery".*\]', (base / "compose.yaml").read_text())
    ]
    procfile = [line.split() for line in (base / "Procfile").read_text().splitlines()]
    with socket.socket() as listener:
        run = [list(program.argv) for program in list_programs(listener, base)]
    return {
        name: [argv[argv.index("--queues") + 1] for argv in commands if "worker" in argv]
        for name, commands in {"compose": compose, "Procfile": procfile, "make run": run}.items()
    }


@pytest.mark.parametrize("name", ["compose", "Procfile", "make run"])
def test_the_sweep_has_a_worker_that_serves_nothing_else_and_every_queue_has_one(name):
    shop_app.loader.import_default_modules()
    queues = {
        shop_app.amqp.router.route({}, entry["task"])["queue"].name
        for entry in settings.CELERY_BEAT_SCHEDULE.values()
    }
    sweep = shop_app.amqp.router.route({}, "orders.sweep_expired_orders")["queue"].name
    served = list_worker_queues()[name]
    assert sweep in served
    assert sorted(queues) == sorted(served)


@pytest.mark.django_db(transaction=True)
def test_a_task_runs_here_when_the_broker_cannot_be_reached(make_scheduler, unreachable):
    item = make_stock_item(on_hand=5)
    order = buy((item, 2), now=PAST, due_at=PAST).order
    started = time.monotonic()
    run(make_scheduler(unreachable))
    assert time.monotonic() - started < 4, "it waited for the broker"
    assert get_order(number=order.number).status == "cancelled"
    assert get_stock_level(sku=item.sku).available == 5


@pytest.mark.django_db
def test_a_task_is_sent_when_the_broker_can_be_reached(make_scheduler):
    order = buy((make_stock_item(), 2), now=PAST, due_at=PAST).order
    scheduler = make_scheduler("memory://")
    run(scheduler)
    with scheduler.app.connection_for_read() as broker, broker.SimpleQueue("sweep") as queue:
        assert queue.get(timeout=5).headers["task"] == "orders.sweep_expired_orders"
    assert get_order(number=order.number).status == "pending"


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_takes_connections_and_never_answers_costs_little_time(make_scheduler, silent):
    order = buy((make_stock_item(), 2), now=PAST, due_at=PAST).order
    scheduler = make_scheduler(silent)
    started = time.monotonic()
    for _ in range(3):
        run(scheduler)
    assert time.monotonic() - started < 4, "it waited for the broker"
    assert get_order(number=order.number).status == "cancelled"


@pytest.mark.django_db(transaction=True)
def test_a_task_that_fails_here_does_not_stop_the_scheduler(make_scheduler, unreachable):
    scheduler = make_scheduler(unreachable)

    @scheduler.app.task(name="test.fail", shared=False)
    def fail():
        raise ZeroDivisionError

    scheduler.add(name="failing", task="test.fail", schedule=10)
    run(scheduler, "failing")
    run(scheduler)
    assert get_job_health(name="sweep_expired_orders") is not None


@pytest.mark.django_db(transaction=True)
def test_a_task_that_takes_long_here_holds_up_no_other_and_is_not_begun_twice(make_scheduler, unreachable):
    scheduler = make_scheduler(unreachable)
    begun, answered = [], threading.Event()

    @scheduler.app.task(name="test.wait", shared=False)
    def ask_a_slow_gateway():
        begun.append(True)
        answered.wait(20)

    scheduler.add(name="slow", task="test.wait", schedule=10)
    try:
        threads = {scheduler.apply_async(scheduler.schedule["slow"], advance=False) for _ in range(2)}
        run(scheduler)
        assert get_job_health(name="sweep_expired_orders") is not None
        assert all(thread.is_alive() for thread in threads)
    finally:
        answered.set()
    for thread in threads:
        thread.join(20)
    assert begun == [True]


@pytest.mark.django_db(transaction=True)
def test_a_tick_does_all_that_is_due(make_scheduler, unreachable):
    order = buy((make_stock_item(), 2), now=PAST, due_at=PAST).order
    scheduler = make_scheduler(unreachable)
    for entry in scheduler.schedule.values():
        entry.last_run_at = PAST
    for _ in scheduler.schedule:
        scheduler.tick()
    names = {entry.task for entry in scheduler.schedule.values()}
    for thread in threading.enumerate():
        if thread.name in names:
            thread.join(20)
    assert get_order(number=order.number).status == "cancelled"
    assert get_job_health(name="sweep_expired_orders") is not None


@pytest.mark.django_db(transaction=True)
def test_beat_keeps_the_deadline_within_the_interval_with_redis_down(tmp_path, unreachable):
    order = buy((make_stock_item(), 2), now=PAST, due_at=PAST).order
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path="/" + connection.settings_dict["NAME"])
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database.geturl(),
        "REDIS_URL": unreachable,
        "SWEEP_INTERVAL_SECONDS": "1",
    }
    beat = subprocess.Popen(
        [
            *(sys.executable, "-m", "celery", "-A", "config.celery", "beat", "--pidfile="),
            *("--schedule", str(tmp_path / "schedule")),
        ],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert beat.stderr is not None
        # It says so before each sweep that it runs itself: at the second one, the first is done.
        sweeps = (line for line in beat.stderr if "running orders.sweep_expired_orders here" in line)
        assert len(list(itertools.islice(sweeps, 2))) == 2
    finally:
        beat.terminate()
        beat.wait(20)
    assert get_order(number=order.number).status == "cancelled"
