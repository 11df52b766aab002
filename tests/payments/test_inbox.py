"""Every event a gateway sends ends in exactly one outcome: late, double, wrong, unknown, none is dropped."""

import datetime as dt

import pytest

from inventory.selectors import get_stock_level
from orders.models import OutboxMessage
from orders.selectors import get_order
from orders.services import cancel_order, sweep_expired_orders
from payments.inbox import MAX_ATTEMPTS
from payments.models import EventOutcome, GatewayEvent, Payment, Refund
from payments.services import apply_event, apply_pending_events, reapply_event, refund_order
from payments.tasks import apply_pending_events as apply_task
from tests.builders import NOW, buy, make_callback, open_payment
from tests.payments.making import get_event, list_refunds, make_paid_sale, make_sale, reopen
from tests.sessions import run_sql

pytestmark = pytest.mark.django_db

LATER = NOW + dt.timedelta(hours=1)


@pytest.fixture
def sale():
    return make_sale()


def expire(sale):
    """Let the order's deadline pass."""
    assert sweep_expired_orders(now=LATER).cancelled == 1


def count_available(sale):
    return get_stock_level(sku=sale.item.sku).available


def apply_until_settled(event):
    """Apply the waiting event whenever it is due, until it has an outcome; return when that was."""
    while event.outcome == EventOutcome.WAITING:
        now = event.apply_after
        apply_pending_events(now=now)
        event.refresh_from_db()
    return now


def test_money_that_came_in_full_pays_the_order(sale):
    receipt = sale.tell()
    assert (receipt.outcome, receipt.duplicate) == ("applied", False)
    assert get_order(number=sale.order.number).paid_at == NOW
    assert (sale.payment.status, sale.payment.received_amount, sale.payment.succeeded_at) == (
        "succeeded",
        2000,
        NOW,
    )
    event = get_event(receipt)
    assert (event.payment, event.settled_at, event.attempts) == (sale.payment, NOW, 1)


def test_payment_moves_no_unit(sale):
    before = get_stock_level(sku=sale.item.sku)
    sale.tell()
    assert get_stock_level(sku=sale.item.sku) == before


def test_the_same_event_delivered_again_changes_nothing(sale):
    callback = sale.make_event()
    first = callback.deliver()
    before = (sale.payment.succeeded_at, get_event(first).attempts)
    for _ in range(3):
        again = callback.deliver(now=LATER)
        assert (again.outcome, again.duplicate, again.event_id) == ("applied", True, first.event_id)
    assert (sale.payment.succeeded_at, get_event(first).attempts) == before
    assert GatewayEvent.objects.count() == 1


def test_a_second_event_that_says_the_same_is_a_duplicate(sale):
    sale.tell()
    assert sale.tell().outcome == "duplicate"
    assert (sale.status, sale.payment.received_amount) == ("paid", 2000)
    assert list_refunds() == []


@pytest.mark.parametrize(
    ("kind", "status"), [("charge.declined", "failed"), ("charge.cancelled", "cancelled")]
)
def test_a_payment_that_failed_leaves_the_order_and_its_deadline_as_they_are(sale, kind, status):
    assert sale.tell(kind).outcome == "applied"
    assert sale.payment.status == status
    assert get_order(number=sale.order.number) == sale.order
    assert count_available(sale) == 3
    expire(sale)


def test_after_a_decline_the_order_can_be_paid_another_way(sale):
    sale.tell("charge.declined")
    second = reopen(sale)
    assert second.reference != sale.reference
    assert second.tell().outcome == "applied"
    assert sale.status == "paid"


@pytest.mark.parametrize("kind", ["charge.declined", "charge.cancelled"])
def test_bad_news_after_the_money_is_ignored(sale, kind):
    sale.tell()
    assert sale.tell(kind).outcome == "ignored"
    assert (sale.status, sale.payment.status) == ("paid", "succeeded")


def test_an_event_of_a_kind_nobody_handles_is_kept_and_ignored(sale):
    receipt = sale.tell("charge.reviewed")
    assert receipt.outcome == "ignored"
    assert get_event(receipt).payment == sale.payment
    assert sale.status == "pending"


def test_money_on_a_payment_that_had_been_declined_still_counts(sale):
    sale.tell("charge.declined")
    assert sale.tell().outcome == "applied"
    assert (sale.status, sale.payment.status) == ("paid", "succeeded")


def test_late_money_takes_the_units_again_if_they_are_still_there(sale):
    expire(sale)
    assert count_available(sale) == 5
    assert sale.tell().outcome == "late_reserved"
    assert (sale.status, count_available(sale)) == ("paid", 3)
    assert list_refunds() == []


def test_late_money_goes_back_if_the_units_were_sold(sale):
    expire(sale)
    buy((sale.item, 4))
    assert sale.tell().outcome == "late_refunded"
    assert (sale.status, count_available(sale)) == ("cancelled", 1)
    assert list_refunds() == [(2000, "paid too late", "requested")]
    assert sale.payment.refunded_amount == 2000


