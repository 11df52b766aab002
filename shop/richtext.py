"""Product descriptions: text markup only, wherever they came from."""

from html import unescape
from typing import Final

import nh3

_TAGS: Final = {"p", "br", "ul", "ol", "li", "strong", "b", "em", "i", "h3", "h4", "blockquote", "a"}


def clean_description(html: str) -> str:
    """Return the description without anything but text markup: no scripts, styles, pictures or frames."""
    return nh3.clean(html, tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto"})


def to_text(html: str) -> str:
    """Return the words of a description, without its markup and on one line."""
    return " ".join(unescape(nh3.clean(html, tags=set(), attributes={})).split())
