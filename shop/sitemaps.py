"""What search engines are told of: every page that is worth finding, some thousands to a file."""

from collections.abc import Mapping
from typing import Any, Final

from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from shop.models import Category, Product

_KEPT_OUT: Final = (
    *("/cart/", "/checkout/", "/orders/", "/account/", "/accounts/"),
    *("/admin/", "/api/", "/sales/"),
)


class PageSitemap(Sitemap):  # type: ignore[type-arg]  # no generic at run time
    """The pages there is one of."""

    def items(self) -> list[str]:
        """See Sitemap."""
        return ["shop:home", "shop:product_list"]

    def location(self, item: str) -> str:
        """See Sitemap."""
        return reverse(item)


class CategorySitemap(Sitemap):  # type: ignore[type-arg]  # no generic at run time
    """The shelves."""

    def items(self) -> QuerySet[Category]:
        """See Sitemap."""
        return Category.objects.only("id", "slug").order_by("id")

    def location(self, item: Category) -> str:
        """See Sitemap."""
        return reverse("shop:category", kwargs={"slug": item.slug})


class ProductSitemap(Sitemap):  # type: ignore[type-arg]  # no generic at run time
    """The products people can see."""

    limit = 5_000

    def items(self) -> QuerySet[Product]:
        """See Sitemap."""
        return Product.objects.filter(is_published=True).only("id", "slug").order_by("id")

    def location(self, item: Product) -> str:
        """See Sitemap."""
        return reverse("shop:product", kwargs={"slug": item.slug})


SITEMAPS: "Final[Mapping[str, type[Sitemap[Any]]]]" = {
    "pages": PageSitemap,
    "categories": CategorySitemap,
    "products": ProductSitemap,
}


@require_safe
def show_robots(request: HttpRequest) -> HttpResponse:
    """Keep robots out of what is somebody's own, and tell them where the rest is."""
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in _KEPT_OUT),
        f"Sitemap: {request.build_absolute_uri(reverse('shop:sitemap'))}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")
