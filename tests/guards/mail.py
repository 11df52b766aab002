"""Guards of mail."""

from tests.guards.guard import Guard

TOLD = "tests/shop/mail/test_subscribers.py"
SMTP = "tests/shop/mail/test_smtp.py"

GUARDS = [
    Guard(
        "mail: what was sent is not sent again",
        "shop/mail/sending.py",
        ' or _SENT.exists("WHERE `key` = %s", (key,))',
        "",
        f"{TOLD} -k comes_again",
    ),
    Guard(
        "mail: nobody is asked to pay what is paid",
        "orders/selectors.py",
        '"WHERE id = %s AND status = %s AND payment_due_at > %s", (order_id, OrderStatus.PENDING, now)',
        '"WHERE id = %s AND payment_due_at > %s", (order_id, now)',
        f"{TOLD} -k not_asked",
    ),
    Guard(
        "mail: an order that was revived is not told it is cancelled",
        "shop/mail/subscribers.py",
        "    if order.status == OrderStatus.CANCELLED:\n        _send",
        "    if True:\n        _send",
        f"{TOLD} -k late_money_that_was_taken",
    ),
    Guard(
        "mail: what is refused for good is parked at once",
        "orders/outbox.py",
        " or isinstance(error, Undeliverable)",
        "",
        f"{SMTP} -k for_good",
    ),
    Guard(
        "mail: what is refused for now is not refused for good",
        "shop/mail/sending.py",
        "if _is_for_good(refusal):",
        "if True:",
        f"{SMTP} -k for_now",
    ),
    Guard(
        "mail: an address is one address",
        "shop/mail/sending.py",
        "        validate_email(recipient)\n",
        "",
        f"{SMTP} -k gets_nothing",
    ),
    Guard(
        "mail: a product's name is no markup",
        "shop/templates/mail/letter.html",
        "{{ line.name }}",
        "{{ line.name|safe }}",
        "tests/shop/mail/test_letters.py -k markup",
    ),
]
