"""What an import did and what it has to say about single rows."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

Outcome = Literal["created", "updated", "unchanged"]

# Each kind keeps this many entries; more are only counted, so that a report never outgrows memory.
MAX_ENTRIES: Final = 2_000


@dataclass(frozen=True, slots=True)
class Entry:
    """Something about one row: its first physical line, the column's header, the reason, the value."""

    line: int
    column: str
    reason: str
    value: str = ""


@dataclass(slots=True)
class Entries:
    """Entries of one kind: the first ones, and how many there were."""

    kept: list[Entry] = field(default_factory=list)
    total: int = 0

    def add(self, entry: Entry) -> None:
        """Note an entry."""
        self.total += 1
        if len(self.kept) < MAX_ENTRIES:
            self.kept.append(entry)


@dataclass(slots=True)
class Remarks:
    """What there is to say about rows: refused (errors), passed over (skipped), or loaded (notes)."""

    errors: Entries = field(default_factory=Entries)
    skipped: Entries = field(default_factory=Entries)
    notes: Entries = field(default_factory=Entries)


@dataclass(slots=True)
class ImportReport:
    """One import. A product counts once, whatever happened to its variants."""

    file: str
    dialect: str
    encoding: str
    currency: str
    dry_run: bool
    rows: int = 0
    remarks: Remarks = field(default_factory=Remarks)
    variants: Counter[Outcome] = field(default_factory=Counter)
    _outcomes: dict[str, Outcome] = field(default_factory=dict)

    @property
    def has_errors(self) -> bool:
        """Whether any row was refused."""
        return self.remarks.errors.total > 0

    @property
    def products(self) -> Counter[Outcome]:
        """Products by what became of them."""
        return Counter(self._outcomes.values())

    def count_product(self, key: str, outcome: Outcome) -> None:
        """Count a product; what happens to it later in the file can only add to it."""
        if outcome == "unchanged" or self._outcomes.get(key) == "created":
            self._outcomes.setdefault(key, outcome)
        else:
            self._outcomes[key] = outcome

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data, the lists cut to their first entries."""
        products, remarks = self.products, self.remarks
        return {
            "file": self.file,
            "dialect": self.dialect,
            "encoding": self.encoding,
            "currency": self.currency,
            "dry_run": self.dry_run,
            "rows": self.rows,
            "created": products["created"],
            "updated": products["updated"],
            "unchanged": products["unchanged"],
            "variants": {name: self.variants[name] for name in ("created", "updated", "unchanged")},
            "error_count": remarks.errors.total,
            "errors": _to_dicts(remarks.errors.kept),
            "skipped_count": remarks.skipped.total,
            "skipped": _to_dicts(remarks.skipped.kept),
            "note_count": remarks.notes.total,
            "notes": _to_dicts(remarks.notes.kept),
        }


def _to_dicts(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    return [asdict(entry) for entry in sorted(entries, key=lambda entry: entry.line)]
