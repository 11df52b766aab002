"""What customers type, checked before anything is done with it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from shop.one_line import LineField
from shop.places.countries import list_countries
from shop.places.regions import REGIONS, find_region, is_region
from shop.types import MAX_LINE_QUANTITY

_MAX_ID = 2**63 - 1
_MAX_AMOUNT = 10**15


class AddToCartForm(forms.Form):
    """Units of one variant, to be added."""

    variant = forms.IntegerField(min_value=1, max_value=_MAX_ID)
    quantity = forms.IntegerField(min_value=1, max_value=MAX_LINE_QUANTITY)


class QuantityForm(forms.Form):
    """A line's new quantity; 0 removes it."""

    quantity = forms.IntegerField(min_value=0, max_value=MAX_LINE_QUANTITY)


class CouponForm(forms.Form):
    """The code of a coupon; empty for none."""

    coupon = forms.CharField(max_length=64, required=False)


class RegionMixin(forms.Form):
    """A form with a region, which has to be one of its country where those are known."""

    def clean(self) -> dict[str, Any]:
        """Write the region the way rules name it."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        country, region = data.get("country", ""), data.get("region", "")
        if not region:
            # Without it nobody could tell which taxes there are.
            if data.get("line1") and country in REGIONS:
                self.add_error("region", _("Please enter the state or province."))
        elif is_region(country=country, text=region):
            data["region"] = find_region(country=country, text=region)
        else:
            self.add_error("region", _("There is no such state or province in this country."))
        return data


class EstimateForm(RegionMixin):
    """Where a cart would be shipped, as far as its price depends on it."""

    country = forms.ChoiceField(label=_("Country"), choices=list_countries)
    region = LineField(label=_("State or province"), max_length=60, required=False)
    postal_code = LineField(label=_("Postal code"), max_length=20, required=False)


class CheckoutForm(RegionMixin):
    """Whom to tell and where to ship, and which page of which cart this came from."""

    email = forms.EmailField(
        label=_("Email"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    name = LineField(
        label=_("Full name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "shipping name"})
    )
    line1 = LineField(
        label=_("Street and number"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "shipping address-line1"}),
    )
    line2 = LineField(
        label=_("Apartment, floor"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "shipping address-line2"}),
    )
    postal_code = LineField(
        label=_("Postal code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "shipping postal-code"}),
    )
    city = LineField(
        label=_("City"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "shipping address-level2"}),
    )
    region = LineField(
        label=_("State or province"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "shipping address-level1"}),
    )
    country = forms.ChoiceField(
        label=_("Country"),
        choices=list_countries,
        widget=forms.Select(attrs={"autocomplete": "shipping country"}),
    )
    shipping_method = forms.CharField(max_length=40, required=False)
    coupon = forms.CharField(label=_("Coupon"), max_length=64, required=False)
    gateway = forms.CharField(max_length=40, required=False)

    checkout_key = forms.CharField(max_length=40, widget=forms.HiddenInput)
    shown_lines = forms.CharField(max_length=64, widget=forms.HiddenInput)
    expected_total = forms.IntegerField(min_value=0, max_value=_MAX_AMOUNT, widget=forms.HiddenInput)

    ADDRESS_FIELDS = ("name", "line1", "line2", "city", "postal_code", "region", "country")

    @property
    def shipping_address(self) -> dict[str, str]:
        """The address of a valid form, as it is kept with the order."""
        address = {name: self.cleaned_data[name] for name in self.ADDRESS_FIELDS}
        return {name: text for name, text in address.items() if text or name != "region"}

    @property
    def was_tampered_with(self) -> bool:
        """Whether what the page itself filled in is missing or makes no sense."""
        return any(name in self.errors for name in ("checkout_key", "shown_lines", "expected_total"))


class PointsForm(forms.Form):
    """How many points to spend on an order: at most what is there and goes into its total."""

    points = forms.IntegerField(
        label=_("Points to use"),
        min_value=0,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, most: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.most = most
        self.fields["points"].widget.attrs["max"] = most

    def clean_points(self) -> int:
        """Hold the number against what can be used."""
        points: int = self.cleaned_data["points"] or 0
        if points > self.most:
            text = ngettext_lazy(
                "You can use at most %(most)d point here.",
                "You can use at most %(most)d points here.",
                "most",
            )
            raise forms.ValidationError(text, params={"most": self.most})
        return points

    @property
    def wanted(self) -> int:
        """The points of a valid form; none while it is not."""
        return int(self.cleaned_data["points"]) if self.is_valid() else 0


class PayForm(forms.Form):
    """Which gateway takes the money."""

    def __init__(self, *args: Any, gateways: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first = gateways[0][0] if gateways else None
        self.fields["gateway"] = forms.ChoiceField(choices=gateways, initial=first, widget=forms.RadioSelect)
