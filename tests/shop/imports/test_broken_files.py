"""Files that are not what they should be: what is good in them loads, and the rest is named."""

import gzip
from pathlib import Path

import pytest

from shop.imports.errors import UnreadableFile
from shop.models import Product
from tests.shop.imports.loading import SHOPIFY, find_product, lines, load, load_rows, write

pytestmark = pytest.mark.django_db
ROW = "a,A,,,A-1,1,5"
XLSX = b"PK\x03\x04" + bytes(200)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_files_are_read_in_any_spelling(tmp_path: Path, encoding: str):
    load(write(tmp_path, "a,Küche 厨房,,,A-1,1,5", encoding=encoding))

    assert find_product("a").name == "Küche 厨房"


@pytest.mark.parametrize(("encoding", "name"), [("cp1252", "Café “Sud” €"), ("latin-1", "Caf\xe9 \x81")])
def test_older_encodings_are_guessed_and_said(tmp_path: Path, encoding: str, name: str):
    report = load(write(tmp_path, f"a,{name},,,A-1,1,5", encoding=encoding))

    assert find_product("a").name.startswith("Café")
    assert report.remarks.notes.kept[0].reason == f"not UTF-8: read as {encoding}"


def test_a_packed_file_is_unpacked(tmp_path: Path):
    path = tmp_path / "products.csv.gz"
    path.write_bytes(gzip.compress(write(tmp_path, ROW).read_bytes()))

    assert load(path).products == {"created": 1}


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_line_ends_do_not_matter(tmp_path: Path, end: str):
    path = tmp_path / "products.csv"
    path.write_text(end.join([SHOPIFY, ROW, "b,B,,,B-1,x,5", ""]), newline="")

    report = load(path)
    assert report.products == {"created": 1}
    assert lines(report.remarks.errors) == [3]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_and_the_line_that_names_them(tmp_path: Path, delimiter: str):
    path = tmp_path / "products.csv"
    path.write_text(f"sep={delimiter}\n" + f"{SHOPIFY.upper()}\n{ROW}\n".replace(",", delimiter))

    assert load(path).products == {"created": 1}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"\xef\xbb\xbf", "no known"),
        (XLSX, "not a CSV"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "not a CSV"),
        (b"Country,Rate\nGB,20\n", "Variant Price"),
        (gzip.compress(b"Handle,Title\n" * 1000, mtime=0)[:40], "cannot be read"),
        (b"\xff\xfeH", "not valid UTF-16"),
    ],
)
def test_what_is_no_product_file_is_said_to_be_none(tmp_path: Path, content: bytes, words: str):
    path = tmp_path / "products.csv"
    path.write_bytes(content)

    with pytest.raises(UnreadableFile, match=words):
        load(path)


def test_a_file_that_is_not_there_and_a_folder_are_told_apart(tmp_path: Path):
    with pytest.raises(UnreadableFile, match="does not exist"):
        load(tmp_path / "nothing.csv")
    with pytest.raises(UnreadableFile, match="is a directory"):
        load(tmp_path)


def test_a_header_alone_is_an_import_of_nothing(tmp_path: Path):
    assert load_rows(tmp_path).products == {}


def test_rows_of_the_wrong_width_are_reported_and_the_others_load(tmp_path: Path):
    report = load_rows(
        tmp_path, ROW, "b,B,,,B-1,1", "c,C,,,C-1,1,5,6", "d,D,,,D-1,1,5,,,", ",,,,,,", "", "e,E,,,E,1,5"
    )

    assert [(entry.line, entry.reason) for entry in report.remarks.errors.kept] == [
        (3, "6 columns instead of 7"),
        (4, "8 columns instead of 7"),
    ]
    assert set(Product.objects.values_list("slug", flat=True)) == {"a", "d", "e"}


def test_a_row_cut_off_inside_quotes_is_reported(tmp_path: Path):
    report = load_rows(tmp_path, ROW, 'b,"B is cut')

    assert [(entry.line, entry.reason) for entry in report.remarks.errors.kept] == [
        (3, "a quote is opened and never closed")
    ]
    assert find_product("a").is_published


@pytest.mark.parametrize("following", [1, 5000])
def test_a_quote_never_closed_in_the_middle_does_not_swallow_what_follows(tmp_path: Path, following: int):
    rows = [f"p-{number},P,,,P-{number},1,5" for number in range(following)]
    report = load_rows(tmp_path, ROW, 'b,"B 12",,,"B-1,1,5', *rows)

    assert lines(report.remarks.errors) == [3]
    assert report.products == {"created": following + 1}


def test_a_quote_never_closed_before_quoted_rows_costs_its_row_only(tmp_path: Path):
    rows = [f'p-{number},"P, the {number}th",,,P-{number},1,5' for number in range(20)]
    report = load_rows(tmp_path, 'b,"B,,,B-1,1,5', *rows)

    assert lines(report.remarks.errors) == [2]
    assert report.products == {"created": 20}


def test_lines_are_counted_as_editors_count_them(tmp_path: Path):
    report = load_rows(tmp_path, 'a,"A\nwith\nbreaks",,,A-1,1,5', "b,B,,,B-1,1,free")

    assert lines(report.remarks.errors) == [5]


def test_a_nul_character_costs_its_row_only(tmp_path: Path):
    report = load_rows(tmp_path, "a,A\0,,,A-1,1,5", "b,B,,,B-1,1,5")

    assert lines(report.remarks.errors) == [2]
    assert report.products == {"created": 1}


@pytest.mark.parametrize("length", [140_000, 2_500_000])
def test_a_field_beyond_all_measure_costs_its_row_only(tmp_path: Path, length: int):
    report = load_rows(tmp_path, f"a,{'A' * length},,,A-1,1,5", "b,B,,,B-1,1,free", "c,C,,,C-1,1,5")

    assert lines(report.remarks.errors) == [2, 3]
    assert report.products == {"created": 1}


def test_a_sku_that_cannot_be_stored_costs_its_row_only(tmp_path: Path):
    report = load_rows(tmp_path, f"a,A,,,{'S' * 101},1,5", "b,B,,,B-1,99999999999,5", "c,C,,,C-1,1,5")

    assert lines(report.remarks.errors) == [2, 3]
    assert report.products == {"created": 1}


def test_long_names_and_handles_are_cut_to_fit(tmp_path: Path):
    rows = [f"{'h' * 300},{'N' * 300},,,,1,5", f"{'h' * 301},{'N' * 300},,,,1,5"]
    report = load_rows(tmp_path, *rows)

    assert not report.has_errors
    assert load_rows(tmp_path, *rows).products == {"unchanged": 2}
