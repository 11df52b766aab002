"""The mails about an account look like the shop's others, in every language."""

import re
from pathlib import Path
from typing import Any

import allauth
import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone, translation

from shop.mail.account_letters import ACCOUNT_LETTERS, write_account_letter
from shop.mail.rendering import render_mail
from tests.shop.mail.posting import to_post
from tests.shop.shopping import make_customer

FACTS = {
    "activate_url": "https://shop.example/accounts/confirm-email/key/",
    "password_reset_url": "https://shop.example/accounts/password/reset/",
    "signup_url": "https://shop.example/accounts/signup/",
    "from_email": "1@example.com",
    "to_email": "2@example.com",
    "deleted_email": "1@example.com",
    "timestamp": timezone.now(),
    "ip": "203.0.113.7",
    "user_agent": "<b>&\n" + "9" * 500,
}
# Ways to sign in that the shop does not offer, and a mail that the library never sends.
NOT_OFFERED = re.compile(r"socialaccount|webauthn|_code$|email_confirm$")


def test_there_is_a_letter_for_everything_the_library_may_send() -> None:
    folder = Path(allauth.__file__).parent / "templates"
    found = {
        str(path.relative_to(folder)).removesuffix("_subject.txt")
        for path in folder.glob("*/email/*_subject.txt")
    }
    assert {name for name in found if not NOT_OFFERED.search(name)} == set(ACCOUNT_LETTERS)


@pytest.mark.parametrize("name", ACCOUNT_LETTERS)
def test_a_letter_says_the_same_as_text_and_as_html_in_every_language(name: str) -> None:
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            post = to_post(
                render_mail(write_account_letter(name, FACTS), recipient="ada@example.com", key="k")
            )
        links = set(re.findall(r"https?://[^\s\"<]+/accounts/[^\s\"<]+", post.html))
        assert len(links) == 1
        assert links.pop() in post.text
        (heading,) = re.findall(r"<h1[^>]*>(.*?)</h1>", post.html)
        assert heading in post.text
        assert "%(" not in post.html + post.text
        assert not re.search(r"<(img|script|link|style|iframe|form|b)\b|url\(|@import", post.html)
        assert "9" * 200 not in post.text
        if language != "en":
            words = re.sub(r"https?://\S+|\d@example\.com|UTC|Holdfast|<b>", "", post.text)
            assert re.findall(r"[A-Za-z]{2,}", words) == []


@pytest.mark.django_db
def test_who_changes_a_password_is_told_in_the_language_they_read(client: Client) -> None:
    client.force_login(make_customer())
    typed: dict[str, Any] = {"oldpassword": "correct horse"}
    typed |= dict.fromkeys(("password1", "password2"), "another long phrase")
    headers = {"accept-language": "zh-hans", "user-agent": "Firefox"}
    client.post("/accounts/password/change/", typed, headers=headers)
    post = to_post(mail.outbox[-1])
    assert post.subject == "您的密码已更改"
    assert "Firefox" in post.text
    assert '<html lang="zh-hans">' in post.html
