"""What can go wrong with a replay, apart from the promises it is there to test."""

from dataclasses import dataclass

from orders.errors import OrderError


@dataclass
class UnreadableOrderLog(OrderError):
    """The file is not an order log that can be replayed."""

    problem: str

    def __str__(self) -> str:
        return self.problem


@dataclass
class ReplayFailed(OrderError):
    """The replay could not be carried out: workers died, or nothing moved any more."""

    problem: str

    def __str__(self) -> str:
        return self.problem
