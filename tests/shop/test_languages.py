"""The shop in the language of whoever looks at it."""

import datetime as dt
import json

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from orders.models import Order
from shop.templatetags.shop import day, day_and_time, money
from tests.shop.shopping import make_variant, place

pytestmark = pytest.mark.django_db

WHEN = dt.datetime(2026, 3, 1, 12, 5, tzinfo=dt.UTC)
CHINESE = "zh-CN,zh;q=0.9,en;q=0.5"


def test_a_browser_that_wants_chinese_gets_it(client: Client) -> None:
    page = client.get("/", HTTP_ACCEPT_LANGUAGE=CHINESE)
    assert '<html lang="zh-hans">' in page.text
    assert "购物车" in page.text


def test_a_language_that_is_not_there_becomes_english(client: Client) -> None:
    assert '<html lang="en">' in client.get("/", HTTP_ACCEPT_LANGUAGE="tlh").text


def test_a_chosen_language_leads_back_and_is_remembered_whatever_the_browser_wants(client: Client) -> None:
    answer = client.post("/language/", {"language": "zh-hans", "next": "/products/?q=mug"})
    assert answer.headers["Location"] == "/products/?q=mug"
    assert answer.cookies[settings.LANGUAGE_COOKIE_NAME]["max-age"] == 365 * 24 * 3600
    assert "购物车" in client.get("/", HTTP_ACCEPT_LANGUAGE="en").text
    client.post("/language/", {"language": "en", "next": "/"})
    assert "购物车" not in client.get("/", HTTP_ACCEPT_LANGUAGE=CHINESE).text


def test_every_page_offers_the_languages_by_their_own_names_in_a_form_without_script(client: Client) -> None:
    page = client.get("/products/?q=mug").text
    assert '<form class="languages" method="post" action="/language/"' in page
    assert '<input type="hidden" name="next" value="/products/?q=mug">' in page
    assert 'value="zh-hans" lang="zh-hans">简体中文</button>' in page
    assert 'value="en" lang="en" aria-current="true">English</button>' in page


def test_offering_the_languages_gives_a_visitor_no_cookie(client: Client) -> None:
    assert client.get("/").cookies == {}


@pytest.mark.parametrize("address", ["https://elsewhere.example/", "//elsewhere.example", "\x00", "a:b"])
def test_choosing_a_language_leads_nowhere_else(client: Client, address: str) -> None:
    answer = client.post("/language/", {"language": "zh-hans", "next": address})
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("language", ["tlh", "", "../../etc", "zh" * 500])
def test_a_language_we_do_not_have_is_not_remembered(client: Client, language: str) -> None:
    answer = client.post("/language/", {"language": language, "next": "/"})
    assert answer.status_code == 302
    assert settings.LANGUAGE_COOKIE_NAME not in answer.cookies


def test_money_and_dates_are_written_as_their_readers_write_them() -> None:
    with translation.override("en"):
        assert (money(125000, "USD"), day(WHEN)) == ("$1,250.00", "1 Mar 2026")
        assert day_and_time(WHEN) == "1 Mar 2026, 12:05 UTC"
    with translation.override("zh-hans"):
        assert (money(125000, "USD"), day(WHEN)) == ("US$1,250.00", "2026年3月1日")
        assert day_and_time(WHEN) == "2026年3月1日 12:05 UTC"


@pytest.mark.parametrize(("wish", "language"), [(CHINESE, "zh-hans"), ("tlh", "en")])
def test_an_order_of_a_program_remembers_the_language_it_was_placed_in(
    client: Client, wish: str, language: str
) -> None:
    body = {"email": "a@example.com", "lines": [{"sku": make_variant().stock_item.sku, "quantity": 1}]}
    # The first is answered before Django is asked, the second by the view.
    for accept in ("application/json", "application/json;q=0.9"):
        answer = client.post(
            "/api/v1/orders/",
            json.dumps(body),
            content_type="application/json",
            HTTP_IDEMPOTENCY_KEY=str(len(accept)),
            HTTP_ACCEPT_LANGUAGE=wish,
            HTTP_ACCEPT=accept,
        )
        assert answer.status_code == 201
    assert set(Order.objects.values_list("language", flat=True)) == {language}


def test_an_order_of_a_customer_remembers_the_language_they_chose(client: Client) -> None:
    client.post("/language/", {"language": "zh-hans", "next": "/"})
    place(client, make_variant())
    assert Order.objects.get().language == "zh-hans"
