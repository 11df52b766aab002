"""The catalogue and the cart."""

import datetime as dt
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shop.address_book import models as _address_book  # noqa: F401 - Django finds an app's models by this module
from shop.delivery import models as _delivery  # noqa: F401 - Django finds an app's models by this module
from shop.mail.kinds import MailKind
from shop.picture_sizes import make_size
from shop.promotions import models as _promotions  # noqa: F401 - Django finds an app's models by this module
from shop.restock import models as _restock  # noqa: F401 - Django finds an app's models by this module
from shop.search import models as _search  # noqa: F401 - Django finds an app's models by this module
from shop.tax.models import TaxClass


class Category(models.Model):
    """A shelf of the catalogue; categories form a tree."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("slug"), max_length=140, unique=True)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent"),
    )
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """Something the shop shows; what is bought is one of its variants."""

    name = models.CharField(_("name"), max_length=255)
    slug = models.SlugField(_("slug"), max_length=255, unique=True, allow_unicode=True)
    # HTML cleaned of everything but text markup when it was saved.
    description = models.TextField(_("description"), blank=True)
    vendor = models.CharField(_("vendor"), max_length=120, blank=True)
    category = models.ForeignKey(
        Category,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="products",
        verbose_name=_("category"),
    )
    # Empty for the standard rates.
    tax_class = models.ForeignKey(
        TaxClass,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("tax class"),
    )
    is_published = models.BooleanField(_("published"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    # Of the variants that can be bought, for sorting; written by `shop.search.indexing`.
    lowest_price = models.BigIntegerField(null=True, editable=False)
    highest_price = models.BigIntegerField(null=True, editable=False)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        indexes: ClassVar = [
            models.Index(fields=["is_published", "category"], name="product_listed"),
            models.Index(fields=["is_published", "lowest_price"], name="product_by_lowest_price"),
            models.Index(fields=["is_published", "highest_price"], name="product_by_highest_price"),
            models.Index(fields=["is_published", "name"], name="product_by_name"),
        ]

    def __str__(self) -> str:
        return self.name


class VariantQuerySet(models.QuerySet["Variant"]):
    """Variants, which may be offers of flash sales."""

    def listed(self) -> Self:
        """Leave out the offers: they are bought by their SKU, and are nothing a product comes in."""
        return self.filter(sale=None)

    def for_sale(self, now: dt.datetime) -> Self:
        """Keep what customers can buy at this moment; an offer can be bought while its sale is open."""
        open_now = Q(sale__ended_at=None, sale__starts_at__lte=now, sale__ends_at__gt=now)
        return self.filter(Q(sale=None) | open_now, is_active=True, product__is_published=True)


class Variant(models.Model):
    """One buyable form of a product, with its own price and its own stock item.

    The offer of a flash sale is a variant too, with the sale's price and allotment (docs/adr/0017).
    """

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="variants", verbose_name=_("product")
    )
    stock_item = models.OneToOneField(
        "inventory.StockItem", on_delete=models.PROTECT, related_name="+", verbose_name=_("stock item")
    )
    # Pairs as they are shown: [["Size", "M"], ["Colour", "Red"]]; empty for a product with one form.
    options = models.JSONField(_("options"), default=list, blank=True)
    price_amount = models.BigIntegerField(_("price"), help_text=_("In minor units of the shop's currency."))
    weight_grams = models.PositiveIntegerField(_("weight (grams)"), default=0, db_default=0)
    position = models.PositiveIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    objects = VariantQuerySet.as_manager()

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(price_amount__gte=0), name="variant_price_not_negative")
        ]

    def __str__(self) -> str:
        return self.label or str(self.product)

    @property
    def label(self) -> str:
        """The chosen options as people say them: "M / Red"; empty for a product with one form."""
        return " / ".join(value for _name, value in self.options)


class FlashSale(models.Model):
    """Some units of a variant, set aside to be sold at another price for a while. Written by its services.

    Open from `starts_at` to `ends_at`, unless it was ended before. Orders read these times, so a sale begins
    and ends to the moment, whatever the scheduled task is doing.
    """

    variant = models.ForeignKey(
        Variant, on_delete=models.PROTECT, related_name="flash_sales", verbose_name=_("variant")
    )
    # What is bought: its stock item holds the allotment, its price is the sale's.
    offer = models.OneToOneField(
        Variant, on_delete=models.PROTECT, related_name="sale", verbose_name=_("offer")
    )
    name = models.CharField(_("name"), max_length=120)
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    units = models.PositiveIntegerField(_("units"), help_text=_("Set aside for the sale."))
    limit_per_customer = models.PositiveIntegerField(
        _("limit per customer"), default=0, help_text=_("Units one customer may buy in all; 0 is no limit.")
    )
    payment_window_seconds = models.PositiveIntegerField(_("payment window (seconds)"), null=True, blank=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("flash sale")
        verbose_name_plural = _("flash sales")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="flashsale_ends_after_start",
                violation_error_message=_("A sale ends after it starts."),
            ),
            models.CheckConstraint(condition=Q(units__gt=0), name="flashsale_has_units"),
        ]

    def __str__(self) -> str:
        return self.name

    def is_open(self, now: dt.datetime) -> bool:
        """Whether the offer is for sale at this moment; `VariantQuerySet.for_sale` asks the same in SQL."""
        return self.ended_at is None and self.starts_at <= now < self.ends_at


class ProductImage(models.Model):
    """A picture of a product."""

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="images", verbose_name=_("product")
    )
    file = models.ImageField(_("file"), upload_to="products")
    # What pages show, made when a picture is saved: on cards and in carts, on phones, on large screens.
    small = make_size(320)
    medium = make_size(640)
    large = make_size(1200)
    alt = models.CharField(_("alternative text"), max_length=255, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("product image")
        verbose_name_plural = _("product images")

    def __str__(self) -> str:
        return self.alt or self.file.name or ""


class Cart(models.Model):
    """What somebody means to buy. Found by the customer, or by the id in an anonymous visitor's session."""

    customer = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    # The idempotency key of this cart's next order: two tabs and a double click submit the same one.
    checkout_key = models.CharField(max_length=40)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("cart")
        verbose_name_plural = _("carts")

    def __str__(self) -> str:
        return f"cart {self.pk}"


class CartLine(models.Model):
    """A number of units of one variant in a cart."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+")
    quantity = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("cart line")
        verbose_name_plural = _("cart lines")
        constraints: ClassVar = [models.UniqueConstraint(fields=["cart", "variant"], name="cartline_once")]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant}"


class SentMail(models.Model):
    """A mail that has gone out. Written after it was sent; its key keeps it from being sent again."""

    # That of the outbox message which brought it about.
    key = models.CharField(_("key"), max_length=100, unique=True, db_collation="utf8mb4_bin")
    order_number = models.CharField(_("order"), max_length=16, db_collation="utf8mb4_bin", db_index=True)
    kind = models.CharField(_("kind"), max_length=20, choices=MailKind.choices)
    recipient = models.EmailField(_("recipient"))
    language = models.CharField(_("language"), max_length=10)
    # What it was written from beside the order, so that it can be sent again.
    details = models.JSONField(_("details"), default=dict)
    sent_at = models.DateTimeField(_("sent at"))

    class Meta:
        verbose_name = _("sent mail")
        verbose_name_plural = _("sent mail")

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.order_number}"
