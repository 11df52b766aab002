"""Every guard that a promise rests on, how to take it out, and the tests that must then fail."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Guard:
    """One protection: replace `text` by `without` in `path`, and one of `tests` must fail."""

    name: str
    path: str
    text: str
    without: str
    tests: str


NEVER = "tests/concurrency/test_never_oversells.py"
RACE = "tests/concurrency/test_orders_race.py"
CONTROL = "tests/concurrency/test_control.py"
UNKNOWN = "tests/concurrency/test_unknown_commit.py"
LOCKING = "inventory/locking/"
POOLED_RACES = "tests/concurrency/test_pooled.py"

GUARDS = [
    Guard(
        "conditional: the comparison in the UPDATE",
        LOCKING + "base.py",
        '_TAKE + "available >= %s", (quantity, stock_item_id, quantity)',
        '_TAKE + "1 = 1", (quantity, stock_item_id)',
        f"{NEVER} -k conditional",
    ),
    Guard(
        "optimistic: the version in the UPDATE",
        LOCKING + "base.py",
        '_TAKE + "version = %s", (quantity, stock_item_id, version)',
        '_TAKE + "1 = 1", (quantity, stock_item_id)',
        f"{NEVER} {CONTROL} -k optimistic",
    ),
    Guard(
        "pessimistic: FOR UPDATE",
        "inventory/locking/base.py",
        '_READ_LOCKED = _READ + " FOR UPDATE"',
        "_READ_LOCKED = _READ",
        "tests/concurrency/test_control.py -k pessimistic",
    ),
    Guard(
        "pessimistic: the check under the lock",
        LOCKING + "pessimistic.py",
        "if available < quantity:",
        "if False:",
        f"{NEVER} -k pessimistic",
    ),
    Guard(
        "conditional: a refusal is checked before it is told",
        LOCKING + "conditional.py",
        "if available < quantity:",
        "if True:",
        "tests/concurrency/test_interleavings.py",
    ),
    Guard(
        "two lines of one item are summed",
        "inventory/reservations.py",
        "totals[demand.stock_item_id] += demand.quantity",
        "totals[demand.stock_item_id] = demand.quantity",
        f"{NEVER} -k two_lines",
    ),
    Guard(
        "claims go in id order",
        "inventory/reservations.py",
        "items[id_][2]) for id_, quantity in sorted(totals.items())",
        "items[id_][2]) for id_, quantity in totals.items()",
        "tests/inventory/test_reservations.py",
    ),
    Guard(
        "units are released once: settled reservations are left out",
        "inventory/reservations.py",
        "if key not in settled}",
        "}",
        "tests/inventory/test_reservations.py",
    ),
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
        "an unknown COMMIT is looked up",
        "inventory/transactions.py",
        'raise CommitUnknown("the connection was lost during COMMIT") from error',
        "raise",
        UNKNOWN,
    ),
    Guard(
        "deadlocks are retried",
        "inventory/transactions.py",
        "if code in _RETRYABLE:",
        "if False:",
        "tests/concurrency/test_retries.py",
    ),
    Guard(
        "an event is applied under its row's lock",
        "payments/inbox.py",
        "event = GatewayEvent.objects.select_for_update().get(pk=event_pk)\n"
        "    if event.outcome != EventOutcome.WAITING:\n        return True\n    found",
        "event = GatewayEvent.objects.get(pk=event_pk)\n    found",
        f"{RACE} -k paid_cancelled",
    ),
    Guard(
        "the amount is compared",
        "payments/settling.py",
        "is_exact = (event.amount, event.currency) == (payment.amount, payment.currency)",
        "is_exact = True",
        "tests/payments",
    ),
    Guard(
        "a second payment is refunded",
        "payments/settling.py",
        "request_refund(\n"
        "        payment=payment, amount=payment.received_amount, "
        'reason="paid twice", actor=_ACTOR, now=now\n'
        "    )",
        "pass",
        "tests/payments",
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
        "combined: a stopped waiter gives up its place",
        "inventory/combining.py",
        "if not self._withdraw(key, member) and member.has_lead:",
        "if False:",
        "tests/concurrency/test_combined.py",
    ),
    Guard(
        "combined: only so many wait",
        "inventory/combining.py",
        "elif len(queue) < self._waiting_limit:",
        "elif True:",
        "tests/concurrency/test_combined.py",
    ),
    Guard(
        "line: only so many place orders for an item at once",
        "inventory/lines.py",
        "if len(line.at_work) < settings.STOCK_LINE_AT_WORK:",
        "if True:",
        "tests/concurrency/test_lines.py",
    ),
    Guard(
        "line: only so many wait",
        "inventory/lines.py",
        "if len(line.waiting) < settings.STOCK_LINE_WAITING or self._is_expected:",
        "if True:",
        "tests/inventory/test_lines.py",
    ),
    Guard(
        "line: a stopped buyer leaves it",
        "inventory/lines.py",
        "except BaseException:",
        "except StockBusy:",
        "tests/inventory/test_lines.py",
    ),
    Guard(
        "line: who waited behind one who was refused looks again",
        "orders/placing.py",
        "if may_be_gone:",
        "if False:",
        "tests/concurrency/test_lines.py",
    ),
    Guard(
        "sold-out memory: it does not last",
        "inventory/sold_out.py",
        " or now - read_at > REMEMBERED_SECONDS",
        "",
        "tests/inventory/test_sold_out.py",
    ),
    Guard(
        "sold-out memory: only in a storm",
        "inventory/sold_out.py",
        " or not refusals.is_storm(now)",
        "",
        "tests/inventory/test_sold_out.py",
    ),
    Guard(
        "sold-out memory: units that come back end it",
        "inventory/ledger.py",
        "transaction.on_commit(partial(sold_out.forget, stock_item_id))",
        "pass",
        "tests/inventory/test_sold_out.py",
    ),
    Guard(
        "sold-out memory: not before they are committed",
        "inventory/ledger.py",
        "transaction.on_commit(partial(sold_out.forget, stock_item_id))",
        "sold_out.forget(stock_item_id)",
        "tests/inventory/test_sold_out.py",
    ),
    Guard(
        "sold-out memory: not from a read that began before",
        "inventory/sold_out.py",
        "if read_at > _forgotten_at:",
        "if True:",
        "tests/inventory/test_sold_out.py",
    ),
    Guard(
        "sold-out memory: late money looks for itself",
        "orders/lifecycle.py",
        "for line in order.lines.all()], look=True",
        "for line in order.lines.all()]",
        "tests/inventory/test_sold_out.py",
    ),
    Guard(
        "pooled: a slice is compared as it is taken from",
        "inventory/slices.py",
        "WHERE stock_item_id = %s AND units >= %s AND slot = ",
        "WHERE stock_item_id = %s AND %s > 0 AND slot = ",
        "tests/inventory/test_slices.py",
    ),
    Guard(
        "pooled: SKIP LOCKED",
        "inventory/slices.py",
        "LIMIT 1 FOR UPDATE SKIP LOCKED)",
        "LIMIT 1 FOR UPDATE)",
        POOLED_RACES,
    ),
    Guard(
        "pooled: slices are locked before they are written anew",
        "inventory/slices.py",
        "WHERE stock_item_id = %s ORDER BY slot FOR UPDATE",
        "WHERE stock_item_id = %s ORDER BY slot",
        f"{POOLED_RACES} -k hold",
    ),
    Guard(
        "pooled: the item's row is locked before its slices",
        "inventory/slices.py",
        "FROM inventory_stockitem WHERE id = %s FOR UPDATE",
        "FROM inventory_stockitem WHERE id = %s",
        f"{POOLED_RACES} -k row",
    ),
    Guard(
        "pooled: only the slices that were locked are written anew",
        "inventory/slices.py",
        "[stock_item_id, *values])]) != len(pool.slices):",
        "[stock_item_id, *values])]) == 0:",
        "tests/inventory/test_slices.py",
    ),
    Guard(
        "pooled: only the depot that was locked is written anew",
        "inventory/slices.py",
        "WHERE id = %s AND available = %s",
        "WHERE id = %s AND 0 <= %s",
        "tests/inventory/test_slices.py",
    ),
    Guard(
        "pooled: a switch to another strategy gathers the slices",
        "inventory/switching.py",
        "if name != slices.POOLED:",
        "if False:",
        "tests/inventory/test_slices.py",
    ),
    Guard(
        "pooled: who holds a slice does not go on to the item's row",
        LOCKING + "pooled.py",
        "if not slices.take_from_slice(stock_item_id=stock_item_id, slot=slot, quantity=quantity):",
        "if False:",
        f"{POOLED_RACES} -k empty",
    ),
    Guard(
        "pooled: an item switched meanwhile is not spread again",
        LOCKING + "pooled.py",
        "is_pooled = pool.locking_strategy == slices.POOLED",
        "is_pooled = True",
        "tests/inventory/test_slices.py",
    ),
    Guard(
        "pooled: staff take units away out of slices",
        "inventory/ledger.py",
        "if not is_done and available < 0:",
        "if False:",
        "tests/inventory/test_slices.py",
    ),
    Guard(
        "pooled: servers that do not lock are refused",
        LOCKING + "registry.py",
        "if get_strategy(name).needs_skip_locked and",
        "if get_strategy(name).needs_skip_locked and False and",
        "tests/inventory/test_servers.py",
    ),
    Guard(
        "pooled: a refusal is told only after all units were counted",
        "inventory/claiming.py",
        "if available < quantity:",
        "if True:",
        f"{POOLED_RACES} -k switch_back",
    ),
    Guard(
        "the database's CHECK on available",
        "inventory/migrations/0001_initial.py",
        "('available__gte', 0)",
        "('available__gte', -1000000)",
        "tests/inventory/test_constraints.py",
    ),
    Guard(
        "the ledger's UNIQUE key",
        "inventory/migrations/0001_initial.py",
        "fields=('reference', 'stock_item', 'kind')",
        "fields=('reference', 'stock_item', 'kind', 'id')",
        "tests/inventory/test_constraints.py",
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
    Guard(
        "units are reserved in a transaction only",
        "inventory/transactions.py",
        "    if not connection.in_atomic_block:\n        raise TransactionRequired",
        "    if False:\n        raise TransactionRequired",
        "tests/inventory/test_transactions.py tests/inventory/test_reservations.py",
    ),
    Guard(
        "a count of stock is taken under the row's lock",
        "inventory/services.py",
        "item = StockItem.objects.select_for_update().filter(sku=sku).first()",
        "item = StockItem.objects.filter(sku=sku).first()",
        f"{RACE} -k counted",
    ),
]
