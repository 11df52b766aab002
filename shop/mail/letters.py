"""What each kind of mail says, in the language that is active. Amounts are minor units."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders.money import format_money
from orders.selectors import get_order_points, get_tracking, order_token
from orders.states import CancelReason
from orders.types import OrderView
from shop.mail.kinds import MailKind
from shop.templatetags.shop import day_and_time


@dataclass(frozen=True, slots=True)
class Letter:
    """What one mail says. The button leads to `url`; the lines of the order are shown if that is of use.

    `closing` stands below it all; without one it is said that the link is secret, as that of an order is.
    """

    subject: str
    heading: str
    paragraphs: tuple[str, ...]
    button: str
    url: str
    shows_lines: bool = True
    closing: str = ""


def write_letter(kind: MailKind, order: OrderView, details: Mapping[str, Any]) -> Letter:
    """Return what a mail of this kind says about an order. `details` are those of its outbox message."""
    return _WRITERS[kind](order, details)


def _link(order: OrderView, page: str = "shop:order") -> str:
    """Return the secret address that opens the order, as its customer's browser was shown it."""
    address = reverse(page, kwargs={"number": order.number, "token": order_token(number=order.number)})
    return f"{settings.SITE_URL}{address}"


def _total(order: OrderView) -> str:
    return format_money(order.total_amount, order.currency)


def _write_placed(order: OrderView, details: Mapping[str, Any]) -> Letter:
    due = day_and_time(order.payment_due_at)
    return Letter(
        subject=_("Order %(number)s: please pay by %(due)s") % {"number": order.number, "due": due},
        heading=_("Your items are set aside"),
        paragraphs=(
            _("Thank you for your order. Nobody else can buy these items while you pay."),
            _("Please pay %(total)s by %(due)s. After that the order is cancelled and costs you nothing.")
            % {"total": _total(order), "due": due},
            _("If you have just paid, you need not do anything: we write again when the money is here."),
        ),
        button=_("Pay now"),
        url=_link(order, "shop:pay"),
    )


def _write_paid(order: OrderView, details: Mapping[str, Any]) -> Letter:
    return Letter(
        subject=_("Order %(number)s is paid") % {"number": order.number},
        heading=_("Thank you. Your order is paid."),
        paragraphs=(_("The items are yours. We write again when they are on their way."),),
        button=_("See the order"),
        url=_link(order),
    )


def _write_paid_late(order: OrderView, details: Mapping[str, Any]) -> Letter:
    return Letter(
        subject=_("Order %(number)s is paid after all") % {"number": order.number},
        heading=_("Your payment came late, and you still get your order"),
        paragraphs=(
            _("The order was cancelled when its time to pay was over. Then your money arrived."),
            _("Everything you ordered was still there, so we have taken the order up again. It is paid."),
        ),
        button=_("See the order"),
        url=_link(order),
    )


def _write_cancelled(order: OrderView, details: Mapping[str, Any]) -> Letter:
    why = {
        CancelReason.EXPIRED.value: _("It was not paid in time, so the items are on sale again."),
        CancelReason.CUSTOMER.value: _("You have cancelled it; the items are on sale again."),
    }.get(order.cancel_reason, _("We had to cancel it. Please write to us if you did not expect this."))
    return Letter(
        subject=_("Order %(number)s is cancelled") % {"number": order.number},
        heading=_("This order is cancelled"),
        paragraphs=(
            why,
            _("You were not charged. If a payment of yours still arrives, we tell you what becomes of it."),
            *_describe_returned(order),
        ),
        button=_("See the order"),
        url=_link(order),
    )


def _write_shipped(order: OrderView, details: Mapping[str, Any]) -> Letter:
    return Letter(
        subject=_("Order %(number)s is on its way") % {"number": order.number},
        heading=_("Your order is on its way"),
        paragraphs=(
            _("Everything has left our house."),
            *_describe_tracking(order),
            *_describe_earned(order),
        ),
        button=_("See the order"),
        url=_link(order),
    )


