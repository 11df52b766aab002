"""After payment each step is done once, in order; what fails for good takes back what was done before it."""

import pytest
from django.db import transaction
from django.utils import timezone

from inventory.errors import StockBusy
from inventory.selectors import get_stock_level
from orders.errors import OrderGoesBack, StepRefused
from orders.models import OutboxMessage
from orders.outbox import MAX_ATTEMPTS
from orders.selectors import get_order
from orders.services import (
    begin_steps,
    cancel_order,
    connect,
    fulfil_order,
    mark_refunded,
    register_step,
    settle_step,
    stop_steps,
    try_step_again,
)
from orders.steps.models import OrderStep
from orders.steps.registry import Step
from tests.builders import NOW, buy, make_stock_item, revive
from tests.orders.steps import World, deliver, deliver_everything, list_states, place_paid
from tests.sessions import run_sql, second_session

pytestmark = pytest.mark.django_db

FOREVER = [RuntimeError("no line")] * MAX_ATTEMPTS


@pytest.fixture
def world():
    return World()


def refund(order):
    with transaction.atomic():
        mark_refunded(order_id=order.id, actor="ann", now=timezone.now())


def get_step(order, name):
    return OrderStep.objects.get(order_id=order.id, name=name)


def test_the_steps_of_a_paid_order_are_done_once_each_in_their_order(world):
    for name in ("shipment", "warehouse", "points"):
        world.add_step(name)
    order, _item = place_paid()
    deliver()
    assert world.told == ["do shipment", "do warehouse", "do points"]
    assert set(list_states(order).values()) == {"done"}
    deliver_everything()
    assert len(world.told) == 3


def test_a_step_knows_the_order_its_key_and_what_came_of_those_before(world):
    world.add_step("shipment", result={"tracking_number": "T1"})
    tasks: list = []
    register_step(Step("warehouse", tasks.append, lambda task: None, is_critical=True))
    order, _item = place_paid()
    deliver()
    (task,) = tasks
    assert (task.order.number, task.order.status) == (order.number, "paid")
    assert task.key == f"warehouse:{order.number}"
    assert task.results["shipment"] == {"tracking_number": "T1"}


def test_what_comes_after_a_critical_step_waits_for_it_and_for_no_other(world):
    world.add_step("points", is_critical=False, failures=[RuntimeError("no line")])
    world.add_step("shipment", failures=[RuntimeError("no line")])
    world.add_step("warehouse")
    order, _item = place_paid()
    deliver()
    assert sorted(world.told) == ["do points", "do shipment"]
    assert list_states(order) == {"points": "ready", "shipment": "ready", "warehouse": "waiting"}
    deliver_everything()
    assert set(list_states(order).values()) == {"done"}
    assert world.told.index("do warehouse") > world.told.index("do shipment")


def test_a_step_that_failed_is_tried_again_under_the_same_key_and_shows_what_happened(world):
    world.add_step("shipment", failures=[RuntimeError("no line")])
    order, _item = place_paid()
    deliver()
    step = get_step(order, "shipment")
    assert (step.state, step.attempts, step.latest_error) == ("ready", 1, "RuntimeError('no line')")
    assert step.began_at is not None
    deliver_everything()
    step = get_step(order, "shipment")
    assert (step.state, step.attempts, step.latest_error) == ("done", 2, "")
    assert step.done_at is not None


def test_a_free_order_has_its_steps(world):
    world.add_step("shipment")
    order = buy((make_stock_item(), 1), unit_price=0).order
    deliver()
    assert list_states(order) == {"shipment": "done"}


def test_an_order_revived_by_late_money_has_its_steps(world):
    world.add_step("shipment")
    order = buy((make_stock_item(), 1)).order
    cancel_order(number=order.number, reason="expired", actor="sweep", now=NOW)
    deliver()
    assert world.told == []
    revive(order)
    deliver()
    assert list_states(order) == {"shipment": "done"}


def test_a_payment_told_twice_begins_the_steps_once(world):
    world.add_step("shipment")
    order, _item = place_paid()
    deliver()
    begin_steps("again", {"order_id": order.id})
    deliver()
    assert world.told == ["do shipment"]


@pytest.mark.parametrize("failures", [[StepRefused("no such street")], FOREVER], ids=["refused", "parked"])
def test_a_critical_step_that_fails_for_good_takes_the_order_with_it(world, failures):
    world.add_step("shipment")
    world.add_step("points", is_critical=False)
    world.add_step("warehouse", failures=failures)
    world.add_step("never")
    order, item = place_paid()
    told_customer = []
    connect("order.refunded", lambda key, payload: told_customer.append(payload), subscriber="mail")
    deliver_everything()
    # Latest first; what failed may have been done all the same, so it is undone too.
    assert world.told[-3:] == ["undo warehouse", "undo points", "undo shipment"]
    assert "do never" not in world.told
    assert list_states(order) == {
        "shipment": "undone",
        "points": "undone",
        "warehouse": "undone",
        "never": "skipped",
    }
    assert get_order(number=order.number).status == "refunded"
    assert get_stock_level(sku=item.sku).available == 5
    assert told_customer == [{"order_id": order.id}]
    step = get_step(order, "warehouse")
    assert str(failures[0]) in step.failed_because
    assert step.failed_at is not None


