"""Orders, their lines, the outbox, and the health of scheduled jobs."""

from orders.models.allowances import AllowanceUse, PurchaseAllowance
from orders.models.orders import Order, OrderAdjustment, OrderLine
from orders.models.outbox import JobHealth, OutboxMessage
from orders.points import models as _points  # noqa: F401 - Django finds an app's models by this module
from orders.steps import models as _steps  # noqa: F401 - Django finds an app's models by this module

__all__ = [
    "AllowanceUse",
    "JobHealth",
    "Order",
    "OrderAdjustment",
    "OrderLine",
    "OutboxMessage",
    "PurchaseAllowance",
]