def test_late_money_goes_back_if_the_shop_wants_it_so(sale, settings):
    settings.LATE_PAYMENT = "refund"
    expire(sale)
    assert sale.tell().outcome == "late_refunded"
    assert (sale.status, count_available(sale)) == ("cancelled", 5)
    assert list_refunds() == [(2000, "paid too late", "requested")]


@pytest.mark.parametrize("reason", ["customer", "staff"])
def test_late_money_for_an_order_cancelled_on_purpose_goes_back(sale, reason):
    cancel_order(number=sale.order.number, reason=reason, actor="test", now=NOW)
    assert sale.tell().outcome == "late_refunded"
    assert (sale.status, count_available(sale)) == ("cancelled", 5)


def test_late_money_is_late_once(sale):
    expire(sale)
    assert [sale.tell().outcome for _ in range(3)] == ["late_reserved", "duplicate", "duplicate"]
    assert count_available(sale) == 3


def test_an_order_paid_twice_gets_the_second_payment_back(sale):
    sale.tell("charge.declined")
    second = reopen(sale)
    assert second.tell().outcome == "applied"
    assert sale.tell().outcome == "refunded_duplicate"
    refund = Refund.objects.get()
    assert (refund.payment, refund.amount, refund.status, refund.reason) == (
        sale.payment,
        2000,
        "requested",
        "paid twice",
    )
    message = OutboxMessage.objects.get(topic="payment.refund")
    assert message.key == f"payment.refund:{sale.order.id}:{refund.id}"
    assert message.payload == {"refund_id": refund.id}
    assert (sale.status, second.payment.refunded_amount, sale.payment.refunded_amount) == ("paid", 0, 2000)


@pytest.mark.parametrize(
    "wrong", [{"amount": 1999}, {"amount": 2001}, {"amount": 0}, {"currency": "EUR"}, {"currency": "usd"}]
)
def test_money_in_the_wrong_amount_pays_nothing_and_waits_for_staff(sale, wrong):
    receipt = sale.tell(**wrong)
    assert receipt.outcome == "amount_mismatch"
    assert get_order(number=sale.order.number) == sale.order
    assert (sale.payment.status, sale.payment.received_amount) == ("review", wrong.get("amount", 2000))
    assert list_refunds() == []


def test_the_wrong_amount_told_again_is_a_duplicate(sale):
    assert [sale.tell(amount=1).outcome for _ in range(2)] == ["amount_mismatch", "duplicate"]
    assert (sale.payment.status, sale.payment.received_amount) == ("review", 1)


@pytest.mark.parametrize(
    "story",
    [
        [{"amount": 800}, {"amount": 1200}],
        [{"amount": 1}, {}],
        [{}, {"amount": 5000}],
        [{}, {"currency": "EUR"}],
        [{}, {"currency": "usd"}],
        [{"currency": "EUR"}, {}],
        [{"currency": "EUR"}, {"currency": "eur"}],
    ],
)
def test_other_money_on_a_payment_that_brought_some_waits_for_staff(sale, story):
    first, second = story
    sale.tell(**first)
    before = (sale.status, sale.payment.status, sale.payment.received_amount)
    receipt = sale.tell(**second)
    event = get_event(receipt)
    assert (receipt.outcome, event.payment, event.settled_at) == ("amount_mismatch", sale.payment, NOW)
    assert (sale.status, sale.payment.status, sale.payment.received_amount) == before


def test_an_event_for_a_payment_nobody_knows_is_kept_and_waits(sale):
    receipt = sale.tell(reference="ref_unknown")
    assert receipt.outcome == ""
    event = get_event(receipt)
    assert (event.attempts, event.settled_at, event.payment) == (1, None, None)
    assert event.apply_after > NOW
    assert event.latest_error


def test_a_waiting_event_is_tried_with_growing_pauses_and_at_last_left_for_staff(sale):
    event = get_event(sale.tell(reference="ref_unknown"))
    pauses, now = [], NOW
    while event.outcome == "":
        pauses.append((event.apply_after - now).total_seconds())
        now = event.apply_after
        assert apply_pending_events(now=now - dt.timedelta(microseconds=1)) == 0
        apply_pending_events(now=now)
        event.refresh_from_db()
    assert len(pauses) == MAX_ATTEMPTS - 1
    assert pauses[:3] == [5, 10, 20]
    assert pauses == sorted(pauses)
    assert (event.outcome, event.settled_at) == ("unknown_reference", now)
    assert apply_pending_events(now=now + dt.timedelta(days=30)) == 0


def test_an_event_that_came_before_its_payment_is_applied_when_that_is_there(sale):
    run_sql("UPDATE payments_payment SET reference = NULL")
    event = get_event(sale.tell())
    run_sql("UPDATE payments_payment SET reference = %s", sale.reference)
    assert apply_pending_events(now=event.apply_after) == 1
    event.refresh_from_db()
    assert (event.outcome, event.payment, event.latest_error) == ("applied", sale.payment, "")
    assert sale.status == "paid"


