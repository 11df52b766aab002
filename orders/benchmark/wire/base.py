"""The database engine of a benchmark's clients. Django finds it by this module's name."""

from typing import Any

from inventory.mysql import base
from orders.benchmark.wire import MeteredConnection, find_wire


class MeteredDriverConnection(base.DriverConnection, MeteredConnection):
    """The shop's own connection on the wire: what it leaves out or sends together is one packet less."""


class DatabaseWrapper(base.DatabaseWrapper):
    """The shop's own engine, over metered connections."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> MeteredDriverConnection:
        """Connect."""
        return MeteredDriverConnection(wire=find_wire(), **conn_params)
