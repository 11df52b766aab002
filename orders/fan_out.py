"""A message that several subscribers wait for becomes one for each: each is tried, and parked, on its own."""

import hashlib
import json
from typing import Final

from inventory.ids import new_ids
from inventory.sql import RowInsert, Statement, execute_together, placeholders
from inventory.transactions import require_transaction
from orders.models import OutboxMessage
from orders.subscribers import list_subscribers

_LONGEST_KEY: Final = 100
_INSERT = RowInsert(
    OutboxMessage,
    ["id", "topic", "subscriber", "key", "payload", "created_at", "deliver_after"],
    constants={
        **dict.fromkeys(("delivered_at", "parked_at"), "NULL"),
        "latest_error": "''",
        "attempts": "0",
        "is_waiting": "1",
    },
)


def replace_shared(messages: list[OutboxMessage]) -> list[OutboxMessage]:
    """Put one message for each subscriber in the place of what has several; return those that have one.

    The messages are locked. Needs a transaction.
    """
    require_transaction()
    shared = [m for m in messages if not m.subscriber and len(list_subscribers(m.topic)) > 1]
    if not shared:
        return messages
    owners = [(message, name) for message in shared for name in list_subscribers(message.topic)]
    copies = [
        (id_, m.topic, name, _name_copy(m.key, name), json.dumps(m.payload), m.created_at, m.deliver_after)
        for id_, (m, name) in zip(new_ids(len(owners)), owners, strict=True)
    ]
    ids = [message.id for message in shared]
    gone = Statement(f"DELETE FROM orders_outboxmessage WHERE id IN ({placeholders(ids)})", ids)  # noqa: S608 - no input
    # The same cause told twice: whoever has it already does not get it again, and nobody is held up.
    execute_together([_INSERT.prepare(copies).or_leave("id"), gone])
    return [message for message in messages if message not in shared]


def _name_copy(key: str, subscriber: str) -> str:
    """Return the key of a subscriber's own message: the same for the same, and short enough."""
    name = f"{key}/{subscriber}"
    if len(name) <= _LONGEST_KEY:
        return name
    return f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"
