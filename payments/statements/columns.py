"""Which column of a bank's export is what, by its header. Banks agree on little; these are the usual ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

KNOWN: Final[Mapping[str, Sequence[str]]] = {
    "date": (
        *("date", "booking date", "bookingdate", "value date", "transaction date", "completed date"),
        *("buchungstag", "buchungsdatum", "valutadatum", "wertstellung", "datum", "交易日期", "日期"),
    ),
    "amount": ("amount", "betrag", "umsatz", "betrag (eur)", "amount (eur)", "金额"),
    "credit": ("credit", "paid in", "money in", "haben", "gutschrift", "收入", "贷方金额"),
    "currency": ("currency", "währung", "waehrung", "ccy", "币种"),
    "id": ("transaction id", "transaction_id", "entry id", "bank reference", "id", "交易流水号"),
    "text": (
        *("reference", "payment reference", "description", "purpose", "remittance information"),
        *("details", "memo", "text", "narrative", "message"),
        *("verwendungszweck", "buchungstext", "kundenreferenz", "摘要", "附言", "备注"),
    ),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """Where in a row things are; -1 for what the bank does not give."""

    date: int
    amount: int
    credit: int
    currency: int
    id: int
    texts: tuple[int, ...]


def find_columns(header: Sequence[str]) -> Columns | None:
    """Return what a header row names; None if it is no header of a statement."""
    names = [name.strip().strip('"').lower() for name in header]
    first = {
        role: next((names.index(known) for known in KNOWN[role] if known in names), -1)
        for role in ("date", "amount", "credit", "currency", "id")
    }
    texts = tuple(place for place, name in enumerate(names) if name in KNOWN["text"])
    if (first["amount"] < 0 and first["credit"] < 0) or not texts:
        return None
    return Columns(**first, texts=texts)