def test_the_order_is_refunded_after_everything_was_undone_and_not_before(world):
    world.add_step("shipment", undo_failures=[RuntimeError("no line")])
    world.add_step("warehouse", failures=[StepRefused("closed")])
    order, item = place_paid()
    deliver()
    assert list_states(order) == {"shipment": "undoing", "warehouse": "undone"}
    assert get_order(number=order.number).status == "paid"
    assert get_stock_level(sku=item.sku).available == 3
    deliver_everything()
    assert get_order(number=order.number).status == "refunded"


def test_an_order_that_goes_back_cannot_be_shipped(world):
    world.add_step("shipment", undo_failures=[RuntimeError("no line")])
    world.add_step("warehouse", failures=[StepRefused("closed")])
    order, _item = place_paid()
    deliver()
    with pytest.raises(OrderGoesBack):
        fulfil_order(number=order.number, actor="ann", now=timezone.now())


def test_a_step_that_cannot_be_undone_is_left_to_staff_and_keeps_no_money_back(world):
    world.add_step("shipment", undo_failures=[StepRefused("it is on its way")])
    world.add_step("warehouse", failures=[StepRefused("closed")])
    order, _item = place_paid()
    deliver()
    step = get_step(order, "shipment")
    assert (step.state, step.latest_error) == ("stuck", "it is on its way")
    assert get_order(number=order.number).status == "refunded"
    assert try_step_again(step_id=step.id, now=timezone.now())
    deliver()
    assert list_states(order)["shipment"] == "undone"


def test_a_step_that_is_not_critical_fails_alone(world):
    world.add_step("points", is_critical=False, failures=FOREVER)
    world.add_step("shipment")
    order, _item = place_paid()
    deliver_everything()
    assert list_states(order) == {"points": "failed", "shipment": "done"}
    assert get_order(number=order.number).status == "paid"
    step = get_step(order, "points")
    assert try_step_again(step_id=step.id, now=timezone.now())
    deliver_everything()
    assert list_states(order)["points"] == "done"


def test_a_refund_stops_what_was_not_begun_and_undoes_what_was_done(world):
    world.add_step("shipment")
    world.add_step("warehouse", failures=[RuntimeError("no line")] * 3)
    world.add_step("points")
    order, _item = place_paid()
    deliver()
    refund(order)
    deliver_everything()
    # The warehouse may have heard it although it did not answer.
    assert world.told == ["do shipment", "do warehouse", "undo warehouse", "undo shipment"]
    assert list_states(order) == {"shipment": "undone", "warehouse": "undone", "points": "skipped"}


def test_a_refund_before_the_steps_begin_leaves_nothing_to_do(world):
    world.add_step("shipment")
    order, _item = place_paid()
    refund(order)
    deliver_everything()
    assert world.told == []
    assert list_states(order) == {"shipment": "skipped"}


def test_a_refund_while_a_step_is_being_done_undoes_it_when_it_is(world):
    order, _item = place_paid()

    def do(task):
        # Staff refund at this very moment, and that is told before the carrier answers.
        refund(order)
        stop_steps("order.refunded", {"order_id": order.id})
        world.told.append("do shipment")

    register_step(Step("shipment", do, lambda task: world.told.append("undo shipment"), is_critical=True))
    deliver_everything()
    assert world.told == ["do shipment", "undo shipment"]
    assert list_states(order) == {"shipment": "undone"}


def test_nothing_is_undone_while_a_later_step_is_being_done(world):
    world.add_step("shipment")
    order, _item = place_paid()

    def do(task):
        refund(order)
        stop_steps("order.refunded", {"order_id": order.id})
        world.told.append(f"do warehouse, shipment {list_states(order)['shipment']}")

    register_step(Step("warehouse", do, lambda task: world.told.append("undo warehouse"), is_critical=True))
    deliver_everything()
    assert world.told == [
        "do shipment",
        "do warehouse, shipment done",
        "undo warehouse",
        "undo shipment",
    ]


def test_after_a_refund_in_part_the_steps_go_on(world):
    world.add_step("shipment", failures=[RuntimeError("no line")])
    order, _item = place_paid()
    deliver()
    stop_steps("order.refunded", {"order_id": order.id, "refund_id": 1})
    deliver_everything()
    assert list_states(order) == {"shipment": "done"}


