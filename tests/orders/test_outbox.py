"""The outbox delivers every message at least once, and keeps what nobody could deliver."""

import datetime as dt
import itertools
import time

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from inventory.errors import TransactionRequired
from orders.models import OutboxMessage
from orders.outbox import LEASE, MAX_ATTEMPTS
from orders.services import connect, deliver_outbox, enqueue, requeue
from orders.tasks import deliver_outbox as deliver_task
from tests.builders import NOW
from tests.sessions import run_sql, second_session

pytestmark = pytest.mark.django_db

_topics = itertools.count(1)


class Handler:
    """Notes what it is given, after failing as often as told."""

    def __init__(self, *, failures=0, error=None):
        self.topic = f"test.{next(_topics)}"
        self.failures, self.error = failures, error or RuntimeError("no line")
        self.calls, self.delivered = [], []
        connect(self.topic, self, subscriber="test")

    def __call__(self, key, payload):
        self.calls.append(key)
        if len(self.calls) <= self.failures:
            raise self.error
        self.delivered.append((key, dict(payload)))

    def enqueue(self, *keys, now=NOW):
        with transaction.atomic():
            enqueue(topic=self.topic, payloads={key: {"for": key} for key in keys}, now=now)


def deliver_until_settled(key):
    """Deliver whenever the message is due, until it no longer waits; return when that was."""
    while (message := get_message(key)).is_waiting:
        now = message.deliver_after
        deliver_outbox(now=now)
    return now


