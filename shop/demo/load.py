"""Filling an empty shop with the demo."""

import datetime as dt
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from allauth.account.models import EmailAddress
from babel.numbers import get_currency_precision
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.text import slugify

from inventory.errors import DuplicateSku, OutOfStock
from inventory.selectors import get_stock_level
from inventory.services import create_stock_item
from inventory.transactions import run_in_transaction
from shop.demo.catalogue import CATEGORIES, LOW, PRODUCTS, SALES
from shop.demo.kinds import DemoProduct, DemoSale, DemoVariant
from shop.models import Category, Product, ProductImage, Variant
from shop.promotions.kinds import CouponKind
from shop.promotions.models import Coupon
from shop.sale_types import SalePlan
from shop.search.indexing import index_products
from shop.services.flash_sales import schedule_flash_sale

# Ten percent off, a hundred times in all, once for each customer.
COUPON: Final = "WELCOME10"
CUSTOMER: Final = ("demo@example.com", "demo-holdfast")
STAFF: Final = ("admin@example.com", "admin-holdfast")

# A colour and the picture's content.
_Picture = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What loading did."""

    products: int
    pictures: int
    sales: int
    users: int


def count_other_products() -> int:
    """Return how many products are here that are not the demo's."""
    return Product.objects.exclude(slug__in=[slugify(product.name) for product in PRODUCTS]).count()


def load_demo(*, now: dt.datetime, announce: Callable[[str], None]) -> DemoReport:
    """Create what of the demo is not there yet; what is there stays as it is, stock above all.

    Each product comes with its variants, stock and pictures or not at all, so an interrupted run is simply
    run again. Opens its own transactions.
    """
    shelves = {slug: _load_category(slug, name, place) for place, (slug, name) in enumerate(CATEGORIES)}
    products = pictures = 0
    for product, drawn in _draw_pictures(_list_missing()):
        _create_product(product, drawn, shelves[product.category], now)
        products, pictures = products + 1, pictures + len(drawn)
        announce(product.name)
    _load_coupon()
    sales = sum(_load_sale(sale, now) for sale in SALES)
    users = _load_user(*CUSTOMER, staff=False) + _load_user(*STAFF, staff=True)
    return DemoReport(products, pictures, sales, users)


def _load_coupon() -> None:
    given = {"kind": CouponKind.PERCENT, "percent": 10, "usage_limit": 100, "limit_per_customer": 1}
    Coupon.objects.get_or_create(code=COUPON, defaults=given)


def _load_category(slug: str, name: str, position: int) -> Category:
    category, _created = Category.objects.get_or_create(
        slug=slug, defaults={"name": name, "position": position}
    )
    return category


def _list_missing() -> list[DemoProduct]:
    there = set(Product.objects.values_list("slug", flat=True))
    return [product for product in PRODUCTS if slugify(product.name) not in there]


def _draw_pictures(products: Sequence[DemoProduct]) -> Iterator[tuple[DemoProduct, list[_Picture]]]:
    """Return each product with its pictures, drawn ahead while the one before is being saved."""

    def draw(product: DemoProduct) -> list[_Picture]:
        return [(colour, product.draw(tone).to_webp()) for colour, tone in product.colours]

    # Threads are enough: what takes the time in Pillow lets others run meanwhile.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from zip(products, pool.map(draw, products), strict=True)


def _create_product(
    demo: DemoProduct, pictures: Sequence[_Picture], category: Category, now: dt.datetime
) -> None:
    slug = slugify(demo.name)

    def create() -> None:
        product = Product.objects.create(
            name=demo.name, slug=slug, description=demo.text, vendor=demo.vendor, category=category
        )
        for position, variant in enumerate(demo.variants):
            _create_variant(product, demo, variant, position, now)
        for position, (colour, content) in enumerate(pictures):
            alt = f"{demo.name}, {colour}" if len(pictures) > 1 else demo.name
            image = ProductImage(product=product, alt=alt, position=position)
            image.file.save(f"{slug}-{slugify(colour)}.webp", ContentFile(content), save=True)
        index_products(product_ids=[product.pk])

    run_in_transaction(create)


def _create_variant(
    product: Product, demo: DemoProduct, variant: DemoVariant, position: int, now: dt.datetime
) -> None:
    sku = "-".join(part for part in (demo.code, variant.code.upper().replace(" ", "")) if part)
    try:
        level = create_stock_item(
            sku=sku,
            on_hand=variant.on_hand,
            locking_strategy=demo.strategy,
            low_stock_threshold=LOW,
            actor="load_demo",
            reason="demo catalogue",
            now=now,
        )
    except DuplicateSku:
        # The product was deleted since, its stock was not: it keeps the stock it has.
        level = get_stock_level(sku=sku)
    Variant.objects.create(
        product=product,
        stock_item_id=level.id,
        options=[list(option) for option in variant.options],
        price_amount=_to_minor_units(demo.price + variant.surcharge),
        position=position,
    )


def _load_sale(demo: DemoSale, now: dt.datetime) -> int:
    """Schedule a flash sale unless its variant has had one, or has too few units left; return how many."""
    variant = Variant.objects.filter(stock_item__sku=demo.sku, flash_sales=None).first()
    if variant is None:
        return 0
    plan = SalePlan(
        name=demo.name,
        price_amount=_to_minor_units(demo.price),
        starts_at=now + demo.starts_in,
        ends_at=now + demo.ends_in,
        units=demo.units,
        limit_per_customer=demo.limit,
        payment_window_seconds=int(demo.payment_window.total_seconds()),
    )
    try:
        schedule_flash_sale(variant_id=variant.pk, plan=plan, actor="load_demo", now=now)
    except OutOfStock:
        return 0
    return 1


def _to_minor_units(hundredths: int) -> int:
    """Return a price in the shop's currency: 6400 is 6400 cents, 64 dinars in fils, or 6400 yen."""
    precision = get_currency_precision(settings.SHOP_CURRENCY)
    return hundredths * int(10 ** max(precision - 2, 0))


def _load_user(email: str, password: str, *, staff: bool) -> int:
    users = get_user_model().objects
    username = email.partition("@")[0]
    if users.filter(username=username).exists():
        return 0
    with transaction.atomic():
        create = users.create_superuser if staff else users.create_user
        user = create(username=username, email=email, password=password)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return 1
