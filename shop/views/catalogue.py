"""Home, shelves, search and product pages."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shop import selectors
from shop.errors import ProductNotFound
from shop.types import CategoryView, ProductView

_HOME_SIZE = 8


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
    """Show one product and its variants."""
    try:
        product = selectors.get_product(slug=slug)
    except ProductNotFound as error:
        raise Http404 from error
    related: tuple[ProductView, ...] = ()
    if product.category:
        page = selectors.list_products(category_id=product.category.id, page_size=5)
        related = tuple(other for other in page.products if other.id != product.id)[:4]
    return render(request, "shop/product.html", {"product": product, "related": related})


def _get_category(slug: str) -> CategoryView:
    for category in selectors.list_categories():
        if category.slug == slug:
            return category
    raise Http404
