"""Which idempotency keys have an order: concurrent questions of a process share one query.

In a sell-out every refusal asks it once, thousands a second: asked together they cost the database and this
process a fraction.
"""

from collections.abc import Sequence
from typing import Final

from django.db import connection

from inventory.combining import BatchFailed, Combiner
from inventory.errors import StockBusy
from inventory.sql import placeholders

_BATCH_LIMIT: Final = 64
# Far more than there are threads: nobody is turned away here.
_WAITING_LIMIT: Final = 10_000
_PATIENCE_SECONDS: Final = 5.0
_LOOK: Final = "SELECT idempotency_key FROM orders_order WHERE idempotency_scope = %s AND idempotency_key IN"


def is_key_used(*, idempotency_scope: str, idempotency_key: str) -> bool:
    """Say whether an order was placed under this key, and committed before this was asked.

    Must not be asked in a transaction: the thread that asks for several may see less than they have written.
    """
    try:
        return _looks.submit(
            idempotency_scope, (idempotency_scope, idempotency_key), patience_seconds=_PATIENCE_SECONDS
        )
    except (BatchFailed, StockBusy):
        # Whoever asked for us failed, which need not be so for us.
        [is_used] = _look_up([(idempotency_scope, idempotency_key)])
        return is_used


def _look_up(questions: Sequence[tuple[str, str]]) -> Sequence[bool]:
    """Answer questions of one scope, (scope, key) each."""
    scope = questions[0][0]
    keys = [key for _scope, key in questions]
    with connection.cursor() as cursor:
        cursor.execute(f"{_LOOK} ({placeholders(keys)})", (scope, *keys))
        # As the column compares them: by their characters, and without spaces at the end.
        used = {key.rstrip(" ") for (key,) in cursor.fetchall()}
    return [key.rstrip(" ") in used for key in keys]


_looks: Final[Combiner[tuple[str, str], bool]] = Combiner(
    _look_up, batch_limit=_BATCH_LIMIT, waiting_limit=_WAITING_LIMIT
)
