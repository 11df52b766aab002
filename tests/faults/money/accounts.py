"""Where every cent is: what providers have, against what the shop says of it. And where every point is."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from inventory.types import StockLevel
from orders.points.rates import count_earned
from orders.selectors import get_points
from orders.states import ALLOWED_MOVES, LIVE_STATUSES, OrderStatus
from orders.types import OrderView
from payments.keys import name_payment
from payments.models import GatewayEvent, Payment, PaymentStatus, ReconciliationFinding, SandboxCharge
from tests.faults.stripe_peer import StripePeer

KEPT = (OrderStatus.PAID, OrderStatus.FULFILLED)


def sum_at_providers(peer: StripePeer) -> Mapping[str, int]:
    """Return the minor units that providers hold by the key of the payment they were taken for."""
    held: defaultdict[str, int] = defaultdict(int)
    for intent in peer.records.intents.values():
        charge = intent["latest_charge"]
        refunded = charge["amount_refunded"] if charge else 0
        held[intent["metadata"]["holdfast_payment"]] += intent["amount_received"] - refunded
    for charge in SandboxCharge.objects.filter(status="succeeded"):
        held[charge.idempotency_key] += charge.amount - sum(charge.refunds.values())
    return held


def sum_for(order: OrderView, held: Mapping[str, int]) -> int:
    """Return the minor units that providers hold of an order's money."""
    ids = Payment.objects.filter(order_id=order.id).values_list("id", flat=True)
    return sum(held.get(name_payment(id_), 0) for id_ in ids)


def sum_waiting(peer: StripePeer, order: OrderView) -> int:
    """Return the minor units of an order that wait for staff: the wrong amount, or back from a bank."""
    waiting = 0
    for payment in Payment.objects.filter(order_id=order.id):
        if payment.status == PaymentStatus.REVIEW:
            waiting += payment.received_amount - payment.refunded_amount
        waiting += _sum_come_back(peer, payment)
    return waiting


def _sum_come_back(peer: StripePeer, payment: Payment) -> int:
    """Return what a bank returned of a payment's refunds, as staff are told by the refund or by a finding."""
    failed = sum(payment.refunds.filter(status="failed").values_list("amount", flat=True))
    sent = peer.records.refunds.values()
    of_payment = [one for one in sent if one["metadata"]["holdfast_payment"] == name_payment(payment.id)]
    if not any(refund["status"] == "failed" for refund in of_payment):
        return failed
    differing = payment.findings.filter(kind="refund_differs", resolved_at=None).first()
    return failed + (differing.expected - differing.actual if differing else 0)


def find_cents_astray(
    peer: StripePeer, orders: Iterable[OrderView], *, strangers: Iterable[str]
) -> list[str]:
    """Return, for a shop at rest, every order or charge whose money is not where the shop says it is."""
    held = sum_at_providers(peer)
    astray = []
    for order in orders:
        kept = order.total_amount - order.refunded_amount if order.status in KEPT else 0
        expected = kept + sum_waiting(peer, order)
        if sum_for(order, held) != expected:
            astray.append(f"{order.number} is {order.status}: {sum_for(order, held)} instead of {expected}")
    known = {name_payment(id_) for id_ in Payment.objects.values_list("id", flat=True)}
    for session in strangers:
        shown = GatewayEvent.objects.filter(outcome="unknown_reference", reference=session).exists()
        found = ReconciliationFinding.objects.filter(kind="charge_without_payment", reference=session)
        if not (shown or found.exists()):
            astray.append(f"nobody is told of {session}")
    strange = {peer.records.sessions[id_]["metadata"]["holdfast_payment"] for id_ in strangers}
    astray += [f"{key} was taken for nothing" for key in held if held[key] and key not in known | strange]
    return astray


def find_points_astray(orders: Iterable[OrderView], *, customer_id: int, given: int) -> list[str]:
    """Return, for a shop at rest, whether a customer has other points than staff gave and orders moved."""
    expected = given
    for order in orders:
        if order.customer_id == customer_id and order.status in LIVE_STATUSES:
            expected -= order.points
        if order.customer_id == customer_id and order.status in KEPT and order.total_amount:
            earned = count_earned(amount=order.total_amount, currency=order.currency)
            expected += earned * (order.total_amount - order.refunded_amount) // order.total_amount
    points = get_points(customer_id=customer_id)
    has = points.balance - points.owed
    return [] if has == expected else [f"{has} points instead of {expected}"]


def find_oversold(orders: Iterable[OrderView], levels: Mapping[int, StockLevel]) -> list[str]:
    """Return the items of which more is promised than there is, or less is held than is promised."""
    promised: defaultdict[int, int] = defaultdict(int)
    for order in orders:
        for line in order.lines:
            if order.status in LIVE_STATUSES and order.status != OrderStatus.FULFILLED:
                promised[line.stock_item_id] += line.quantity - line.refunded_quantity
    return [
        f"{level.sku}: {level.available} of {level.on_hand} available, {promised[id_]} promised"
        for id_, level in levels.items()
        if level.available < 0 or level.reserved != promised[id_]
    ]


def may_become(before: str, after: str) -> bool:
    """Say whether an order that was `before` can be `after`, by allowed moves."""
    reached, todo = {OrderStatus(before)}, [OrderStatus(before)]
    while todo:
        for status in ALLOWED_MOVES[todo.pop()] - reached:
            reached.add(status)
            todo.append(status)
    return OrderStatus(after) in reached
