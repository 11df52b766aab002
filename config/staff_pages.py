"""Joins on the page of an order what orders must not know: payments, refunds and their button, mail."""

from typing import cast

from django.contrib import admin
from knox.models import AuthToken

from inventory.backoffice import NoticeSource, PanelSource, StaffAdmin
from orders.models import Order
from payments.admin_notices import explain_payments, explain_refunds
from payments.admin_panels import show_payments, show_refunds_of_order
from payments.staff_actions import REFUND
from shop.mail_admin import show_mail


def join_staff_pages() -> None:
    """Extend the page of an order, and hide what is no business of staff.

    Called once, when every app's admin is loaded.
    """
    # Nobody can read a token there, and one made by hand is nobody's that logs in.
    admin.site.unregister(AuthToken)
    orders = cast(StaffAdmin, admin.site.get_model_admin(Order))
    orders.extend(
        actions=[REFUND],
        notices=[
            NoticeSource("payments.view_payment", explain_payments),
            NoticeSource("payments.view_refund", explain_refunds),
        ],
        panels=[
            PanelSource("payments.view_payment", show_payments),
            PanelSource("payments.view_refund", show_refunds_of_order),
            PanelSource("shop.view_sentmail", show_mail),
        ],
    )
