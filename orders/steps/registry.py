"""Which steps there are; the composition root registers them, in their order, when the shop starts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

from orders.types import OrderView


@dataclass(frozen=True, slots=True)
class StepTask:
    """What a step is given: the order, the key of this step of it, and what the steps before it resulted in.

    The key is the same in every attempt, and in the undo of what was done under it.
    """

    order: OrderView
    key: str
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do for a paid order. Both functions are called outside of any transaction.

    `do` returns what is to be remembered, as JSON. It may be called again after it succeeded, and then must
    change nothing twice; `undo` may be called for what was never done, and must keep it from being done
    later. Raising StepRefused ends the step at once; anything else is tried again. A step that `is_critical`
    takes the order with it when it fails for good, and those after it wait for it. `is_on` says whether the
    shop uses the step at all, `label` is what staff read.
    """

    name: str
    do: Callable[[StepTask], Mapping[str, Any] | None]
    undo: Callable[[StepTask], None]
    is_critical: bool
    is_on: Callable[[], bool] = lambda: True
    label: str | Promise = ""


_steps: dict[str, Step] = {}


def register_step(step: Step) -> None:
    """Add a step after those registered before it; one of the same name takes its place."""
    _steps[step.name] = step


def list_steps() -> list[Step]:
    """Return the steps that the shop uses, in their order."""
    return [step for step in _steps.values() if step.is_on()]


def label_step(name: str) -> str:
    """Return what staff read for a step, also one that the shop no longer knows."""
    step = _steps.get(name)
    return str(step.label or name) if step else name


def get_step(name: str) -> Step:
    """Return a step, also one that is switched off by now. Raises KeyError."""
    return _steps[name]
