"""What visitors and programs are told while the database is away, and error pages in general."""

from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection
from django.test import Client, RequestFactory

from inventory.errors import StockBusy
from shop.middleware import DatabaseUnavailableMiddleware, is_unavailable


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
    assert answer.json()["code"] == "busy"


def test_the_shop_is_back_when_the_database_is(transactional_db: None) -> None:
    assert Client().get("/").status_code == 200


def test_a_busy_shelf_outside_the_checkout_is_a_503_too() -> None:
    request = RequestFactory().post("/orders/x/cancel/")
    middleware = DatabaseUnavailableMiddleware(lambda _request: None)  # type: ignore[arg-type, return-value]
    answer = middleware.process_exception(request, StockBusy())
    assert answer is not None
    assert answer.status_code == 503


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
