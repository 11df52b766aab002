"""What all staff pages have in common: records to look at, and actions that ask before they do anything.

In the lowest app, because every app's admin builds on it; it knows nothing of what is recorded.
"""

from inventory.backoffice.acting import get_actor
from inventory.backoffice.fresh import FreshForm
from inventory.backoffice.pages import RecordAdmin, StaffAdmin
from inventory.backoffice.parts import (
    Link,
    Notice,
    NoticeSource,
    Panel,
    PanelSource,
    StaffAction,
    WaitingList,
)
from inventory.backoffice.waiting import WaitingCount, count_waiting
from inventory.wording import explain

__all__ = [
    "FreshForm",
    "Link",
    "Notice",
    "NoticeSource",
    "Panel",
    "PanelSource",
    "RecordAdmin",
    "StaffAction",
    "StaffAdmin",
    "WaitingCount",
    "WaitingList",
    "count_waiting",
    "explain",
    "get_actor",
]
