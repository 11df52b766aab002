"""Points by API: a balance for whoever signs in, and orders that spend some."""

import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orders.models import Order
from orders.selectors import get_points
from orders.services import adjust_points
from tests.shop.api.calls import assert_problem, make_customer, make_variant, post_order

pytestmark = pytest.mark.django_db
POINTS = "/api/v1/account/points/"


@pytest.fixture(autouse=True)
def _rates(settings: Any) -> None:
    settings.POINTS_PER_UNIT, settings.POINT_VALUE = 1, 2


@pytest.fixture
def buyer() -> tuple[int, dict[str, str]]:
    """A customer with 100 points, each worth two cents, and the header that logs them in."""
    user, headers = make_customer()
    adjust_points(
        customer_id=user.pk, points=100, reference="gift", reason="", actor="test", now=timezone.now()
    )
    return user.pk, headers


def test_the_balance_is_for_its_customer_alone(client: Client, buyer: tuple[int, dict[str, str]]) -> None:
    answer = client.get(POINTS, headers=buyer[1])
    assert answer.json() == {"balance": 100, "worth": {"amount": 200, "currency": "USD"}, "owed": 0}
    assert_problem(client.get(POINTS), 401, "authentication-required")


def test_an_order_spends_points_and_says_so(client: Client, buyer: tuple[int, dict[str, str]]) -> None:
    customer_id, headers = buyer
    order = post_order(client, (make_variant(price=1250), 1), headers=headers, points=40).json()
    assert order["total"] == {"amount": 1170, "currency": "USD"}
    assert order["adjustments"] == [
        {"kind": "points", "label": "40 points", "amount": -80, "points": 40, "included": 0}
    ]
    assert get_points(customer_id=customer_id).balance == 60


def test_of_more_points_than_go_into_the_total_as_many_as_do_are_spent(
    client: Client, buyer: tuple[int, dict[str, str]]
) -> None:
    customer_id, headers = buyer
    order = post_order(client, (make_variant(price=21), 1), headers=headers, points=100).json()
    assert (order["total"]["amount"], order["status"]) == (1, "pending")
    assert get_points(customer_id=customer_id).balance == 90


def test_an_order_that_points_pay_in_full_is_paid(client: Client, buyer: tuple[int, dict[str, str]]) -> None:
    order = post_order(client, (make_variant(price=200), 1), headers=buyer[1], points=100).json()
    assert (order["total"]["amount"], order["status"]) == (0, "paid")


def test_too_few_points_are_a_conflict_with_the_balance(
    client: Client, buyer: tuple[int, dict[str, str]]
) -> None:
    answer = post_order(client, (make_variant(), 1), headers=buyer[1], points=101)
    assert assert_problem(answer, 409, "points-missing")["errors"] == [{"wanted": 101, "balance": 100}]
    assert not Order.objects.exists()


def test_a_guest_cannot_spend_points(client: Client) -> None:
    assert_problem(post_order(client, (make_variant(), 1), points=1), 422, "points-not-taken")
    assert post_order(client, (make_variant(), 1), points=0).status_code == 201


def test_a_shop_without_points_takes_none(
    client: Client, buyer: tuple[int, dict[str, str]], settings: Any
) -> None:
    settings.POINT_VALUE = 0
    answer = post_order(client, (make_variant(), 1), headers=buyer[1], points=1)
    assert_problem(answer, 422, "points-not-taken")


@pytest.mark.parametrize("points", [-1, "5", 1.5, True, None, [], 10**12])
def test_what_is_no_number_of_points_is_named(
    client: Client, buyer: tuple[int, dict[str, str]], points: Any
) -> None:
    answer = post_order(client, (make_variant(), 1), headers=buyer[1], points=points)
    problem = assert_problem(answer, 400, "validation-failed")
    assert [error["field"] for error in problem["errors"]] == ["points"]


def test_the_same_key_spends_once_and_with_other_points_is_another_request(
    client: Client, buyer: tuple[int, dict[str, str]]
) -> None:
    customer_id, headers = buyer
    sku, key = make_variant(), uuid.uuid4().hex
    first = post_order(client, (sku, 1), key=key, headers=headers, points=60)
    again = post_order(client, (sku, 1), key=key, headers=headers, points=60)
    assert first.json() == again.json()
    assert again["Idempotent-Replayed"] == "true"
    assert get_points(customer_id=customer_id).balance == 40
    other = post_order(client, (sku, 1), key=key, headers=headers, points=10)
    assert_problem(other, 422, "idempotency-key-reused")
