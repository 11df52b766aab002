"""What machines that watch the shop are told."""

import datetime as dt
import re

import pytest
from django.db import transaction
from django.utils import timezone

from orders.models import OutboxMessage
from orders.services import enqueue, place_order, sweep_expired_orders
from orders.steps.models import OrderStep
from tests.builders import buy, make_draft, make_stock_item
from tests.shop.api.calls import make_variant, post_order


def read_metric(client, name: str) -> float:
    """Return the value of one series, -1 if it is not shown."""
    text = client.get("/metrics").content.decode()
    found = re.search(rf"^{re.escape(name)} ([0-9.e+-]+)$", text, re.MULTILINE)
    return float(found[1]) if found else -1.0


def test_healthz_asks_no_database(client):
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_readyz_says_that_all_is_well(client):
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "checks": {"database": "ok", "migrations": "ok", "redis": "ok"},
    }


@pytest.mark.django_db
def test_without_redis_the_shop_is_degraded_not_dead(client, settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["checks"]["redis"] == "unreachable"


@pytest.mark.django_db
def test_metrics_count_checkouts_by_outcome(client):
    outcomes = ["placed", "replayed", "out_of_stock", "unavailable", "key_reused"]
    before = {name: read_metric(client, f'shop_checkout_total{{outcome="{name}"}}') for name in outcomes}
    timed = read_metric(client, "shop_checkout_duration_seconds_count")
    sku = make_variant(on_hand=1)
    for key, quantity in (("a", 1), ("a", 1), ("a", 2), ("b", 1)):
        post_order(client, (sku, quantity), key=key)
    post_order(client, ("NOPE", 1))
    after = {name: read_metric(client, f'shop_checkout_total{{outcome="{name}"}}') for name in outcomes}
    assert {name: after[name] - before[name] for name in outcomes} == dict.fromkeys(outcomes, 1)
    assert read_metric(client, "shop_checkout_duration_seconds_count") == timed + 5


@pytest.mark.django_db
def test_metrics_show_a_sweep_that_stopped(client):
    due = timezone.now() - dt.timedelta(minutes=1)
    draft = make_draft((make_stock_item(), 1), due_at=due)
    place_order(draft=draft, idempotency_scope="test", idempotency_key="overdue", now=due)
    assert read_metric(client, "shop_orders_overdue") == 1
    assert read_metric(client, "shop_last_sweep_age_seconds") == -1
    sweep_expired_orders(now=timezone.now() - dt.timedelta(seconds=30))
    assert read_metric(client, "shop_orders_overdue") == 0
    assert 30 <= read_metric(client, "shop_last_sweep_age_seconds") < 60
    assert read_metric(client, "shop_database_up") == 1


@pytest.mark.django_db
def test_metrics_show_what_is_left_to_staff(client):
    assert read_metric(client, 'shop_steps_left_to_staff{state="stuck"}') == 0
    order = buy((make_stock_item(), 2)).order
    for position, state in enumerate(["failed", "failed", "stuck", "done"]):
        OrderStep.objects.create(
            id=position + 1,
            order_id=order.id,
            name=f"step {position}",
            position=position,
            is_critical=False,
            state=state,
        )
    with transaction.atomic():
        enqueue(topic="test.nobody", payloads={"a": {}, "b": {}, "c": {}}, now=timezone.now())
    OutboxMessage.objects.filter(key__in=["a", "b"]).update(is_waiting=False, parked_at=timezone.now())
    assert read_metric(client, 'shop_steps_left_to_staff{state="failed"}') == 2
    assert read_metric(client, 'shop_steps_left_to_staff{state="stuck"}') == 1
    assert read_metric(client, 'shop_messages_parked{topic="test.nobody"}') == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    "caller",
    [
        {"REMOTE_ADDR": "10.0.0.1"},
        {"REMOTE_ADDR": ""},
        {"headers": {"X-Forwarded-For": "127.0.0.1"}},
        {"headers": {"Forwarded": "for=127.0.0.1"}},
        {"headers": {"X-Real-IP": "10.0.0.1"}},
    ],
)
def test_metrics_are_for_this_machine_only(client, caller):
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", **caller).status_code == 404


@pytest.mark.django_db
def test_with_a_token_metrics_are_for_whoever_has_it(client, settings):
    settings.METRICS_TOKEN = "open sesame"
    for wrong in (
        {},
        {"Authorization": "Bearer x"},
        {"Authorization": "open sesame"},
        {"Authorization": "Bearer é"},
    ):
        assert client.get("/metrics", headers=wrong).status_code == 404
    right = {"Authorization": "Bearer open sesame"}
    assert client.get("/metrics", headers=right, REMOTE_ADDR="10.0.0.1").status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_are_only_read(client, path):
    assert client.post(path).status_code == 405
