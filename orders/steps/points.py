"""The step that gives the customer of a paid order the points it earns."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.points.services import earn_points, revoke_points
from orders.steps.registry import Step, StepTask


def _earn(task: StepTask) -> Mapping[str, Any]:
    return {"points": earn_points(order_id=task.order.id, now=timezone.now())}


def _revoke(task: StepTask) -> None:
    revoke_points(order_id=task.order.id, reason="step undone", now=timezone.now())


POINTS = Step(
    "points",
    do=_earn,
    undo=_revoke,
    is_critical=False,
    is_on=lambda: settings.POINTS_PER_UNIT > 0,
    label=_("Award points"),
)
