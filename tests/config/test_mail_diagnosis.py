"""What `doctor` says of mail."""

import socket

import pytest
from aiosmtpd.controller import Controller

from config.mail_diagnosis import check_mail
from config.verdicts import Verdict
from tests.shop.mail.test_smtp import OnAnyPort, PostOffice

BACKENDS = "django.core.mail.backends"


@pytest.fixture
def smtp(settings):
    """Have mail go over SMTP to a port of this machine."""
    settings.EMAIL_BACKEND = f"{BACKENDS}.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_TIMEOUT = "127.0.0.1", 5
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.DEFAULT_FROM_EMAIL = "orders@tea.example"
    return settings


@pytest.mark.parametrize("where", ["console", "filebased", "dummy"])
def test_mail_that_stays_here_is_well_in_a_trial_and_not_in_a_shop(settings, where):
    settings.EMAIL_BACKEND = f"{BACKENDS}.{where}.EmailBackend"
    settings.SECURE_COOKIES = False
    assert check_mail().verdict is Verdict.OK
    settings.SECURE_COOKIES = True
    assert (check_mail().verdict, "EMAIL_URL" in check_mail().remedy) == (Verdict.WARNING, True)


def test_a_server_that_answers_is_well(smtp):
    controller: Controller = OnAnyPort(PostOffice(), hostname="127.0.0.1", port=0)
    controller.start()
    try:
        smtp.EMAIL_PORT = controller.port
        assert check_mail().verdict is Verdict.OK
    finally:
        controller.stop()


def test_a_server_that_is_away_is_named(smtp):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        smtp.EMAIL_PORT = taken.getsockname()[1]
        found = check_mail()
    assert (found.verdict, found.detail.startswith("127.0.0.1:")) == (Verdict.WARNING, True)


def test_a_sender_of_this_machine_and_links_of_a_trial_are_named(smtp):
    smtp.DEFAULT_FROM_EMAIL = "Shop <shop@localhost>"
    assert "DEFAULT_FROM_EMAIL" in check_mail().remedy
    smtp.DEFAULT_FROM_EMAIL = "orders@tea.example"
    smtp.SECURE_COOKIES, smtp.SITE_URL = True, "http://127.0.0.1:8000"
    assert "SITE_URL" in check_mail().remedy
