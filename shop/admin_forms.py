"""What staff fill in about the catalogue."""

from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image

from inventory.backoffice import FreshForm
from inventory.selectors import get_levels_by_id, list_strategies
from inventory.types import MAX_QUANTITY, SKU_LENGTH
from shop.fields import MoneyField, OptionsField
from shop.models import Category, Product
from shop.services.catalogue import is_sku_taken

_MIXED: Final = ""
_DEEPEST: Final = 50


class ProductForm(FreshForm):
    """A product, with one locking strategy for all its variants."""

    locking_strategy = forms.ChoiceField(
        label=gettext_lazy("Locking strategy"),
        required=False,
        help_text=gettext_lazy("How buyers who come at the same moment are kept apart, for all variants."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = list_strategies()
        names = _list_strategies_of(self.instance)
        if len(names) > 1:
            choices = [(_MIXED, _("Mixed: leave each variant as it is")), *choices]
        field = self.fields["locking_strategy"]
        field.choices = choices  # type: ignore[attr-defined]
        field.initial = names.pop() if len(names) == 1 else choices[0][0]


def _list_strategies_of(product: Product) -> set[str]:
    if product._state.adding:
        return set()
    ids = list(product.variants.listed().values_list("stock_item_id", flat=True))
    return {level.locking_strategy for level in get_levels_by_id(ids=ids).values()}


class VariantForm(FreshForm):
    """One form in which a product is bought."""

    options = OptionsField(
        label=gettext_lazy("Options"), required=False, help_text=gettext_lazy("One to a line: “Size: M”.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Here, because the shop's currency is not known before its settings are.
        self.fields["price_amount"] = MoneyField(
            currency=settings.SHOP_CURRENCY,
            label=_("Price (%(currency)s)") % {"currency": settings.SHOP_CURRENCY},
        )
        self.fields["weight_grams"].required = False
        self.remember_shown()

    def clean_weight_grams(self) -> int:
        """Take no weight for none."""
        return self.cleaned_data["weight_grams"] or 0


class NewVariantForm(VariantForm):
    """A variant to be, with its stock item."""

    sku = forms.CharField(label=gettext_lazy("SKU"), max_length=SKU_LENGTH)
    initial_quantity = forms.IntegerField(
        label=gettext_lazy("Initial quantity"), min_value=0, max_value=MAX_QUANTITY, required=False
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a SKU that something else is sold from."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        sku, quantity = data.get("sku"), data.get("initial_quantity") or 0
        if sku and is_sku_taken(sku=sku, initial_quantity=quantity):
            self.add_error("sku", _("There is stock under this SKU already."))
        return data


class NewVariantFormSet(BaseInlineFormSet):  # type: ignore[type-arg]  # no generic at run time
    """The variants to be."""

    def clean(self) -> None:
        """Refuse one SKU for two of them."""
        super().clean()
        seen: set[str] = set()
        for form in self.forms:
            sku = getattr(form, "cleaned_data", {}).get("sku")
            if sku in seen:
                form.add_error("sku", _("This SKU is in the list twice."))
            if sku:
                seen.add(sku)


class CategoryForm(FreshForm):
    """A category, which is never below itself."""

    class Meta:
        model = Category
        fields = ("name", "slug", "parent", "position")

    def clean_parent(self) -> Category | None:
        """Refuse a parent that is below this category."""
        parent: Category | None = self.cleaned_data["parent"]
        above, steps = parent, 0
        while above is not None and steps < _DEEPEST:
            if self.instance.pk is not None and above.pk == self.instance.pk:
                raise ValidationError(_("A category cannot be below itself."))
            above, steps = above.parent, steps + 1
        return parent


class ImageForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """A picture of a product."""

    def clean_file(self) -> Any:
        """Refuse a picture that is cut off: its head looks well, and no other size can be made of it."""
        file = self.cleaned_data["file"]
        if "file" in self.changed_data and file:
            try:
                with Image.open(file) as picture:
                    picture.load()
            except (OSError, ValueError, SyntaxError) as error:
                raise ValidationError(_("This picture is damaged and cannot be shown.")) from error
            file.seek(0)
        return file
