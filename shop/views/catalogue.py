"""Home, shelves, search and product pages."""

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_htmx.http import reswap, retarget

from shop import selectors
from shop.errors import ProductNotFound
from shop.glances import Glances
from shop.sale_board import read_board
from shop.sale_panels import SalePanel
from shop.types import CategoryView, ProductView

_HOME_SIZE: Final = 8
_MOST_RELATED: Final = 4

_busy_pages: Final[Glances[str, tuple[ProductView, tuple[ProductView, ...]]]] = Glances()


@require_safe
def show_home(request: HttpRequest) -> HttpResponse:
    """Show what is new."""
    return render(request, "shop/home.html", {"page": selectors.list_products(page_size=_HOME_SIZE)})


@require_safe
def list_products(request: HttpRequest) -> HttpResponse:
    """Show all products, or what a search found."""
    query = selectors.clean_query(request.GET.get("q", ""))
    page = selectors.list_products(query=query, page=request.GET.get("page", "1"))
    return render(request, "shop/product_list.html", {"page": page, "query": query})


@require_safe
def show_category(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the products of a category."""
    category = _get_category(slug)
    page = selectors.list_products(category_id=category.id, page=request.GET.get("page", "1"))
    return render(request, "shop/product_list.html", {"page": page, "category": category})


@require_safe
def show_product(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one product, its variants and its flash sale."""
    now = timezone.now()
    sales = read_board(now=now).list_for_product(slug=slug, now=now)
    try:
        # Everybody opens this page when its sale begins.
        product, related = _busy_pages.look(slug, lambda: _read_page(slug)) if sales else _read_page(slug)
    except ProductNotFound as error:
        raise Http404 from error
    panels = [SalePanel(sale, now) for sale in sales]
    context = {"product": product, "related": related, "panels": panels}
    return render(request, "shop/product.html", context)


@require_safe
def show_sale(request: HttpRequest, sale_id: int) -> HttpResponse:
    """Return what a flash sale's panel shows by now; pages ask for it again and again, so it costs no query.

    `seen` is the state the page shows: while that is still so, only the numbers are sent.
    """
    now = timezone.now()
    sale = read_board(now=now).find(sale_id=sale_id)
    if sale is None:
        raise Http404
    panel = SalePanel(sale, now)
    if request.GET.get("seen") != panel.state:
        return render(request, "shop/fragments/sale.html", {"panel": panel})
    numbers = render(request, "shop/fragments/sale_numbers.html", {"panel": panel})
    return retarget(reswap(numbers, "outerHTML"), f"#sale-{sale.id}-numbers")


def _read_page(slug: str) -> tuple[ProductView, tuple[ProductView, ...]]:
    product = selectors.get_product(slug=slug)
    if product.category is None:
        return product, ()
    page = selectors.list_products(category_id=product.category.id, page_size=_MOST_RELATED + 1)
    related = tuple(other for other in page.products if other.id != product.id)
    return product, related[:_MOST_RELATED]


def _get_category(slug: str) -> CategoryView:
    for category in selectors.list_categories():
        if category.slug == slug:
            return category
    raise Http404
