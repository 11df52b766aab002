"""Whatever a stranger sends: a clear refusal, never a 500, and nothing changed."""

import json
import uuid

import pytest

from inventory.models import StockItem
from inventory.selectors import get_stock_level
from shop.api.order_input import MAX_LINES
from shop.api.parsing import MAX_BODY_BYTES
from tests.shop.api.calls import ORDERS, assert_problem, make_customer, make_variant, post_order

pytestmark = pytest.mark.django_db

SKU = "BAD-INPUT"


@pytest.fixture(autouse=True)
def shelf():
    """Stock that must be there afterwards."""
    make_variant(sku=SKU, on_hand=5)
    yield
    assert get_stock_level(sku=SKU).available == 5


def send(client, body: bytes | str, content_type: str = "application/json", **headers: str):
    """POST a body as it is."""
    headers = {"Idempotency-Key": uuid.uuid4().hex, **headers}
    raw = body.encode() if isinstance(body, str) else body
    return client.generic("POST", ORDERS, raw, content_type=content_type, headers=headers)


def list_fields(response) -> set[str]:
    """Return the fields a validation problem names."""
    return {error["field"] for error in assert_problem(response, 400, "validation-failed")["errors"]}


@pytest.mark.parametrize(
    "quantity", [0, -1, 1.5, 1.0, "2", "", True, False, None, [], {}, 10**12, 10**30, -(10**30), "1e3"]
)
def test_only_whole_positive_quantities_are_taken(client, quantity):
    assert list_fields(post_order(client, (SKU, quantity))) == {"lines.0.quantity"}


@pytest.mark.parametrize("sku", [None, 7, True, [], {}, "", "x" * 101, "nul\x00"])
def test_only_usable_skus_are_taken(client, sku):
    assert list_fields(post_order(client, (sku, 1))) == {"lines.0.sku"}


@pytest.mark.parametrize("sku", ["😀", "' OR 1=1 --", "ＢＡＤ", "\u200b", "\ufffd", "../../etc"])
def test_strange_skus_are_not_for_sale(client, sku):
    assert_problem(post_order(client, (sku, 1)), 422, "product-unavailable")


@pytest.mark.parametrize(
    "email",
    [
        *[None, 7, True, [], {}, "", "nobody", "a@b", "a@b.c\x00", "a b@example.com", "😀@example.com"],
        *["a@example.com\nBcc: b@example.com", "x" * 250 + "@example.com"],
    ],
)
def test_only_usable_emails_are_taken(client, email):
    assert list_fields(post_order(client, (SKU, 1), email=email)) == {"email"}


@pytest.mark.parametrize(
    "lines", [None, [], {}, "x", 7, [None], [[]], ["x"], [7], [{}], [[{"sku": SKU, "quantity": 1}]]]
)
def test_only_lists_of_lines_are_taken(client, lines):
    assert {field.partition(".")[0] for field in list_fields(post_order(client, lines=lines))} == {"lines"}


@pytest.mark.parametrize(
    "address",
    [[], "x", 7, True, {"name": 7}, {"city": {}}, {"line1": "x" * 201}, {"name": "\x00"}]
    + [{"country": text} for text in ("Germany", "de", "XX", "EU", "D", "DEU", " DE x", 7, None, "Ｄ Ｅ")],
)
def test_only_usable_addresses_are_taken(client, address):
    fields = list_fields(post_order(client, (SKU, 1), shipping_address=address))
    assert {field.partition(".")[0] for field in fields} == {"shipping_address"}


@pytest.mark.parametrize("coupon", [7, True, [], {}, "x" * 65, "\x00"])
def test_only_usable_coupons_are_looked_up(client, coupon):
    assert list_fields(post_order(client, (SKU, 1), coupon=coupon)) == {"coupon"}


@pytest.mark.parametrize("count", [MAX_LINES + 1, 10_000])
def test_too_many_lines_are_refused(client, count):
    assert list_fields(post_order(client, *[(SKU, 1)] * count)) == {"lines"}


def test_every_mistake_is_named_at_once(client):
    response = post_order(client, (SKU, 1), (SKU, 0), ("", 1), email="x")
    assert list_fields(response) == {"email", "lines.1.quantity", "lines.2.sku"}


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "nope",
        "{'email': 1}",
        '{"email": NaN}',
        '{"lines": [{"sku": "BAD-INPUT", "quantity": Infinity}]}',
        '{"email": "\\ud800@example.com"}',
        '{"\\udfff": 1}',
        '{"lines": ' + "9" * 5000 + "}",
        "[" * 100_000,
        "[" * 50_000 + "]" * 50_000,
        '{"a":' * 20_000 + "1" + "}" * 20_000,
        b'{"email": "\xff\xfe"}',
        b"\x00",
        "{}".encode("utf-16"),
    ],
    ids=lambda body: repr(body[:24]),
)
def test_what_is_not_json_is_refused(client, body):
    assert_problem(send(client, body), 400, "malformed-body")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ('{"a": 1,}', "the body is not valid JSON: see line 1, column 9"),
        ('{"lines": ' + "9" * 10_000 + "}", "a number in the body is too long"),
        ('{"email": NaN}', "NaN is not JSON"),
        ("[" * 100_000, "nested too deeply"),
        (b'{"email": "\xff"}', "the body is not UTF-8"),
    ],
    ids=["syntax", "digits", "nan", "nesting", "encoding"],
)
def test_what_is_wrong_with_a_body_is_said_in_plain_words(client, body, detail):
    assert assert_problem(send(client, body), 400, "malformed-body")["detail"] == detail


