"""An emptied Redis, for one test among others that use the same one at this moment."""

from django.core.cache import cache
from django_redis import get_redis_connection

from shop.gate import keys


def empty_redis() -> None:
    """Delete all that the shop keeps in Redis, but not the gates of other tests, as a flush would."""
    cache.delete_pattern("*")  # type: ignore[attr-defined]
    client = get_redis_connection("default")
    for key in client.scan_iter(f"{keys.prefix}:*"):
        client.delete(key)
