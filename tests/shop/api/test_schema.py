"""The description of the API is complete, and true."""

import json

import jsonschema  # type: ignore[import-untyped]
import pytest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from shop.api.problem_kinds import PROBLEMS
from tests.shop.api.calls import ORDERS, make_customer, make_variant, post_order

pytestmark = pytest.mark.django_db


def read_schema(client):
    return client.get("/api/v1/schema/", headers={"Accept": "application/json"}).json()


def assert_fits(schema, response, path, method):
    """Check a response against the description of its operation."""
    described = schema["paths"][path][method]["responses"][str(response.status_code)]["content"]
    content_type = response.headers["Content-Type"].partition(";")[0]
    jsonschema.validate(
        response.json(), {**described[content_type]["schema"], "components": schema["components"]}
    )


def test_the_schema_is_valid_openapi_without_warnings(client, capsys):
    validate_schema(SchemaGenerator().get_schema(request=None, public=True))
    assert "warning" not in capsys.readouterr().err.lower()
    assert read_schema(client)["openapi"].startswith("3.1")


def test_answers_are_what_the_schema_says(client):
    schema = read_schema(client)
    _user, headers = make_customer()
    sku = make_variant(on_hand=1)
    placed = post_order(client, (sku, 1), headers=headers, shipping_address={"name": "Ann"})
    assert_fits(schema, placed, "/api/v1/orders/", "post")
    assert_fits(schema, post_order(client, (sku, 1)), "/api/v1/orders/", "post")
    assert_fits(schema, post_order(client), "/api/v1/orders/", "post")
    assert_fits(schema, client.get(ORDERS, headers=headers), "/api/v1/orders/", "get")
    assert_fits(schema, client.get("/api/v1/products/"), "/api/v1/products/", "get")
    assert_fits(schema, client.get(f"/api/v1/stock/{sku}/"), "/api/v1/stock/{sku}/", "get")
    url = f"{ORDERS}{placed.json()['number']}/"
    assert_fits(schema, client.get(url, headers=headers), "/api/v1/orders/{number}/", "get")
    assert_fits(
        schema, client.post(url + "payments/", headers=headers), "/api/v1/orders/{number}/payments/", "post"
    )
    assert_fits(
        schema, client.get(url + "payments/", headers=headers), "/api/v1/orders/{number}/payments/", "get"
    )


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.code)
def test_the_type_of_every_problem_leads_to_its_description(client, problem):
    response = client.get(problem.type)
    assert response.json() == {
        "type": problem.type,
        "code": problem.code,
        "status": problem.status,
        "title": str(problem.title),
    }


def test_every_problem_is_in_the_manual(settings):
    manual = (settings.BASE_DIR / "docs" / "api.md").read_text()
    assert [problem.code for problem in PROBLEMS if f"`{problem.code}`" not in manual] == []


def test_the_documentation_page_has_nothing_inline(client):
    page = client.get("/api/v1/docs/").content.decode()
    assert "<style" not in page
    assert "style=" not in page
    assert "<script>" not in page
    script = client.get("/api/v1/docs/?script=")
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert json.dumps("/api/v1/schema/") in script.content.decode()
