"""What `doctor` looks at. Each check says what it found and, if that is bad, what to do about it."""

import datetime as dt
from collections.abc import Callable, Iterator
from functools import partial

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from config.celery import app
from config.mail_diagnosis import check_mail
from config.readiness import can_reach_redis, list_missing_migrations
from config.verdicts import Diagnosis, Verdict
from inventory.checks import (
    list_missing_constraints,
    list_unknown_strategies,
    list_unsupported_strategies,
)
from orders.selectors import count_overdue_orders, get_job_health
from orders.types import SWEEP_JOB
from payments.selectors import list_gateways
from shop.gate.services import read_levels
from shop.sale_selectors import list_open_sales

_PING_SECONDS = 1.5
_SHORTEST_SECRET = 50
# A sweep may be late by a slow one before it; three missed are a stopped one.
_MISSED_SWEEPS = 3


def diagnose(*, now: dt.datetime) -> Iterator[Diagnosis]:
    """Yield the result of every check; those that need the database are left out while it is away."""
    yield from _check_secrets()
    yield check_mail()
    database = _check_database()
    yield database
    redis = _check_redis()
    yield redis
    if database.verdict is Verdict.OK:
        for check in (
            _check_version,
            _check_isolation,
            _check_migrations,
            _check_constraints,
            _check_strategies,
        ):
            yield _guard(check)
        yield _guard(lambda: _check_beat(now))
        if redis.verdict is Verdict.OK:
            yield _guard(partial(_check_gate, now))
    if redis.verdict is Verdict.OK:
        yield _check_worker()


def _guard(check: Callable[[], Diagnosis]) -> Diagnosis:
    """Turn a database error, say a missing table, into a result."""
    try:
        return check()
    except (DatabaseError, InterfaceError) as error:
        name = getattr(check, "__name__", "beat").removeprefix("_check_").replace("<lambda>", "beat")
        return Diagnosis(
            name, Verdict.FAILURE, str(error), "Run `manage.py migrate`, then `manage.py doctor` again."
        )


def _check_secrets() -> Iterator[Diagnosis]:
    if len(settings.SECRET_KEY) < _SHORTEST_SECRET or len(set(settings.SECRET_KEY)) < 10:
        yield Diagnosis(
            "secrets",
            Verdict.FAILURE,
            "SECRET_KEY can be guessed",
            f"Set it to {_SHORTEST_SECRET} or more random characters, the old one in SECRET_KEY_FALLBACKS.",
        )
    else:
        yield Diagnosis("secrets", Verdict.OK, "SECRET_KEY is long enough")
    if settings.DEBUG:
        yield Diagnosis(
            "debug", Verdict.WARNING, "DEBUG is on", "Unset it: error pages show code and settings."
        )
    gateways = [name for name, _label in list_gateways()]
    if not gateways:
        yield Diagnosis(
            "gateways",
            Verdict.WARNING,
            "no payment gateway is switched on: nobody can pay",
            "Name one in PAYMENT_GATEWAYS and set its secret (.env.example).",
        )
    elif settings.SECURE_COOKIES and "sandbox" in gateways:
        yield Diagnosis(
            "gateways",
            Verdict.WARNING,
            "the sandbox gateway takes no real money, and anybody can pay with it",
            "Name your own gateways in PAYMENT_GATEWAYS before you sell.",
        )
    absent = [name for name in settings.PAYMENT_GATEWAYS if name not in gateways]
    if gateways and absent:
        yield Diagnosis(
            "gateways",
            Verdict.WARNING,
            f"named in PAYMENT_GATEWAYS and not there: {', '.join(absent)}",
            "Correct the name, or set what this gateway needs (docs/payments.md).",
        )
    if settings.SECURE_COOKIES and not settings.METRICS_TOKEN:
        yield Diagnosis(
            "metrics",
            Verdict.WARNING,
            "METRICS_TOKEN is not set",
            "Set it: a proxy on this machine that adds no X-Forwarded-For would show /metrics to everybody.",
        )


def _check_database() -> Diagnosis:
    where = f"{settings.DATABASES['default'].get('HOST')}:{settings.DATABASES['default'].get('PORT')}"
    try:
        connection.ensure_connection()
    except (DatabaseError, InterfaceError) as error:
        remedy = "Start the server, or correct DATABASE_URL. `make setup` starts a private one."
        return Diagnosis("database", Verdict.FAILURE, f"{where}: {error}", remedy)
    return Diagnosis("database", Verdict.OK, f"{where} answers")


def _check_version() -> Diagnosis:
    features, is_mariadb = connection.features, connection.mysql_is_mariadb  # type: ignore[attr-defined]
    name = "MariaDB" if is_mariadb else "MySQL"
    found = f"{name} {'.'.join(map(str, connection.mysql_version))}"  # type: ignore[attr-defined]
    if not (features.supports_table_check_constraints and features.has_select_for_update_skip_locked):
        remedy = "Use MySQL 8.0.16 or MariaDB 10.6 or newer: CHECK constraints and SKIP LOCKED are needed."
        return Diagnosis("version", Verdict.FAILURE, found, remedy)
    return Diagnosis("version", Verdict.OK, found)


