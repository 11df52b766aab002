"""Taxes on an order: each rounded once, and each line's part of it. Amounts are minor units."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from orders.selectors import divide
from shop.places.areas import Place
from shop.tax.rates import Rate, Tax, find_taxes


@dataclass(frozen=True, slots=True)
class Taxable:
    """Money that is taxed: what is left of a line's price, and the part of the shipping that goes with it."""

    tax_class_id: int | None
    amount: int
    shipping: int


@dataclass(frozen=True, slots=True)
class TaxSum:
    """One tax on an order, and how much of it belongs to the price of each line; the rest is on shipping."""

    label: str
    amount: int
    by_line: tuple[int, ...]


def sum_taxes(
    *, taxables: Sequence[Taxable], rates: Sequence[Rate], place: Place, is_included: bool
) -> list[TaxSum]:
    """Return the taxes on these lines, by name and percentage; those that come to nothing are none.

    `is_included` is whether prices contain them.
    """
    found = {
        tax_class_id: find_taxes(rates=rates, tax_class_id=tax_class_id, place=place)
        for tax_class_id in {taxable.tax_class_id for taxable in taxables}
    }
    # Exact parts by label: those of the lines' prices first, then those of their shipping.
    parts: dict[str, list[Fraction]] = defaultdict(lambda: [Fraction(0)] * (2 * len(taxables)))
    for position, taxable in enumerate(taxables):
        taxes = found[taxable.tax_class_id]
        for tax in taxes:
            row = parts[tax.label]
            row[position] += _tax(taxable.amount, tax, taxes, is_included=is_included)
            if tax.is_on_shipping:
                on_shipping = [tax for tax in taxes if tax.is_on_shipping]
                row[len(taxables) + position] += _tax(
                    taxable.shipping, tax, on_shipping, is_included=is_included
                )
    sums = [_round(label, row) for label, row in parts.items()]
    return [tax for tax in sums if tax.amount]


def _tax(amount: int, tax: Tax, taxes: Sequence[Tax], *, is_included: bool) -> Fraction:
    whole = Fraction(1) + sum(tax.factor for tax in taxes) if is_included else Fraction(1)
    return amount * tax.factor / whole


def _round(label: str, parts: Sequence[Fraction]) -> TaxSum:
    # Half a cent and more is a cent.
    amount = int(sum(parts, Fraction(1, 2)))
    scale = lcm(*(part.denominator for part in parts))
    by_line = divide(amount, [int(part * scale) for part in parts])
    return TaxSum(label, amount, tuple(by_line[: len(parts) // 2]))
