"""Pages of lists that may be very long."""

from functools import cached_property
from typing import Final

from django.core.paginator import Paginator
from django.db.models import QuerySet

# Beyond this many rows a list says "or more": counting a million to show page 1 helps nobody.
MOST_COUNTED: Final = 10_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # no generic at run time
    """Counts no further than MOST_COUNTED, so that a page costs the same however many rows there are."""

    @cached_property
    def count(self) -> int:
        """Number of rows, or MOST_COUNTED if there are at least that many."""
        rows = self.object_list
        assert isinstance(rows, QuerySet)  # noqa: S101 - what Django's admin hands to its paginators
        return int(rows.order_by()[:MOST_COUNTED].count())

    @property
    def is_cut(self) -> bool:
        """Whether there may be more rows than were counted."""
        return self.count >= MOST_COUNTED