def wait(seconds):
    """Be a handler that takes its time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def get_message(key):
    return OutboxMessage.objects.get(key=key)


def test_a_message_is_handed_to_the_handler_of_its_topic_once():
    handler, other = Handler(), Handler()
    handler.enqueue("k")
    assert deliver_outbox(now=NOW) == 1
    assert handler.delivered == [("k", {"for": "k"})]
    assert other.delivered == []
    assert deliver_outbox(now=NOW + dt.timedelta(days=1)) == 0
    message = get_message("k")
    assert (message.delivered_at, message.is_waiting, message.attempts) == (NOW, False, 1)


def test_a_payload_arrives_as_it_was_written():
    handler = Handler()
    payload = {"n": 2**60, "text": "Zoë 🦊", "deep": [{"a": None}, True, 1.5]}
    with transaction.atomic():
        enqueue(topic=handler.topic, payloads={"k": payload}, now=NOW)
    deliver_outbox(now=NOW)
    assert handler.delivered == [("k", payload)]


def test_a_message_rolled_back_with_its_cause_is_never_delivered():
    handler = Handler()
    with transaction.atomic():
        handler.enqueue("k")
        transaction.set_rollback(True)
    assert deliver_outbox(now=NOW) == 0
    assert handler.calls == []


@pytest.mark.django_db(transaction=True)
def test_a_message_is_written_in_the_transaction_of_its_cause_or_not_at_all():
    with pytest.raises(TransactionRequired):
        enqueue(topic="test", payloads={"k": {}}, now=NOW)
    assert not OutboxMessage.objects.exists()


def test_a_message_is_not_delivered_before_it_is_due():
    handler = Handler()
    handler.enqueue("k", now=NOW + dt.timedelta(seconds=1))
    assert deliver_outbox(now=NOW) == 0
    assert deliver_outbox(now=NOW + dt.timedelta(seconds=1)) == 1


def test_the_oldest_messages_come_first_and_no_more_than_asked():
    handler = Handler()
    for seconds, key in ((2, "third"), (0, "first"), (1, "second")):
        handler.enqueue(key, now=NOW + dt.timedelta(seconds=seconds))
    later = NOW + dt.timedelta(minutes=1)
    assert deliver_outbox(now=later, limit=2) == 2
    assert handler.calls == ["first", "second"]
    assert deliver_outbox(now=later, limit=2) == 1


def test_a_handler_that_raises_stops_no_other_message():
    bad, good = Handler(failures=10**6), Handler()
    bad.enqueue("bad")
    good.enqueue("good")
    bad.enqueue("worse")
    assert deliver_outbox(now=NOW) == 1
    assert good.calls == ["good"]
    assert sorted(bad.calls) == ["bad", "worse"]


def test_a_failed_message_comes_again_after_a_pause_and_says_why():
    handler = Handler(failures=1)
    handler.enqueue("k")
    assert deliver_outbox(now=NOW) == 0
    message = get_message("k")
    assert message.latest_error == "RuntimeError('no line')"
    assert message.deliver_after > NOW
    assert deliver_outbox(now=message.deliver_after - dt.timedelta(microseconds=1)) == 0
    assert deliver_outbox(now=message.deliver_after) == 1
    assert handler.delivered == [("k", {"for": "k"})]
    assert get_message("k").latest_error == ""


def test_the_pauses_grow_up_to_a_quarter_of_an_hour():
    handler = Handler(failures=10**6)
    handler.enqueue("k")
    now, pauses = NOW, []
    for _ in range(MAX_ATTEMPTS - 1):
        deliver_outbox(now=now)
        pauses.append((get_message("k").deliver_after - now).total_seconds())
        now = get_message("k").deliver_after
    assert pauses[:4] == [2, 4, 8, 16]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 900


def test_a_message_nobody_could_deliver_is_parked_and_not_tried_any_more():
    handler = Handler(failures=10**6)
    handler.enqueue("k")
    deliver_until_settled("k")
    assert len(handler.calls) == MAX_ATTEMPTS
    message = get_message("k")
    assert (message.is_waiting, message.delivered_at) == (False, None)
    assert message.parked_at is not None
    assert message.latest_error == "RuntimeError('no line')"


def test_a_parked_message_can_be_given_another_round():
    handler = Handler(failures=MAX_ATTEMPTS)
    handler.enqueue("k")
    deliver_until_settled("k")
    later = NOW + dt.timedelta(days=1)
    assert requeue(message_ids=[get_message("k").id], now=later) == 1
    assert deliver_outbox(now=later) == 1
    message = get_message("k")
    assert (message.parked_at, message.attempts, message.delivered_at) == (None, 1, later)


def test_only_parked_messages_can_be_requeued():
    handler = Handler()
    handler.enqueue("delivered", "waiting")
    deliver_outbox(now=NOW, limit=1)
    assert requeue(message_ids=list(OutboxMessage.objects.values_list("id", flat=True)), now=NOW) == 0
    deliver_outbox(now=NOW)
    assert len(handler.calls) == 2


def test_a_topic_nobody_is_connected_to_waits_and_is_parked_in_the_end():
    with transaction.atomic():
        enqueue(topic="test.nobody", payloads={"k": {}}, now=NOW)
    deliver_until_settled("k")
    message = get_message("k")
    assert message.parked_at is not None
    assert "test.nobody" in message.latest_error


def test_a_message_comes_again_when_the_worker_that_leased_it_died():
    handler = Handler(failures=1, error=SystemExit("killed"))
    handler.enqueue("k")
    with pytest.raises(SystemExit):
        deliver_outbox(now=NOW)
    assert deliver_outbox(now=NOW + LEASE - dt.timedelta(seconds=1)) == 0, "it is still leased"
    assert deliver_outbox(now=NOW + LEASE) == 1
    # The handler sees the key again, by which it can tell.
    assert handler.calls == ["k", "k"]


@pytest.mark.django_db(transaction=True)
def test_a_handler_holds_no_lock_while_it_talks_to_the_outside():
    handler = Handler()
    handler.enqueue("k")
    seen = []
    connect(handler.topic, lambda key, payload: seen.append(connection.in_atomic_block), subscriber="test")
    deliver_outbox(now=NOW)
    assert seen == [False]


def test_a_batch_costs_one_lease_and_a_note_for_each_message(django_assert_max_num_queries):
    handler = Handler()
    handler.enqueue(*(f"k{n}" for n in range(20)))
    with django_assert_max_num_queries(20 + 8):
        deliver_outbox(now=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_message_another_worker_is_leasing_is_skipped_not_waited_for():
    handler = Handler()
    handler.enqueue("theirs", "ours")
    with second_session() as other:
        other.set_autocommit(False)
        run_sql("SELECT id FROM orders_outboxmessage WHERE `key` = 'theirs' FOR UPDATE", session=other)
        assert deliver_outbox(now=NOW) == 1
        other.rollback()
    assert handler.calls == ["ours"]


def test_the_scheduled_task_delivers_until_nothing_is_due():
    handler = Handler()
    # More than one batch.
    handler.enqueue(*(f"k{n}" for n in range(230)))
    deliver_task.apply().get()
    assert len(handler.calls) == len(set(handler.calls)) == 230


def test_a_message_that_kills_every_worker_is_parked_in_the_end():
    handler = Handler()
    handler.enqueue("deadly")
    # What workers leave behind that died after they had taken it on.
    OutboxMessage.objects.filter(key="deadly").update(attempts=MAX_ATTEMPTS, deliver_after=NOW)
    assert deliver_outbox(now=NOW) == 0
    assert handler.calls == []
    message = get_message("deadly")
    assert (message.is_waiting, message.parked_at) == (False, NOW)
    assert requeue(message_ids=[message.id], now=NOW) == 1
    assert deliver_outbox(now=NOW) == 1


def test_messages_that_were_not_begun_in_time_have_used_up_no_attempt():
    handler = Handler()
    handler.enqueue(*(f"k{n}" for n in range(5)))
    connect(handler.topic, lambda key, payload: wait(0.2), subscriber="test")
    assert deliver_outbox(now=NOW, seconds=0.1) == 1
    waiting = OutboxMessage.objects.filter(is_waiting=True)
    assert list(waiting.values_list("attempts", "deliver_after")) == [(0, NOW)] * 4
    connect(handler.topic, handler, subscriber="test")
    assert deliver_outbox(now=NOW) == 4


def test_messages_not_begun_by_a_worker_that_is_stopped_are_free_at_once():
    handler = Handler(failures=1, error=SystemExit("stop"))
    handler.enqueue("a", "b", "c")
    with pytest.raises(SystemExit):
        deliver_outbox(now=NOW)
    begun = handler.calls[0]
    assert [get_message(key).attempts for key in "abc" if key != begun] == [0, 0]
    assert deliver_outbox(now=NOW) == 2


def test_a_message_that_killed_a_worker_is_tried_alone():
    handler = Handler()
    handler.enqueue(*"abc")
    # A killed worker gives nothing back: one of the three killed it, and all have used up an attempt.
    OutboxMessage.objects.update(attempts=1)
    leased = []
    connect(
        handler.topic,
        lambda key, payload: leased.append(
            OutboxMessage.objects.filter(deliver_after__gt=NOW, is_waiting=True).count()
        ),
        subscriber="test",
    )
    assert deliver_outbox(now=NOW) == 3
    assert leased == [1, 1, 1]


@pytest.mark.parametrize("fails", [False, True])
def test_what_comes_of_an_attempt_past_its_lease_is_not_noted(fails):
    handler = Handler()
    handler.enqueue("k")
    theirs = {"attempts": 2, "deliver_after": NOW + 2 * LEASE}

    def outlive_the_lease(key, payload):
        # Another worker takes the message meanwhile.
        OutboxMessage.objects.filter(key=key).update(**theirs)
        if fails:
            raise RuntimeError

    connect(handler.topic, outlive_the_lease, subscriber="test")
    assert deliver_outbox(now=NOW) == 0
    message = get_message("k")
    assert {name: getattr(message, name) for name in theirs} == theirs
    assert (message.is_waiting, message.delivered_at, message.latest_error) == (True, None, "")


def test_the_pause_begins_when_the_attempt_has_failed():
    bad, times = Handler(failures=1), itertools.count()
    bad.enqueue("k")
    later = [NOW, NOW + dt.timedelta(seconds=30)]
    deliver_outbox(now=NOW, limit=1, clock=lambda: later[min(next(times), 1)])
    assert get_message("k").deliver_after == later[1] + dt.timedelta(seconds=2)


def test_a_message_is_delivered_at_the_time_of_the_clock_not_of_the_batch():
    handler = Handler()
    handler.enqueue("a", "b")
    minutes = itertools.count()
    deliver_outbox(now=NOW, clock=lambda: NOW + dt.timedelta(minutes=next(minutes)))
    delivered = OutboxMessage.objects.order_by("delivered_at").values_list("delivered_at", flat=True)
    assert list(delivered) == [NOW + dt.timedelta(minutes=n) for n in (1, 2)]


def test_messages_that_only_fail_do_not_keep_later_ones_waiting():
    bad, good = Handler(failures=10**6), Handler()
    bad.enqueue(*(f"bad{n}" for n in range(120)))
    good.enqueue("good", now=NOW + dt.timedelta(milliseconds=1))
    deliver_outbox(now=NOW + dt.timedelta(milliseconds=1))
    assert good.calls == ["good"]


def test_what_was_delivered_past_its_lease_is_left_to_the_worker_that_is_at_it_by_now():
    handler = Handler()
    handler.enqueue("k")

    def outlive_the_lease(key, payload):
        # Meanwhile another worker leases it and has not ended yet.
        OutboxMessage.objects.filter(key=key).update(attempts=2)

    connect(handler.topic, outlive_the_lease, subscriber="test")
    assert deliver_outbox(now=NOW) == 0
    message = get_message("k")
    assert (message.is_waiting, message.attempts, message.delivered_at) == (True, 2, None)


def test_what_was_delivered_before_its_worker_is_told_to_stop_is_noted():
    good, last = Handler(), Handler(failures=1, error=SystemExit("stop"))
    good.enqueue("first", "second")
    last.enqueue("third", now=NOW + dt.timedelta(milliseconds=1))
    with pytest.raises(SystemExit):
        deliver_outbox(now=NOW + dt.timedelta(milliseconds=1))
    assert [get_message(key).is_waiting for key in ("first", "second", "third")] == [False, False, True]
    deliver_outbox(now=NOW + dt.timedelta(days=1))
    assert good.calls == ["first", "second"]


def test_messages_that_cost_their_handler_nothing_are_delivered_in_a_few_statements():
    handler = Handler()
    handler.enqueue(*(f"k{n}" for n in range(40)))
    with CaptureQueriesContext(connection) as captured:
        assert deliver_outbox(now=NOW) == 40
    updates = [query["sql"] for query in captured if query["sql"].startswith("UPDATE")]
    assert len(updates) < 10
