"""`manage.py import_products`."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from shop.models import Product
from tests.shop.imports.loading import FILES, on_hand, write

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> str:
    """Run the command and return what it printed."""
    out = StringIO()
    call_command("import_products", *map(str, arguments), stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_report_says_what_happened_in_few_lines():
    printed = run(FILES / "shopify-old.csv")

    assert "Products: 3 were created, 0 were updated, 0 unchanged" in printed
    assert "stock is not counted in the file" in printed
    assert "(line 8 'knot-book')" not in printed


def test_json_names_line_column_and_reason(tmp_path: Path):
    path = write(tmp_path, "a,A,,,A-1,1,free", "b,B,,,B-1,1,5")
    out = StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("import_products", str(path), "--json", stdout=out)

    report = json.loads(out.getvalue())
    assert report["errors"] == [
        {"line": 2, "column": "Variant Price", "reason": "not a price in USD", "value": "free"}
    ]
    assert (report["created"], report["dialect"]) == (1, "Shopify")
    assert refused.value.returncode == 1


def test_a_dry_run_says_would(tmp_path: Path):
    assert "3 would be created" in run(FILES / "shopify-old.csv", "--dry-run")
    assert not Product.objects.exists()


def test_untracked_stock_can_be_given():
    run(FILES / "shopify-old.csv", "--untracked-stock", 6)

    assert on_hand("tide-clock") == 6


@pytest.mark.parametrize("arguments", [["missing.csv"], ["--untracked-stock", "-1", "x.csv"], []])
def test_mistakes_are_explained(arguments: list[str]):
    with pytest.raises(CommandError):
        run(*arguments)


class Terminal(StringIO):
    """What somebody looks at, unlike a file."""

    def isatty(self) -> bool:
        return True


def test_whoever_watches_sees_a_bar_that_ends_full(tmp_path: Path):
    rows = [f"p{number},P,,,P-{number},1,5" for number in range(250)]
    screen = Terminal()
    call_command("import_products", str(write(tmp_path, *rows)), stdout=StringIO(), stderr=screen)

    first, *_others, last = screen.getvalue().strip().split("\r")
    assert first.startswith("[===")
    assert " rows" in first
    assert last == f"[{'=' * 40}] 100%, 250 rows"
