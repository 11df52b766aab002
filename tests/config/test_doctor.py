"""`manage.py doctor`: what is wrong, and what to do about it."""

import json
import os
import subprocess
import sys

import pytest
from django.core.management import call_command
from django.utils import timezone

from config.celery import app
from inventory.models import StockItem
from inventory.selectors import get_stock_level
from orders.services import sweep_expired_orders
from shop.gate import services as gate
from tests.builders import buy, make_stock_item
from tests.shop.selling import make_sale

# Has doctor look for a worker that serves the sweep alone, then everything, on a broker nobody else uses.
WORKER = """
import dataclasses, json, os
import django
django.setup()
from celery.contrib.testing.worker import start_worker
from config import diagnosis
from config.celery import app

def look():
    print(json.dumps(dataclasses.asdict(diagnosis._check_worker())), flush=True)

app.conf.update(broker_url="memory://", broker_transport_options={})
with start_worker(app, queues="sweep", perform_ping_check=False):
    look()
    app.control.add_consumer("celery", reply=True)
    look()
    os._exit(0)  # ending the worker in order takes seconds
"""


def examine(capsys) -> tuple[int, dict[str, dict[str, str]]]:
    """Run doctor here; return its exit status and the checks by name."""
    status = 0
    try:
        call_command("doctor", "--json")
    except SystemExit as stop:
        status = int(stop.code or 0)
    report = json.loads(capsys.readouterr().out)
    assert report["healthy"] == (status == 0)
    return status, {check["name"]: check for check in report["checks"]}


@pytest.mark.django_db
def test_a_sound_database_passes(capsys):
    sweep_expired_orders(now=timezone.now())
    _status, checks = examine(capsys)
    for name in (
        "secrets",
        "database",
        "version",
        "isolation",
        "migrations",
        "constraints",
        "strategies",
        "beat",
    ):
        assert checks[name]["verdict"] == "ok", checks[name]


@pytest.mark.django_db
def test_a_sweep_that_never_ran_is_a_failure(capsys):
    status, checks = examine(capsys)
    assert status == 1
    assert checks["beat"]["verdict"] == "failure"
    assert "beat" in checks["beat"]["remedy"]


@pytest.mark.django_db
def test_a_strategy_nobody_registered_is_a_failure(capsys):
    StockItem.objects.filter(id=make_stock_item().id).update(locking_strategy="gone")
    _status, checks = examine(capsys)
    assert checks["strategies"]["verdict"] == "failure"
    assert "gone" in checks["strategies"]["detail"]


@pytest.mark.django_db
def test_without_redis_there_is_a_warning_and_no_question_for_workers(capsys, settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    sweep_expired_orders(now=timezone.now())
    status, checks = examine(capsys)
    assert status == 0
    assert checks["redis"]["verdict"] == "warning"
    assert "worker" not in checks


def test_a_queue_no_worker_serves_is_a_failure(settings):
    # In a process of its own: a worker that starts closes the database connections it finds.
    result = subprocess.run(
        [sys.executable, "-c", WORKER],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
        check=True,
    )
    half, whole = (json.loads(line) for line in result.stdout.splitlines())
    assert half["verdict"] == "failure"
    assert "nobody serves: celery" in half["detail"]
    assert "--queues celery" in half["remedy"]
    assert whole["verdict"] == "ok", whole


@pytest.mark.django_db
def test_no_worker_at_all_is_a_failure(capsys, monkeypatch):
    monkeypatch.setattr(app.conf, "broker_url", "memory://")
    _status, checks = examine(capsys)
    assert checks["worker"]["verdict"] == "failure"
    assert "no Celery worker answers" in checks["worker"]["detail"]


@pytest.mark.django_db
def test_a_secret_that_can_be_guessed_is_a_failure(capsys, settings):
    settings.SECRET_KEY = "a" * 80
    _status, checks = examine(capsys)
    assert checks["secrets"]["verdict"] == "failure"


def test_a_database_that_is_away_is_a_failure_with_a_remedy(settings):
    environment = {**os.environ, "DATABASE_URL": "mysql://root@127.0.0.1:1/nowhere"}
    command = [sys.executable, "manage.py", "doctor"]
    result = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 1
    assert "failure  database" in result.stdout
    assert "-> Start the server, or correct DATABASE_URL." in result.stdout
    assert "Traceback" not in result.stderr


@pytest.mark.django_db
def test_a_gate_that_is_wrong_in_quiet_is_named(capsys):
    sale = make_sale(units=5)
    now = timezone.now()
    gate.refresh(sale_id=sale.id, now=now)
    assert examine(capsys)[1]["gate"]["detail"] == "1 open flash sales, 0 requests in line"
    buy((get_stock_level(sku=sale.sku), 2))
    found = examine(capsys)[1]["gate"]
    assert (found["verdict"], found["detail"]) == ("warning", f"wrong: sale {sale.id} by 2 units")
    gate.refresh(sale_id=sale.id, now=timezone.now())
    assert examine(capsys)[1]["gate"]["verdict"] == "ok"


@pytest.mark.django_db
def test_a_gateway_that_is_named_and_lacks_its_secrets_is_named(capsys, settings):
    settings.PAYMENT_GATEWAYS = ["sandbox", "stripe", "piggy-bank"]
    _status, checks = examine(capsys)
    assert checks["gateways"]["verdict"] == "warning"
    assert "stripe, piggy-bank" in checks["gateways"]["detail"]
