"""The category tree an import needs, created as far as it is missing."""

from collections.abc import Sequence

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
        found = Category.objects.filter(name=path[-1], parent_id=parent).order_by("id").first()
        if found is None and not self._dry_run:
            found = Category.objects.create(name=path[-1], parent_id=parent, slug=_find_free_slug(path))
        return found.pk if found else None


def _find_free_slug(path: tuple[str, ...]) -> str:
    """Return the name as a slug, with its parents' names or a number in front or behind if it is taken."""
    # Category addresses are plain ASCII, which a Chinese name has nothing for.
    parts = [slugify(name) or f"category-{digest(name)}" for name in path]
    short, full = parts[-1][:_SLUG_LENGTH], "-".join(parts)[:_SLUG_LENGTH]
    candidates = [short, full, *(f"{full}-{number}" for number in range(2, 1000))]
    return next(slug for slug in candidates if not Category.objects.filter(slug=slug).exists())
