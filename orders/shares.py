"""What was paid for part of an order, to the cent. All amounts are minor units."""

from collections.abc import Sequence

from orders.types import LineRefund, OrderView


def find_paid_for_lines(order: OrderView) -> list[int]:
    """Return what was paid for each line: its share of the total."""
    shares = [line.share for line in order.lines if line.share is not None]
    if len(shares) == len(order.lines):
        return shares
    # What was added to the order, such as shipping, belongs to no line.
    taken_off = sum(adjustment.amount for adjustment in order.adjustments if adjustment.amount < 0)
    return divide(max(0, order.lines_amount + taken_off), [line.line_total for line in order.lines])


def price_refund(order: OrderView, lines: Sequence[LineRefund]) -> int:
    """Return what was paid for these units, of those of their lines that were not refunded before.

    Refunds of a line in parts come to exactly what was paid for it, in whatever parts.
    """
    paid = find_paid_for_lines(order)
    total = 0
    for wanted in lines:
        line, share = order.lines[wanted.position], paid[wanted.position]
        before = share * line.refunded_quantity // line.quantity
        total += share * (line.refunded_quantity + wanted.quantity) // line.quantity - before
    return total


def divide(amount: int, weights: Sequence[int]) -> list[int]:
    """Divide an amount by weights; what rounding leaves over goes to the largest remainders, first come.

    The parts come to exactly the amount, unless all weights are zero; none is larger than its weight if the
    amount is not larger than all of them.
    """
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    parts = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: -(amount * weights[index] % whole))
    for index in by_remainder[: amount - sum(parts)]:
        parts[index] += 1
    return parts
