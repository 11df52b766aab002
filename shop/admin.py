"""Staff pages for the catalogue. Stock is shown here and changed on the pages of stock items."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.backoffice import StaffAdmin, get_actor
from inventory.errors import DuplicateSku, InventoryError
from inventory.selectors import express_available, list_strategies
from orders.money import format_money
from shop.admin_forms import (
    CategoryForm,
    ImageForm,
    NewVariantForm,
    NewVariantFormSet,
    ProductForm,
    VariantForm,
)
from shop.delivery import admin as delivery_admin
from shop.mail_admin import SentMailAdmin
from shop.models import Category, FlashSale, Product, ProductImage, SentMail, Variant
from shop.promotions import admin as promotions_admin
from shop.restock import admin as restock_admin
from shop.sale_admin import FlashSaleAdmin
from shop.services.catalogue import NewVariant, ProductDraft, save_product
from shop.tax import admin as tax_admin

_VARIANT_FIELDS = ("options", "price_amount", "weight_grams", "position", "is_active")


class VariantInline(admin.TabularInline):  # type: ignore[type-arg]  # no generic at run time
    """The variants there are, with a look at their stock."""

    model = Variant
    form = VariantForm
    fields = ("show_stock", *_VARIANT_FIELDS)
    readonly_fields = ("show_stock",)
    ordering = ("position", "id")
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        """Read the stock with the variants; offers of flash sales have a page of their own."""
        variants: QuerySet[Variant] = super().get_queryset(request).filter(sale=None)
        return variants.select_related("stock_item", "product").annotate(
            units_available=express_available(through="stock_item")
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not here: a new variant needs a stock item."""
        return False

    @admin.display(description=gettext_lazy("stock"))
    def show_stock(self, variant: Variant) -> str:
        """What is there, linked to the page on which stock is changed."""
        item = variant.stock_item
        return format_html(
            '<a href="{}">{}</a><br>{}',
            reverse("admin:inventory_stockitem_change", args=[item.pk]),
            item.sku,
            _("%(available)d available of %(on_hand)d")
            % {"available": _count_available(variant), "on_hand": item.on_hand},
        )


