"""The benchmark of inbox and outbox measures what it says, notices losses, and leaves the shop alone."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from config.benchmark.drain.filling import fill_waiting
from config.benchmark.drain.measure import DrainMeasurement, find_failures, to_text
from orders.models import Order
from orders.services import deliver_outbox
from payments.models import GatewayEvent
from payments.services import apply_pending_events
from tests.builders import buy, make_stock_item

pytestmark = pytest.mark.django_db(transaction=True)


def test_waiting_events_are_applied_and_what_they_wrote_is_delivered(capsys):
    mine = buy((make_stock_item(), 1)).order
    call_command("benchmark_drain", events=5, old_rows=30, json="-")
    figures = json.loads(capsys.readouterr().out)
    assert figures["failures"] == []
    assert (figures["events"], figures["old_rows"]) == (5, 30)
    assert figures["events_per_second"] > 0
    assert figures["messages"] >= 5
    assert Order.objects.get().number == mine.number


def test_the_figures_read_well():
    measured = DrainMeasurement(
        server="MariaDB",
        durability={},
        machine="2 CPUs",
        workers=2,
        old_rows=100_000,
        events=2_000,
        events_per_second=250.4,
        messages=10_000,
        messages_per_second=310.6,
        failures=[],
    )
    assert "250 events/s (2,000 payments applied)" in to_text(measured)
    assert "311 messages/s (10,000 delivered)" in to_text(measured)


def test_what_is_lost_is_a_failure():
    now = timezone.now()
    fill_waiting(events=3, now=now)
    GatewayEvent.objects.earliest("id").delete()
    apply_pending_events(now=now)
    lost, undelivered = find_failures(events=3, old_rows=0)
    assert lost == "of 3 events 2 were applied"
    assert undelivered.endswith("messages were not delivered")
    deliver_outbox(now=timezone.now(), clock=timezone.now)
    assert find_failures(events=2, old_rows=0) == []


@pytest.mark.parametrize("wrong", [{"events": 0}, {"workers": 0}, {"old_rows": -1}])
def test_what_cannot_be_measured_is_refused(wrong):
    with pytest.raises(CommandError, match="must be positive"):
        call_command("benchmark_drain", **wrong)
