"""The benchmark of a large catalogue measures what it says, notices slow pages, and leaves the shop alone."""

import json

import pytest
from django.core.management import CommandError, call_command

from config.benchmark.catalogue.measure import PageFigures, find_failures
from shop.models import Product
from tests.shop.shopping import make_product

pytestmark = pytest.mark.django_db(transaction=True)


def test_lists_of_an_imported_catalogue_are_measured_beside_an_empty_view(tmp_path):
    make_product("Mine")
    path = tmp_path / "figures.json"
    # However slow the machine is at this moment: what counts here is what was measured.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("config.benchmark.catalogue.measure.MOST_TIMES_EMPTY", 1000.0)
        call_command("benchmark_catalogue", products=12, variants=40, rounds=2, json=str(path))
    figures = json.loads(path.read_text())
    assert (figures["products"], figures["variants"], figures["failures"]) == (12, 40, [])
    assert [page["name"] for page in figures["pages"]][:2] == ["all products", "a category"]
    # A look that read nothing would have measured nothing.
    assert all(3 <= page["queries"] <= 10 for page in figures["pages"])
    assert all(page["first_ms"] > page["next_ms"] > 0 for page in figures["pages"])
    assert Product.objects.get().name == "Mine"


def test_what_is_too_slow_is_a_failure():
    fine = PageFigures("all products", queries=9, first_ms=20, next_ms=0.5, next_times_empty=1.2)
    slow = PageFigures("a word", queries=11, first_ms=20, next_ms=2.0, next_times_empty=4.8)
    assert find_failures(seconds=100, pages=[fine]) == []
    assert find_failures(seconds=200, pages=[fine, slow]) == [
        "the import took 200 seconds",
        "a word: 11 queries",
        "a word: 4.8 times an empty view",
    ]


@pytest.mark.parametrize("wrong", [{"products": 0}, {"products": 5, "variants": 4}, {"rounds": 0}])
def test_what_cannot_be_measured_is_refused(wrong):
    with pytest.raises(CommandError, match="must be positive"):
        call_command("benchmark_catalogue", **wrong)
