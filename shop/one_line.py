"""Text of one line that shows all there is of it: names, streets, cities.

A line break in a name could become a line of a letter or of a carrier's label, and a sign that turns the
direction of writing shows staff another text than the one that is stored.
"""

import re
from typing import Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# Control characters, line and paragraph separators, and the signs that change the direction of what follows.
_UNSEEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def is_one_line(text: str) -> bool:
    """Say whether a text has neither line breaks nor control characters."""
    return not _UNSEEN.search(text)


def validate_one_line(text: str) -> None:
    """Raise ValidationError for a text with line breaks or control characters."""
    if not is_one_line(text):
        raise ValidationError(
            _("Please leave out line breaks and invisible characters."), code="not_one_line"
        )


class LineField(forms.CharField):
    """A text of one line."""

    default_validators = [validate_one_line]
