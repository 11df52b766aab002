"""Tax rates from WooCommerce's CSV."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from shop.pricing.quotes import price
from shop.tax.models import TaxClass, TaxRate
from tests.shop.pricing.making import make_basket

pytestmark = pytest.mark.django_db

HEADER = "Country Code,State Code,ZIP/Postcode,City,Rate %,Tax Name,Priority,Compound,Shipping,Tax Class"
SAMPLE = """\
GB,*,*,*,20.0000,VAT,1,1,1,
GB,*,*,*,5.0000,VAT,1,1,1,reduced-rate
GB,*,*,*,0.0000,VAT,1,1,1,zero-rate
US,*,*,*,10.0000,US,1,1,1,
US,AL,12345; 123456,*,2.0000,US AL,2,1,1,
"""


def load(folder: Path, rows: str, *options: str, header: str = HEADER) -> dict[str, Any]:
    """Import rows and return the report."""
    path = folder / "tax_rates.csv"
    path.write_text(f"{header}\n{rows}")
    out = StringIO()
    try:
        call_command("import_tax_rates", str(path), "--json", *options, stdout=out)
    except CommandError:
        assert out.getvalue()
    report: dict[str, Any] = json.loads(out.getvalue())
    return report


def test_woocommerces_own_sample_taxes_as_woocommerce_does(tmp_path: Path) -> None:
    report = load(tmp_path, SAMPLE)
    assert (report["created"], report["error_count"]) == (5, 0)
    reduced = TaxClass.objects.get(slug="reduced-rate")
    in_britain = make_basket((1000, 1), (1000, 1), classes=(None, reduced.pk), address={"country": "GB"})
    assert price(in_britain).total == 1200 + 1050
    alabama = {"country": "US", "region": "Alabama", "postal_code": "12345"}
    # 10%, and 2% on the sum: it is compound.
    assert price(make_basket((1000, 1), address=alabama)).total == 1122
    assert price(make_basket((1000, 1), address={**alabama, "postal_code": "12346"})).total == 1100


def test_importing_again_changes_only_what_differs(tmp_path: Path) -> None:
    load(tmp_path, SAMPLE)
    report = load(tmp_path, SAMPLE.replace("5.0000", "6.5"))
    assert (report["created"], report["updated"], report["unchanged"]) == (0, 1, 4)
    assert TaxRate.objects.count() == 5


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    report = load(tmp_path, SAMPLE, "--dry-run")
    assert (report["created"], TaxRate.objects.count(), TaxClass.objects.count()) == (5, 0, 0)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("XX,*,*,*,20,VAT,1,1,1,", "Country Code"),
        ("GB,*,*,*,lots,VAT,1,1,1,", "Rate %"),
        ("GB,*,*,*,-1,VAT,1,1,1,", "Rate %"),
        ("GB,*,*,*,NaN,VAT,1,1,1,", "Rate %"),
        ("GB,*,2000...1000,*,20,VAT,1,1,1,", "ZIP/Postcode"),
        ("GB,*,*,*,20,VAT,first,1,1,", "Priority"),
        ("GB,*,*,*,20,VAT,1,maybe,1,", "Compound"),
        ("GB,*,*,*,20,VAT,1,1,1,<script>", "Tax Class"),
        (f"GB,*,*,*,20,{'V' * 101},1,1,1,", "Tax Name"),
        ("GB,*,*", ""),
    ],
)
def test_a_bad_row_is_named_and_the_others_load(tmp_path: Path, row: str, column: str) -> None:
    report = load(tmp_path, f"{row}\nFR,*,*,*,20,TVA,1,0,1,\n")
    assert report["created"] == 1
    [error] = report["errors"]
    assert (error["line"], error["column"]) == (2, column)


def test_another_file_is_refused_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text("Handle,Title\nmug,Mug\n")
    with pytest.raises(CommandError, match="tax export"):
        call_command("import_tax_rates", str(path))
