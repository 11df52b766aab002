"""The page on which staff upload a bank's statement, see what its lines would do, and have them taken."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.backoffice import StaffAdmin, get_actor
from inventory.backoffice import explain as explain_stock
from inventory.errors import StockBusy
from orders.money import format_money
from payments.models import EventOutcome
from payments.services import import_statement
from payments.statement_form import StatementForm, open_statement, seal_statement
from payments.statements.importing import LEFT, LineResult

PERMISSION: Final = "payments.confirm_payment"


def open_statement_page(pages: StaffAdmin, request: HttpRequest) -> HttpResponse:
    """Ask for a file; show what it would do; do it. Every line counts once, however often it is confirmed."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    if request.method != "POST":
        return _show(pages, request, StatementForm())
    if "statement" in request.POST:
        return _confirm(pages, request)
    form = StatementForm(request.POST, request.FILES)
    return _show(pages, request, form)


def _confirm(pages: StaffAdmin, request: HttpRequest) -> HttpResponse:
    content = open_statement(request.POST["statement"], actor=get_actor(request))
    if content is None:
        text = _("This preview is not complete, or too old. Please upload the file again.")
        pages.message_user(request, text, messages.ERROR)
        return redirect(request.path)
    results: list[LineResult] = []
    try:
        results.extend(import_statement(content=content, dry_run=False, now=timezone.now()))
    except StockBusy as error:
        text = _("Not every line was taken. Upload the file again: no line counts twice.")
        pages.message_user(request, f"{explain_stock(error)} {text}", messages.ERROR)
        return redirect(request.path)
    text = "; ".join(f"{label}: {count}" for label, count in _count(results))
    _log(pages, request, text)
    pages.message_user(request, _("The statement was taken. %(lines)s") % {"lines": text}, messages.SUCCESS)
    return redirect(request.path)


def _log(pages: StaffAdmin, request: HttpRequest, text: str) -> None:
    LogEntry.objects.create(
        user_id=str(request.user.pk),
        content_type=ContentType.objects.get_for_model(pages.model),
        object_repr=_("Bank statement"),
        action_flag=CHANGE,
        change_message=text,
    )


def _show(pages: StaffAdmin, request: HttpRequest, form: StatementForm) -> TemplateResponse:
    is_preview = form.is_bound and form.is_valid()
    context = {
        **pages.admin_site.each_context(request),
        "title": _("Bank statement"),
        "opts": pages.opts,
        "form": form,
        "rows": [_describe_row(result) for result in form.results] if is_preview else [],
        "figures": _count(form.results) if is_preview else [],
        "statement": seal_statement(form.content, actor=get_actor(request)) if is_preview else "",
    }
    return TemplateResponse(request, "admin/staff/statement.html", context)


def _describe_row(result: LineResult) -> tuple[int, str, str, str]:
    amount = format_money(result.amount, result.currency)
    return result.line, amount, result.reference, describe(result)


def _count(results: Iterable[LineResult]) -> list[tuple[str, int]]:
    return Counter(map(describe, results)).most_common()


def describe(result: LineResult) -> str:
    """Return what a line does, or did, for staff."""
    if result.outcome == LEFT:
        return _("Money that left the account: nothing to do")
    if not result.is_new:
        return _("Seen before: nothing to do")
    if result.detail:
        return _("Waiting for staff: %(problem)s") % {"problem": _(result.detail)}
    if result.outcome == EventOutcome.APPLIED:
        return _("Pays its order")
    if result.outcome not in EventOutcome.values:
        return str(EventOutcome.WAITING.label)
    return str(EventOutcome(result.outcome).label)
