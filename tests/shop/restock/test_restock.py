"""Whoever asks is told once that something is back, while it is."""

import datetime as dt

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from inventory.selectors import get_levels_by_id
from inventory.services import adjust, receive
from orders.models import OutboxMessage
from orders.services import deliver_outbox
from shop.models import Product, SentMail, Variant
from shop.restock import services as restock
from shop.restock.models import RestockRequest
from shop.tasks import tell_restocked
from tests.shop.shopping import make_product, make_variant
from tests.staff import make_manager, make_staff

pytestmark = pytest.mark.django_db
LATER = dt.timedelta(hours=1)


def sold_out(**options: object) -> Variant:
    return make_variant(make_product("Kettle"), on_hand=0, **options)  # type: ignore[arg-type]


def ask(client: Client, variant: Variant, email: str = "ada@example.com", **headers: str):
    return client.post(
        f"/products/{variant.product.slug}/restock/",
        {"variant": variant.pk, "email": email},
        headers=headers,
    )


def get_sku(variant: Variant) -> str:
    return get_levels_by_id(ids=[variant.stock_item_id])[variant.stock_item_id].sku


def bring(variant: Variant, units: int) -> None:
    receive(sku=get_sku(variant), quantity=units, reason="", actor="test", now=timezone.now())


def take_away(variant: Variant, units: int) -> None:
    adjust(sku=get_sku(variant), delta=-units, reason="lost", actor="test", now=timezone.now())


def tell() -> list[str]:
    """Do what the schedule does, and return to whom a mail went."""
    mail.outbox.clear()
    tell_restocked()
    deliver_outbox(now=timezone.now() + LATER)
    return [message.to[0] for message in mail.outbox]


def test_whoever_asked_gets_one_mail_when_it_is_back_and_is_forgotten(client: Client):
    variant = sold_out()
    assert "Tell me when it is back" in client.get(f"/products/{variant.product.slug}/").content.decode()
    answer = ask(client, variant)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/products/{variant.product.slug}/")
    assert tell() == []
    bring(variant, 3)
    assert tell() == ["ada@example.com"]
    (message,) = mail.outbox
    assert message.subject == "Back in stock: Kettle"
    assert f"/products/{variant.product.slug}/" in message.body
    assert "without an account" not in message.body, "there is no order it could speak of"
    assert not RestockRequest.objects.exists()
    assert tell() == []
    assert SentMail.objects.get().kind == "restocked"


def test_the_mail_is_in_the_language_it_was_asked_for_in(client: Client):
    variant = sold_out()
    ask(client, variant, **{"accept-language": "zh-CN"})
    bring(variant, 1)
    tell()
    assert mail.outbox[0].subject == "到货了：Kettle"


def test_asking_again_is_no_second_mail(client: Client):
    variant = sold_out()
    ask(client, variant)
    ask(client, variant)
    bring(variant, 5)
    assert tell() == ["ada@example.com"]


def test_who_asked_first_is_told_first_and_no_more_than_there_are_units(client: Client):
    variant = sold_out()
    for name in ("ada", "bob", "eve"):
        ask(client, variant, f"{name}@example.com")
    bring(variant, 2)
    assert tell() == ["ada@example.com", "bob@example.com"]
    take_away(variant, 2)
    assert tell() == []
    bring(variant, 1)
    assert tell() == ["eve@example.com"]


def test_what_is_gone_again_before_the_mail_goes_out_is_not_promised(client: Client):
    variant = sold_out()
    ask(client, variant)
    bring(variant, 1)
    assert restock.tell_all(now=timezone.now()) == 1
    take_away(variant, 1)
    deliver_outbox(now=timezone.now() + LATER)
    assert mail.outbox == []
    bring(variant, 1)
    assert tell() == ["ada@example.com"]


def test_a_message_that_comes_again_is_one_mail(client: Client):
    variant = sold_out()
    ask(client, variant)
    bring(variant, 1)
    restock.tell_all(now=timezone.now())
    message = OutboxMessage.objects.get(topic=restock.TOPIC)
    for _time in range(2):
        restock.tell_one(message.key, message.payload)
    assert len(mail.outbox) == 1


def test_what_is_not_for_sale_is_not_announced(client: Client):
    variant = sold_out()
    ask(client, variant)
    bring(variant, 1)
    Product.objects.update(is_published=False)
    assert tell() == []


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b", "x" * 300 + "@example.com", "a@example.com\nB: b@c.de"]
)
def test_an_address_that_is_none_is_said_beside_the_field_and_kept(client: Client, email: str):
    variant = sold_out()
    answer = ask(client, variant, email)
    assert answer.status_code == 422
    assert b'aria-invalid="true"' in answer.content
    assert not RestockRequest.objects.exists()


def test_with_htmx_only_the_part_that_changed_comes_back(client: Client):
    answer = ask(client, sold_out(), **{"HX-Request": "true"})
    assert answer.content.strip().startswith(b'<section id="restock"')
    assert b"We will write to ada@example.com once" in answer.content


def test_nobody_is_put_down_for_what_is_in_stock(client: Client):
    product = make_product()
    there, gone = make_variant(product), make_variant(product, on_hand=0)
    assert ask(client, there).status_code == 422
    bring(gone, 1)
    assert ask(client, gone).status_code == 302
    assert not RestockRequest.objects.exists()
    assert "Tell me when it is back" not in client.get(f"/products/{product.slug}/").content.decode()


def test_one_address_can_wait_for_twenty_things(client: Client):
    RestockRequest.objects.bulk_create(
        RestockRequest(variant=sold_out(), email="ada@example.com", asked_at=timezone.now())
        for _ in range(20)
    )
    answer = ask(client, sold_out())
    assert answer.status_code == 422
    assert RestockRequest.objects.count() == 20


def test_a_product_that_is_not_there_is_not_found(client: Client):
    variant = sold_out()
    Product.objects.update(is_published=False)
    assert ask(client, variant).status_code == 404
    assert client.get(f"/products/{variant.product.slug}/restock/").status_code == 405


def test_staff_see_who_waits_for_what_and_change_nothing(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    variant, page = sold_out(), "/admin/shop/restockrequest/"
    manager = make_manager()
    for number in range(12):
        ask(Client(), variant, f"ada{number}@example.com")
    with django_assert_max_num_queries(6):
        shown = manager.get(page).content.decode()
    assert shown.count("@example.com") >= 12
    assert get_sku(variant) in shown
    wish = RestockRequest.objects.get(email="ada3@example.com")
    assert manager.get(page, {"q": "ada3@"}).context["cl"].result_list[0] == wish
    assert manager.get(f"{page}{wish.pk}/change/").status_code == 200
    assert manager.post(f"{page}{wish.pk}/delete/", {"post": "yes"}).status_code == 403
    assert make_staff().get(page).status_code == 403
