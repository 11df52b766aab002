"""Every guard that a promise rests on, how to take it out, and the tests that must then fail."""

from tests.guards import inventory, mail, orders, payments, shop, steps

GUARDS = [
    *inventory.GUARDS,
    *orders.GUARDS,
    *steps.GUARDS,
    *payments.GUARDS,
    *shop.GUARDS,
    *mail.GUARDS,
]
