"""What a staff page is put together from."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

Text = str | Promise


def _say_nothing_to_do(record: Any) -> str:
    return _("there was nothing to do any more.")


@dataclass(frozen=True, slots=True)
class Link:
    """A place to go on from a record."""

    url: str
    label: Text


@dataclass(frozen=True, slots=True)
class Panel:
    """A table below a record: what else there is to know about it."""

    title: Text
    columns: Sequence[Text]
    rows: Sequence[Sequence[object]]
    links: Sequence[Link] = ()


@dataclass(frozen=True, slots=True)
class PanelSource:
    """Where a panel comes from, and which permission it takes to see it."""

    permission: str
    make: Callable[[Any], Panel]


@dataclass(frozen=True, slots=True)
class Notice:
    """What staff should read before anything else about a record, and where to go on from there."""

    text: Text
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class NoticeSource:
    """Where notices come from, and which permission it takes to see them."""

    permission: str
    make: Callable[[Any], Iterable[Notice]]


@dataclass(frozen=True, slots=True)
class WaitingList:
    """Records that wait for somebody: a line of the front page, which leads to the list of them.

    `query` is what the list's address has after the `?`; `narrow` must choose the same records, by an index.
    """

    label: Text
    query: str
    narrow: Callable[[QuerySet[Any]], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class StaffAction:
    """Something staff can do with a record: a button on its page and a bulk action on its list.

    Both ask first, and both do it only if `is_possible(record)`; otherwise `why_not(record)` is said.
    On a record's page it may open a page of its own instead of asking, `open_page(pages, request, record)`.
    `run(record, actor, now)` makes one service call and says whether there was anything to
    do. Of the errors it may raise, those in `errors` are explained to whoever pressed the button.
    """

    name: str
    label: Text
    question: Text
    permission: str
    is_possible: Callable[[Any], bool]
    run: Callable[[Any, str, dt.datetime], bool]
    errors: tuple[type[Exception], ...] = ()
    explain: Callable[[Exception], str] = str
    why_not: Callable[[Any], str] = _say_nothing_to_do
    open_page: Callable[[Any, HttpRequest, Any], HttpResponse] | None = None
