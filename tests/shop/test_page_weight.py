"""How much a first visit loads, pictures aside: what every page names, its scripts' own imports included."""

import gzip
import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from tests.shop.shopping import make_variant

pytestmark = pytest.mark.django_db

MOST_BYTES = 150_000
FILES = re.compile(r'(?:src|href)="/static/([^"]+)"')
PACKED_ALREADY = (".woff2", ".webp")


def weigh(content: bytes, name: str = "") -> int:
    return len(content) if name.endswith(PACKED_ALREADY) else len(gzip.compress(content, 6))


def read_static(name: str) -> bytes:
    found = finders.find(re.sub(r"\.[0-9a-f]{12}(\.\w+)$", r"\1", name))
    assert found, name
    with open(found, "rb") as file:
        return file.read()


@pytest.mark.parametrize("path", ["/", "/products/", "product", "/cart/", "/accounts/login/"])
def test_a_first_visit_loads_less_than_150_kilobytes_besides_pictures(client: Client, path: str) -> None:
    if path == "product":
        path = f"/products/{make_variant().product.slug}/"
    page = client.get(path)
    assert page.status_code == 200
    files = set(FILES.findall(page.content.decode()))
    assert "shop/shop.css" in files
    assert weigh(page.content) + sum(weigh(read_static(name), name) for name in files) < MOST_BYTES
