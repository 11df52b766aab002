"""A message that several subscribers wait for becomes one for each: each is tried, and parked, on its own."""

from inventory.ids import new_ids
from inventory.transactions import require_transaction
from orders.models import OutboxMessage
from orders.subscribers import list_subscribers


def replace_shared(messages: list[OutboxMessage]) -> list[OutboxMessage]:
    """Put one message for each subscriber in the place of what has several; return those that have one.

    The messages are locked. Needs a transaction.
    """
    require_transaction()
    shared = [m for m in messages if not m.subscriber and len(list_subscribers(m.topic)) > 1]
    if shared:
        owners = [(message, name) for message in shared for name in list_subscribers(message.topic)]
        copies = [
            OutboxMessage(
                id=id_,
                topic=message.topic,
                subscriber=name,
                key=f"{message.key}/{name}",
                payload=message.payload,
                created_at=message.created_at,
                deliver_after=message.deliver_after,
            )
            for id_, (message, name) in zip(new_ids(len(owners)), owners, strict=True)
        ]
        # The same cause told twice: whoever has it already does not get it again, and nobody is held up.
        OutboxMessage.objects.bulk_create(copies, ignore_conflicts=True)
        OutboxMessage.objects.filter(id__in=[message.id for message in shared]).delete()
    return [message for message in messages if message not in shared]