def _check_isolation() -> Diagnosis:
    with connection.cursor() as cursor:
        # MariaDB before 11.1 knows only the old name.
        cursor.execute(
            "SHOW SESSION VARIABLES WHERE variable_name IN ('transaction_isolation', 'tx_isolation')"
        )
        levels = {str(row[1]) for row in cursor.fetchall()}
    if levels != {"READ-COMMITTED"}:
        remedy = "Set OPTIONS['isolation_level'] to 'read committed' in the settings."
        return Diagnosis("isolation", Verdict.FAILURE, ", ".join(sorted(levels)), remedy)
    return Diagnosis("isolation", Verdict.OK, "READ COMMITTED")


def _check_migrations() -> Diagnosis:
    if missing := list_missing_migrations():
        detail = f"{len(missing)} not applied: {', '.join(missing[:5])}"
        return Diagnosis("migrations", Verdict.FAILURE, detail, "Run `manage.py migrate`.")
    return Diagnosis("migrations", Verdict.OK, "all applied")


def _check_constraints() -> Diagnosis:
    if missing := list_missing_constraints():
        remedy = "Run `manage.py migrate`; on MariaDB keep check_constraint_checks on."
        return Diagnosis("constraints", Verdict.FAILURE, f"not enforced: {', '.join(missing)}", remedy)
    return Diagnosis("constraints", Verdict.OK, "CHECK constraints are enforced")


def _check_strategies() -> Diagnosis:
    if unknown := list_unknown_strategies():
        remedy = "Register these strategies, or choose others for their stock items in the admin."
        return Diagnosis("strategies", Verdict.FAILURE, f"not registered: {', '.join(unknown)}", remedy)
    if unsupported := list_unsupported_strategies():
        remedy = "Choose other strategies for their stock items, or use MySQL 8.0.1, MariaDB 10.6 or newer."
        detail = f"this server's SKIP LOCKED does not lock: {', '.join(unsupported)}"
        return Diagnosis("strategies", Verdict.FAILURE, detail, remedy)
    return Diagnosis("strategies", Verdict.OK, "every stored locking strategy can be used here")


def _check_redis() -> Diagnosis:
    if can_reach_redis():
        return Diagnosis("redis", Verdict.OK, "answers")
    remedy = "Start Redis, or correct REDIS_URL. Until then the shop is slower, but sells and sweeps."
    return Diagnosis("redis", Verdict.WARNING, "does not answer", remedy)


def _check_worker() -> Diagnosis:
    try:
        answers = app.control.inspect(timeout=_PING_SECONDS).active_queues() or {}
    except Exception as error:
        return Diagnosis(
            "worker", Verdict.FAILURE, repr(error), "Look at REDIS_URL, then at the worker's log."
        )
    served = {queue["name"] for queues in answers.values() for queue in queues}
    if missing := sorted(_list_queues() - served):
        found = ", ".join(sorted(answers)) or "no Celery worker answers"
        remedy = f"Start one: celery -A config.celery worker --queues {','.join(missing)}. `make run` does."
        return Diagnosis("worker", Verdict.FAILURE, f"{found}; nobody serves: {', '.join(missing)}", remedy)
    return Diagnosis("worker", Verdict.OK, ", ".join(sorted(answers)))


def _check_gate(now: dt.datetime) -> Diagnosis:
    sales = list_open_sales(now=now)
    levels = {sale.id: read_levels(sale_id=sale.id, now=now) for sale in sales}
    waiting = sum(known.waiting for known in levels.values() if known)
    # While orders are being placed it is off by a few for a moment.
    wrong = [
        f"sale {sale.id} by {known.find_drift(sale.remaining)} units"
        for sale in sales
        if (known := levels[sale.id]) and not known.in_flight and known.find_drift(sale.remaining)
    ]
    if wrong:
        remedy = "Look again in ten seconds; if it stays, start Celery beat and a worker, which put it right."
        return Diagnosis("gate", Verdict.WARNING, f"wrong: {', '.join(wrong)}", remedy)
    return Diagnosis("gate", Verdict.OK, f"{len(sales)} open flash sales, {waiting} requests in line")


def _list_queues() -> set[str]:
    """Return the queues that need a worker."""
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    return routed | {settings.CELERY_TASK_DEFAULT_QUEUE}


def _check_beat(now: dt.datetime) -> Diagnosis:
    remedy = "Start Celery beat and a worker (`make run` does), or run `manage.py sweep_expired_orders` now."
    health = get_job_health(name=SWEEP_JOB)
    if health is None:
        return Diagnosis("beat", Verdict.FAILURE, "no sweep of unpaid orders has ever run", remedy)
    age = (now - health[0]).total_seconds()
    detail = f"last sweep {age:.0f} s ago; {count_overdue_orders(now=now)} orders overdue"
    if age > max(_MISSED_SWEEPS * settings.SWEEP_INTERVAL_SECONDS, 30):
        return Diagnosis("beat", Verdict.FAILURE, detail, remedy)
    return Diagnosis("beat", Verdict.OK, detail)
