"""Every kind of mail, in every language: complete, harmless, and needing no pictures."""

import re
from dataclasses import replace

import pytest
from django.conf import settings
from django.utils import translation

from shop.mail.kinds import MailKind
from shop.mail.letters import write_letter
from shop.mail.rendering import make_message_id, name_sender, render_mail
from tests.shop.mail.posting import Post, place, to_post

pytestmark = pytest.mark.django_db

DETAILS = {"amount": 500, "currency": "USD", "order_id": 1}


ABOUT_ORDERS = [kind for kind in MailKind if kind != MailKind.RESTOCKED]


def write(kind: MailKind, *, language: str = "en", name: str = "Mug") -> Post:
    """Return a mail about an order of two units of `name`."""
    order = place()
    order = replace(order, lines=(replace(order.lines[0], name=name),), cancel_reason="expired")
    with translation.override(language):
        return to_post(
            render_mail(write_letter(kind, order, DETAILS), recipient=order.email, order=order, key="k:1")
        )


@pytest.mark.parametrize("kind", ABOUT_ORDERS)
@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_every_mail_says_the_same_as_text_and_as_html(kind, language):
    post = write(kind, language=language)
    links = set(re.findall(r"https?://[^\s\"<]+/orders/[^\s\"<]+", post.html))
    assert len(links) == 1
    assert links.pop() in post.text
    (heading,) = re.findall(r"<h1[^>]*>(.*?)</h1>", post.html)
    assert heading in post.text
    assert "%(" not in post.html + post.text
    assert "\n" not in post.subject


@pytest.mark.parametrize("kind", ABOUT_ORDERS)
def test_every_mail_is_in_chinese_but_for_what_has_no_translation(kind):
    post = write(kind, language="zh-hans", name="杯子")
    words = re.sub(r"https?://\S+|[0-9A-Z]{13}|US\$[\d.]+|UTC|Holdfast|NaN", "", post.text)
    assert re.findall(r"[A-Za-z]{2,}", words) == []


@pytest.mark.parametrize("kind", ABOUT_ORDERS)
def test_no_mail_fetches_anything_or_needs_a_style_sheet(kind):
    html = write(kind).html
    assert not re.search(r"<(img|script|link|style|iframe|form)\b|url\(|@import", html)
    assert html.count("<table") == html.count("</table>")


def test_a_product_s_name_is_no_markup_in_html_and_itself_in_text():
    post = write(MailKind.PLACED, name='<b>Mug</b> & "saucer"')
    assert "<b>Mug" not in post.html
    assert "&lt;b&gt;Mug&lt;/b&gt; &amp;" in post.html
    assert '<b>Mug</b> & "saucer"' in post.text


def test_a_sender_is_named_after_the_shop_unless_it_has_a_name(settings):
    settings.SHOP_NAME, settings.DEFAULT_FROM_EMAIL = "Tea", "orders@tea.example"
    assert name_sender() == "Tea <orders@tea.example>"
    settings.DEFAULT_FROM_EMAIL = "Ada <ada@tea.example>"
    assert name_sender() == "Ada <ada@tea.example>"


def test_the_same_key_gives_the_same_message_id_and_another_another():
    assert make_message_id("order.paid:7") == make_message_id("order.paid:7")
    assert make_message_id("order.paid:7") != make_message_id("order.paid:8")
