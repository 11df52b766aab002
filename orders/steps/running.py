"""Carrying the steps of an order out, and back.

Every change locks the order's row first, then writes its steps, then the messages that carry on: what was
decided and what makes it happen are one transaction. What a step does happens between two of them, so a
worker killed in the middle leaves a step that is RUNNING, and the message that began it comes again.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone

from inventory.ids import new_ids
from inventory.transactions import require_transaction, run_in_transaction
from orders import outbox, selectors
from orders.errors import StepRefused
from orders.models import Order, OutboxMessage
from orders.states import StepState
from orders.steps.models import OrderStep
from orders.steps.plan import goes_back, make_plan
from orders.steps.registry import Step, StepTask, get_step, list_steps

DO_TOPIC: Final = "order.step.do"
UNDO_TOPIC: Final = "order.step.undo"
REFUND_TOPIC: Final = "order.refund"
_ERROR_LENGTH: Final = 500


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One attempt at a step, as it was begun."""

    order_id: int
    step_id: int
    number: int
    state: StepState
    step: Step
    task: StepTask


def begin_steps(key: str, payload: Mapping[str, Any]) -> None:
    """Begin what follows the payment of an order; an outbox handler. Begun again, it changes nothing."""
    order_id, now = payload["order_id"], timezone.now()

    def begin() -> None:
        order = lock(order_id)
        steps = list_steps()
        OrderStep.objects.bulk_create(
            [
                OrderStep(
                    id=id_, order=order, name=step.name, position=position, is_critical=step.is_critical
                )
                for position, (id_, step) in enumerate(zip(new_ids(len(steps)), steps, strict=True))
            ],
            # Told twice: the rows that are there know what became of them.
            ignore_conflicts=True,
        )
        advance(order, now=now)

    run_in_transaction(begin)


def stop_steps(key: str, payload: Mapping[str, Any]) -> None:
    """Stop the steps of an order that was refunded and undo those done; an outbox handler.

    After a refund in part the order is still paid, and its steps go on.
    """
    run_in_transaction(lambda: advance(lock(payload["order_id"]), now=timezone.now()))


def do_step(key: str, payload: Mapping[str, Any]) -> None:
    """Make one attempt at a step; an outbox handler. Raises what the step raises, to be tried again."""
    attempt = run_in_transaction(lambda: _begin_doing(payload))
    if attempt is None:
        return
    try:
        result = attempt.step.do(attempt.task) or {}
    except StepRefused as refusal:
        why = _describe(refusal)
        _end(attempt, StepState.FAILED, failed_at=timezone.now(), failed_because=why, latest_error=why)
    except Exception as error:
        _end(attempt, StepState.READY, latest_error=_describe(error))
        raise
    else:
        _end(attempt, StepState.DONE, done_at=timezone.now(), result=dict(result), latest_error="")


def undo_step(key: str, payload: Mapping[str, Any]) -> None:
    """Make one attempt to undo a step; an outbox handler. Raises what the step raises, to be tried again."""
    attempt = run_in_transaction(lambda: _begin_undoing(payload))
    if attempt is None:
        return
    try:
        attempt.step.undo(attempt.task)
    except StepRefused as refusal:
        _end(attempt, StepState.STUCK, latest_error=_describe(refusal))
    except Exception as error:
        _end(attempt, StepState.UNDOING, latest_error=_describe(error))
        raise
    else:
        _end(attempt, StepState.UNDONE, undone_at=timezone.now(), latest_error="")


def give_up_step(key: str, payload: Mapping[str, Any]) -> None:
    """Note that all attempts at a step failed; an outbox handler, told that their message was parked."""
    why, now = payload["error"], timezone.now()

    def give_up() -> None:
        order, step, _steps = _lock_steps(payload["payload"])
        topic = payload["key"].partition(":")[0]
        if OutboxMessage.objects.filter(
            key__startswith=start_key(topic, step), topic=topic, is_waiting=True
        ).exists():
            # Staff have given the step another round: the parking is history.
            return
        if step.state in (StepState.READY, StepState.RUNNING):
            _set(step, state=StepState.FAILED, failed_at=now, failed_because=why, latest_error=why)
        elif step.state == StepState.UNDOING:
            _set(step, state=StepState.STUCK, latest_error=why)
        advance(order, now=now)

    run_in_transaction(give_up)


