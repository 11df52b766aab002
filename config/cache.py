"""The cache of a shop that goes on without it."""

from typing import Any

from django_redis.cache import RedisCache
from django_redis.exceptions import ConnectionInterrupted


class OptionalRedisCache(RedisCache):
    """Redis that, while it is away, is an empty cache nobody else uses.

    Log-in limits take a lock with `add`. Where a missing Redis says "not added", somebody else seems to hold
    that lock, and nobody could log in; here it says "added". Limits are not kept then, everything else is.
    """

    def add(self, *args: Any, **kwargs: Any) -> bool:
        """Set a key that is not there yet; say whether this caller set it, or might have."""
        try:
            return bool(self.client.add(*args, **kwargs))
        except ConnectionInterrupted:
            return True
