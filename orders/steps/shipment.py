"""The step that books the shipment of an order with its carrier."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from orders.steps.carriers import find_carrier
from orders.steps.registry import Step, StepTask
from orders.types import SHIPMENT_STEP


def _book(task: StepTask) -> Mapping[str, Any]:
    return find_carrier().book(task.order, key=task.key).to_result()


def _cancel(task: StepTask) -> None:
    find_carrier().cancel(task.order, key=task.key)


SHIPMENT = Step(SHIPMENT_STEP, do=_book, undo=_cancel, is_critical=True, label=_("Book the shipment"))
