"""Home, shelves, search and product pages."""

from collections.abc import Sequence
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_htmx.http import reswap, retarget

from shop import selectors
from shop.errors import ProductNotFound
from shop.glances import Glances
from shop.kept_pages import keep_page
from shop.listing import ListForm, list_ticks
from shop.sale_board import read_board
from shop.sale_panels import SalePanel
from shop.search.types import EVERYTHING
from shop.shelves import list_branch, list_crumbs, list_shelves
from shop.structured_data import describe_product
from shop.templatetags.shop import change_query
from shop.types import CategoryView, ProductView
from shop.views.restock import make_restock_form

_HOME_SIZE: Final = 8
_MOST_RELATED: Final = 4

_busy_pages: Final[Glances[str, tuple[ProductView, tuple[ProductView, ...]]]] = Glances()


@require_safe
@keep_page
def show_home(request: HttpRequest) -> HttpResponse:
    """Show what is new, and of that first what can be bought."""
    latest = selectors.list_products(page_size=2 * _HOME_SIZE).products
    newcomers = sorted(latest, key=lambda product: product.is_sold_out)[:_HOME_SIZE]
    return render(request, "shop/home.html", {"newcomers": newcomers})


@require_safe
@keep_page
def list_products(request: HttpRequest) -> HttpResponse:
    """Show all products, or what a search found."""
    return _show_list(request, None, selectors.list_categories())


@require_safe
@keep_page
def show_category(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the products of a category and of those below it."""
    categories = selectors.list_categories()
    category = next((category for category in categories if category.slug == slug), None)
    if category is None:
        raise Http404
    return _show_list(request, category, categories)


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
    categories = selectors.list_categories()
    crumbs = list_crumbs(product.category, categories)
    context = {
        "product": product,
        "related": related,
        "panels": panels,
        "categories": categories,
        "crumbs": crumbs,
        "restock_form": make_restock_form(request, product),
        "structured_data": describe_product(product, crumbs),
    }
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
    return product, selectors.list_related(product=product, limit=_MOST_RELATED)


def _show_list(
    request: HttpRequest, category: CategoryView | None, categories: Sequence[CategoryView]
) -> HttpResponse:
    form, query = ListForm(request.GET), selectors.clean_query(request.GET.get("q", ""))
    shelf = list_branch(category, categories) if category else None
    asked = request.GET.get("page", "1")
    page = selectors.list_products(
        query=query, category_ids=shelf, filters=form.filters, sort_by=form.sort_by, page=asked
    )
    if asked != str(page.number):
        # Of a list that has become shorter, or an address that was made up.
        return redirect(request.path + change_query(request.GET, page=page.number))
    context = {
        "page": page,
        "query": query,
        "category": category,
        "categories": categories,
        "crumbs": list_crumbs(category, categories),
        "shelves": list_shelves(query, category, categories),
        "form": form,
        "ticks": list_ticks(selectors.list_choices(query=query, category_ids=shelf), form),
        "is_narrowed": form.filters != EVERYTHING,
    }
    return render(request, "shop/product_list.html", context)
