"""The deadline of an unpaid order is kept also while the broker is down."""

import itertools
import os
import socket
import subprocess
import sys
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
    return scheduler.apply_async(scheduler.schedule[name], advance=False)


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


@pytest.mark.django_db
def test_a_task_runs_here_when_the_broker_cannot_be_reached(make_scheduler, unreachable):
    item = make_stock_item(on_hand=5)
    order = buy((item, 2), now=PAST, due_at=PAST).order
    started = time.monotonic()
    assert run(make_scheduler(unreachable)).state == "SUCCESS"
    assert time.monotonic() - started < 4, "it waited for the broker"
    assert get_order(number=order.number).status == "cancelled"
    assert get_stock_level(sku=item.sku).available == 5


@pytest.mark.django_db
def test_a_task_is_sent_when_the_broker_can_be_reached(make_scheduler):
    order = buy((make_stock_item(), 2), now=PAST, due_at=PAST).order
    scheduler = make_scheduler("memory://")
    run(scheduler)
    with scheduler.app.connection_for_read() as broker, broker.SimpleQueue("celery") as queue:
        assert queue.get(timeout=5).headers["task"] == "orders.sweep_expired_orders"
    assert get_order(number=order.number).status == "pending"


@pytest.mark.django_db
def test_a_task_that_fails_here_does_not_stop_the_scheduler(make_scheduler, unreachable):
    scheduler = make_scheduler(unreachable)

    @scheduler.app.task(name="test.fail", shared=False)
    def fail():
        raise ZeroDivisionError

    scheduler.add(name="failing", task="test.fail", schedule=10)
    assert run(scheduler, "failing").state == "FAILURE"
    assert run(scheduler).state == "SUCCESS"


@pytest.mark.django_db
def test_a_tick_does_all_that_is_due(make_scheduler, unreachable):
    order = buy((make_stock_item(), 2), now=PAST, due_at=PAST).order
    scheduler = make_scheduler(unreachable)
    for entry in scheduler.schedule.values():
        entry.last_run_at = PAST
    for _ in scheduler.schedule:
        scheduler.tick()
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
