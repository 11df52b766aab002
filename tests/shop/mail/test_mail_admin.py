"""What staff see of mail, and how they have it sent again."""

import pytest
from django.urls import reverse

from orders.models import Order, OutboxMessage
from shop.models import SentMail
from tests.shop.mail.posting import deliver, list_sent, pay, place
from tests.staff import address_of, make_manager, make_staff, page_of, press, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid_mail():
    """Return the note of a mail that said an order is paid."""
    pay(place())
    deliver()
    return SentMail.objects.get()


def test_the_page_of_an_order_shows_what_its_customer_was_told(paid_mail):
    page = make_manager().get(page_of(Order.objects.get())).text
    assert reverse("admin:shop_sentmail_change", args=[paid_mail.pk]) in page
    assert "ada@example.com" in page


def test_mail_that_was_sent_again_is_a_mail_of_its_own(paid_mail):
    page = press(make_manager(), paid_mail, "again")
    assert said(page) == "Send again: done."
    (post,) = deliver()
    assert post.message.to == ["ada@example.com"]
    assert post.message.extra_headers["Message-ID"] == f"<mail.again.{paid_mail.pk}@127.0.0.1>"
    assert list_sent() == ["paid", "paid"]


def test_pressing_the_button_twice_sends_it_once(paid_mail):
    manager = make_manager()
    press(manager, paid_mail, "again")
    assert "nothing to do" in said(press(manager, paid_mail, "again"))
    assert len(deliver()) == 1


def test_a_mail_to_be_sent_again_that_is_delivered_twice_is_sent_once(paid_mail):
    press(make_manager(), paid_mail, "again")
    deliver()
    OutboxMessage.objects.filter(topic="mail.again").update(is_waiting=True, delivered_at=None)
    assert deliver() == []


def test_who_may_only_look_cannot_have_mail_sent(paid_mail):
    client = make_staff("view_sentmail")
    assert client.get(page_of(paid_mail)).status_code == 200
    assert client.get(address_of(paid_mail, "again")).status_code == 403
    assert client.post(address_of(paid_mail, "again"), {"confirmed": "yes"}).status_code == 403


def test_mail_is_found_by_its_order_and_by_its_recipient(paid_mail):
    manager = make_manager()
    for words in (paid_mail.order_number, "ada@"):
        found = manager.get(reverse("admin:shop_sentmail_changelist"), {"q": words})
        assert list(found.context["cl"].queryset) == [paid_mail]
