"""The strategies by the name a stock item stores."""

from inventory.errors import StrategyNotSupported, UnknownStrategy
from inventory.locking.base import LockingStrategy
from inventory.locking.combined import Combined
from inventory.locking.conditional import Conditional
from inventory.locking.optimistic import Optimistic
from inventory.locking.pessimistic import Pessimistic
from inventory.locking.pooled import Pooled
from inventory.locking.servers import describe_server, has_skip_locked

_strategies: dict[str, LockingStrategy] = {}


def register(strategy: LockingStrategy) -> None:
    """Make a strategy available under its name."""
    _strategies[strategy.name] = strategy


def unregister(name: str) -> None:
    """Take a strategy out again."""
    del _strategies[name]


def get_strategy(name: str) -> LockingStrategy:
    """Return the strategy with this name. Raises UnknownStrategy."""
    try:
        return _strategies[name]
    except KeyError:
        raise UnknownStrategy(name) from None


def require_usable(name: str) -> None:
    """Check that stock items may be given this strategy. Raises UnknownStrategy, StrategyNotSupported."""
    if get_strategy(name).needs_skip_locked and not has_skip_locked(server := describe_server()):
        raise StrategyNotSupported(name, server)


def list_strategies() -> list[LockingStrategy]:
    """Return every registered strategy, the default first."""
    return list(_strategies.values())


for _strategy in (Conditional(), Pessimistic(), Optimistic(), Combined(), Pooled()):
    register(_strategy)
