"""Signing up, in and out, and what anybody may type there."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client

from tests.shop.shopping import make_customer

pytestmark = pytest.mark.django_db
BAD = [
    "\x00",
    "a\x00@example.com",
    "🛒@example.com",
    "a" * 5000 + "@example.com",
    "a" * 300,
    "",
    "' OR 1=1 --",
]


@pytest.mark.parametrize(
    "path", ["login/", "signup/", "password/reset/", "email/", "logout/", "password/change/"]
)
def test_every_account_page_looks_like_the_shop(client: Client, path: str) -> None:
    client.force_login(make_customer()) if path in ("email/", "logout/", "password/change/") else None
    page = client.get(f"/accounts/{path}")
    assert page.status_code == 200
    assert b"site-header" in page.content


@pytest.mark.parametrize(
    "path",
    [
        *("login/", "signup/", "password/reset/", "password/reset/done/", "email/", "logout/"),
        *("confirm-email/", "confirm-email/old/"),
    ],
)
def test_account_pages_are_worded_like_the_shops_own(client: Client, path: str) -> None:
    client.force_login(make_customer()) if path in ("email/", "logout/") else None
    page = client.get(f"/accounts/{path}").content.decode()
    words = re.findall(r"<(?:title|h1|h2|label[^>]*|button[^>]*)>(?:<input[^>]*>)?([^<]+)", page)
    assert words
    for text in words:
        assert not re.search(r"\w \b(?!Holdfast)[A-Z]", text), text
    assert "contact us" not in page
    assert "E-mail" not in page


def test_a_forgotten_password_can_be_reset_by_mail(client: Client) -> None:
    make_customer()
    client.post("/accounts/password/reset/", {"email": "ada@example.com"})
    [message] = mail.outbox
    link = next(word for word in message.body.split() if "/accounts/password/reset/key/" in word)
    page = client.get(link.split("testserver", 1)[1], follow=True)
    assert b'name="password1"' in page.content


@pytest.mark.parametrize("text", BAD)
def test_nothing_typed_into_a_log_in_breaks_it(client: Client, text: str) -> None:
    assert client.post("/accounts/login/", {"login": text, "password": text}).status_code == 200
    assert client.post("/accounts/signup/", {"email": text, "password1": text}).status_code == 200
    assert client.post("/accounts/password/reset/", {"email": text}).status_code == 200
    assert not get_user_model().objects.exists()


def test_a_log_in_leads_to_no_other_site(client: Client) -> None:
    customer = make_customer()
    answer = client.post(
        "/accounts/login/",
        {"login": customer.email, "password": "correct horse", "next": "https://evil.example/"},
    )
    assert answer["Location"] == "/"


@pytest.mark.parametrize("address", ["http://[::1", "//[", "http://[x]/", "http://testserver\u2100/", "\x00"])
def test_what_is_no_address_breaks_no_account_page(client: Client, address: str) -> None:
    assert client.get("/accounts/login/", {"next": address}).status_code == 200
    assert client.get("/accounts/signup/", {"next": address}).status_code == 200
    assert client.post("/accounts/logout/", {"next": address})["Location"] == "/"


def test_a_log_in_on_the_way_to_no_address_leads_home(client: Client) -> None:
    typed = {"login": make_customer().email, "password": "correct horse", "next": "http://[::1"}
    assert client.post("/accounts/login/", typed)["Location"] == "/"
