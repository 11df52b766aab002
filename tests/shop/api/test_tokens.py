"""Logging in to the API, and not being guessed into."""

import datetime as dt
import uuid

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth import get_user_model
from django.utils import timezone
from knox.models import AuthToken

from tests.shop.api.calls import ORDERS, assert_problem, make_customer
from tests.shop.test_accounts_signing_in import make_code

pytestmark = pytest.mark.django_db

TOKEN = "/api/v1/auth/token/"
PASSWORD = "correct horse"


def make_address() -> str:
    """Return an address that nobody has called from: attempts are counted in a Redis that tests share."""
    groups = uuid.uuid4().hex
    return f"2001:{groups[:4]}:{groups[4:8]}:{groups[8:12]}::1"


def make_email() -> str:
    return f"{uuid.uuid4().hex}@example.com"


def log_in(client, email, password=PASSWORD, address=None, code=None, **headers):
    return client.post(
        TOKEN,
        {"email": email, "password": password} | ({} if code is None else {"code": code}),
        content_type="application/json",
        headers=headers,
        REMOTE_ADDR=address or make_address(),
    )


def test_a_customer_logs_in_and_out(client):
    email = make_email()
    make_customer(email)
    response = log_in(client, email.upper())
    assert response.status_code == 201
    valid_for = dt.datetime.fromisoformat(response.json()["expires_at"]) - timezone.now()
    assert dt.timedelta(days=29) < valid_for <= dt.timedelta(days=30)
    for scheme in ("Token", "Bearer", "bearer"):
        headers = {"Authorization": f"{scheme} {response.json()['token']}"}
        assert client.get(ORDERS, headers=headers).status_code == 200
    assert client.delete(TOKEN, headers=headers).status_code == 204
    assert_problem(client.get(ORDERS, headers=headers), 401, "authentication-failed")


def test_a_token_is_not_valid_for_ever(client):
    email = make_email()
    make_customer(email)
    headers = {"Authorization": f"Token {log_in(client, email).json()['token']}"}
    AuthToken.objects.filter(user__email=email).update(expiry=timezone.now() - dt.timedelta(seconds=1))
    assert_problem(client.get(ORDERS, headers=headers), 401, "authentication-failed")


def test_with_two_step_sign_in_the_password_alone_gives_no_token(client):
    email = make_email()
    make_customer(email)
    user = get_user_model().objects.get(email=email)
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    recovery = RecoveryCodes.activate(user)
    for wrong in ({}, {"code": ""}, {"code": "000000"}, {"code": "键"}):
        assert_problem(log_in(client, email, **wrong), 401, "second-step-required")
    assert_problem(log_in(client, email, "wrong", code=make_code(secret)), 401, "credentials-invalid")
    assert log_in(client, email, code=make_code(secret)).status_code == 201
    [code, *_others] = recovery.get_unused_codes()
    assert log_in(client, email, code=code).status_code == 201
    assert_problem(log_in(client, email, code=code), 401, "second-step-required")


def test_logging_out_needs_a_log_in(client):
    assert_problem(client.delete(TOKEN), 401, "authentication-required")


def test_a_session_is_no_log_in(client):
    user, _headers = make_customer()
    client.force_login(user)
    assert_problem(client.get(ORDERS), 401, "authentication-required")


def test_wrong_credentials_all_look_the_same(client):
    known, gone = make_email(), make_email()
    make_customer(known)
    make_customer(gone, is_active=False)
    wrong = [(known, "wrong"), (known, "é" * 9), (gone, PASSWORD), (make_email(), PASSWORD)]
    for email, password in wrong:
        problem = assert_problem(log_in(client, email, password), 401, "credentials-invalid")
        assert problem["detail"] == "wrong e-mail address or password"


@pytest.mark.parametrize("password", ["", None, 7, [], "\x00", "x" * 2000])
def test_a_password_that_cannot_be_is_refused(client, password):
    assert_problem(log_in(client, make_email(), password), 400, "validation-failed")


@pytest.mark.parametrize("body", ["[]", "7", '{"email": {}}', '{"email": []}', "null"])
def test_what_is_no_log_in_is_refused(client, body):
    response = client.post(TOKEN, body, content_type="application/json", REMOTE_ADDR=make_address())
    assert_problem(response, 400, "validation-failed")


def test_guessing_from_one_address_is_slowed_down(client):
    address = make_address()
    for number in range(20):
        # What a caller claims to forward for does not make them somebody else.
        log_in(client, make_email(), address=address, **{"X-Forwarded-For": str(number)})
    response = log_in(client, make_email(), address=address, **{"X-Forwarded-For": "new"})
    assert_problem(response, 429, "throttled")
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert log_in(client, make_email()).status_code == 401


def test_guessing_one_password_from_everywhere_is_slowed_down(client):
    email = make_email()
    for _attempt in range(20):
        log_in(client, email, "wrong")
    assert_problem(log_in(client, f" {email.upper()}"), 429, "throttled")


def test_without_redis_customers_still_log_in(client, settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    email, address = make_email(), make_address()
    make_customer(email)
    for _attempt in range(21):
        assert log_in(client, email, address=address).status_code == 201
