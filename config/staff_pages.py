"""Joins on the page of an order what orders must not know: payments, refunds, the button that refunds."""

from typing import cast

from django.contrib import admin

from inventory.backoffice import PanelSource, StaffAdmin
from orders.models import Order
from payments.admin_panels import show_payments, show_refunds_of_order
from payments.staff_actions import REFUND


def join_staff_pages() -> None:
    """Extend the page of an order. Called once, when every app's admin is loaded."""
    orders = cast(StaffAdmin, admin.site.get_model_admin(Order))
    orders.extend(
        actions=[REFUND],
        panels=[
            PanelSource("payments.view_payment", show_payments),
            PanelSource("payments.view_refund", show_refunds_of_order),
        ],
    )