class NewVariantInline(admin.TabularInline):  # type: ignore[type-arg]  # no generic at run time
    """Variants to be: the one place where a stock item is made with its first units."""

    model = Variant
    form = NewVariantForm
    formset = NewVariantFormSet
    fields = ("sku", "initial_quantity", *_VARIANT_FIELDS)
    verbose_name = gettext_lazy("new variant")
    verbose_name_plural = gettext_lazy("new variants")
    can_delete = False

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """One row for a new product, which is nothing without a variant."""
        return 0 if obj else 1

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        """None: those that exist are in the list above."""
        return super().get_queryset(request).none()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may make both variants and stock items."""
        return super().has_add_permission(request, obj) and request.user.has_perm("inventory.add_stockitem")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There is nothing here but what is added."""
        return self.has_add_permission(request, obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There is nothing here but what is added."""
        return self.has_add_permission(request, obj)


class ImageInline(admin.TabularInline):  # type: ignore[type-arg]  # no generic at run time
    """The pictures."""

    model = ProductImage
    form = ImageForm
    fields = ("file", "alt", "position")
    ordering = ("position", "id")
    extra = 0


class HasVariantsFilter(admin.SimpleListFilter):
    """Products with nothing to buy."""

    title = gettext_lazy("variants")
    parameter_name = "variants"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """See SimpleListFilter."""
        return [("none", _("None"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        """See SimpleListFilter."""
        return queryset.filter(variants__isnull=True) if self.value() == "none" else queryset


@admin.register(Product)
class ProductAdmin(StaffAdmin):
    """Products with their variants and pictures, saved by one service call."""

    form = ProductForm
    list_display = ("name", "category", "show_prices", "show_available", "show_strategy", "is_published")
    list_filter = ("is_published", "category", HasVariantsFilter)
    list_select_related = ("category",)
    search_fields = ("name", "vendor", "^variants__stock_item__sku")
    search_help_text = gettext_lazy("Words of the name or the maker, or the beginning of a SKU.")
    sortable_by = ("name",)
    autocomplete_fields = ("category",)
    prepopulated_fields = {"slug": ("name",)}
    inlines = (VariantInline, NewVariantInline, ImageInline)
    save_errors = (InventoryError,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Read variants and stock with a page of products, in two more queries whatever its length."""
        variants = Variant.objects.listed().select_related("stock_item")
        with_stock = Prefetch(
            "variants", variants.annotate(units_available=express_available(through="stock_item"))
        )
        return super().get_queryset(request).prefetch_related(with_stock)

    def get_fields(self, request: HttpRequest, obj: Product | None = None) -> list[Any]:
        """Let the strategy be chosen by those who may change stock items, and seen by the others."""
        strategy = "locking_strategy" if self._may_switch(request, obj) else "show_strategy"
        return [("name", "slug"), "category", "vendor", "description", "tax_class", "is_published", strategy]

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> list[str]:
        """See get_fields."""
        return [] if self._may_switch(request, obj) else ["show_strategy"]

    def get_inlines(self, request: HttpRequest, obj: Product | None) -> list[Any]:
        """A product to be has no variants yet, only new ones."""
        return [*self.inlines] if obj else [*self.inlines[1:]]

    def view_on_site(self, obj: Product) -> str | None:
        """Return where customers see it."""
        return reverse("shop:product", args=[obj.slug]) if obj.is_published else None

    @admin.display(description=gettext_lazy("price"))
    def show_prices(self, product: Product) -> str:
        """The price, or the lowest and the highest."""
        prices = sorted({variant.price_amount for variant in product.variants.all()})
        ends = prices if len(prices) < 2 else [prices[0], prices[-1]]
        return " – ".join(format_money(amount, settings.SHOP_CURRENCY) for amount in ends)

    @admin.display(description=gettext_lazy("available"))
    def show_available(self, product: Product) -> int:
        """Units of all variants together."""
        return sum(_count_available(variant) for variant in product.variants.all())

    @admin.display(description=gettext_lazy("locking strategy"))
    def show_strategy(self, product: Product) -> str:
        """The strategy, or that there is more than one."""
        names = {variant.stock_item.locking_strategy for variant in product.variants.all()}
        if len(names) > 1:
            return _("mixed")
        return str(dict(list_strategies()).get(next(iter(names), ""), ""))

    def explain(self, error: Exception) -> str:
        """See StaffAdmin."""
        if isinstance(error, DuplicateSku):
            return _("There is stock under the SKU %(sku)s already; nothing was saved.") % {"sku": error.sku}
        return super().explain(error)

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: Any) -> None:
        """Wait for `save_related`: product, variants, stock and pictures are one call."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        """Save everything on the page."""
        may_switch = self._may_switch(request, form.instance if change else None)
        draft = _draft(form, formsets, may_switch=may_switch)
        save_product(draft=draft, actor=get_actor(request), now=timezone.now())

    def _may_switch(self, request: HttpRequest, product: Product | None) -> bool:
        if product is None:
            may_save = self.has_add_permission(request)
        else:
            may_save = self.has_change_permission(request, product)
        return may_save and request.user.has_perm("inventory.change_stockitem")


delivery_admin.register(admin.site)
tax_admin.register(admin.site)
promotions_admin.register(admin.site)
restock_admin.register(admin.site)
admin.site.register(FlashSale, FlashSaleAdmin)
admin.site.register(SentMail, SentMailAdmin)


@admin.register(Category)
class CategoryAdmin(StaffAdmin):
    """The shelves of the shop."""

    form = CategoryForm
    list_display = ("name", "parent", "position")
    list_select_related = ("parent",)
    search_fields = ("name",)
    ordering = ("name", "id")
    autocomplete_fields = ("parent",)
    prepopulated_fields = {"slug": ("name",)}


def _count_available(variant: Variant) -> int:
    available: int = variant.units_available  # type: ignore[attr-defined]  # read with the variants
    return available


def _draft(form: Any, formsets: Sequence[Any], *, may_switch: bool) -> ProductDraft:
    """Read the page's forms, all valid, into what the service takes."""
    found: dict[str, Any] = {}
    for formset in formsets:
        rows = formset.save(commit=False)
        if isinstance(formset, NewVariantFormSet):
            found["new_variants"] = [
                NewVariant(
                    added.instance, added.cleaned_data["sku"], added.cleaned_data["initial_quantity"] or 0
                )
                for added in formset.extra_forms
                if added.has_changed()
            ]
        elif formset.model is Variant:
            found["changed_variants"], found["removed_variants"] = rows, formset.deleted_objects
        else:
            found["images"], found["removed_images"] = rows, formset.deleted_objects
    if may_switch and "locking_strategy" in form.changed_data:
        found["locking_strategy"] = form.cleaned_data["locking_strategy"] or None
    return ProductDraft(product=form.instance, **found)
