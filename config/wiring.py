"""Which function delivers which outbox topic: the apps that write messages need not know who acts on them."""

from orders import services as orders
from payments import services as payments


def connect_outbox() -> None:
    """Connect every topic to those who act on it."""
    orders.connect("order.cancelled", payments.close_payments_of_order, subscriber="payments")
    orders.connect("payment.close", payments.close_payments_of_order, subscriber="payments")
    orders.connect("payment.refund", payments.execute_refund, subscriber="payments")
