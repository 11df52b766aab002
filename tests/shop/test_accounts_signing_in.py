"""Confirming and changing an address, the second step, limits, and how staff come in."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import hotp_value, yield_hotp_counters_from_time
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.test import Client

from tests.shop.mail.posting import find_link
from tests.shop.shopping import make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forget_limits(settings: Any) -> Callable[[], None]:
    """Limit as the shop does, and count anew: every test comes from the same address."""
    settings.ACCOUNT_RATE_LIMITS = {}

    def forget() -> None:
        cache = {**settings.CACHES["default"], "KEY_PREFIX": uuid.uuid4().hex}
        settings.CACHES = {**settings.CACHES, "default": cache}

    forget()
    return forget


def make_confirmed_customer(*, is_staff: bool = False) -> Any:
    """Return a customer whose address is confirmed."""
    customer = make_customer()
    EmailAddress.objects.create(user=customer, email=customer.email, verified=True, primary=True)
    get_user_model().objects.filter(pk=customer.pk).update(is_staff=is_staff, is_superuser=is_staff)
    return customer


def log_in(client: Client, password: str = "correct horse", **more: str) -> Any:  # noqa: S107 - that of every test
    """Type address and password."""
    return client.post("/accounts/login/", {"login": "ada@example.com", "password": password, **more})


def sign_in(client: Client, customer: Any) -> None:
    """Sign in, and give the password once more."""
    client.force_login(customer)
    client.post("/accounts/reauthenticate/", {"password": "correct horse"})


def make_code(secret: str) -> str:
    """Return the code an authenticator app shows at this moment."""
    return f"{hotp_value(secret, next(iter(yield_hotp_counters_from_time()))):06}"


def test_a_new_customer_is_let_in_by_a_mail_and_led_on_to_where_they_were(client: Client) -> None:
    typed = {"email": "new@example.com", "password1": "a long pass phrase", "next": "/checkout/"}
    assert client.post("/accounts/signup/", typed)["Location"] == "/accounts/confirm-email/"
    assert client.get("/account/orders/").status_code == 302
    token = {"email": typed["email"], "password": typed["password1"]}
    refused = client.post("/api/v1/auth/token/", token, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (401, "email-unconfirmed")
    [message] = mail.outbox
    assert "Holdfast <" in message.from_email
    assert b"new@example.com" in client.get(find_link(message)).content
    answer = client.post(find_link(message))
    assert answer["Location"] == "/checkout/"
    assert "signed in as new@example.com." in client.get("/checkout/").content.decode()
    assert client.get("/account/orders/").status_code == 200
    assert client.post("/api/v1/auth/token/", token, content_type="application/json").status_code == 201


def test_who_lost_the_mail_gets_another_by_signing_in(client: Client) -> None:
    customer = make_customer()
    EmailAddress.objects.create(user=customer, email=customer.email, verified=False, primary=True)
    assert log_in(client)["Location"] == "/accounts/confirm-email/"
    [message] = mail.outbox
    client.post(find_link(message))
    assert client.get("/account/orders/").status_code == 200


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password is hashed: what takes the time of a log-in."""

    algorithm = "counting"
    times = 0

    def encode(self, password: str, salt: str) -> str:
        """Hash a password."""
        CountingHasher.times += 1
        return super().encode(password, salt)


@pytest.mark.parametrize(
    ("path", "typed", "told"),
    [
        ("signup/", {"email": "", "password1": "a long pass phrase"}, "You already have an account"),
        ("password/reset/", {"email": ""}, "Choose a new password"),
        ("login/", {"login": "", "password": "wrong"}, None),
    ],
)
def test_nobody_learns_whose_address_has_an_account(
    settings: Any, path: str, typed: dict[str, str], told: str | None
) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    make_confirmed_customer()
    field = next(iter(typed))
    answers = []
    for email in ("ada@example.com", "eve@example.com"):
        visitor = Client()
        CountingHasher.times = 0
        answer = visitor.post(f"/accounts/{path}", {**typed, field: email}, follow=True)
        page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
        answers.append((answer.redirect_chain, page.replace(email, ""), CountingHasher.times))
        assert [message.to for message in mail.outbox] == ([[email]] if told else [])
        if email == "ada@example.com" and told:
            assert mail.outbox[0].subject == told
        mail.outbox.clear()
    assert answers[0] == answers[1]
    assert get_user_model().objects.filter(email="ada@example.com").count() == 1


def test_a_changed_address_counts_once_it_is_confirmed_and_its_owner_is_told(client: Client) -> None:
    sign_in(client, make_confirmed_customer())
    client.post("/accounts/email/", {"email": "lovelace@example.com", "action_add": ""})
    assert get_user_model().objects.get().email == "ada@example.com"
    assert "lovelace@example.com" in client.get("/accounts/email/").content.decode()
    client.post(find_link(next(message for message in mail.outbox if "lovelace@example.com" in message.to)))
    assert get_user_model().objects.get().email == "lovelace@example.com"
    assert "ada@example.com" in mail.outbox[-1].to


def test_a_mail_server_that_is_away_breaks_no_page(client: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    make_confirmed_customer()
    page = client.post("/accounts/password/reset/", {"email": "ada@example.com"}, follow=True)
    assert page.status_code == 200
    assert "could not send you an email" in page.content.decode()


def test_with_an_app_the_password_alone_lets_nobody_in(client: Client) -> None:
    sign_in(client, make_confirmed_customer())
    form = client.get("/accounts/2fa/totp/activate/").context["form"]
    client.post("/accounts/2fa/totp/activate/", {"code": make_code(form.secret)})
    assert "10 codes left" in client.get("/accounts/2fa/").content.decode()
    codes = re.findall(r"<code>(\d{8})</code>", client.get("/accounts/2fa/recovery-codes/").content.decode())
    assert len(codes) == 10
    other = Client()
    assert log_in(other)["Location"] == "/accounts/2fa/authenticate/"
    assert other.get("/account/orders/").status_code == 302
    assert other.post("/accounts/2fa/authenticate/", {"code": "00000000"}).status_code == 200
    other.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert other.get("/account/orders/").status_code == 200


def test_staff_come_in_through_the_same_door(client: Client) -> None:
    make_confirmed_customer(is_staff=True)
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"
    assert log_in(client, next="/admin/")["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_customers_are_no_staff(client: Client) -> None:
    make_confirmed_customer()
    log_in(client)
    answer = client.get("/admin/", follow=True)
    assert answer.status_code == 403
    assert "Your account may not do that" in answer.content.decode()


def test_guessing_a_password_ends_after_a_few_tries(
    client: Client, forget_limits: Callable[[], None]
) -> None:
    make_confirmed_customer()
    for _ in range(5):
        log_in(client, "wrong")
    log_in(client)
    assert client.get("/account/orders/").status_code == 302
    forget_limits()
    log_in(client)
    assert client.get("/account/orders/").status_code == 200


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("path", ["2fa/", "2fa/totp/activate/", "email/", "password/change/", "logout/"])
def test_the_pages_about_signing_in_are_among_the_account_pages(
    client: Client, path: str, language: str
) -> None:
    sign_in(client, make_confirmed_customer())
    page = client.get(f"/accounts/{path}", headers={"accept-language": language})
    assert page.status_code == 200
    assert b'class="account-nav"' in page.content
