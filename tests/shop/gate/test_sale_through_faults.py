"""A whole sale, through the API and MySQL, while its Redis is killed or comes back with an old snapshot."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from config.books import check_books
from shop.gate import services as gate
from tests.shop.gate.server import OwnRedis
from tests.shop.gate.test_api import order
from tests.shop.selling import count_left, make_sale

pytestmark = pytest.mark.django_db(transaction=True)

UNITS = 9


@pytest.fixture
def redis(own_redis: OwnRedis, settings: Any, monkeypatch: pytest.MonkeyPatch) -> OwnRedis:
    """The test's own Redis as the shop's, asked again at once after a failure."""
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": own_redis.url}}
    monkeypatch.setattr(gate._breaker, "_open_seconds", 0.0)
    return own_redis


@pytest.mark.parametrize("fault", ["killed for good", "killed and back", "an old snapshot", "emptied"])
def test_the_sale_goes_on_sells_every_unit_once_and_the_gate_is_right_again(
    client: Client, redis: OwnRedis, fault: str
) -> None:
    sale = make_sale(units=UNITS)
    answers = [order(client, sale, f"early-{number}") for number in range(2)]
    redis.save()
    answers += [order(client, sale, f"middle-{number}") for number in range(4)]
    match fault:
        case "killed for good":
            redis.kill()
        case "killed and back":
            # Its disk is lost with it.
            redis.kill()
            (redis.folder / "dump.rdb").unlink()
            answers.append(order(client, sale, "while-it-is-away"))
            redis.start()
        case "an old snapshot":
            redis.restore()
        case _:
            redis.client.flushall()
    answers += [order(client, sale, f"late-{number}") for number in range(6)]
    assert sum(answer.status_code == 201 for answer in answers) == UNITS
    assert {answer.status_code for answer in answers[-2:]} == {409}
    assert count_left(sale)[1] == 0
    assert check_books() == []
    now = timezone.now()
    gate.refresh(sale_id=sale.id, now=now)
    expected = None if fault == "killed for good" else 0
    assert gate.read_drift(sale_id=sale.id, available=0, now=now) == expected
