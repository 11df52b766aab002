"""Places on staff pages."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from shop.places.countries import list_countries


class CountryChoice:
    """Has staff choose a country by its name: two letters are easily those of another one."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Any:
        """Return the form's field for a column."""
        if db_field.name != "country":
            return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        return forms.ChoiceField(
            choices=list_countries, required=False, label=_("Country"), help_text=_("Empty for everywhere.")
        )
