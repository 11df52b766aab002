"""Uploaded files are served, and do nothing but be looked at."""

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    root = tmp_path / "media"
    (root / "products").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    settings.MEDIA_ROOT = root
    return root


def test_a_picture_is_served_with_its_type(client: Client, media: Path) -> None:
    (media / "products" / "mug.webp").write_bytes(b"picture")
    answer = client.get("/media/products/mug.webp")
    assert b"".join(answer) == b"picture"
    assert answer["Content-Type"] == "image/webp"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_an_upload_that_is_a_page_cannot_run_anything(client: Client, media: Path) -> None:
    (media / "products" / "page.html").write_text("<script>alert(1)</script>")
    policy = client.get("/media/products/page.html")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "%2e%2e/secret.txt",
        "products/../../secret.txt",
        "products/",
        "%00",
        "a" * 3000,
        "nope.png",
    ],
)
def test_nothing_else_is_served(client: Client, path: str) -> None:
    assert client.get(f"/media/{path}").status_code in (400, 404)
