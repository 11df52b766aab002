"""Guards of orders."""

from tests.guards.guard import Guard

RACE = "tests/concurrency/test_orders_race.py"
ALLOWANCES = "tests/concurrency/test_allowances.py"

GUARDS = [
    Guard(
        "a cancelled order is not cancelled again",
        "orders/lifecycle.py",
        "if order.status == OrderStatus.CANCELLED:\n            return",
        "if False:\n            return",
        f"{RACE} -k cancelling_twice",
    ),
    Guard(
        "compare-and-set: the status in WHERE",
        "orders/lifecycle.py",
        "moved = Order.objects.filter(id=order_id, status=OrderStatus.PENDING)",
        "moved = Order.objects.filter(id=order_id)",
        "tests/orders",
    ),
    Guard(
        "the sweep reads under the lock that cancels",
        "orders/sweep.py",
        "({placeholders(order_ids)}) FOR UPDATE SKIP LOCKED",
        "({placeholders(order_ids)})",
        "tests/concurrency/test_interleavings.py",
    ),
    Guard(
        "the idempotency key is looked up after a duplicate",
        "orders/placement.py",
        "if replay := self.find_replay():",
        "if False:",
        f"{RACE} -k same_key",
    ),
    Guard(
        "a replay is served although it is sold out",
        "orders/placing.py",
        "if replay := placement.find_replay():",
        "if False:",
        "tests/orders/test_place_order.py",
    ),
    Guard(
        "the fingerprint of a key's request",
        "orders/placement.py",
        "if fingerprint != self.fingerprint:",
        "if False:",
        f"{RACE} -k two_requests",
    ),
    Guard(
        "combined: the sum in the UPDATE",
        "orders/batches.py",
        "if not is_there:",
        "if False:",
        "tests/concurrency/test_combined.py",
    ),
    Guard(
        "combined: a broken batch leaves its members to themselves",
        "orders/batches.py",
        "    except IntegrityError:\n",
        "    except ZeroDivisionError:\n        raise\n    except IntegrityError:\n        raise\n",
        "tests/concurrency/test_combined.py",
    ),
    Guard(
        "line: who waited behind one who was refused looks again",
        "orders/placing.py",
        "if may_be_gone:",
        "if False:",
        "tests/concurrency/test_lines.py",
    ),
    Guard(
        "sold-out memory: late money looks for itself",
        "orders/lifecycle.py",
        "for line in order.lines.all()], look=True",
        "for line in order.lines.all()]",
        "tests/inventory/test_sold_out.py",
    ),
    Guard(
        "an allowance's limit is a CHECK",
        "orders/migrations/0002_allowances_and_brakes.py",
        "('used__lte', models.F('unit_limit'))",
        "('used__lte', models.F('unit_limit') + 1000000)",
        "tests/orders/test_allowances.py -k the_row_refuses",
    ),
    Guard(
        "allowances are claimed and given back in the order of their keys",
        "orders/allowances.py",
        "_INSERT_ALLOWANCES.prepare(sorted(rows))",
        "_INSERT_ALLOWANCES.prepare(list(rows))",
        "tests/orders/test_allowances.py -k own_order",
    ),
    Guard(
        "a cancelled order gives its allowances back",
        "orders/lifecycle.py",
        "        allowances.give_back(order_ids=[order.id])\n        release",
        "        release",
        "tests/orders/test_allowances.py -k cancelled",
    ),
    Guard(
        "a swept order gives its allowances back",
        "orders/sweep.py",
        "    allowances.give_back(order_ids=references.keys())\n",
        "",
        "tests/orders/test_allowances.py -k expired",
    ),
    Guard(
        "allowances come back once: an order moves once",
        "orders/lifecycle.py",
        "if order.status == OrderStatus.CANCELLED:\n            return\n"
        "        if order.status != OrderStatus.PENDING:",
        "if False:",
        f"{ALLOWANCES} -k however_often",
    ),
    Guard(
        "allowances come back once: the sweep locks what is still pending",
        "orders/sweep.py",
        "WHERE status = '{OrderStatus.PENDING.value}' AND payment_due_at < %s",
        "WHERE payment_due_at < %s",
        "tests/orders/test_allowances.py -k just_before_the_sweep",
    ),
    Guard(
        "late money claims within the limit",
        "orders/allowances.py",
        "AND used + %s <= unit_limit",
        "AND %s > 0",
        "tests/orders/test_allowances.py -k late_money",
    ),
    Guard(
        "a batch leaves out who goes over the limit with it",
        "orders/allowances.py",
        "+ taken[a.key] + a.quantity <= a.limit",
        "+ a.quantity <= a.limit",
        f"{ALLOWANCES} -k offender",
    ),
    Guard(
        "unpaid units are limited",
        "orders/brakes.py",
        "if units and units + draft.units > limit:",
        "if False:",
        "tests/orders/test_brakes.py",
    ),
    Guard(
        "a brake reads no history",
        "orders/brakes.py",
        "AND payment_due_at >= %s AND",
        "AND %s IS NOT NULL AND",
        "tests/orders/test_brakes.py -k history",
    ),
    Guard(
        "the idempotency key's UNIQUE key",
        "orders/migrations/0001_initial.py",
        "fields=('idempotency_scope', 'idempotency_key')",
        "fields=('idempotency_scope', 'idempotency_key', 'id')",
        f"{RACE} -k same_key",
    ),
    Guard(
        "a message leased by one worker is skipped by others",
        "orders/outbox.py",
        "due.select_for_update(skip_locked=True)",
        "due",
        "tests/orders/test_outbox.py",
    ),
]
