"""An authenticator app that is switched on twice at once is switched on once."""

from functools import partial

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import hotp_value, yield_hotp_counters_from_time
from django.test import Client

from tests.concurrency.race import race
from tests.shop.shopping import make_customer

PATH = "/accounts/2fa/totp/activate/"


def press(session_key, code):
    """Press the button on the page that one browser shows; return where that leads."""
    browser = Client()
    browser.cookies["sessionid"] = session_key
    return browser.post(PATH, {"code": code})["Location"]


def test_an_app_is_switched_on_once_however_often_the_button_is_pressed():
    customer = make_customer()
    EmailAddress.objects.create(user=customer, email=customer.email, verified=True, primary=True)
    browser = Client()
    browser.force_login(customer)
    browser.post("/accounts/reauthenticate/", {"password": "correct horse"})
    secret = browser.get(PATH).context["form"].secret
    code = f"{hotp_value(secret, next(iter(yield_hotp_counters_from_time()))):06}"
    outcome = race([partial(press, browser.cookies["sessionid"].value, code)] * 4)
    assert outcome.errors == []
    assert sorted(outcome.results) == [*["/accounts/2fa/"] * 3, "/accounts/2fa/recovery-codes/"]
    assert sorted(Authenticator.objects.values_list("type", flat=True)) == ["recovery_codes", "totp"]
    assert press(browser.cookies["sessionid"].value, code) == "/accounts/2fa/"
