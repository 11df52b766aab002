"""Which function delivers which outbox topic, and what follows a payment.

The apps that write messages need not know who acts on them.
"""

from orders import services as orders
from orders.steps.points import POINTS
from orders.steps.shipment import SHIPMENT
from orders.steps.warehouse import WAREHOUSE
from payments import services as payments
from shop.mail import subscribers as mail
from shop.restock import services as restock


def connect_outbox() -> None:
    """Connect every topic to those who act on it."""
    orders.connect("order.cancelled", payments.close_payments_of_order, subscriber="payments")
    orders.connect("payment.close", payments.close_payments_of_order, subscriber="payments")
    orders.connect("payment.refund", payments.execute_refund, subscriber="payments")
    orders.connect("order.refund", payments.refund_failed_order, subscriber="payments")
    orders.connect("order.paid", orders.begin_steps, subscriber="steps")
    orders.connect("order.refunded", orders.stop_steps, subscriber="steps")
    orders.connect("order.step.do", orders.do_step, subscriber="steps")
    orders.connect("order.step.undo", orders.undo_step, subscriber="steps")
    orders.connect("order.step.do.parked", orders.give_up_step, subscriber="steps")
    orders.connect("order.step.undo.parked", orders.give_up_step, subscriber="steps")
    for topic, tell in (
        ("order.placed", mail.tell_placed),
        ("order.paid", mail.tell_paid),
        ("order.cancelled", mail.tell_cancelled),
        ("order.fulfilled", mail.tell_shipped),
        ("order.refunded", mail.tell_refunded),
        ("payment.refund", mail.tell_returned),
        (mail.AGAIN_TOPIC, mail.tell_again),
    ):
        orders.connect(topic, tell, subscriber=mail.SUBSCRIBER)
    orders.connect(restock.TOPIC, restock.tell_one, subscriber=mail.SUBSCRIBER)


def register_steps() -> None:
    """Name what follows a payment, in this order (docs/after-payment.md)."""
    orders.register_step(SHIPMENT)
    orders.register_step(WAREHOUSE)
    orders.register_step(POINTS)
