"""The page on which staff refund an order by line."""

from typing import Any

from babel.numbers import get_currency_precision
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.backoffice import StaffAdmin, get_actor
from inventory.backoffice import explain as explain_stock
from inventory.errors import InventoryError, StockBusy
from orders.errors import InvalidTransition, NotThatManyToRefund, RefundTooLarge
from orders.money import format_money
from orders.selectors import get_order
from orders.states import OrderStatus
from orders.types import OrderView
from payments import services
from payments.errors import NothingToRefund
from payments.refund_form import RefundForm, start_refund
from payments.selectors import count_left


def open_refund_page(pages: StaffAdmin, request: HttpRequest, record: Any) -> HttpResponse:
    """Show what can go back of an order, and send back what was chosen."""
    order = get_order(number=record.number)
    if request.method != "POST":
        return _show(pages, request, record, start_refund(order))
    form = RefundForm(order, request.POST)
    if form.is_valid() and _refund(pages, request, record, form):
        return redirect(pages.url_of(record))
    return _show(pages, request, record, form)


def _refund(pages: StaffAdmin, request: HttpRequest, record: Any, form: RefundForm) -> bool:
    """Refund and report it; say whether this form is done with."""
    order = form.order
    try:
        refunded = services.refund_order(
            number=order.number,
            reason=form.cleaned_data["reason"],
            actor=get_actor(request),
            now=timezone.now(),
            lines=form.find_lines(),
            amount=form.find_amount(),
            token=form.cleaned_data["token"],
        )
    except RefundTooLarge as error:
        left = format_money(error.left, order.currency)
        form.add_error("amount", _("No more than %(left)s is left.") % {"left": left})
    except NotThatManyToRefund as error:
        form.add_error(f"quantity_{error.position}", _("So many are not left any more."))
    except (NothingToRefund, InvalidTransition):
        form.add_error(None, _("Somebody else was faster: look at the order again."))
    except (StockBusy, InventoryError) as error:
        form.add_error(None, explain_stock(error))
    else:
        _report(pages, request, record, refunded.refunded_amount - order.refunded_amount, order)
        return True
    return False


def _report(pages: StaffAdmin, request: HttpRequest, record: Any, sent: int, order: OrderView) -> None:
    text = _("Refund of %(amount)s.") % {"amount": format_money(sent, order.currency)}
    pages.log_change(request, record, text)
    pages.message_user(request, text, messages.SUCCESS)


def _show(pages: StaffAdmin, request: HttpRequest, record: Any, form: RefundForm) -> TemplateResponse:
    order = form.order
    left = count_left(order_id=order.id)
    context = {
        **pages.admin_site.each_context(request),
        "title": _("Refund"),
        "subtitle": order.number,
        "opts": pages.opts,
        "record": record,
        "order": order,
        "form": form,
        "rows": list(form.list_rows()),
        "is_shipped": order.status == OrderStatus.FULFILLED,
        "left": left,
        "digits": get_currency_precision(order.currency),
        "figures": [
            (_("Total"), format_money(order.total_amount, order.currency)),
            (_("Refunded"), format_money(order.refunded_amount, order.currency)),
            (_("Left"), format_money(left, order.currency)),
        ],
    }
    return TemplateResponse(request, "admin/staff/refund.html", context)
