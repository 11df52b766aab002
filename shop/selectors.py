"""Reads of the catalogue: published products only, in a fixed number of queries whatever is asked for."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from django.core.paginator import Paginator
from django.db.models import F, Prefetch, QuerySet, Value
from django.db.models.functions import Abs

from inventory import selectors as stock
from inventory.types import StockLevel
from shop.errors import ProductNotFound
from shop.glances import Glances
from shop.models import Category, Product, ProductImage, Variant
from shop.pictures import show_picture
from shop.search.facets import list_option_choices
from shop.search.matching import find_by_words, narrow, sort
from shop.search.types import EVERYTHING, Filters, OptionChoices, Sort
from shop.search.words import split_query
from shop.types import CategoryView, ImageView, ProductPage, ProductView, VariantView

PAGE_SIZE: Final = 12
_MAX_QUERY_LENGTH: Final = 100

# Every page shows them.
_categories: Final[Glances[None, tuple[CategoryView, ...]]] = Glances()
# By what a list can be narrowed changes when staff change the catalogue, and takes counting all of it.
_choices: Final[Glances[tuple[str, frozenset[int] | None], tuple[OptionChoices, ...]]] = Glances(
    fresh_seconds=30.0
)


def list_categories() -> tuple[CategoryView, ...]:
    """Return every category in the order it is shown, as they were a second ago at most."""
    return _categories.look(None, _read_categories)


def list_products(
    *,
    query: str = "",
    category_ids: Collection[int] | None = None,
    filters: Filters = EVERYTHING,
    sort_by: Sort = Sort.BEST,
    page: int | str = 1,
    page_size: int = PAGE_SIZE,
) -> ProductPage:
    """Return one page of published products; one without variants is among them.

    All words of `query` must be found in name, maker, options, SKUs or description; the beginning of a word
    or of a SKU will do. A `page` that does not exist becomes the nearest that does.
    """
    wanted = split_query(query)
    found = sort(narrow(_find(query, category_ids), filters), by=sort_by, wanted=wanted)
    paginator = Paginator(found, page_size)
    number = paginator.get_page(page).number
    first = (number - 1) * page_size
    return ProductPage(
        products=tuple(_to_products(_with_details(found[first : first + page_size]))),
        number=number,
        page_count=paginator.num_pages,
        total=paginator.count,
    )


def list_choices(
    *, query: str = "", category_ids: Collection[int] | None = None
) -> tuple[OptionChoices, ...]:
    """Return the options by which such a list can be narrowed, as they were half a minute ago at most."""
    shelf = None if category_ids is None else frozenset(category_ids)
    return _choices.look((query, shelf), lambda: list_option_choices(_find(query, shelf)))


def list_related(*, product: ProductView, limit: int) -> tuple[ProductView, ...]:
    """Return other products of the same shelf: those closest in price, of which something may be left."""
    if product.category is None:
        return ()
    others = _published().filter(category_id=product.category.id).exclude(id=product.id)
    distance = Abs(F("lowest_price") - Value(product.price_from or 0))
    nearest = others.order_by(distance.asc(nulls_last=True), "-id")
    found = _to_products(_with_details(nearest[: 2 * limit]))
    return tuple(sorted(found, key=lambda other: other.is_sold_out)[:limit])


def _read_categories() -> tuple[CategoryView, ...]:
    return tuple(_to_category(category) for category in Category.objects.order_by("position", "name", "id"))


def _find(query: str, category_ids: Collection[int] | None) -> QuerySet[Product]:
    found = _published()
    if category_ids is not None:
        found = found.filter(category_id__in=category_ids)
    wanted = split_query(query)
    if query.strip() and not wanted:
        # Something was typed by which nothing is ever found.
        return found.none()
    return find_by_words(found, wanted)


def get_product(*, slug: str) -> ProductView:
    """Return one published product. Raises ProductNotFound."""
    products = _to_products(_with_details(_published().filter(slug=slug)))
    if not products:
        raise ProductNotFound(slug)
    return products[0]


def clean_query(query: str) -> str:
    """Return what somebody typed into a search box without what no name contains."""
    printable = "".join(
        character if character.isprintable() else " " for character in query[:_MAX_QUERY_LENGTH]
    )
    return " ".join(printable.split())


def _published() -> QuerySet[Product]:
    return Product.objects.filter(is_published=True)


def _with_details(products: QuerySet[Product]) -> list[Product]:
    return list(
        products.select_related("category").prefetch_related(
            Prefetch("variants", Variant.objects.listed().filter(is_active=True).order_by("position", "id")),
            Prefetch("images", ProductImage.objects.order_by("position", "id")),
        )
    )


def _to_products(products: Sequence[Product]) -> list[ProductView]:
    levels = stock.get_levels_by_id(
        ids=[variant.stock_item_id for product in products for variant in product.variants.all()]
    )
    return [_to_product(product, levels) for product in products]


def _to_product(product: Product, levels: dict[int, StockLevel]) -> ProductView:
    return ProductView(
        id=product.pk,
        name=product.name,
        slug=product.slug,
        description=product.description,
        vendor=product.vendor,
        category=_to_category(product.category) if product.category else None,
        images=tuple(_to_images(product)),
        variants=tuple(
            _to_variant(variant, levels[variant.stock_item_id]) for variant in product.variants.all()
        ),
    )


def _to_variant(variant: Variant, level: StockLevel) -> VariantView:
    return VariantView(
        id=variant.pk,
        sku=level.sku,
        options=tuple((name, value) for name, value in variant.options),
        price_amount=variant.price_amount,
        available=level.available,
        is_low=level.is_low,
    )


def _to_images(product: Product) -> Iterable[ImageView]:
    for image in product.images.all():
        yield show_picture(image, name=product.name)


def _to_category(category: Category) -> CategoryView:
    return CategoryView(id=category.pk, name=category.name, slug=category.slug, parent_id=category.parent_id)