def test_a_redelivery_of_a_waiting_event_applies_it_at_once(sale):
    run_sql("UPDATE payments_payment SET reference = NULL")
    callback = sale.make_event()
    assert callback.deliver().outcome == ""
    run_sql("UPDATE payments_payment SET reference = %s", sale.reference)
    again = callback.deliver()
    assert (again.outcome, again.duplicate) == ("applied", True)


def test_an_event_left_for_staff_is_applied_on_their_word_once_its_payment_is_there(sale):
    run_sql("UPDATE payments_payment SET reference = NULL")
    event = get_event(sale.tell())
    apply_until_settled(event)
    assert event.outcome == "unknown_reference"
    run_sql("UPDATE payments_payment SET reference = %s", sale.reference)
    assert apply_pending_events(now=LATER) == 0
    assert reapply_event(event_pk=event.pk, now=NOW)
    event.refresh_from_db()
    assert (event.outcome, sale.status) == ("applied", "paid")


def test_an_event_with_an_outcome_is_not_applied_again(sale):
    event = get_event(sale.tell(amount=1))
    assert reapply_event(event_pk=event.pk, now=NOW)
    assert apply_event(event_pk=event.pk, now=LATER)
    event.refresh_from_db()
    assert (event.outcome, event.settled_at, event.attempts) == ("amount_mismatch", NOW, 1)


def test_an_event_that_cannot_be_applied_is_kept_retried_and_at_last_left_for_staff(sale):
    # A gateway that took less than nothing: the payment's row refuses it.
    receipt = sale.tell(amount=-5)
    assert receipt.outcome == ""
    event = get_event(receipt)
    assert "IntegrityError" in event.latest_error
    apply_until_settled(event)
    assert (event.outcome, event.attempts) == ("review", MAX_ATTEMPTS)
    assert (sale.status, sale.payment.status, sale.payment.received_amount) == ("pending", "started", 0)


def test_one_event_that_cannot_be_applied_does_not_hold_up_the_others(sale):
    bad = get_event(sale.tell(amount=-5))
    other = make_sale()
    run_sql("UPDATE payments_payment SET reference = NULL WHERE reference = %s", other.reference)
    good = get_event(other.tell())
    run_sql("UPDATE payments_payment SET reference = %s WHERE reference IS NULL", other.reference)
    assert apply_pending_events(now=max(bad.apply_after, good.apply_after)) == 1
    assert other.status == "paid"


def test_every_event_of_a_long_story_has_an_outcome_and_the_money_adds_up(sale):
    outcomes = [
        sale.tell("charge.declined").outcome,
        reopen(sale).tell().outcome,
        sale.tell().outcome,
        sale.tell().outcome,
        sale.tell("charge.cancelled").outcome,
    ]
    assert outcomes == ["applied", "applied", "refunded_duplicate", "duplicate", "ignored"]
    kept = sum(payment.received_amount - payment.refunded_amount for payment in Payment.objects.all())
    assert kept == sale.order.total_amount


def test_money_for_an_order_that_was_refunded_goes_back(sale):
    sale.tell("charge.declined")
    second = reopen(sale)
    second.tell()
    refund_order(number=sale.order.number, reason="unwanted", actor="ann", now=NOW)
    assert sale.tell().outcome == "refunded_duplicate"
    assert {payment.received_amount - payment.refunded_amount for payment in Payment.objects.all()} == {0}


def test_the_scheduled_task_applies_what_is_due(sale):
    # Long due by the real clock, which the task reads.
    run_sql("UPDATE payments_payment SET reference = NULL")
    event = get_event(sale.tell())
    run_sql("UPDATE payments_payment SET reference = %s", sale.reference)
    GatewayEvent.objects.update(apply_after=dt.datetime(2024, 1, 1, tzinfo=dt.UTC))
    apply_task.apply().get()
    event.refresh_from_db()
    assert event.outcome == "applied"


def test_events_of_different_gateways_do_not_meet(sale):
    GatewayEvent.objects.create(
        gateway="another", event_id="evt_1", kind="other", body="", received_at=NOW, apply_after=LATER
    )
    assert sale.tell(event_id="evt_1").outcome == "applied"


def test_a_paid_order_that_is_told_again_stays_balanced():
    sale = make_paid_sale()
    for kind in ("charge.succeeded", "charge.declined", "charge.cancelled", "charge.reviewed"):
        sale.tell(kind)
    assert (sale.status, sale.payment.received_amount, list_refunds()) == ("paid", 2000, [])


def test_a_callback_for_one_order_never_pays_another(sale):
    other = make_sale()
    make_callback(open_payment(other.order), amount=2000).deliver()
    assert (sale.status, other.status) == ("pending", "paid")
