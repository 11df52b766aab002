"""What staff fill in about flash sales."""

from dataclasses import replace
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.selectors import get_levels_by_id, list_strategies
from inventory.types import MAX_QUANTITY, SKU_LENGTH
from shop.errors import InvalidSale, SaleOverlaps
from shop.fields import MoneyField
from shop.models import FlashSale, Variant
from shop.sale_types import SalePlan
from shop.services.flash_sales import DEFAULT_STRATEGY
from shop.services.sale_plans import LONGEST_WINDOW_SECONDS, read_plan, require_free, require_sensible

_MINUTE: Final = 60
# Where the form asks in other words than the plan has.
_FORM_FIELDS: Final = {"payment_window_seconds": "payment_minutes"}
_OWN_FIELDS: Final = ("name", "starts_at", "ends_at", "units", "limit_per_customer")


class SaleForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """What can be planned. Asks what the service will ask, so that mistakes are shown beside their fields."""

    starts_at = forms.SplitDateTimeField(label=gettext_lazy("Starts at"), widget=AdminSplitDateTime)
    ends_at = forms.SplitDateTimeField(label=gettext_lazy("Ends at"), widget=AdminSplitDateTime)
    units = forms.IntegerField(
        label=gettext_lazy("Units"),
        min_value=1,
        max_value=MAX_QUANTITY,
        help_text=gettext_lazy("Set aside for the sale, out of the variant's stock."),
    )
    limit_per_customer = forms.IntegerField(
        label=gettext_lazy("Limit per customer"),
        min_value=0,
        max_value=MAX_QUANTITY,
        initial=0,
        help_text=gettext_lazy("Units one customer may buy in all; 0 is no limit."),
    )
    # Made in __init__: the shop's currency is not known before its settings are.
    price_amount = forms.Field()
    payment_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes to pay"),
        min_value=1,
        max_value=LONGEST_WINDOW_SECONDS // _MINUTE,
        required=False,
        help_text=gettext_lazy("How long an order may stay unpaid; empty: as everywhere in the shop."),
    )

    class Meta:
        model = FlashSale
        fields = _OWN_FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["price_amount"] = MoneyField(
            currency=settings.SHOP_CURRENCY,
            label=_("Sale price (%(currency)s)") % {"currency": settings.SHOP_CURRENCY},
        )

    def ask_service(
        self, plan: SalePlan, variant: Variant, *, held: int = 0, besides: int | None = None
    ) -> None:
        """Put what the service would refuse beside its field; `held` units are set aside already."""
        try:
            require_sensible(plan, now=timezone.now())
            require_free(variant_id=variant.pk, plan=plan, besides=besides)
        except InvalidSale as error:
            self.add_error(_FORM_FIELDS.get(error.field, error.field), error.problem)
        except SaleOverlaps as error:
            text = _("The variant is in “%(name)s” at that time.") % {"name": error.name}
            self.add_error("starts_at" if "starts_at" in self.fields else "ends_at", text)
        available = get_levels_by_id(ids=[variant.stock_item_id])[variant.stock_item_id].available
        if plan.units - held > available:
            text = _("The variant has %(available)d available.") % {"available": available}
            self.add_error("units", text)

    def list_facts(self) -> dict[str, Any]:
        """Return what was typed, by the names of the plan."""
        data = self.cleaned_data
        facts: dict[str, Any] = {name: data[name] for name in (*_OWN_FIELDS, "price_amount") if name in data}
        minutes = data.get("payment_minutes")
        return {**facts, "payment_window_seconds": minutes * _MINUTE if minutes else None}


class NewSaleForm(SaleForm):
    """A sale to be."""

    sku = forms.CharField(
        label=gettext_lazy("SKU"),
        max_length=SKU_LENGTH,
        help_text=gettext_lazy("Of the variant to put on sale; the sale gets a SKU of its own."),
    )
    locking_strategy = forms.ChoiceField(
        label=gettext_lazy("Locking strategy"),
        choices=list_strategies,
        initial=DEFAULT_STRATEGY,
        help_text=gettext_lazy("How buyers who come at the same moment are kept apart."),
    )
    plan: SalePlan

    def clean_sku(self) -> Variant:
        """Return the variant. Raises ValidationError."""
        variant = Variant.objects.listed().filter(stock_item__sku=self.cleaned_data["sku"]).first()
        if variant is None:
            raise ValidationError(_("No variant has this SKU."))
        return variant

    def clean(self) -> dict[str, Any]:
        """Refuse what cannot be scheduled."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            self.plan = SalePlan(**self.list_facts())
            self.ask_service(self.plan, data["sku"])
        return data


class ChangedSaleForm(SaleForm):
    """A sale that is there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before = read_plan(self.instance)
        self.fields["price_amount"].initial = self.before.price_amount
        if seconds := self.before.payment_window_seconds:
            self.fields["payment_minutes"].initial = seconds // _MINUTE
        # With what it showed when it was opened: only what somebody changed on the page is written.
        for field in self.fields.values():
            field.show_hidden_initial = True

    def list_changes(self) -> dict[str, Any]:
        """Return what somebody changed on the page, by the names of the plan."""
        facts = self.list_facts()
        return {name: facts[name] for name in facts if _FORM_FIELDS.get(name, name) in self.changed_data}

    def clean(self) -> dict[str, Any]:
        """Refuse what the sale cannot become."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            plan = replace(self.before, **self.list_changes())
            self.ask_service(plan, self.instance.variant, held=self.before.units, besides=self.instance.pk)
        return data