def test_what_has_left_the_house_is_not_taken_back(world):
    world.add_step("shipment")
    world.add_step("warehouse", failures=[RuntimeError("no line"), StepRefused("closed")])
    order, _item = place_paid()
    deliver()
    fulfil_order(number=order.number, actor="ann", now=timezone.now())
    deliver_everything()
    assert list_states(order) == {"shipment": "done", "warehouse": "failed"}
    assert get_order(number=order.number).status == "fulfilled"
    refund(order)
    deliver_everything()
    assert not any(word.startswith("undo") for word in world.told)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_before_it_noted_what_it_did_does_it_once_more_under_the_same_key(world):
    keys = []

    def do(task):
        keys.append(task.key)
        if len(keys) == 1:
            raise SystemExit("killed")
        return {"booked": keys[0]}

    register_step(Step("shipment", do, lambda task: None, is_critical=True))
    order, _item = place_paid()
    with pytest.raises(SystemExit):
        deliver()
    assert list_states(order) == {"shipment": "running"}
    deliver_everything()
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert list_states(order) == {"shipment": "done"}


def test_a_step_begun_by_a_worker_that_was_killed_is_undone_if_the_order_was_refunded_since(world):
    world.add_step("shipment", failures=[SystemExit("killed")])
    order, _item = place_paid()
    with pytest.raises(SystemExit):
        deliver()
    refund(order)
    deliver_everything()
    assert world.told == ["do shipment", "undo shipment"]
    assert list_states(order) == {"shipment": "undone"}


def test_what_comes_of_an_attempt_that_another_followed_is_not_noted(world):
    order, _item = place_paid()

    def do(task):
        # Past its lease, another worker began the step anew.
        OrderStep.objects.update(attempts=2)
        return {"by": "the late one"}

    register_step(Step("shipment", do, lambda task: None, is_critical=True))
    deliver()
    step = get_step(order, "shipment")
    assert (step.state, step.result) == ("running", None)


def test_staff_have_a_resting_step_tried_at_once(world):
    world.add_step("shipment", failures=[RuntimeError("no line")])
    order, _item = place_paid()
    deliver()
    assert try_step_again(step_id=get_step(order, "shipment").id, now=timezone.now())
    deliver()
    assert list_states(order) == {"shipment": "done"}
    assert not try_step_again(step_id=get_step(order, "shipment").id, now=timezone.now())


def test_staff_settle_a_step_by_hand_and_those_after_it_go_on(world):
    world.add_step("shipment", failures=FOREVER)
    world.add_step("warehouse")
    order, _item = place_paid()
    deliver()
    step = get_step(order, "shipment")
    assert settle_step(step_id=step.id, actor="staff:ann", now=timezone.now())
    deliver_everything()
    assert world.told == ["do shipment", "do warehouse"]
    step = get_step(order, "shipment")
    assert (step.state, step.settled_by) == ("settled", "staff:ann")
    assert get_order(number=order.number).status == "paid"
    assert not settle_step(step_id=step.id, actor="staff:bob", now=timezone.now())


def test_a_step_of_an_order_that_goes_back_is_not_settled_but_undone(world):
    world.add_step("shipment", failures=[RuntimeError("no line")])
    order, _item = place_paid()
    deliver()
    refund(order)
    step = get_step(order, "shipment")
    assert not settle_step(step_id=step.id, actor="staff:ann", now=timezone.now())
    deliver_everything()
    assert list_states(order) == {"shipment": "undone"}


@pytest.mark.django_db(transaction=True)
def test_a_step_is_changed_only_by_whoever_has_the_order(world):
    world.add_step("shipment", failures=[RuntimeError("no line")])
    order, _item = place_paid()
    deliver()
    run_sql("SET SESSION innodb_lock_wait_timeout = 1")
    with second_session() as other:
        other.set_autocommit(False)
        run_sql("SELECT id FROM orders_order WHERE id = %s FOR UPDATE", order.id, session=other)
        with pytest.raises(StockBusy):
            settle_step(step_id=get_step(order, "shipment").id, actor="staff:ann", now=timezone.now())
        other.rollback()
    run_sql("SET SESSION innodb_lock_wait_timeout = 3")
    assert list_states(order) == {"shipment": "ready"}


def test_a_parked_attempt_that_staff_took_up_again_does_not_fail_the_step(world):
    world.add_step("points", is_critical=False, failures=FOREVER)
    order, _item = place_paid()
    deliver_everything()
    told = OutboxMessage.objects.get(topic="order.step.do.parked")
    assert try_step_again(step_id=get_step(order, "points").id, now=timezone.now())
    # The news of the parking comes a second time, as any message may.
    OutboxMessage.objects.filter(id=told.id).update(is_waiting=True, deliver_after=NOW, attempts=0)
    deliver_everything()
    assert list_states(order) == {"points": "done"}


def test_an_order_is_asked_to_be_refunded_once(world):
    world.add_step("shipment", undo_failures=[StepRefused("gone")])
    world.add_step("warehouse", failures=[StepRefused("closed")])
    order, _item = place_paid()
    asked = []
    connect("order.refund", lambda key, payload: asked.append(key), subscriber="payments")
    deliver_everything()
    settle_step(step_id=get_step(order, "shipment").id, actor="staff:ann", now=timezone.now())
    deliver_everything()
    assert asked == [f"order.refund:{order.id}"]
