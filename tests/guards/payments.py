"""Guards of payments."""

from tests.guards.guard import Guard

RACE = "tests/concurrency/test_orders_race.py"
MACHINE = "tests/faults/test_money_machine.py"

GUARDS = [
    Guard(
        "an event is applied under its row's lock",
        "payments/inbox.py",
        "event = lock_event(event_pk)\n"
        "    if event.outcome != EventOutcome.WAITING:\n        return True\n    if problem",
        "event = GatewayEvent.objects.get(pk=event_pk)\n    if problem",
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
        "a payment is found by our key when its reference was never saved",
        "payments/inbox.py",
        "return by_reference or event.payment",
        "return by_reference",
        "tests/payments/test_keys.py",
    ),
    Guard(
        "a second charge of one payment is no duplicate",
        "payments/settling.py",
        "if not _is_same_charge(event, payment):",
        "if False:",
        "tests/faults/test_stripe_callbacks.py -k second_charge",
    ),
    Guard(
        "a transfer that staff saw takes the name of its line",
        "payments/settling.py",
        "if not payment.charge_reference:",
        "if False:",
        "tests/payments/test_statements.py -k staff_saw_first",
    ),
    Guard(
        "what becomes of a twin is no matter",
        "payments/settling.py",
        "if payment.status not in origins or is_twin:",
        "if payment.status not in origins:",
        "tests/faults/test_reconciliation.py -k twin",
    ),
    Guard(
        "Stripe: the signature of a callback",
        "payments/gateways/stripe/signatures.py",
        "if not any(_is_signed(body, header, secret) for secret in secrets):",
        "if False:",
        "tests/faults/test_stripe_callbacks.py -k did_not_sign",
    ),
    Guard(
        "Stripe: the age of a signature",
        "payments/gateways/stripe/signatures.py",
        "if is_stale(_find_timestamp(header)):",
        "if False:",
        "tests/shop/api/test_callbacks.py -k 'five_minutes and stripe'",
    ),
    Guard(
        "callbacks: what is too large is not read",
        "shop/api/callbacks.py",
        "if declared.isdigit() and int(declared) > MAX_EVENT_BYTES:",
        "if False:",
        "tests/shop/api/test_callbacks.py -k is_not_read",
    ),
    Guard(
        "callbacks: a body that broke off is refused",
        "shop/api/callbacks.py",
        "if declared.isdigit() and len(body) < int(declared):",
        "if False:",
        "tests/shop/api/test_callbacks.py -k broke_off",
    ),
    Guard(
        "callbacks: an unknown gateway makes no label",
        "shop/api/callbacks.py",
        '_NOBODY if outcome == "unknown_gateway" else gateway',
        "gateway",
        "tests/shop/api/test_callbacks.py -k nobody_knows",
    ),
    Guard(
        "Stripe: a session that was opened under a 500 is found",
        "payments/gateways/stripe/gateway.py",
        "if (hosted := self._find_open(request)) is not None:",
        "if (hosted := None) is not None:",
        "tests/faults/test_stripe_opening.py -k KEPT",
    ),
    Guard(
        "Stripe: the key tells two sets of parameters apart",
        "payments/gateways/stripe/gateway.py",
        'f"{request.idempotency_key}:{digest}"',
        "request.idempotency_key",
        "tests/faults/test_stripe_opening.py -k another_address",
    ),
    Guard(
        "Stripe: a refund that was sent is looked for",
        "payments/gateways/stripe/gateway.py",
        "if refund.status not in _DEAD_REFUNDS:\n                    return",
        "if False:\n                    return",
        "tests/faults/test_stripe_refunds.py -k 'forgotten or KEPT'",
    ),
    Guard(
        "Stripe: idempotency keys of refunds",
        "payments/gateways/stripe/gateway.py",
        '{"idempotency_key": f"{key}:{len(made)}" if made else key}',
        "{}",
        "tests/faults/test_stripe_refunds.py -k bears_our_names",
    ),
    Guard(
        "Stripe: nothing but codes of an error is told",
        "payments/gateways/stripe/api.py",
        "raise GatewayUnavailable(describe(error)) from None",
        "raise GatewayUnavailable(repr(error)) from error",
        "tests/faults/test_stripe_opening.py -k into_no_log",
    ),
    Guard(
        "Stripe: minor units are converted",
        "payments/gateways/stripe/currencies.py",
        "return 0 if currency in _WHOLE else 3 if currency in _THOUSANDTHS else 2",
        "return get_currency_precision(currency)",
        "tests/payments/test_currencies.py",
    ),
    Guard(
        "a payment under way is not paid a second time",
        "payments/starting.py",
        "if payment.status == PaymentStatus.PROCESSING:",
        "if False:",
        "tests/faults/test_stripe_callbacks.py -k takes_days_shows",
    ),
    Guard(
        "transfers: check digits",
        "payments/gateways/bank_transfer/references.py",
        "if match and _remainder(match[0][4:] + match[0][:4]) == 1:",
        "if match:",
        "tests/payments/test_bank_transfer.py -k mistyped",
    ),
    Guard(
        "transfers: a sale's deadline is kept",
        "payments/starting.py",
        "if under_way is None and gateway.window and _waits_as_long_as_any(order):",
        "if under_way is None and gateway.window:",
        "tests/payments/test_bank_transfer.py -k deadline_is_kept",
    ),
    Guard(
        "statements: equal lines of a day are told apart",
        "payments/statements/reading.py",
        "seen[name] += 1",
        "seen[name] = 1",
        "tests/payments/test_statements.py -k two_equal",
    ),
    Guard(
        "reconciliation: the gateway is asked again before a finding",
        "payments/reconciliation/matching.py",
        "yield from _ask_again(gateway, payment, charge.reference)",
        "yield from compare(payment, charge)",
        "tests/faults/test_reconciliation.py -k while_we_compare",
    ),
    Guard(
        "reconciliation: a refund we know is not booked again",
        "payments/reconciliation/booking.py",
        "if one.reference not in known and one.key not in known]",
        "]",
        "tests/faults/test_booking_refunds.py -k booked_once",
    ),
    Guard(
        "reconciliation: twins are left out",
        "payments/reconciliation/comparing.py",
        "if payment and charge and not is_paid and not belongs_together(payment, charge):",
        "if False:",
        "tests/faults/test_reconciliation.py -k twin",
    ),
    Guard(
        "any sequence: a second payment is refunded",
        "payments/settling.py",
        "request_refund(\n"
        "        payment=payment, amount=payment.received_amount, "
        'reason="paid twice", actor=_ACTOR, now=now\n'
        "    )",
        "pass",
        MACHINE,
    ),
    Guard(
        "any sequence: late money is refunded",
        "payments/settling.py",
        "request_refund(\n"
        "        payment=payment, amount=payment.received_amount, "
        'reason="paid too late", actor=_ACTOR, now=now\n'
        "    )",
        "pass",
        MACHINE,
    ),
    Guard(
        "any sequence: the amount is compared",
        "payments/settling.py",
        "is_exact = (event.amount, event.currency) == (payment.amount, payment.currency)",
        "is_exact = True",
        MACHINE,
    ),
    Guard(
        "any sequence: money that is on record is not taken again",
        "payments/settling.py",
        "if payment.status in (PaymentStatus.SUCCEEDED, PaymentStatus.REVIEW):",
        "if False:",
        MACHINE,
    ),
    Guard(
        "any sequence: what the gateway did not tell is found",
        "payments/reconciliation/repairing.py",
        "        _tell(gateway, charge, now)\n",
        "        pass\n",
        MACHINE,
    ),
    Guard(
        "refunds: no more money than came in, in WHERE",
        "payments/refunds.py",
        'id=payment.id, received_amount__gte=F("refunded_amount") + amount)',
        "id=payment.id)",
        "tests/payments/test_refunds.py -k together_cannot_exceed",
    ),
    Guard(
        "refunds: no more money than came in, in the database",
        "payments/migrations/0001_initial.py",
        "('refunded_amount__lte', models.F('received_amount'))",
        "('refunded_amount__lte', models.F('received_amount') + 1000000)",
        "tests/payments/test_constraints.py -k no_more_goes_back",
    ),
    Guard(
        "refunds: decided under the order's lock",
        "payments/order_refunds.py",
        "order = lock_order(order_id=order_id)",
        "order = orders.get_order(number=number)",
        "tests/concurrency/test_refunds_race.py -k 'conditional and one_form'",
    ),
    Guard(
        "refunds: a form counts once",
        "payments/order_refunds.py",
        "if token and OrderRefund.objects.filter(order_id=order_id, token=token).exists():",
        "if False:",
        "tests/payments/test_partial_refunds.py -k twice",
    ),
    Guard(
        "refunds: a line's units, in WHERE",
        "orders/refunding.py",
        'rows.filter(refunded_quantity__lte=F("quantity") - line.quantity).update(',
        "rows.update(",
        "tests/payments/test_partial_refunds.py -k no_more_units",
    ),
    Guard(
        "refunds: a line's units, in the database",
        "orders/migrations/0007_partial_refunds.py",
        "('refunded_quantity__lte', models.F('quantity'))",
        "('refunded_quantity__lte', models.F('quantity') + 1000000)",
        "tests/payments/test_partial_refunds.py -k database_itself",
    ),
    Guard(
        "refunds: what stays reserved has a reference of its own",
        "orders/refunding.py",
        "Order.objects.filter(id=order.id).update(stock_reference=remainder)",
        "pass",
        "tests/payments/test_partial_refunds.py -k left_of_the_order_is_shipped",
    ),
    Guard(
        "Stripe: a refund is looked for on every page",
        "payments/gateways/stripe/gateway.py",
        "return list(first.auto_paging_iter())",
        "return list(first.data)",
        "tests/faults/test_stripe_refunds.py -k whatever_page",
    ),
    Guard(
        "any sequence: an expired order gives its points back",
        "orders/sweep.py",
        '    points.give_back(order_ids=references.keys(), actor=_ACTOR, reason="expired", now=now)\n',
        "",
        MACHINE,
    ),
    Guard(
        "any sequence: points that were earned go with the money",
        "orders/refunding.py",
        'points.take_back(order=row, keep=keep, reference=occasion, reason="refunded", now=now)',
        "points.require_transaction()",
        MACHINE,
    ),
]