@pytest.mark.parametrize("body", ["[]", "7", '"x"', "null", "true", "{}", "", '{"lines": 1e400}', "[[[]]]"])
def test_json_that_is_no_order_is_refused(client, body):
    assert_problem(send(client, body), 400, "validation-failed")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "nonsense",
    ],
)
def test_other_content_types_are_refused(client, content_type):
    assert_problem(send(client, "email=a@example.com", content_type), 415, "unsupported-media-type")


@pytest.mark.parametrize("charset", ["utf-8", "rot13", "base64", "utf-16", "no-such-thing", "idna"])
def test_the_charset_of_a_content_type_changes_nothing(client, charset):
    assert_problem(send(client, "{}", f"application/json; charset={charset}"), 400, "validation-failed")


def test_a_huge_body_is_refused(client):
    response = send(client, json.dumps({"email": "x" * MAX_BODY_BYTES}))
    assert_problem(response, 413, "body-too-large")


def test_amounts_beyond_all_measure_are_refused(client):
    dear = make_variant(price=10**15)
    assert_problem(post_order(client, (dear, 1000)), 400, "validation-failed")


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/png"])
def test_only_json_is_spoken(client, accept):
    assert_problem(client.get("/api/v1/products/", headers={"Accept": accept}), 406, "not-acceptable")


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "application/*", "application/problem+json", ""]
)
def test_every_way_to_ask_for_json_works(client, accept):
    assert client.get("/api/v1/products/", headers={"Accept": accept}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "nothing/",
        "",
        "nothing",
        "orders/A/B/C/",
        "orders/%00/",
        "orders/%F0%9F%98%80/cancel/",
        "problems/nope",
        "%FF/",
    ],
)
def test_addresses_that_lead_nowhere_are_problems_too(client, path):
    response = client.get(f"/api/v1/{path}")
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.status_code in (404, 405)


def test_an_unknown_order_is_not_found_however_it_is_written(client):
    for number in ("%00", "%F0%9F%98%80", "0" * 13, "x" * 3000, "%FF", "'", "%20"):
        assert_problem(client.get(f"{ORDERS}{number}/"), 404, "order-not-found")


def test_a_forgotten_slash_is_forgiven_without_losing_the_body(client):
    response = client.post("/api/v1/orders?x=1", {}, content_type="application/json")
    assert response.status_code == 308
    assert response.headers["Location"] == "/api/v1/orders/?x=1"


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(client, method):
    response = getattr(client, method)(ORDERS)
    assert_problem(response, 405, "method-not-allowed")
    assert "POST" in response.headers["Allow"]


@pytest.mark.parametrize(
    "value",
    [
        "Token",
        "Token ",
        "Token a b",
        "Token \xff",
        "Token 😀",
        "Token " + "a" * 5000,
        "Token x",
        "Bearer ../",
    ],
)
def test_a_broken_token_is_a_401(client, value):
    response = client.get(ORDERS, headers={"Authorization": value.encode("utf-8").decode("latin-1")})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "limit=-1", "page=0", "page=1.5", "page=٣", "page=1e9"]
)
def test_a_page_that_cannot_be_is_refused(client, query):
    assert_problem(client.get(f"/api/v1/products/?{query}"), 400, "validation-failed")


@pytest.mark.parametrize(
    "search", ["%", "_", "\\", "'", '"', "%00", "%F0%9F%98%80", "%FF", "a" * 5000, "%ED%A0%80"]
)
def test_any_search_is_answered(client, search):
    assert client.get(f"/api/v1/products/?search={search}").status_code == 200


@pytest.mark.parametrize("search", ["%00", "%00%07", "%E2%80%8B"])
def test_a_search_for_nothing_that_can_be_found_finds_nothing(client, search):
    answer = client.get(f"/api/v1/products/?search={search}").json()
    assert answer == {"next": None, "count": 0, "results": []}
    assert client.get("/api/v1/products/?search=").json()["count"] == 1


def test_a_bug_is_a_problem_document_that_tells_nothing(client):
    broken = make_variant()
    StockItem.objects.filter(sku=broken).update(locking_strategy="gone")
    client.raise_request_exception = False
    problem = assert_problem(post_order(client, (broken, 1)), 500, "internal-error")
    assert "gone" not in json.dumps(problem)


def test_a_disallowed_host_is_a_problem_document(client):
    response = client.get("/api/v1/products/", headers={"Host": "evil.example"})
    assert_problem(response, 400, "bad-request")


@pytest.mark.parametrize(
    "body", ['{"gateway": 7}', '{"return_url": []}', "[]", '{"gateway": "\\u0000"}', "7"]
)
def test_only_usable_payments_are_started(client, body):
    _user, headers = make_customer()
    number = post_order(client, (make_variant(), 1), headers=headers).json()["number"]
    response = client.post(
        f"{ORDERS}{number}/payments/", body, content_type="application/json", headers=headers
    )
    assert_problem(response, 400, "validation-failed")
