"""Ids for sales, and a Redis that a test may kill."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from django_redis import get_redis_connection

from shop.gate import keys
from tests.shop.gate.server import PROGRAM, OwnRedis

_ids = itertools.count(900_000_001)


@pytest.fixture
def sale_id() -> Iterator[int]:
    """The id of a sale nobody else has; its keys are gone afterwards."""
    id_ = next(_ids)
    yield id_
    client = get_redis_connection("default")
    for key in client.scan_iter(f"{keys.prefix}:{{sale:{id_}}}:*"):
        client.delete(key)


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    """A running Redis for this test alone."""
    if PROGRAM is None:
        pytest.skip("no Redis server installed here")
    server = OwnRedis(tmp_path)
    server.start()
    yield server
    server.client.close()
    server.kill()
