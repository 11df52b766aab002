"""What staff can do about a step: have it tried again, or say that they have settled it."""

import datetime as dt

from inventory.sql import Statement
from inventory.transactions import execute_last, run_in_transaction
from orders import outbox
from orders.models import Order
from orders.states import StepState
from orders.steps.models import OrderStep
from orders.steps.plan import goes_back
from orders.steps.rows import change, lock_steps
from orders.steps.running import DO_TOPIC, UNDO_TOPIC, advance, prepare_sending, start_key

RETRIABLE = (StepState.READY, StepState.UNDOING, StepState.FAILED, StepState.STUCK)
SETTLEABLE = (StepState.READY, StepState.FAILED, StepState.STUCK)


def try_step_again(*, step_id: int, now: dt.datetime) -> bool:
    """Have a step that failed, or rests after an attempt, tried again at once; say whether there was one.

    Opens its own transaction.
    """

    def try_again() -> bool:
        order, step, steps = _lock(step_id)
        if step.state == StepState.STUCK:
            return _send_again(UNDO_TOPIC, step, change(step, state=StepState.UNDOING), now=now)
        if step.state == StepState.FAILED and not goes_back(order, steps):
            cleared = change(step, state=StepState.READY, failed_at=None, failed_because="")
            return _send_again(DO_TOPIC, step, cleared, now=now)
        return step.state in (StepState.READY, StepState.UNDOING) and _hasten(step, now=now)

    return run_in_transaction(try_again)


def settle_step(*, step_id: int, actor: str, now: dt.datetime) -> bool:
    """Note that staff have done a step by hand, or undone one that could not be; say whether there was one.

    What comes after it goes on. What is yet to be done for an order that goes back is not done any more, by
    hand either: it is undone. Opens its own transaction.
    """

    def settle() -> bool:
        order, step, steps = _lock(step_id)
        if step.state not in SETTLEABLE or (step.state == StepState.READY and goes_back(order, steps)):
            return False
        if step.state == StepState.STUCK:
            settled = change(step, state=StepState.UNDONE, undone_at=now, settled_by=actor)
        else:
            settled = change(step, state=StepState.SETTLED, done_at=now, settled_by=actor)
        advance(order, steps, now=now, after=[settled])
        return True

    return run_in_transaction(settle)


def _lock(step_id: int) -> tuple[Order, OrderStep, list[OrderStep]]:
    return lock_steps(order_id=OrderStep.objects.get(id=step_id).order_id, step_id=step_id)


def _send_again(topic: str, step: OrderStep, changed: Statement, *, now: dt.datetime) -> bool:
    execute_last([changed, *prepare_sending(topic, [step], now=now)])
    return True


def _hasten(step: OrderStep, *, now: dt.datetime) -> bool:
    """Deliver the step's message now instead of after its pause."""
    topic = UNDO_TOPIC if step.state == StepState.UNDOING else DO_TOPIC
    return outbox.hasten(key_start=start_key(topic, step), now=now) > 0
