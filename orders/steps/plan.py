"""What is to happen next with the steps of an order, decided from what is known and from nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from orders.models import Order
from orders.states import OrderStatus, StepState
from orders.steps.models import OrderStep

# What may have been done at the other side: the answer to an attempt may have been lost.
_MAY_BE_DONE = (StepState.DONE, StepState.FAILED, StepState.READY)
_ENDED = (StepState.DONE, StepState.SETTLED, StepState.SKIPPED)
_BEING_UNDONE = (StepState.UNDOING, StepState.UNDONE, StepState.STUCK)


@dataclass(slots=True)
class Plan:
    """Which steps to begin, to leave out and to undo, and whether the order's money has to go back."""

    begin: list[OrderStep] = field(default_factory=list)
    skip: list[OrderStep] = field(default_factory=list)
    undo: OrderStep | None = None
    refund: bool = False


def goes_back(order: Order, steps: Sequence[OrderStep]) -> bool:
    """Say whether an order goes back: what was done for it is to be undone.

    What has left the house does not go back because a step failed: that is left to staff.
    """
    if order.status not in (OrderStatus.PAID, OrderStatus.FULFILLED):
        return True
    if any(step.state in _BEING_UNDONE for step in steps):
        return True
    return order.status == OrderStatus.PAID and any(
        step.is_critical and step.state == StepState.FAILED for step in steps
    )


def make_plan(order: Order, steps: Sequence[OrderStep]) -> Plan:
    """Return what is to happen next; `steps` are all of the order's, by position."""
    if goes_back(order, steps):
        return _plan_back(order, steps)
    plan = Plan()
    for step in steps:
        if step.state == StepState.WAITING:
            plan.begin.append(step)
        if step.is_critical and step.state not in _ENDED:
            break
    return plan


def _plan_back(order: Order, steps: Sequence[OrderStep]) -> Plan:
    """Undo the latest step that may have been done; the one before it follows when that is settled."""
    if order.fulfilled_at is not None:
        # The parcel is gone: there is no shipment to cancel and nothing to unpack.
        return Plan(skip=[step for step in steps if step.state in (StepState.WAITING, StepState.READY)])
    never_begun = [s for s in steps if s.state in (StepState.WAITING, StepState.READY) and not s.attempts]
    plan = Plan(skip=never_begun)
    if any(step.state in (StepState.RUNNING, StepState.UNDOING) for step in steps):
        # Under way: whoever is at it comes back here. To undo it meanwhile might come before it is done.
        return plan
    begun = [step for step in steps if step.state in _MAY_BE_DONE and step not in never_begun]
    plan.undo = begun[-1] if begun else None
    plan.refund = plan.undo is None and order.status == OrderStatus.PAID
    return plan
