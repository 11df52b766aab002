"""Products and their stock, as customers may see them."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from shop.api.base import ApiView
from shop.api.documentation import document, page_parameter
from shop.api.fields import MoneyField, TimeField
from shop.api.paging import DEFAULT_LIMIT, MAX_LIMIT, PageOutput, link_next, read_limit, read_number
from shop.api.reads import get_level_for_sale
from shop.sale_board import read_board
from shop.sale_types import FlashSaleView
from shop.selectors import clean_query, get_product, list_products
from shop.types import ProductView, VariantView

_TAG = "products"
_MAX_PAGE = 100_000


class OptionOutput(serializers.Serializer[Any]):
    """One choice that makes this variant: a size, a colour."""

    name = serializers.CharField()
    value = serializers.CharField()


class VariantOutput(serializers.Serializer[VariantView]):
    """One buyable form of a product."""

    sku = serializers.CharField()
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    options = serializers.SerializerMethodField()
    price = MoneyField(amount="price_amount")
    available = serializers.IntegerField(help_text="Units that could be ordered when this was read.")

    def get_options(self, variant: VariantView) -> list[dict[str, str]]:
        """Return the options by name."""
        return [{"name": name, "value": value} for name, value in variant.options]


class ImageOutput(serializers.Serializer[Any]):
    """One picture."""

    url = serializers.CharField()
    alt = serializers.CharField(allow_blank=True)


class FlashSaleOutput(serializers.Serializer[FlashSaleView]):
    """Units of a product at another price for a while, bought by a SKU of their own."""

    sku = serializers.CharField(help_text="Order this SKU, from `starts_at` until `ends_at`.")
    name = serializers.CharField()
    price = MoneyField(amount="price_amount")
    starts_at = TimeField()
    ends_at = TimeField()
    remaining = serializers.IntegerField(help_text="Units left about a second ago.")
    limit_per_customer = serializers.IntegerField(
        allow_null=True, help_text="Units one customer may buy in all; null is no limit."
    )

    def to_representation(self, sale: FlashSaleView) -> dict[str, Any]:
        """Return the sale, with null for no limit."""
        return {**super().to_representation(sale), "limit_per_customer": sale.limit_per_customer or None}


class ProductOutput(serializers.Serializer[ProductView]):
    """A published product."""

    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True, help_text="HTML with text markup only.")
    vendor = serializers.CharField(allow_blank=True)
    category = serializers.CharField(source="category.slug", default=None, allow_null=True)
    images = ImageOutput(many=True)
    variants = VariantOutput(many=True)
    flash_sale = serializers.SerializerMethodField(
        help_text="The flash sale that is open or else comes next, or null."
    )

    @extend_schema_field(FlashSaleOutput(allow_null=True))
    def get_flash_sale(self, product: ProductView) -> dict[str, Any] | None:
        """Return the sale that ends first of those that are open, or the one that starts next."""
        now = timezone.now()
        sales = read_board(now=now).list_for_product(slug=product.slug, now=now)
        return FlashSaleOutput(sales[0]).data if sales and not sales[0].is_over(now) else None


class ProductPageOutput(PageOutput):
    """Some products, newest first."""

    count = serializers.IntegerField(help_text="Products on all pages together.")
    results = ProductOutput(many=True)


class StockOutput(serializers.Serializer[Any]):
    """How much of one SKU could be ordered when this was read; it is no promise."""

    sku = serializers.CharField()
    available = serializers.IntegerField()


class ProductsView(ApiView):
    """`products/`."""

    @document(
        tag=_TAG,
        operation_id="list_products",
        summary="Published products, newest first",
        responses={200: ProductPageOutput},
        parameters=[
            OpenApiParameter(
                "search",
                str,
                description="Words of name, maker and description, or a SKU; beginnings will do.",
            ),
            page_parameter("limit", "Results on a page.", default=DEFAULT_LIMIT, maximum=MAX_LIMIT),
            page_parameter("page", "Which page; follow `next`.", default=1, maximum=_MAX_PAGE),
        ],
        problems=["validation-failed", "authentication-failed", "not-found"],
    )
    def get(self, request: Request) -> Response:
        """List what can be bought."""
        number = read_number(request, "page", default=1, maximum=_MAX_PAGE) or 1
        limit, query = read_limit(request), request.query_params.get("search", "")
        if query.strip() and not clean_query(query):
            # Nothing that could be in a name is left to look for, which is not the same as not to look.
            return Response({"next": None, "count": 0, "results": []})
        page = list_products(query=query, page=number, page_size=limit)
        if page.number != number:
            raise NotFound(f"there are {page.page_count} pages")
        return Response(
            {
                "next": link_next(request, page=page.next_number) if page.next_number else None,
                "count": page.total,
                "results": [ProductOutput(product).data for product in page.products],
            }
        )


class ProductDetailView(ApiView):
    """`products/{slug}/`."""

    @document(
        tag=_TAG,
        operation_id="get_product",
        summary="One published product",
        responses={200: ProductOutput},
        problems=["product-not-found", "authentication-failed"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """Show a product with its variants, prices and stock."""
        return Response(ProductOutput(get_product(slug=slug)).data)


class StockView(ApiView):
    """`stock/{sku}/`."""

    @document(
        tag=_TAG,
        operation_id="get_stock",
        summary="How much of a SKU is available",
        responses={200: StockOutput},
        problems=["sku-not-found", "authentication-failed"],
    )
    def get(self, request: Request, sku: str) -> Response:
        """Show what could be ordered of one SKU right now, straight from the database."""
        return Response(StockOutput(get_level_for_sale(sku=sku, now=timezone.now())).data)
