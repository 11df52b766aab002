"""Ordinary orders of guests are answered before Django is asked, and as the view would answer them."""

import io
import json
import re
import uuid
from typing import Any

import pytest
from django.db import ProgrammingError, connection
from django.test import Client, RequestFactory

from config.wsgi import application
from inventory.sold_out import STORM_REFUSALS
from shop.api.guest_orders import GuestOrders, answer_guest_order
from tests.before_django import ShopClient
from tests.shop.api.calls import ORDERS, make_customer, make_variant, post_order

# Before and after a request connections are looked after, which a test's own transaction would not survive.
pytestmark = pytest.mark.django_db(transaction=True)

# What differs between two orders of the same: number and token, moments, and here the SKU.
_OWN = re.compile(r"0[0-9A-Z]{12}|[0-9a-f]{40}|\d{4}-\d\d-\d\dT[\d:.]+Z|API-\d+")
# Which methods an address takes nobody asks in a POST; the length differs with the SKU.
_LEFT_OUT = {"Allow", "Content-Length"}


def order(client, *, quantity=1, times=1, sku=None, **kwargs):
    """Order something of which there are two, so many times, and return the last answer."""
    sku = sku or make_variant(on_hand=2)
    for _ in range(times):
        answer = post_order(client, (sku, quantity), **kwargs)
    return answer


def reuse_key(client, **kwargs):
    """Send another request under a key that has an order."""
    sku, key = make_variant(on_hand=2), uuid.uuid4().hex
    post_order(client, (sku, 1), key=key, **kwargs)
    return post_order(client, (sku, 2), key=key, **kwargs)


def summarize(response):
    """Return all that a caller sees of an answer but what is each order's own."""
    assert response.headers["Content-Length"] == str(len(response.content))
    headers = {name: value for name, value in response.headers.items() if name not in _LEFT_OUT}
    return response.status_code, _OWN.sub("~", json.dumps([headers, response.json()], sort_keys=True))


def send(app, body, **environ):
    """Ask a WSGI application; return the status and the body of its answer."""
    answers = []
    answer = app(make_environ(body, **environ), lambda status, headers: answers.append((status, headers)))
    return answers[0][0], b"".join(answer)


def make_environ(body, **environ):
    """Return a request for an order as a web server hands it on."""
    factory: Any = RequestFactory()
    ordinary = factory._base_environ(
        PATH_INFO=ORDERS,
        REQUEST_METHOD="POST",
        CONTENT_TYPE="application/json",
        CONTENT_LENGTH=str(len(body)),
        HTTP_IDEMPOTENCY_KEY=uuid.uuid4().hex,
    )
    return {**ordinary, "wsgi.input": io.BytesIO(body), **environ}


def describe_order(sku):
    """Return the body of an order."""
    return json.dumps({"email": "a@example.com", "lines": [{"sku": sku, "quantity": 1}]}).encode()


def echo(environ, start_response):
    """Stand for Django: send back what came."""
    start_response("200 OK", [])
    return [environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))]


@pytest.mark.parametrize(
    "act",
    [
        order,
        lambda client, **more: order(client, times=2, key="again", **more),
        lambda client, **more: order(client, quantity=3, **more),
        lambda client, **more: order(client, quantity=3, times=STORM_REFUSALS + 2, **more),
        lambda client, **more: order(client, sku="none such", **more),
        lambda client, **more: order(client, shipping_address={"city": "Leeds", "country": "GB"}, **more),
        lambda client, **more: order(client, quantity=0, **more),
        reuse_key,
    ],
    ids=["placed", "replayed", "short", "storm", "unknown", "address", "invalid", "key"],
)
@pytest.mark.parametrize("headers", [{}, {"Accept-Language": "zh-hans"}], ids=["default", "chinese"])
def test_the_answer_is_the_views(act, headers):
    early = act(ShopClient(), headers=headers)
    # A key belongs to one order.
    usual = act(Client(), headers={**headers, "Authorization": make_customer()[1]["Authorization"]})
    assert summarize(early) == summarize(usual)


@pytest.mark.parametrize(
    "environ",
    [
        {"HTTP_AUTHORIZATION": "Token 123"},
        {"CONTENT_TYPE": "text/plain"},
        {"HTTP_ACCEPT": "text/html"},
        {"HTTP_TRANSFER_ENCODING": "chunked"},
        {"REQUEST_METHOD": "PUT"},
        {"SCRIPT_NAME": "/shop"},
        {"PATH_INFO": "/api/v1/orders"},
        {"HTTP_IDEMPOTENCY_KEY": ""},
        {"HTTP_HOST": "somebody-elses.example"},
    ],
    ids=str,
)
def test_what_is_not_ordinary_goes_to_django_as_it_came(environ):
    body = describe_order(make_variant())
    assert send(GuestOrders(echo), body, **environ) == ("200 OK", body)


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"email": 1}', b" " * 5000])
def test_a_body_with_something_wrong_about_it_goes_to_django_as_it_came(body):
    assert send(GuestOrders(echo), body) == ("200 OK", body)


def test_who_must_come_by_https_is_sent_there_by_django(settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    body, at_shop = describe_order(make_variant()), {"SERVER_PORT": "443", "HTTP_HOST": "localhost"}
    assert answer_guest_order(make_environ(body, **at_shop)) is None
    answer = answer_guest_order(make_environ(body, HTTP_X_FORWARDED_PROTO="https", **at_shop))
    assert answer is not None
    assert answer.status == 201


@pytest.mark.parametrize("cookies", ["", "session=1; django_language=en"])
def test_the_web_server_gets_a_whole_answer(cookies):
    status, body = send(application, describe_order(make_variant()), HTTP_COOKIE=cookies)
    assert status == "201 Created"
    assert json.loads(body)["status"] == "pending"


def test_a_body_that_breaks_off_is_a_400():
    class BrokenOff(io.BytesIO):
        def read(self, *_size):
            raise ConnectionResetError

    status, body = send(GuestOrders(echo), b"{}", **{"wsgi.input": BrokenOff()})
    assert status == "400 Bad Request"
    assert json.loads(body)["code"] == "bad-request"


def test_a_bug_is_left_to_django_which_logs_it():
    def fail(*_args):
        raise ProgrammingError

    body = describe_order(make_variant())
    environ = make_environ(body)
    with connection.execute_wrapper(fail):
        assert answer_guest_order(environ) is None
    assert environ["wsgi.input"].read() == body


def test_a_refusal_that_is_not_business_as_usual_has_its_line_in_the_log(caplog):
    order(ShopClient(), sku="none such")
    order(ShopClient(), quantity=3)
    lines = [record.getMessage() for record in caplog.records if record.name == "django.request"]
    assert lines == [f"Unprocessable Entity: {ORDERS}"]
