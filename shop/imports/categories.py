"""The category tree an import needs, created as far as it is missing."""

import itertools
from collections.abc import Iterator, Sequence

from django.utils.text import slugify

from shop.imports.cells import digest
from shop.models import Category

_NAME_LENGTH = 120
_SLUG_LENGTH = 130


class CategoryTree:
    """Finds categories by their path from the top; with `dry_run`, without creating any."""

    def __init__(self, *, dry_run: bool) -> None:
        """Start with nothing known; every path is looked up once."""
        self._dry_run = dry_run
        self._known: dict[tuple[str, ...], int | None] = {}

    def find(self, path: Sequence[str]) -> int | None:
        """Return the id of the category at a path, or None where a dry run would create it.

        Needs no transaction.
        """
        key = tuple(name[:_NAME_LENGTH] for name in path)
        folded = tuple(name.casefold() for name in key)
        if folded not in self._known:
            self._known[folded] = self._look_up(key)
        return self._known[folded]

    def _look_up(self, path: tuple[str, ...]) -> int | None:
        parent = self.find(path[:-1]) if len(path) > 1 else None
        if len(path) > 1 and parent is None:
            return None
        found = _find(path[-1], parent)
        if found is None and not self._dry_run:
            found = _create(path, parent)
        return found.pk if found else None


def _find(name: str, parent_id: int | None) -> Category | None:
    return Category.objects.filter(name=name, parent_id=parent_id).order_by("id").first()


def _create(path: tuple[str, ...], parent_id: int | None) -> Category:
    name, slugs = path[-1], _list_slugs(path)
    while True:
        category, is_new = Category.objects.get_or_create(
            slug=next(slugs), defaults={"name": name, "parent_id": parent_id}
        )
        # Two imports that miss the same category try the same slugs in the same order, so the slower one
        # finds what the faster one made at that slug, instead of failing or making it twice.
        found = category if is_new else _find(name, parent_id)
        if found:
            return found


def _list_slugs(path: tuple[str, ...]) -> Iterator[str]:
    """Yield the name as a slug, then with its parents' names in front, then with a number behind."""
    # Category addresses are plain ASCII, which a Chinese name has nothing for.
    parts = [slugify(name) or f"category-{digest(name)}" for name in path]
    full = "-".join(parts)[:_SLUG_LENGTH]
    yield parts[-1][:_SLUG_LENGTH]
    yield full
    yield from (f"{full}-{number}" for number in itertools.count(2))
