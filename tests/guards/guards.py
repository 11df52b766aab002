"""Every guard that a promise rests on, how to take it out, and the tests that must then fail."""

from tests.guards import inventory, orders, payments, shop

GUARDS = [*inventory.GUARDS, *orders.GUARDS, *payments.GUARDS, *shop.GUARDS]
