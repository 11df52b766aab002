"""Forms that write what somebody changed on the page, and nothing else the page happens to show."""

from typing import Any

from django import forms


class FreshForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """A record on a page that may be old by the time it is saved.

    Each field is sent with what it showed. One that was left alone keeps the value it has by now, so two
    people who change different things on the same page both get what they wanted.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.remember_shown()

    def remember_shown(self) -> None:
        """Have every field sent with what it showed; to be called again by who adds fields."""
        if not self.instance._state.adding:
            for field in self.fields.values():
                field.show_hidden_initial = not isinstance(field, forms.FileField)

    def clean(self) -> dict[str, Any]:
        """Take for what was left alone what the record says now."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        kept = {field.name for field in self.instance._meta.concrete_fields}
        for name in kept.intersection(data).difference(self.changed_data):
            if self[name].html_initial_name in self.data:
                data[name] = getattr(self.instance, name)
        return data
