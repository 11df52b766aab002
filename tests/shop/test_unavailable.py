"""What visitors and programs are told while the database is away, and error pages in general."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client, RequestFactory

from inventory.errors import StockBusy
from inventory.transactions import CommitUnknown
from shop.availability import is_unavailable
from shop.middleware import DatabaseUnavailableMiddleware


@pytest.fixture
def no_database(transactional_db: None) -> Iterator[None]:
    """Let every new connection be refused, as by a server that is down."""
    settings = connection.settings_dict
    connection.close()
    connection.settings_dict = {**settings, "HOST": "127.0.0.1", "PORT": "1"}
    yield
    connection.close()
    connection.settings_dict = settings


@pytest.mark.parametrize("path", ["/", "/products/", "/products/mug/", "/cart/", "/admin/login/"])
def test_a_page_without_a_database_is_a_503_that_says_when_to_come_back(no_database: None, path: str) -> None:
    client = Client(raise_request_exception=False)
    # With a session, so that the middleware above the views needs the database too.
    client.cookies["sessionid"] = "s" * 32
    answer = client.get(path)
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert b"The shop is very busy" in answer.content
    assert b'http-equiv="refresh"' in answer.content


def test_a_form_without_a_database_is_not_sent_again_by_the_page(no_database: None) -> None:
    answer = Client(raise_request_exception=False).post("/cart/add/", {"variant": 1, "quantity": 1})
    assert answer.status_code == 503
    assert b'http-equiv="refresh"' not in answer.content


def test_the_api_without_a_database_answers_a_problem(no_database: None) -> None:
    answer = Client(raise_request_exception=False).get("/api/v1/products/")
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    problem = answer.json()
    assert (problem["code"], problem["type"]) == ("busy", "/api/v1/problems/busy")


def test_the_shop_is_back_when_the_database_is(transactional_db: None) -> None:
    assert Client().get("/").status_code == 200


def test_a_busy_shelf_outside_the_checkout_is_a_503_too() -> None:
    request = RequestFactory().post("/orders/x/cancel/")
    middleware = DatabaseUnavailableMiddleware(lambda _request: None)  # type: ignore[arg-type, return-value]
    answer = middleware.process_exception(request, StockBusy())
    assert answer is not None
    assert answer.status_code == 503


def answer_api(error: Exception) -> Any:
    """Return the problem document with which a view of the API fails."""
    request = RequestFactory().post("/api/v1/orders/")
    middleware = DatabaseUnavailableMiddleware(lambda _request: None)  # type: ignore[arg-type, return-value]
    answer = middleware.process_exception(request, error)
    assert answer is not None
    assert answer["Content-Type"] == "application/problem+json"
    return json.loads(answer.content)


def test_a_problem_from_below_the_api_is_described_like_any_other() -> None:
    problem = answer_api(StockBusy())
    assert problem["type"] == "/api/v1/problems/busy"
    assert set(problem) == {"type", "title", "status", "detail", "instance", "code", "errors"}


@pytest.mark.parametrize(
    "error", [StockBusy(), CommitUnknown(), OperationalError(2013, "Lost connection"), InterfaceError()]
)
def test_no_program_is_told_that_nothing_was_changed(error: Exception) -> None:
    detail = answer_api(error)["detail"]
    assert "othing was changed" not in detail
    assert "an order is not placed twice" in detail
    assert ("It is not known" in detail) == (type(error) is not StockBusy)


def test_a_mistake_in_a_query_is_not_taken_for_an_absent_database() -> None:
    assert not is_unavailable(OperationalError(1054, "Unknown column"))
    assert not is_unavailable(OperationalError())
    assert not is_unavailable(ValueError("x"))
    assert not is_unavailable(None)


@pytest.mark.django_db
def test_an_unknown_page_is_a_404_in_the_shops_clothes(client: Client) -> None:
    answer = client.get("/no/such/page")
    assert answer.status_code == 404
    assert b"There is no such page" in answer.content