def advance(order: Order, *, now: dt.datetime) -> None:
    """Do what is to happen next with the steps of an order that is locked. Needs a transaction."""
    require_transaction()
    steps = list(order.steps.order_by("position"))
    plan = make_plan(order, steps)
    for step in plan.skip:
        _set(step, state=StepState.SKIPPED)
    for step in plan.begin:
        _set(step, state=StepState.READY)
        send(DO_TOPIC, step, now=now)
    if plan.undo:
        _set(plan.undo, state=StepState.UNDOING)
        send(UNDO_TOPIC, plan.undo, now=now)
    if plan.refund:
        _ask_for_refund(order, steps, now=now)


def lock(order_id: int) -> Order:
    """Lock an order's row and return it. Needs a transaction."""
    return Order.objects.select_for_update().get(id=order_id)


def send(topic: str, step: OrderStep, *, now: dt.datetime) -> None:
    """Have attempts at a step made, by outbox. Needs a transaction."""
    # One message for each change of state, and those are made once, under the order's lock.
    key = f"{start_key(topic, step)}{new_ids(1)[0]}"
    outbox.enqueue(topic=topic, payloads={key: {"order_id": step.order_id, "step_id": step.id}}, now=now)


def start_key(topic: str, step: OrderStep) -> str:
    """Return how the keys of all messages begin that ever carried attempts at a step."""
    return f"{topic}:{step.id}:"


def _lock_steps(payload: Mapping[str, Any]) -> tuple[Order, OrderStep, list[OrderStep]]:
    """Lock the order of a message; return it, the step the message is about, and all its steps."""
    order = lock(payload["order_id"])
    steps = list(order.steps.all())
    return order, next(step for step in steps if step.id == payload["step_id"]), steps


def _begin_doing(payload: Mapping[str, Any]) -> _Attempt | None:
    order, step, steps = _lock_steps(payload)
    if step.state not in (StepState.READY, StepState.RUNNING):
        return None
    if goes_back(order, steps):
        # A killed worker may have done it: what was ever begun is undone under its key.
        _set(step, state=StepState.READY)
        advance(order, now=timezone.now())
        return None
    return _begin(order, step, steps, StepState.RUNNING, began_at=step.began_at or timezone.now())


def _begin_undoing(payload: Mapping[str, Any]) -> _Attempt | None:
    order, step, steps = _lock_steps(payload)
    return _begin(order, step, steps, StepState.UNDOING) if step.state == StepState.UNDOING else None


def _begin(
    order: Order, step: OrderStep, steps: Sequence[OrderStep], state: StepState, **columns: Any
) -> _Attempt:
    _set(step, state=state, attempts=step.attempts + 1, **columns)
    results = {one.name: one.result for one in steps if one.result is not None}
    key = f"{step.name}:{order.number}"
    task = StepTask(selectors.to_view(order), key, results)
    return _Attempt(order.id, step.id, step.attempts + 1, state, get_step(step.name), task)


def _end(attempt: _Attempt, state: StepState, **columns: Any) -> None:
    """Note what came of an attempt, unless another began meanwhile: then that one's outcome counts."""

    def end() -> None:
        order = lock(attempt.order_id)
        ended = OrderStep.objects.filter(
            id=attempt.step_id, state=attempt.state, attempts=attempt.number
        ).update(state=state, **columns)
        if ended:
            advance(order, now=timezone.now())

    run_in_transaction(end)


def _set(step: OrderStep, **columns: Any) -> None:
    """Change a step of an order that is locked."""
    OrderStep.objects.filter(id=step.id).update(**columns)


def _ask_for_refund(order: Order, steps: Sequence[OrderStep], *, now: dt.datetime) -> None:
    """Have the money sent back by whoever has it; the stock returns with it."""
    key = f"{REFUND_TOPIC}:{order.id}"
    if OutboxMessage.objects.filter(key=key).exists():
        return
    why = next((f"{step.name}: {step.failed_because}" for step in steps if step.failed_at), "")
    outbox.enqueue(topic=REFUND_TOPIC, payloads={key: {"order_id": order.id, "reason": why}}, now=now)


def _describe(error: Exception) -> str:
    text = str(error) if isinstance(error, StepRefused) else repr(error)
    return text[:_ERROR_LENGTH]
