"""Controls of the Django admin that stand what people send them."""

from collections.abc import Sequence
from typing import Any, Final

from django.contrib.admin.widgets import AutocompleteSelect

_LONGEST_ID: Final = 18


class ForgivingAutocomplete(AutocompleteSelect):
    """The admin's own control, which fails on a value that cannot be an id when it is shown again."""

    def optgroups(self, name: str, value: Sequence[str], attrs: Any = None) -> Any:
        """Leave out what is no id; the field has said what is wrong with it."""
        usable = [one for one in value if one.isdecimal() and len(one) <= _LONGEST_ID]
        return super().optgroups(name, usable, attrs)
