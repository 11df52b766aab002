"""Taking text apart into terms, the same way for what is found and for what is typed.

Latin and most other scripts are taken apart at spaces. Chinese and Japanese have none: any two neighbouring
characters are a term, and each one alone, so that a word is found without knowing what a word is.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from shop.search.models import TERM_LENGTH

_MOST_WORDS: Final = 8
# Kana, Han with its extensions and its compatibility forms.
_SPACELESS: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LETTER: Final = rf"(?:(?![{_SPACELESS}])[^\W_])"
# What holds the parts of a SKU or a compound word together: "KET-1/RED", "t-shirt", "farmer's".
_JOINT: Final = r"[-_./+'’]"
_TOKEN: Final = re.compile(rf"[{_SPACELESS}]+|{_LETTER}+(?:{_JOINT}{_LETTER}+)*")
_JOINTS: Final = re.compile(_JOINT)
_TAG: Final = re.compile(r"<[^>]*>")
_STOP_WORDS: Final = frozenset(
    "a an and are as at be by for from in is it of on or that the this to with you your".split()  # noqa: SIM905
)
# English plurals; a word without its ending is the beginning of both forms.
_PLURALS: Final = (("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x"), ("ies", ""), ("s", ""))
_SHORTEST_STEM: Final = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """A term that must occur; `is_start` if one that begins so will do."""

    term: str
    is_start: bool


def fold(text: str) -> str:
    """Return text without case, accents and full-width forms."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(character for character in plain if not unicodedata.combining(character))
    return unicodedata.normalize("NFC", kept)


def strip_markup(text: str) -> str:
    """Return the text of cleaned HTML."""
    return html.unescape(_TAG.sub(" ", text))


def split_text(text: str) -> set[str]:
    """Return every term by which this text is found."""
    terms: set[str] = set()
    for token in _TOKEN.findall(fold(text)):
        if _is_spaceless(token):
            terms.update(token)
            terms.update(first + second for first, second in pairwise(token))
        else:
            parts = _JOINTS.split(token)
            # Also as one word: "KET-1" is typed as "ket1", and "t-shirt" as "tshirt".
            terms.update(part[:TERM_LENGTH] for part in (*parts, "".join(parts)))
    return terms - _STOP_WORDS


def split_query(query: str) -> list[Wanted]:
    """Return the terms that must all occur; empty if nothing was typed by which anything could be found."""
    wanted = list(dict.fromkeys(_read_query(query)))
    meaningful = [term for term in wanted if term.term not in _STOP_WORDS]
    return meaningful[:_MOST_WORDS]


def _read_query(query: str) -> Iterator[Wanted]:
    for token in _TOKEN.findall(fold(query)):
        if not _is_spaceless(token):
            yield _to_start("".join(_JOINTS.split(token))[:TERM_LENGTH])
        elif len(token) == 1:
            yield Wanted(token, is_start=False)
        else:
            yield from (Wanted(first + second, is_start=False) for first, second in pairwise(token))


def _to_start(word: str) -> Wanted:
    for ending, stem_ending in _PLURALS:
        if word.endswith(ending):
            stem = word.removesuffix(ending) + stem_ending
            is_plural = ending != "s" or not word.endswith(("ss", "us", "is"))
            return Wanted(stem if is_plural and len(stem) >= _SHORTEST_STEM else word, is_start=True)
    # Half the shop begins with any one letter.
    return Wanted(word, is_start=len(word) > 1)


def _is_spaceless(token: str) -> bool:
    return re.match(f"[{_SPACELESS}]", token) is not None
