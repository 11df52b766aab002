"""Writing product files and importing them, in as few words as a test deserves."""

from pathlib import Path
from typing import Any

from inventory.selectors import get_stock_level
from shop.imports.report import Entries, ImportReport
from shop.models import Product, Variant
from shop.services.importing import import_products
from tests.builders import NOW

FILES = Path(__file__).parent / "files"
SHOPIFY = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price"


def load(path: Path, **options: Any) -> ImportReport:
    """Import a file."""
    return import_products(path=path, now=NOW, **options)


def write(folder: Path, *rows: str, header: str = SHOPIFY, encoding: str = "utf-8") -> Path:
    """Write a file with these rows and return where it is."""
    path = folder / "products.csv"
    path.write_bytes("\n".join([header, *rows, ""]).encode(encoding))
    return path


def load_rows(folder: Path, *rows: str, header: str = SHOPIFY, **options: Any) -> ImportReport:
    """Write a file with these rows and import it."""
    return load(write(folder, *rows, header=header), **options)


def find_variant(sku: str) -> Variant:
    """Return the variant with this SKU."""
    return Variant.objects.select_related("product").get(stock_item__sku=sku)


def find_product(slug: str) -> Product:
    """Return the product with this slug."""
    return Product.objects.get(slug=slug)


def on_hand(sku: str) -> int:
    """Return how many units there are."""
    return get_stock_level(sku=sku).on_hand


def lines(entries: Entries) -> list[int]:
    """Return the lines that entries are about."""
    return [entry.line for entry in entries.kept]
