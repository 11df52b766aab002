"""Carrying the steps of an order out, and back.

Every change locks the order's row first, then writes its steps, then the messages that carry on: what was
decided and what makes it happen are one transaction. What a step does happens between two of them, so a
worker killed in the middle leaves a step that is RUNNING, and the message that began it comes again.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone

from inventory.ids import new_ids
from inventory.sql import Statement
from inventory.transactions import execute_last, require_transaction, run_in_transaction
from orders import outbox, selectors
from orders.errors import StepRefused
from orders.models import Order, OutboxMessage
from orders.rows import lock_row
from orders.states import StepState
from orders.steps.models import OrderStep
from orders.steps.plan import goes_back, make_plan
from orders.steps.registry import Step, StepTask, get_step
from orders.steps.rows import change, insert_steps, lock_steps, read_steps

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
        order = lock_row(order_id=order_id)
        insert_steps(order_id)
        advance(order, read_steps(order_id), now=now)

    run_in_transaction(begin)


def stop_steps(key: str, payload: Mapping[str, Any]) -> None:
    """Stop the steps of an order that was refunded and undo those done; an outbox handler.

    After a refund in part the order is still paid, and its steps go on.
    """
    order_id = payload["order_id"]
    run_in_transaction(lambda: advance(lock_row(order_id=order_id), read_steps(order_id), now=timezone.now()))


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
        _end(attempt, StepState.DONE, done_at=timezone.now(), result=json.dumps(result), latest_error="")


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
        order, step, steps = _lock(payload["payload"])
        topic = payload["key"].partition(":")[0]
        if OutboxMessage.objects.filter(
            key__startswith=start_key(topic, step), topic=topic, is_waiting=True
        ).exists():
            # Staff have given the step another round: the parking is history.
            return
        changes = []
        if step.state in (StepState.READY, StepState.RUNNING):
            changes = [
                change(step, state=StepState.FAILED, failed_at=now, failed_because=why, latest_error=why)
            ]
        elif step.state == StepState.UNDOING:
            changes = [change(step, state=StepState.STUCK, latest_error=why)]
        advance(order, steps, now=now, after=changes)

    run_in_transaction(give_up)


def advance(
    order: Order, steps: Sequence[OrderStep], *, now: dt.datetime, after: Sequence[Statement] = ()
) -> None:
    """Do what is to happen next with the steps of an order that is locked, `after` what changed them.

    `steps` are all of its steps, as they are after that. It ends the transaction, as `execute_last` does.
    """
    require_transaction()
    plan = make_plan(order, steps)
    statements = [*after, *(change(step, state=StepState.SKIPPED) for step in plan.skip)]
    statements += [change(step, state=StepState.READY) for step in plan.begin]
    statements += prepare_sending(DO_TOPIC, plan.begin, now=now)
    if plan.undo:
        statements.append(change(plan.undo, state=StepState.UNDOING))
        statements += prepare_sending(UNDO_TOPIC, [plan.undo], now=now)
    if plan.refund:
        statements += _prepare_refund(order, steps, now=now)
    if statements:
        execute_last(statements)


def prepare_sending(topic: str, steps: Sequence[OrderStep], *, now: dt.datetime) -> list[Statement]:
    """Return what has attempts at steps made, by outbox: one statement, or none."""
    # One message for each change of state, and those are made once, under the order's lock.
    return outbox.prepare(
        [
            outbox.Message(
                topic,
                f"{start_key(topic, step)}{id_}",
                {"order_id": step.order_id, "step_id": step.id},
                now,
            )
            for id_, step in zip(new_ids(len(steps)), steps, strict=True)
        ]
    )


def start_key(topic: str, step: OrderStep) -> str:
    """Return how the keys of all messages begin that ever carried attempts at a step."""
    return f"{topic}:{step.id}:"


def _lock(payload: Mapping[str, Any]) -> tuple[Order, OrderStep, list[OrderStep]]:
    """Lock the order of a message; return it, the step the message is about, and all its steps."""
    return lock_steps(order_id=payload["order_id"], step_id=payload["step_id"])


def _begin_doing(payload: Mapping[str, Any]) -> _Attempt | None:
    order, step, steps = _lock(payload)
    if step.state not in (StepState.READY, StepState.RUNNING):
        return None
    if goes_back(order, steps):
        # A killed worker may have done it: what was ever begun is undone under its key.
        ready = change(step, state=StepState.READY)
        advance(order, steps, now=timezone.now(), after=[ready])
        return None
    return _begin(order, step, steps, StepState.RUNNING, began_at=step.began_at or timezone.now())


def _begin_undoing(payload: Mapping[str, Any]) -> _Attempt | None:
    order, step, steps = _lock(payload)
    return _begin(order, step, steps, StepState.UNDOING) if step.state == StepState.UNDOING else None


def _begin(
    order: Order, step: OrderStep, steps: Sequence[OrderStep], state: StepState, **columns: Any
) -> _Attempt:
    results = {one.name: one.result for one in steps if one.result is not None}
    key = f"{step.name}:{order.number}"
    task = StepTask(selectors.to_view(order), key, results)
    execute_last([change(step, state=state, attempts=step.attempts + 1, **columns)])
    return _Attempt(order.id, step.id, step.attempts, state, get_step(step.name), task)


def _end(attempt: _Attempt, state: StepState, **columns: Any) -> None:
    """Note what came of an attempt, unless another began meanwhile: then that one's outcome counts."""

    def end() -> None:
        order, step, steps = lock_steps(order_id=attempt.order_id, step_id=attempt.step_id)
        if (step.state, step.attempts) == (attempt.state, attempt.number):
            ended = change(step, state=state, **columns)
            advance(order, steps, now=timezone.now(), after=[ended])

    run_in_transaction(end)


def _prepare_refund(order: Order, steps: Sequence[OrderStep], *, now: dt.datetime) -> list[Statement]:
    """Have the money sent back by whoever has it; the stock returns with it."""
    key = f"{REFUND_TOPIC}:{order.id}"
    if OutboxMessage.objects.filter(key=key).exists():
        return []
    why = next((f"{step.name}: {step.failed_because}" for step in steps if step.failed_at), "")
    return outbox.prepare([outbox.Message(REFUND_TOPIC, key, {"order_id": order.id, "reason": why}, now)])


def _describe(error: Exception) -> str:
    text = str(error) if isinstance(error, StepRefused) else repr(error)
    return text[:_ERROR_LENGTH]
