"""A message of several subscribers becomes one for each, delivered, retried and parked on its own."""

import datetime as dt

import pytest
from django.db import transaction

from orders.fan_out import replace_shared
from orders.models import OutboxMessage
from orders.outbox import MAX_ATTEMPTS
from orders.services import connect, deliver_outbox, enqueue
from tests.builders import NOW

pytestmark = pytest.mark.django_db

TOPIC = "test.shared"


def subscribe(*names, fails=()):
    """Connect these subscribers and return what each is given."""
    calls: dict[str, list] = {name: [] for name in names}

    def make_handler(name):
        def handle(key, payload):
            calls[name].append((key, dict(payload)))
            if name in fails:
                raise RuntimeError(f"{name} is away")

        return handle

    for name in names:
        connect(TOPIC, make_handler(name), subscriber=name)
    return calls


def tell(*keys):
    with transaction.atomic():
        enqueue(topic=TOPIC, payloads={key: {"for": key} for key in keys}, now=NOW)


def list_keys():
    return sorted(OutboxMessage.objects.values_list("key", flat=True))


def test_each_subscriber_is_told_under_a_key_of_its_own():
    calls = subscribe("mail", "steps")
    tell("k")
    assert deliver_outbox(now=NOW) == 2
    assert calls == {"mail": [("k/mail", {"for": "k"})], "steps": [("k/steps", {"for": "k"})]}
    assert list_keys() == ["k/mail", "k/steps"]
    assert deliver_outbox(now=NOW + dt.timedelta(days=1)) == 0


def test_an_only_subscriber_is_told_by_the_message_itself():
    calls = subscribe("mail")
    tell("k")
    assert deliver_outbox(now=NOW) == 1
    assert calls == {"mail": [("k", {"for": "k"})]}
    assert list_keys() == ["k"]


def test_one_who_fails_is_tried_again_and_parked_alone():
    calls = subscribe("mail", "steps", fails=["mail"])
    tell("k")
    deliver_outbox(now=NOW)
    while (theirs := OutboxMessage.objects.get(subscriber="mail")).is_waiting:
        deliver_outbox(now=theirs.deliver_after)
    assert (len(calls["mail"]), len(calls["steps"])) == (MAX_ATTEMPTS, 1)
    assert "mail is away" in theirs.latest_error
    assert theirs.parked_at is not None
    assert OutboxMessage.objects.get(subscriber="steps").delivered_at == NOW


def test_a_subscriber_who_came_while_a_message_was_tried_is_told_too():
    first = subscribe("mail", fails=["mail"])
    tell("k")
    deliver_outbox(now=NOW)
    later = OutboxMessage.objects.get().deliver_after
    second = subscribe("mail", "steps")
    assert deliver_outbox(now=later) == 2
    assert first == {"mail": [("k", {"for": "k"})]}
    assert second == {"mail": [("k/mail", {"for": "k"})], "steps": [("k/steps", {"for": "k"})]}


def test_what_was_told_twice_reaches_each_subscriber_once():
    calls = subscribe("mail", "steps")
    tell("k")
    deliver_outbox(now=NOW)
    tell("k", "other")
    assert deliver_outbox(now=NOW) == 2
    assert [key for key, _payload in calls["mail"]] == ["k/mail", "other/mail"]


@pytest.mark.django_db(transaction=True)
def test_a_message_is_replaced_for_all_its_subscribers_or_not_at_all(monkeypatch):
    calls = subscribe("mail", "steps")
    tell("k")

    def replace_and_die(messages):
        replace_shared(messages)
        raise SystemExit

    with monkeypatch.context() as patch:
        # The worker is killed after it has written the new messages.
        patch.setattr("orders.outbox.replace_shared", replace_and_die)
        with pytest.raises(SystemExit):
            deliver_outbox(now=NOW)
    assert list_keys() == ["k"]
    assert deliver_outbox(now=NOW) == 2
    assert [len(told) for told in calls.values()] == [1, 1]


def test_a_message_for_one_who_is_not_connected_any_more_is_kept_for_staff():
    subscribe("mail", "steps", fails=["mail"])
    tell("k")
    deliver_outbox(now=NOW)
    OutboxMessage.objects.filter(subscriber="mail").update(subscriber="gone", attempts=MAX_ATTEMPTS - 1)
    deliver_outbox(now=NOW + dt.timedelta(days=1))
    theirs = OutboxMessage.objects.get(subscriber="gone")
    assert theirs.parked_at is not None
    assert "nobody is connected to test.shared gone" in theirs.latest_error


def test_more_messages_than_are_leased_at_once_are_all_replaced():
    calls = subscribe("mail", "points", "steps")
    tell(*(f"k{n}" for n in range(50)))
    assert deliver_outbox(now=NOW) == 150
    assert [len(told) for told in calls.values()] == [50] * 3


def test_keys_too_long_for_a_name_behind_them_stay_apart_and_whole():
    calls = subscribe("mail", "steps")
    long, longer = "k" * 96, "k" * 97
    tell(long, longer)
    assert deliver_outbox(now=NOW) == 4
    assert len({key for key, _payload in calls["mail"]}) == 2
    tell(long)
    assert deliver_outbox(now=NOW) == 0
