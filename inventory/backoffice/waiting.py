"""What waits for somebody, for the front page of the admin."""

from dataclasses import dataclass
from typing import Final

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import reverse

from inventory.backoffice.pages import StaffAdmin
from inventory.backoffice.parts import Text, WaitingList

# Beyond this many the front page says "or more".
MOST_WAITING: Final = 100


@dataclass(frozen=True, slots=True)
class WaitingCount:
    """How many records wait, at most MOST_WAITING, and where they are."""

    label: Text
    url: str
    count: int

    @property
    def is_cut(self) -> bool:
        """Whether there may be more of them."""
        return self.count >= MOST_WAITING


def count_waiting(site: AdminSite, request: HttpRequest) -> list[WaitingCount]:
    """Return what waits, of what this person may see. What does not wait is left out."""
    found = [
        _count(pages, waiting, request)
        for pages in site._registry.values()
        if isinstance(pages, StaffAdmin) and pages.has_view_permission(request)
        for waiting in pages.waiting_lists
    ]
    return [line for line in found if line.count]


def _count(pages: StaffAdmin, waiting: WaitingList, request: HttpRequest) -> WaitingCount:
    records = waiting.narrow(pages.get_queryset(request)).order_by()
    url = reverse(f"admin:{pages.url_name('changelist')}")
    return WaitingCount(waiting.label, f"{url}?{waiting.query}", records[:MOST_WAITING].count())
