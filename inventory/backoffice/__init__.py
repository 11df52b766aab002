"""What all staff pages have in common: records to look at, and actions that ask before they do anything.

In the lowest app, because every app's admin builds on it; it knows nothing of what is recorded.
"""

from inventory.backoffice.pages import RecordAdmin, StaffAdmin, get_actor
from inventory.backoffice.parts import Link, Panel, PanelSource, StaffAction
from inventory.wording import explain

__all__ = [
    "Link",
    "Panel",
    "PanelSource",
    "RecordAdmin",
    "StaffAction",
    "StaffAdmin",
    "explain",
    "get_actor",
]
