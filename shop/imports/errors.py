"""What can be wrong with a product file."""

from dataclasses import dataclass

from shop.errors import ShopError


@dataclass
class UnreadableFile(ShopError):
    """The file as a whole cannot be imported; nothing of it was."""

    problem: str

    def __str__(self) -> str:
        return self.problem


@dataclass
class CellProblem(ShopError):
    """A value that cannot be used, and why."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass
class RowProblem(ShopError):
    """A row that cannot be imported: because of which field, and why."""

    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"
