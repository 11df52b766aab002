"""Carrier and warehouse by HTTP: told once, whatever goes wrong, also by a worker that is killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone

from inventory.selectors import get_stock_level
from orders.errors import PeerUnavailable, StepRefused
from orders.models import OutboxMessage
from orders.selectors import get_order, get_tracking
from orders.services import deliver_outbox, fulfil_order, mark_refunded
from orders.steps.carriers import HttpCarrier
from orders.steps.models import OrderStep
from orders.steps.peer import Peer
from orders.types import Tracking
from tests.builders import NOW
from tests.faults.peer_of_steps import SECRET, StepPeer
from tests.orders.steps import deliver, deliver_everything, list_states, place_paid

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
WORK = """
import sys
import django
django.setup()
from django.db import connection
from django.utils import timezone
connection.settings_dict["NAME"] = sys.argv[1]
from orders.services import deliver_outbox
deliver_outbox(now=timezone.now(), clock=timezone.now)
"""


@pytest.fixture
def carrier(settings):
    peer = StepPeer()
    settings.CARRIER_NAME, settings.STEP_TIMEOUT_SECONDS = "Swift", 2.0
    settings.CARRIER_URL, settings.CARRIER_SECRET = peer.url, SECRET
    yield peer
    peer.close()


@pytest.fixture
def warehouse(settings):
    peer = StepPeer()
    settings.WAREHOUSE_URL, settings.WAREHOUSE_SECRET, settings.STEP_TIMEOUT_SECONDS = peer.url, SECRET, 2.0
    yield peer
    peer.close()


def tell(peer, *, timeout=1.0, secret=SECRET):
    return Peer(peer.url, secret, timeout).tell("/shipments", key="k", body={"key": "k"})


def test_a_paid_order_is_booked_and_told_to_the_warehouse_with_its_tracking_number(carrier, warehouse):
    order, _item = place_paid()
    deliver()
    assert list_states(order) == {"shipment": "done", "warehouse": "done"}
    assert get_tracking(order_id=order.id) == Tracking("Swift", "TRK1", "https://carrier.example/TRK1")
    told = warehouse.records[f"warehouse:{order.number}"]["body"]
    assert told["order"] == order.number
    assert told["lines"] == [{"sku": line.sku, "name": line.name, "quantity": 2} for line in order.lines]
    assert told["shipment"]["tracking_number"] == "TRK1"


@pytest.mark.parametrize(
    "recipe", ["error", "error_after", "hang", "garbage", "drip", 401, 404, 409, 429, 503]
)
def test_whatever_goes_wrong_on_the_way_the_carrier_is_asked_again_under_the_same_key(
    carrier, settings, recipe
):
    settings.STEP_TIMEOUT_SECONDS = 0.5
    carrier.recipes += [recipe, recipe]
    order, _item = place_paid()
    deliver_everything()
    assert list_states(order) == {"shipment": "done"}
    assert carrier.calls == [("/shipments", f"shipment:{order.number}")] * 3
    assert len(carrier.records) == 1
    assert get_tracking(order_id=order.id) == Tracking("Swift", "TRK1", "https://carrier.example/TRK1")


def test_an_order_that_the_carrier_refuses_is_refunded_and_its_stock_returns(carrier, warehouse):
    carrier.recipes += ["refuse"]
    order, item = place_paid()
    deliver()
    assert list_states(order) == {"shipment": "undone", "warehouse": "skipped"}
    assert OrderStep.objects.get(name="shipment").failed_because == "422 no such street"
    assert get_order(number=order.number).status == "refunded"
    assert get_stock_level(sku=item.sku).available == 5
    assert warehouse.calls == []


def test_a_warehouse_that_never_answers_rightly_has_the_shipment_cancelled(carrier, warehouse):
    # It did what it was told each time and never said so.
    warehouse.recipes += ["error_after"] * 12
    order, _item = place_paid()
    deliver_everything()
    assert list_states(order) == {"shipment": "undone", "warehouse": "undone"}
    assert (carrier.records, warehouse.records) == ({}, {})
    assert get_order(number=order.number).status == "refunded"
    assert get_tracking(order_id=order.id) is None


def test_a_refund_cancels_what_was_booked_also_when_the_answers_are_lost(carrier, warehouse):
    order, _item = place_paid()
    deliver()
    carrier.recipes += ["error_after"]
    warehouse.recipes += ["error", "error_after"]
    with transaction.atomic():
        mark_refunded(order_id=order.id, actor="ann", now=timezone.now())
    deliver_everything()
    assert (carrier.records, warehouse.records) == ({}, {})
    assert list_states(order) == {"shipment": "undone", "warehouse": "undone"}


def test_a_booking_that_can_no_longer_be_cancelled_is_left_to_staff(carrier):
    order, _item = place_paid()
    deliver()
    carrier.recipes += ["refuse"]
    with transaction.atomic():
        mark_refunded(order_id=order.id, actor="ann", now=timezone.now())
    deliver()
    assert list_states(order) == {"shipment": "stuck"}
    assert len(carrier.records) == 1


def test_a_parcel_that_has_left_is_not_cancelled_at_the_carrier(carrier):
    order, _item = place_paid()
    deliver()
    fulfil_order(number=order.number, actor="ann", now=timezone.now())
    with transaction.atomic():
        mark_refunded(order_id=order.id, actor="ann", now=timezone.now())
    deliver_everything()
    assert carrier.calls == [("/shipments", f"shipment:{order.number}")]


def test_a_wrong_secret_is_refused_and_costs_no_order_at_once(carrier, settings):
    settings.CARRIER_SECRET = "whsec_" + "A" * 43 + "="
    order, _item = place_paid()
    deliver()
    step = OrderStep.objects.get(order_id=order.id)
    assert step.state == "ready"
    assert "401" in step.latest_error
    assert settings.CARRIER_SECRET not in step.latest_error
    assert carrier.records == {}


@pytest.mark.parametrize("recipe", ["hang", "drip"])
def test_a_peer_that_takes_its_time_is_given_up_on_in_time(carrier, recipe):
    carrier.recipes += [recipe]
    started = time.monotonic()
    with pytest.raises(PeerUnavailable):
        tell(carrier, timeout=0.5)
    assert time.monotonic() - started < 5


def test_a_peer_that_is_not_there_is_asked_again_later(carrier):
    url, closed = carrier.url, StepPeer()
    closed.close()
    assert url != closed.url
    with pytest.raises(PeerUnavailable):
        tell(closed)


def test_only_a_clear_no_is_a_refusal(carrier):
    carrier.recipes += ["refuse", 410]
    for _ in range(2):
        with pytest.raises(StepRefused):
            tell(carrier)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//carrier.example", "http://[", 5, None, "x" * 600]
)
def test_a_tracking_address_that_no_browser_should_open_is_left_out(carrier, url):
    order, _item = place_paid()
    carrier.act = lambda path, body: (200, {"tracking_number": "T", "tracking_url": url})
    booking = HttpCarrier(Peer(carrier.url, SECRET, 1.0)).book(order, key="k")
    assert (booking.tracking_number, booking.tracking_url) == ("T", "")


@pytest.mark.parametrize("number", ["", None, 7, "x" * 101])
def test_an_answer_without_a_usable_tracking_number_is_no_booking(carrier, number):
    order, _item = place_paid()
    carrier.act = lambda path, body: (200, {"tracking_number": number})
    with pytest.raises(PeerUnavailable):
        HttpCarrier(Peer(carrier.url, SECRET, 1.0)).book(order, key="k")


def kill_while_it_calls(carrier):
    """Deliver in a process of its own, and kill it when the carrier has booked and not yet answered."""
    booked = threading.Event()
    carrier.on_done = lambda path: booked.set()
    carrier.recipes += ["hang"]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(ROOT),
        "CARRIER_URL": carrier.url,
        "CARRIER_SECRET": SECRET,
        "STEP_TIMEOUT_SECONDS": "60",
    }
    command = [sys.executable, "-c", WORK, str(connection.settings_dict["NAME"])]
    with subprocess.Popen(command, env=environment, cwd=ROOT) as process:
        try:
            assert booked.wait(60), "the carrier was never asked"
        finally:
            process.send_signal(signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL


def test_a_worker_killed_after_the_carrier_booked_books_nothing_twice(carrier):
    order, _item = place_paid()
    kill_while_it_calls(carrier)
    assert list_states(order) == {"shipment": "running"}
    message = OutboxMessage.objects.get(topic="order.step.do")
    # Leased to the dead worker for a minute.
    assert deliver_outbox(now=timezone.now()) == 0
    assert deliver_outbox(now=message.deliver_after) == 1
    assert carrier.calls == [("/shipments", f"shipment:{order.number}")] * 2
    assert list(carrier.records) == [f"shipment:{order.number}"]
    assert list_states(order) == {"shipment": "done"}
    assert get_tracking(order_id=order.id) == Tracking("Swift", "TRK1", "https://carrier.example/TRK1")


def test_what_a_killed_worker_had_booked_is_cancelled_if_the_order_is_refunded_meanwhile(carrier):
    order, _item = place_paid()
    kill_while_it_calls(carrier)
    with transaction.atomic():
        mark_refunded(order_id=order.id, actor="ann", now=NOW)
    deliver_everything()
    assert carrier.records == {}
    assert list_states(order) == {"shipment": "undone"}
