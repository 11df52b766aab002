"""What staff can do about a step: each one button, confirmed, and one service call."""

import datetime as dt
from typing import Final

from django.utils.translation import gettext_lazy

from inventory.backoffice import StaffAction
from inventory.errors import StockBusy
from orders import services
from orders.steps.by_hand import RETRIABLE, SETTLEABLE
from orders.steps.models import OrderStep


def _try_again(step: OrderStep, actor: str, now: dt.datetime) -> bool:
    return services.try_step_again(step_id=step.pk, now=now)


def _settle(step: OrderStep, actor: str, now: dt.datetime) -> bool:
    return services.settle_step(step_id=step.pk, actor=actor, now=now)


TRY_AGAIN: Final = StaffAction(
    name="try_again",
    label=gettext_lazy("Try again"),
    question=gettext_lazy("Try this again now? The other side recognises what it was told before."),
    permission="orders.change_orderstep",
    is_possible=lambda step: step.state in RETRIABLE,
    run=_try_again,
    errors=(StockBusy,),
)
SETTLE: Final = StaffAction(
    name="settle",
    label=gettext_lazy("Settled by hand"),
    question=gettext_lazy(
        "Have you done this yourself, or is it not needed? The steps after it go on, and it is not undone by"
        " itself when the order is refunded."
    ),
    permission="orders.change_orderstep",
    is_possible=lambda step: step.state in SETTLEABLE,
    run=_settle,
    errors=(StockBusy,),
)
