"""Mail over a real SMTP server on this machine: taken, refused for good, refused for now, and not there."""

import datetime as dt
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.utils import timezone

from orders.outbox import MAX_ATTEMPTS
from shop.models import SentMail
from tests.shop.mail.posting import deliver, get_message, place

pytestmark = pytest.mark.django_db

TOPIC = "order.placed"


class PostOffice:
    """An SMTP server: keeps what it takes, and says to a recipient what it was told to."""

    def __init__(self):
        self.answers, self.data_answer, self.mails = {}, None, []
        self.stop = lambda: None

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.data_answer:
            return self.data_answer
        self.mails.append((envelope, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 OK"


class OnAnyPort(Controller):
    """Listens on a port that is free, and knows which once it listens."""

    def _trigger_server(self):
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def post_office(settings):
    office = PostOffice()
    controller = OnAnyPort(office, hostname="127.0.0.1", port=0)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = controller.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_TIMEOUT = 5
    office.stop = controller.stop
    yield office
    if controller.server is not None:
        controller.stop()


def test_a_mail_arrives_with_both_its_parts_and_says_the_same_in_each(post_office, settings):
    settings.SHOP_NAME = "Tea & Cups"
    settings.DEFAULT_FROM_EMAIL = "orders@tea.example"
    settings.SITE_URL = "https://tea.example"
    order = place(language="zh-hans")
    deliver()
    ((envelope, mail),) = post_office.mails
    assert (envelope.mail_from, envelope.rcpt_tos) == ("orders@tea.example", ["ada@example.com"])
    assert mail["From"] == "Tea & Cups <orders@tea.example>"
    assert mail["Subject"].strip().startswith(f"订单 {order.number}：请于 ")
    assert mail["Message-ID"] == f"<order.placed.{order.id}@tea.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = (mail.get_body([kind]).get_content() for kind in ("plain", "html"))
    for words in ("商品已为您留好", "US$20.00", f"https://tea.example/orders/{order.number}/"):
        assert words in text
        assert words in html
    assert "Tea &amp; Cups" in html
    assert "Tea & Cups" in text
    assert SentMail.objects.get().recipient == "ada@example.com"


def test_a_recipient_refused_for_good_is_left_to_staff_at_once(post_office):
    post_office.answers["gone@example.com"] = "550 5.1.1 no such mailbox"
    place(email="gone@example.com")
    deliver()
    message = get_message(TOPIC)
    assert (message.parked_at is not None, message.attempts) == (True, 1)
    assert "no such mailbox" in message.latest_error
    assert not SentMail.objects.exists()


def test_a_mail_refused_for_good_for_what_it_says_is_left_to_staff_at_once(post_office):
    post_office.data_answer = "554 5.7.1 looks like spam"
    place()
    deliver()
    assert "looks like spam" in get_message(TOPIC).latest_error
    assert get_message(TOPIC).parked_at is not None


@pytest.mark.parametrize("step", ["recipient", "data"])
def test_a_mail_refused_for_now_is_sent_later(post_office, step):
    if step == "recipient":
        post_office.answers["ada@example.com"] = "451 4.7.1 greylisted"
    else:
        post_office.data_answer = "452 4.3.1 no room just now"
    place()
    deliver()
    assert (get_message(TOPIC).parked_at, get_message(TOPIC).attempts) == (None, 1)
    post_office.answers.clear()
    post_office.data_answer = None
    deliver(later=dt.timedelta(minutes=1))
    assert len(post_office.mails) == 1
    assert get_message(TOPIC).delivered_at is not None


def test_while_the_server_is_away_mail_waits_and_is_left_to_staff_in_the_end(post_office):
    place()
    post_office.stop()
    now, message = timezone.now(), get_message(TOPIC)
    for _attempt in range(MAX_ATTEMPTS):
        assert message.parked_at is None
        deliver(later=message.deliver_after - now)
        message = get_message(TOPIC)
    assert message.parked_at is not None
    assert "Connection refused" in message.latest_error
    assert not SentMail.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.com\nBcc: everybody@example.com",
        "ada@example.com\r\n\r\nHello",
        "ada@example.com, eve@example.com",
        "no address",
        "",
        "ada@exa mple.com",
        "<script>@example.com",
    ],
)
def test_an_address_that_is_none_or_more_than_one_gets_nothing_and_staff_see_it(post_office, address):
    place(email=address)
    deliver()
    assert post_office.mails == []
    assert get_message(TOPIC).parked_at is not None
    assert "no mail can be sent to this address" in get_message(TOPIC).latest_error


def test_a_domain_in_other_letters_is_written_as_mail_servers_write_it(post_office):
    place(email="ada@bücher.example")
    deliver()
    ((envelope, _mail),) = post_office.mails
    assert envelope.rcpt_tos == ["ada@xn--bcher-kva.example"]


def test_a_shop_s_name_of_two_lines_makes_no_header_of_its_own(post_office, settings):
    settings.SHOP_NAME = "Tea\r\nBcc: everybody@example.com"
    place()
    deliver()
    ((envelope, mail),) = post_office.mails
    assert envelope.rcpt_tos == ["ada@example.com"]
    assert mail["Bcc"] is None
