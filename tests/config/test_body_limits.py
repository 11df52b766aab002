"""A body that is larger than its address takes is refused for what it declares."""

import pytest
from django.http import UnreadablePostError
from django.test import RequestFactory

from config.body_limits import BodyLimitMiddleware, find_limit


def declare(client, path: str, size: int):
    """Send a request that declares a body of this size and sends none."""
    return client.post(path, data=b"", content_type="application/json", CONTENT_LENGTH=str(size))


@pytest.mark.parametrize("path", ["/api/v1/orders/", "/cart/", "/admin/login/", "/sandbox/x/"])
def test_a_body_over_the_limit_is_refused_unread(client, path):
    assert declare(client, path, find_limit(path) + 1).status_code == 413


def test_the_api_says_so_in_a_problem_document(client):
    response = declare(client, "/api/v1/orders/", find_limit("/api/v1/orders/") + 1)
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "body-too-large"


def test_pictures_may_be_larger_than_other_forms():
    assert find_limit("/api/v1/orders/") < find_limit("/cart/") < find_limit("/admin/shop/product/1/change/")


def test_a_body_that_breaks_off_is_the_senders_fault():
    middleware = BodyLimitMiddleware(lambda request: pytest.fail("not asked"))
    request = RequestFactory().post("/cart/")
    answer = middleware.process_exception(request, UnreadablePostError("gone"))
    assert answer is not None
    assert answer.status_code == 400
    assert middleware.process_exception(request, ValueError("a bug")) is None
