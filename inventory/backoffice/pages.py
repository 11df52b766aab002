"""The pages of the Django admin as the shop's staff get them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, Final

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import quote, unquote
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from inventory.backoffice.acting import rewind_uploads, run_action
from inventory.backoffice.fresh import FreshForm
from inventory.backoffice.paging import BoundedPaginator
from inventory.backoffice.parts import Link, NoticeSource, PanelSource, StaffAction, WaitingList
from inventory.backoffice.widgets import ForgivingAutocomplete
from inventory.errors import StockBusy
from inventory.transactions import run_in_transaction
from inventory.wording import explain

# How many records one press of a button may work on: each is a transaction, and somebody is waiting.
MOST_AT_ONCE: Final = 100
_LONGEST_SEARCH: Final = 100


class StaffAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # no generic at run time
    """A list and a page for one kind of record, with its panels, links and actions."""

    form = FreshForm
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 200
    ordering: ClassVar[tuple[str, ...]] = ("-pk",)
    change_form_template = "admin/staff/change_form.html"
    staff_actions: Sequence[StaffAction] = ()
    panels: Sequence[PanelSource] = ()
    notices: Sequence[NoticeSource] = ()
    waiting_lists: Sequence[WaitingList] = ()

    def extend(
        self,
        *,
        actions: Iterable[StaffAction] = (),
        notices: Iterable[NoticeSource] = (),
        panels: Iterable[PanelSource] = (),
    ) -> None:
        """Add what another app contributes to this record; for the composition root.

        Panels come right after the record's first one, which says what it consists of.
        """
        self.staff_actions = [*self.staff_actions, *actions]
        self.notices = [*self.notices, *notices]
        self.panels = [*self.panels[:1], *panels, *self.panels[1:]]

    # What may go wrong while a form is saved, and how to say it.
    save_errors: tuple[type[Exception], ...] = (StockBusy,)

    def explain(self, error: Exception) -> str:
        """Return what went wrong while saving, for staff."""
        return explain(error)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show a record, or save it in a transaction that is tried again when it loses a race for a row."""
        show = super().changeform_view
        if request.method != "POST":
            return show(request, object_id, form_url, extra_context)

        def save() -> Any:
            rewind_uploads(request)
            return show(request, object_id, form_url, extra_context)

        try:
            return run_in_transaction(save)
        except self.save_errors as error:
            self.message_user(request, self.explain(error), messages.ERROR)
            return redirect(request.get_full_path())

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Use a control that stands wrong values."""
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = ForgivingAutocomplete(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_links(self, request: HttpRequest, record: Any) -> list[Link]:
        """Return the places to go on from this record."""
        return []

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search, for no more words than somebody would type: each is a condition of the query."""
        return super().get_search_results(request, queryset, search_term[:_LONGEST_SEARCH])

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the list; answer a filter in the address that no column could hold like any wrong one."""
        try:
            return super().changelist_view(request, extra_context)
        except (OverflowError, ValueError):
            if request.method != "GET" or ERROR_FLAG in request.GET:
                raise
            return redirect(f"{request.path}?{ERROR_FLAG}=1")

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the actions."""
        view = self.admin_site.admin_view(self.act_on_one)
        address = "<path:object_id>/do/<slug:name>/"
        return [path(address, view, name=self.url_name("do")), *super().get_urls()]

    def url_name(self, page: str) -> str:
        """Return the name of one of this record's addresses, without the `admin:`."""
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    def url_of(self, record: Model, page: str = "change", *arguments: str) -> str:
        """Return the address of a record's page."""
        return reverse(f"admin:{self.url_name(page)}", args=[quote(record.pk), *arguments])

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Add the staff actions this person may use."""
        found: dict[str, Any] = super().get_actions(request)
        for action in self._list_permitted(request):
            found[action.name] = (_act_on_many(action), action.name, str(action.label))
        return found

    def act_on_one(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Ask, then do one thing with one record."""
        action = next((action for action in self.staff_actions if action.name == name), None)
        if action is None:
            raise Http404
        if action not in self._list_permitted(request):
            raise PermissionDenied
        record = self.get_object(request, unquote(object_id))
        if record is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        # A form that was opened while it was possible is answered by its own page, whatever happened since.
        if action.open_page is not None and (action.is_possible(record) or request.method == "POST"):
            return action.open_page(self, request, record)
        if request.method != "POST":
            return self.ask(request, action, [record])
        run_action(self, request, action, [record])
        return redirect(self.url_of(record))

    def ask(self, request: HttpRequest, action: StaffAction, records: Sequence[Any]) -> TemplateResponse:
        """Show what is about to be done, with a button that does it."""
        context = {
            **self.admin_site.each_context(request),
            "title": action.label,
            "opts": self.opts,
            "action": action,
            "records": records,
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/staff/confirm.html", context)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,  # noqa: FBT001, FBT002 - Django's signature
        change: bool = False,  # noqa: FBT001, FBT002
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Add notices, links, buttons and panels to the page of a record."""
        if obj is not None:
            context["staff_links"] = [
                *self.get_links(request, obj),
                *(
                    Link(self.url_of(obj, "do", action.name), action.label)
                    for action in self._list_permitted(request)
                    if action.is_possible(obj)
                ),
            ]
            may = request.user.has_perm
            context["staff_notices"] = [
                notice for source in self.notices if may(source.permission) for notice in source.make(obj)
            ]
            context["staff_panels"] = [source.make(obj) for source in self.panels if may(source.permission)]
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _list_permitted(self, request: HttpRequest) -> list[StaffAction]:
        if not self.has_view_permission(request):
            return []
        return [action for action in self.staff_actions if request.user.has_perm(action.permission)]


class RecordAdmin(StaffAdmin):
    """Records that only services write: staff look at them and use the actions."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Nobody: a record comes from what it records."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: changes go through the actions."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: history stays."""
        return False


_BulkAction = Callable[[StaffAdmin, HttpRequest, QuerySet[Any]], HttpResponse | None]


def _act_on_many(action: StaffAction) -> _BulkAction:
    def act(pages: StaffAdmin, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        records = list(chosen[: MOST_AT_ONCE + 1])
        if len(records) > MOST_AT_ONCE:
            text = _("Please choose no more than %(most)d at once.") % {"most": MOST_AT_ONCE}
            pages.message_user(request, text, messages.ERROR)
            return None
        if "confirmed" not in request.POST:
            return pages.ask(request, action, records)
        run_action(pages, request, action, records)
        return None

    return act
