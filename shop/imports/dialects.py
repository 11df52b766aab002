"""Which shop exported this file? Told by its header alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

from django.utils.translation import gettext as _

from shop.imports.context import Context
from shop.imports.drafts import ProductDraft
from shop.imports.errors import UnreadableFile
from shop.imports.shopify import Shopify
from shop.imports.sources import inspect_source
from shop.imports.tables import Table, list_tables
from shop.imports.woocommerce import WooCommerce

_SHOWN_COLUMNS: Final = 8


class Dialect(Protocol):
    """One shop's product CSV. A new one is a class in a file of its own and a line in `DIALECTS`."""

    name: str
    # The columns without which a file is not of this dialect, as its users know them.
    expects: str
    # Whether a product imported before is known again by its slug first, or by its SKUs first.
    slug_is_identity: bool

    def recognises(self, table: Table) -> bool:
        """Whether the header is this dialect's."""

    def read(self, table: Table, context: Context) -> Iterator[ProductDraft]:
        """Yield the file's products; report every row that is refused or passed over to the context."""


DIALECTS: Final[tuple[Dialect, ...]] = (Shopify(), WooCommerce())


def open_export(path: Path) -> tuple[Dialect, Table]:
    """Return a product file and the dialect it is written in. Raises UnreadableFile."""
    tables = list(list_tables(inspect_source(path)))
    for table in tables:
        for dialect in DIALECTS:
            if dialect.recognises(table):
                return dialect, table
    widest = max(tables, key=lambda table: len(table.header))
    expected = "; ".join(f"{dialect.name}: {dialect.expects}" for dialect in DIALECTS)
    found = ", ".join(name[:40] for name in widest.header[:_SHOWN_COLUMNS])
    raise UnreadableFile(
        _("The header is of no known product export. Needed columns: %(expected)s. Found: %(found)s.")
        % {"expected": expected, "found": found}
    )
