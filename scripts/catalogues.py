"""The catalogues of translated texts: compiled, brought up to date with the sources, and checked.

Runs inside the virtual environment, with Babel: no other tools are needed.
`python -m scripts.catalogues compile` writes what Django reads; `update` takes new texts in and old ones out.
"""

import io
import os
import string
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from scripts import paths

LOCALES: Final = paths.ROOT / "locale"
APPS: Final = ("config", "shop", "payments", "orders", "inventory")
HEADER: Final = """msgid ""
msgstr ""
"Project-Id-Version: Holdfast\\n"
"Language: {catalogue.locale_identifier}\\n"
"Plural-Forms: {catalogue.plural_forms}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
KEYWORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}


def list_catalogues() -> list[Path]:
    """Return the catalogue of each language."""
    return sorted(LOCALES.glob("*/LC_MESSAGES/django.po"))


def read_catalogue(source: Path) -> Catalog:
    """Return a catalogue as it is on the disk."""
    with source.open("rb") as file:
        return read_po(file, locale=source.parent.parent.name, ignore_obsolete=True)


def compile_catalogues() -> list[Path]:
    """Compile every catalogue that is newer than its compiled form; return those that were."""
    compiled = []
    for source in list_catalogues():
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        # Put in its place whole: a shop that is starting must not read half of it.
        draft = target.with_suffix(f".{os.getpid()}")
        with draft.open("wb") as file:
            write_mo(file, read_catalogue(source))
        draft.replace(target)
        compiled.append(source)
    return compiled


def update_catalogues() -> list[str]:
    """Take the texts of the sources into every catalogue, and out what is gone; return what is left to do."""
    texts = extract_texts()
    problems = []
    for source in list_catalogues():
        catalogue = read_catalogue(source)
        # A guess from a similar text would have to be found and undone by hand.
        catalogue.update(texts, no_fuzzy_matching=True, update_creation_date=False)
        # No dates, no places in files, and in the order of the texts: two people who add some seldom collide.
        written = io.BytesIO()
        write_po(
            written,
            catalogue,
            omit_header=True,
            no_location=True,
            sort_output=True,
            ignore_obsolete=True,
            width=110,
        )
        source.write_text(HEADER.format(catalogue=catalogue) + written.getvalue().decode())
        problems += list_problems(source, texts)
    return problems


def extract_texts() -> Catalog:
    """Return every text of the sources that is marked for translation."""
    texts = Catalog()
    for path in _list_sources():
        text, method = path.read_text(), "python"
        if path.suffix != ".py":
            # Django's own reading of a template: calls of gettext with nothing but rubbish between them.
            text, method = templatize(text, origin=str(path)), "javascript"
        for line, words, _comments, context in extract(method, io.BytesIO(text.encode()), KEYWORDS):
            texts.add(words, locations=[(str(path.relative_to(paths.ROOT)), line)], context=context)
    return texts


def list_problems(source: Path, texts: Catalog) -> list[str]:
    """Return what keeps a catalogue from saying every one of these texts."""
    catalogue = read_catalogue(source)
    problems = []
    for message in texts:
        if message.id:
            found = catalogue.get(message.id, message.context)
            problems += [
                f"{source.parent.parent.name}: {problem}: {message.id!r}" for problem in _judge(found)
            ]
    return problems


def _list_sources() -> Iterator[Path]:
    for app in APPS:
        for path in sorted((paths.ROOT / app).rglob("*")):
            if path.suffix in (".py", ".html", ".txt") and "migrations" not in path.parts:
                yield path


def _judge(message: Message | None) -> Iterator[str]:
    if message is None:
        yield "not in the catalogue"
        return
    forms = _list_forms(message.string)
    if not all(forms):
        yield "not translated"
    elif message.fuzzy:
        yield "translation not confirmed"
    else:
        # A singular may leave the number out; what the plural names must be there.
        wanted = _list_placeholders(_list_forms(message.id)[-1])
        if any(_list_placeholders(form) != wanted for form in forms):
            yield "other placeholders than the original"


def _list_forms(words: str | Sequence[str] | None) -> Sequence[str]:
    return [words or ""] if isinstance(words, str) or words is None else words


def _list_placeholders(text: str) -> list[str]:
    if "%(" in text:
        named = [part.partition(")") for part in text.split("%(")[1:]]
        return sorted(name + rest[:1] for name, _bracket, rest in named)
    try:
        return sorted(name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name)
    except ValueError:
        return []


def main() -> int:
    """Do what the command line says."""
    if sys.argv[1:] == ["update"]:
        problems = update_catalogues()
        sys.stderr.writelines(f"{problem}\n" for problem in problems)
        return 1 if problems else 0
    compile_catalogues()
    return 0


if __name__ == "__main__":
    sys.exit(main())
