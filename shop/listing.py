"""What a list of products was asked for: words, filters and order, read from an address."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from shop.fields import MoneyField
from shop.search.types import Filters, OptionChoices, Sort

_MOST_WANTED: Final = 24
_LONGEST: Final = 100


class ListForm(forms.Form):
    """By what a list is narrowed and sorted; what makes no sense is said beside its field and left out."""

    sort = forms.ChoiceField(label=_("Sort by"), choices=Sort.choices, required=False)
    stock = forms.BooleanField(label=_("In stock only"), required=False)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        # Here, because the shop's currency is not known before its settings are.
        for name, label in (("min", _("Price from")), ("max", _("Price to"))):
            self.fields[name] = MoneyField(currency=settings.SHOP_CURRENCY, label=label, required=False)
        self.is_valid()

    @property
    def prices(self) -> list[forms.BoundField]:
        """The two ends of the price range."""
        return [self["min"], self["max"]]

    @property
    def sort_by(self) -> Sort:
        """The order asked for."""
        return Sort(self.cleaned_data.get("sort", ""))

    @property
    def filters(self) -> Filters:
        """The filters asked for."""
        get: Any = self.cleaned_data.get
        return Filters(get("min"), get("max"), bool(get("stock")), self.options)

    @property
    def options(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The options asked for: `o=Size:M&o=Size:L` is one option with two values that will do."""
        wanted: dict[str, tuple[str, dict[str, None]]] = {}
        for text in _get_list(self.data, "o"):
            name, _colon, value = (part.strip() for part in text.partition(":"))
            if name and value and text.isprintable() and max(len(name), len(value)) <= _LONGEST:
                wanted.setdefault(name.casefold(), (name, {}))[1][value] = None
        return tuple((name, tuple(values)) for name, values in wanted.values())


def _get_list(data: Any, name: str) -> Sequence[str]:
    found: list[str] = data.getlist(name)
    return found[:_MOST_WANTED]


@dataclass(frozen=True, slots=True)
class Tick:
    """A value that can be ticked; `products` is None if the list has no such value now."""

    value: str
    products: int | None
    is_ticked: bool


@dataclass(frozen=True, slots=True)
class TickGroup:
    """The values of one option."""

    name: str
    ticks: tuple[Tick, ...]


def list_ticks(choices: Sequence[OptionChoices], form: ListForm) -> list[TickGroup]:
    """Return what can be ticked, and what is; nothing that was asked for is lost."""
    wanted = {name.casefold(): (name, values) for name, values in form.options}
    groups = []
    for option in choices:
        _name, values = wanted.pop(option.name.casefold(), ("", ()))
        groups.append(_to_group(option.name, option, values))
    return groups + [_to_group(name, None, values) for name, values in wanted.values()]


def _to_group(name: str, option: OptionChoices | None, wanted: Sequence[str]) -> TickGroup:
    left = {value.casefold(): value for value in wanted}
    ticks = [
        Tick(choice.value, choice.products, left.pop(choice.value.casefold(), None) is not None)
        for choice in (option.choices if option else ())
    ]
    odd = (Tick(value, None, is_ticked=True) for value in left.values())
    return TickGroup(name, (*ticks, *odd))
