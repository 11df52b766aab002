"""What staff can do about a step: have it tried again, or say that they have settled it."""

import datetime as dt

from inventory.transactions import run_in_transaction
from orders import outbox
from orders.states import StepState
from orders.steps.models import OrderStep
from orders.steps.plan import goes_back
from orders.steps.running import DO_TOPIC, UNDO_TOPIC, advance, lock, send, start_key

RETRIABLE = (StepState.READY, StepState.UNDOING, StepState.FAILED, StepState.STUCK)
SETTLEABLE = (StepState.READY, StepState.FAILED, StepState.STUCK)


def try_step_again(*, step_id: int, now: dt.datetime) -> bool:
    """Have a step that failed, or rests after an attempt, tried again at once; say whether there was one.

    Opens its own transaction.
    """

    def try_again() -> bool:
        order = lock(OrderStep.objects.get(id=step_id).order_id)
        step = order.steps.get(id=step_id)
        if step.state == StepState.STUCK:
            return _send_again(step, StepState.UNDOING, UNDO_TOPIC, now=now)
        if step.state == StepState.FAILED and not goes_back(order, list(order.steps.all())):
            OrderStep.objects.filter(id=step_id).update(failed_at=None, failed_because="")
            return _send_again(step, StepState.READY, DO_TOPIC, now=now)
        return step.state in (StepState.READY, StepState.UNDOING) and _hasten(step, now=now)

    return run_in_transaction(try_again)


def settle_step(*, step_id: int, actor: str, now: dt.datetime) -> bool:
    """Note that staff have done a step by hand, or undone one that could not be; say whether there was one.

    What comes after it goes on. Opens its own transaction.
    """

    def settle() -> bool:
        order = lock(OrderStep.objects.get(id=step_id).order_id)
        step = order.steps.get(id=step_id)
        if step.state not in SETTLEABLE:
            return False
        if step.state == StepState.STUCK:
            step.state, step.undone_at = StepState.UNDONE, now
        else:
            step.state, step.done_at = StepState.SETTLED, now
        step.settled_by = actor
        step.save(update_fields=["state", "done_at", "undone_at", "settled_by"])
        advance(order, now=now)
        return True

    return run_in_transaction(settle)


def _send_again(step: OrderStep, state: StepState, topic: str, *, now: dt.datetime) -> bool:
    step.state = state
    step.save(update_fields=["state"])
    send(topic, step, now=now)
    return True


def _hasten(step: OrderStep, *, now: dt.datetime) -> bool:
    """Deliver the step's message now instead of after its pause."""
    topic = UNDO_TOPIC if step.state == StepState.UNDOING else DO_TOPIC
    return outbox.hasten(key_start=start_key(topic, step), now=now) > 0
