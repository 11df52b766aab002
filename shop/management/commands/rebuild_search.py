"""Index the whole catalogue anew."""

from typing import Any

from django.core.management.base import BaseCommand

from shop.search.indexing import rebuild


class Command(BaseCommand):
    """`manage.py rebuild_search`."""

    help = (
        "Write anew what products are found, narrowed and sorted by. Saving and importing do so by"
        " themselves; this is for a database that was changed by other means. Safe while the shop is open."
        " Example: manage.py rebuild_search"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Index every product."""
        count = rebuild(on_progress=self._show_progress)
        if self.stderr.isatty():
            self.stderr.write("")
        self.stdout.write(f"{count} products can be found.")

    def _show_progress(self, products: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{products} products", ending="")
