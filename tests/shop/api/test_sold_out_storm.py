"""When everybody wants what is gone: the same refusal as ever, for the price of one read."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory import sold_out
from inventory.services import receive
from inventory.sold_out import STORM_REFUSALS
from tests.shop.api.calls import ORDERS, assert_problem, make_customer, make_variant, post_order

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _a_storm_lasts(monkeypatch):
    """However slow this machine is at the moment."""
    for name in ("STORM_SECONDS", "LOOK_AGAIN_SECONDS", "REMEMBERED_SECONDS"):
        monkeypatch.setattr(sold_out, name, 60.0)


@pytest.fixture
def gone(client):
    """Something sold out, to the buyer whose key is "first"."""
    sku = make_variant(on_hand=1)
    assert post_order(client, (sku, 1), key="first").status_code == 201
    return sku


def storm(client, sku):
    """Have the item refused often enough, and just now."""
    for _ in range(STORM_REFUSALS + 1):
        assert_problem(post_order(client, (sku, 1)), 409, "out-of-stock")


def post_and_count(client, *lines, **kwargs):
    """Place an order; return the answer and how many statements it took."""
    with CaptureQueriesContext(connection) as queries:
        response = post_order(client, *lines, **kwargs)
    return response, len(queries)


def test_in_a_storm_the_usual_refusal_takes_one_read(client, gone):
    usual = post_order(client, (gone, 1))
    storm(client, gone)
    response, statements = post_and_count(client, (gone, 1))
    assert statements == 1
    assert assert_problem(response, 409, "out-of-stock") == usual.json()
    for name in ("Cache-Control", "Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options"):
        assert response.headers[name] == usual.headers[name]
    assert response.headers["Content-Length"] == str(len(response.content))


def test_in_a_storm_a_repeated_request_still_gets_its_order(client, gone):
    storm(client, gone)
    again = post_order(client, (gone, 1), key="first")
    assert again.status_code == 201
    assert again.headers["Idempotent-Replayed"] == "true"


def test_in_a_storm_a_key_used_for_another_request_is_named_as_such(client, gone):
    storm(client, gone)
    assert_problem(post_order(client, (gone, 2), key="first"), 422, "idempotency-key-reused")


def test_a_unit_that_comes_back_in_a_storm_is_for_sale_at_once(client, gone):
    storm(client, gone)
    receive(sku=gone, quantity=1, actor="test", reason="", now=timezone.now())
    assert post_order(client, (gone, 1)).status_code == 201


def test_in_a_storm_other_things_are_sold_as_ever(client, gone):
    other = make_variant()
    storm(client, gone)
    assert post_order(client, (other, 1)).status_code == 201
    problem = assert_problem(post_order(client, (gone, 1), (other, 1)), 409, "out-of-stock")
    assert [error["sku"] for error in problem["errors"]] == [gone]


def test_in_a_storm_a_customers_own_key_gives_their_order(client):
    _user, headers = make_customer()
    sku = make_variant(on_hand=1)
    assert post_order(client, (sku, 1), key="mine", headers=headers).status_code == 201
    storm(client, sku)
    again = post_order(client, (sku, 1), key="mine", headers=headers)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_in_a_storm_what_is_wrong_with_a_request_is_still_said(client, gone):
    storm(client, gone)
    assert_problem(post_order(client, (gone, 0)), 400, "validation-failed")
    assert_problem(post_order(client, (gone, 1), key="a b"), 400, "idempotency-key-invalid")
    assert_problem(post_order(client, (gone, 1), coupon=7), 400, "validation-failed")
    broken = client.post(ORDERS, "{", content_type="application/json", headers={"Idempotency-Key": "x"})
    assert_problem(broken, 400, "malformed-body")


@pytest.mark.parametrize("language", ["zh-hans", "en", "nonsense"])
def test_in_a_storm_the_refusal_is_in_the_callers_language(client, gone, language):
    headers = {"Accept-Language": language}
    usual = post_order(client, (gone, 1), headers=headers).json()
    storm(client, gone)
    assert post_order(client, (gone, 1), headers=headers).json() == usual


def test_being_sold_out_is_not_worth_a_line_in_the_log(client, gone, caplog):
    storm(client, gone)
    assert [record for record in caplog.records if record.name == "django.request"] == []
