"""Several imports at the same moment."""

from pathlib import Path

import pytest

from shop.models import Category, Product, Variant
from tests.concurrency.race import race
from tests.shop.imports.loading import SHOPIFY, load, write

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = f"{SHOPIFY},Type"
IMPORTS = 5


def test_imports_that_need_the_same_new_categories_create_each_once(tmp_path: Path):
    Category.objects.create(name="Other", slug="shelf-3")
    rows = [f"p-{number},P {number},,,P-{number},5,10,Shelf {number}" for number in range(8)]
    path = write(tmp_path, *rows, header=HEADER)

    reports = race([lambda: load(path)] * IMPORTS).results

    assert len(reports) == IMPORTS
    assert [report.remarks.errors.kept for report in reports] == [[]] * IMPORTS
    names = sorted(Category.objects.values_list("name", flat=True))
    assert names == ["Other", *(f"Shelf {number}" for number in range(8))]
    assert not Product.objects.filter(category=None).exists()


def test_imports_of_the_same_new_product_create_it_once(tmp_path: Path):
    path = write(tmp_path, "a,A,,,A-1,5,10,Mugs", header=HEADER)

    reports = race([lambda: load(path)] * IMPORTS).results

    assert [report.remarks.errors.kept for report in reports] == [[]] * IMPORTS
    assert sorted(next(iter(report.products)) for report in reports)[0] == "created"
    assert (Product.objects.count(), Variant.objects.count(), Category.objects.count()) == (1, 1, 1)