def _describe_tracking(order: OrderView) -> Iterator[str]:
    if (tracking := get_tracking(order_id=order.id)) is None:
        return
    names = {"carrier": tracking.carrier, "number": tracking.number}
    yield _("%(carrier)s brings it, under the tracking number %(number)s.") % names
    if tracking.url:
        yield _("You can follow it here: %(url)s") % {"url": tracking.url}


def _describe_earned(order: OrderView) -> Iterator[str]:
    if (earned := get_order_points(order_id=order.id).earned) > 0:
        text = ngettext(
            "You have earned %(points)s point with this order.",
            "You have earned %(points)s points with this order.",
            earned,
        )
        yield text % {"points": intcomma(earned)}


def _describe_returned(order: OrderView) -> Iterator[str]:
    if order.points and (returned := order.points - get_order_points(order_id=order.id).spent) > 0:
        text = ngettext(
            "The %(points)s point you spent on it is on your account again.",
            "The %(points)s points you spent on it are on your account again.",
            returned,
        )
        yield text % {"points": intcomma(returned)}


def _write_refunded(order: OrderView, details: Mapping[str, Any]) -> Letter:
    return Letter(
        subject=_("Order %(number)s is refunded") % {"number": order.number},
        heading=_("This order is refunded"),
        paragraphs=(*_describe_money_back(order), *_describe_returned(order)),
        button=_("See the order"),
        url=_link(order),
        shows_lines=False,
    )


def _describe_money_back(order: OrderView) -> Iterator[str]:
    if order.total_amount:
        text = _("All that you paid for it, %(total)s, has gone back to you or is on its way.")
        yield text % {"total": _total(order)}
        yield _how_long()


def _write_part_refunded(order: OrderView, details: Mapping[str, Any]) -> Letter:
    amount = format_money(int(details["amount"]), order.currency)
    names = {"number": order.number, "amount": amount, "total": _total(order)}
    return Letter(
        subject=_("Order %(number)s: %(amount)s goes back to you") % names,
        heading=_("Part of your order is refunded"),
        paragraphs=(
            _("Of the %(total)s you paid, %(amount)s is on its way back to you.") % names,
            _how_long(),
        ),
        button=_("See the order"),
        url=_link(order),
        shows_lines=False,
    )


def _write_returned(why: Callable[[], str]) -> Callable[[OrderView, Mapping[str, Any]], Letter]:
    def write(order: OrderView, details: Mapping[str, Any]) -> Letter:
        amount = format_money(int(details["amount"]), str(details["currency"]))
        names = {"number": order.number, "amount": amount}
        return Letter(
            subject=_("Order %(number)s: %(amount)s goes back to you") % names,
            heading=_("We are sending your money back"),
            paragraphs=(
                why(),
                _("The whole %(amount)s is on its way back to you.") % names,
                _how_long(),
            ),
            button=_("See the order"),
            url=_link(order),
            shows_lines=False,
        )

    return write


def _how_long() -> str:
    return _("Depending on your bank it takes a few days to arrive. You need not do anything.")


_WRITERS: Final[Mapping[MailKind, Callable[[OrderView, Mapping[str, Any]], Letter]]] = {
    MailKind.PLACED: _write_placed,
    MailKind.PAID: _write_paid,
    MailKind.PAID_LATE: _write_paid_late,
    MailKind.CANCELLED: _write_cancelled,
    MailKind.SHIPPED: _write_shipped,
    MailKind.REFUNDED: _write_refunded,
    MailKind.PART_REFUNDED: _write_part_refunded,
    MailKind.LATE_RETURNED: _write_returned(
        lambda: _("Your payment arrived when the order had been cancelled and could not be taken up again.")
    ),
    MailKind.TWICE_RETURNED: _write_returned(
        lambda: _("This order was paid twice. The first payment counts; this is the second one.")
    ),
    MailKind.WRONG_RETURNED: _write_returned(
        lambda: _("A payment reached us that does not match the amount of your order.")
    ),
}
