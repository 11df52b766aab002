"""Every text of the shop is there in every language. `make messages` names what is not."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from scripts import catalogues
from scripts.catalogues import extract_texts, list_catalogues, list_problems

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'


def write_catalogue(folder: Path, body: str) -> Path:
    """Write the catalogue of one language."""
    source = folder / "zh_Hans" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(HEADER + body)
    return source


@pytest.fixture
def texts():
    found = Catalog()
    found.add("Pay %(amount)s")
    return found


def test_no_text_is_missing_unconfirmed_or_without_its_placeholders():
    texts = extract_texts()
    assert len(texts) > 500
    assert [problem for source in list_catalogues() for problem in list_problems(source, texts)] == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("", "not in the catalogue"),
        ('msgid "Pay %(amount)s"\nmsgstr ""\n', "not translated"),
        ('#, fuzzy\nmsgid "Pay %(amount)s"\nmsgstr "支付 %(amount)s"\n', "translation not confirmed"),
        ('msgid "Pay %(amount)s"\nmsgstr "支付 %(sum)s"\n', "other placeholders than the original"),
        ('msgid "Pay %(amount)s"\nmsgstr "支付"\n', "other placeholders than the original"),
    ],
)
def test_a_catalogue_that_cannot_say_a_text_is_named(tmp_path, texts, body, problem):
    (found,) = list_problems(write_catalogue(tmp_path, body), texts)
    assert problem in found


def test_a_good_translation_is_no_problem(tmp_path, texts):
    good = 'msgid "Pay %(amount)s"\nmsgstr "支付 %(amount)s"\n'
    assert list_problems(write_catalogue(tmp_path, good), texts) == []


def test_an_update_keeps_translations_takes_new_texts_in_and_old_ones_out(tmp_path, texts, monkeypatch):
    old = 'msgid "Pay %(amount)s"\nmsgstr "支付 %(amount)s"\n\nmsgid "Gone"\nmsgstr "没了"\n'
    source = write_catalogue(tmp_path, old)
    texts.add("New")
    monkeypatch.setattr(catalogues, "LOCALES", tmp_path)
    monkeypatch.setattr(catalogues, "extract_texts", lambda: texts)
    assert catalogues.update_catalogues() == ["zh_Hans: not translated: 'New'"]
    written = source.read_text()
    assert "支付 %(amount)s" in written
    assert "Gone" not in written
    catalogues.update_catalogues()
    assert source.read_text() == written


def test_a_compiled_catalogue_is_renewed_when_its_source_changes(tmp_path, texts, monkeypatch):
    source = write_catalogue(tmp_path, 'msgid "Pay"\nmsgstr "支付"\n')
    monkeypatch.setattr(catalogues, "LOCALES", tmp_path)
    assert catalogues.compile_catalogues() == [source]
    assert "支付".encode() in source.with_suffix(".mo").read_bytes()
    assert catalogues.compile_catalogues() == []
    assert [path.name for path in source.parent.iterdir() if path.suffix not in (".po", ".mo")] == []
