"""Guards of the steps after payment."""

from tests.guards.guard import Guard

STEPS = "tests/orders/test_steps.py"
PEERS = "tests/faults/test_step_peers.py"

GUARDS = [
    Guard(
        "a step is changed under its order's lock",
        "orders/rows.py",
        '_ORDERS.find("WHERE id = %s FOR UPDATE"',
        '_ORDERS.find("WHERE id = %s"',
        f"{STEPS} -k whoever_has_the_order",
    ),
    Guard(
        "what comes of an attempt counts if no other followed",
        "orders/steps/running.py",
        "if (step.state, step.attempts) == (attempt.state, attempt.number):",
        "if step.state == attempt.state:",
        f"{STEPS} -k another_followed",
    ),
    Guard(
        "a step begun by a killed worker is taken back with its order",
        "orders/steps/running.py",
        "if goes_back(order, steps):",
        "if False:",
        f"{STEPS} -k worker_that_was_killed",
    ),
    Guard(
        "an order is asked to be refunded once",
        "orders/steps/running.py",
        "if OutboxMessage.objects.filter(key=key).exists():",
        "if False:",
        f"{STEPS} -k refunded_once",
    ),
    Guard(
        "a parking that staff answered does not fail the step",
        "orders/steps/running.py",
        "key__startswith=start_key(topic, step), topic=topic, is_waiting=True",
        "key='', is_waiting=True",
        f"{STEPS} -k took_up_again",
    ),
    Guard(
        "what comes after a critical step waits for it",
        "orders/steps/plan.py",
        "if step.is_critical and step.state not in _ENDED:",
        "if False:",
        f"{STEPS} -k waits_for_it",
    ),
    Guard(
        "nothing is undone while a step is being done",
        "orders/steps/plan.py",
        "if any(step.state in (StepState.RUNNING, StepState.UNDOING) for step in steps):",
        "if False:",
        f"{STEPS} -k later_step_is_being_done",
    ),
    Guard(
        "what was tried and not answered is undone too",
        "orders/steps/plan.py",
        "_MAY_BE_DONE = (StepState.DONE, StepState.FAILED, StepState.READY)",
        "_MAY_BE_DONE = (StepState.DONE,)",
        f"{STEPS} -k undoes_what_was_done",
    ),
    Guard(
        "what has left the house is not taken back",
        "orders/steps/plan.py",
        "if order.fulfilled_at is not None:",
        "if False:",
        f"{PEERS} -k has_left",
    ),
    Guard(
        "an order that goes back is not shipped",
        "orders/lifecycle.py",
        "if order.status == OrderStatus.PAID and goes_back(order, list(order.steps.all())):",
        "if False:",
        f"{STEPS} -k goes_back_cannot",
    ),
    Guard(
        "an answer that was cut off is none",
        "orders/steps/peer.py",
        "if not _is_whole(response, answer):",
        "if False:",
        f"{PEERS} -k drip",
    ),
    Guard(
        "a step is done under one key",
        "orders/steps/running.py",
        'key = f"{step.name}:{order.number}"',
        'key = f"{step.name}:{order.number}:{step.attempts}"',
        f"{PEERS} -k books_nothing_twice",
    ),
    Guard(
        "requests are signed",
        "orders/steps/peer.py",
        '"webhook-signature": Webhook(self.secret).sign(key, now, text),',
        '"webhook-signature": "v1,",',
        f"{PEERS} -k warehouse_with_its",
    ),
    Guard(
        "what is to be undone is not settled by hand",
        "orders/steps/by_hand.py",
        " or (step.state == StepState.READY and goes_back(order, steps))",
        "",
        f"{STEPS} -k not_settled_but_undone",
    ),
]
