"""The database engine. Django finds it by this module's name."""

from django.db.backends.mysql import base
from django.db.backends.utils import debug_transaction


class DatabaseWrapper(base.DatabaseWrapper):
    """Begins a transaction with BEGIN instead of switching autocommit off before it and on again after it.

    That is one round trip less for every transaction. What Django promises stays as it is, with one thing to
    know: the session remains in autocommit mode, so after the server itself ended the transaction
    (deadlock, 1213) a further statement would be a transaction of its own. So errors of contention are never caught inside
    a transaction, only by whoever opened it (`inventory.transactions`), and Django refuses to go on after one
    that passed an inner `atomic`.
    """

    def _start_transaction_under_autocommit(self) -> None:
        # Called by `set_autocommit` for engines that have it; Django's own SQLite engine begins this way.
        with debug_transaction(self, "BEGIN"), self.wrap_database_errors:
            self.connection.begin()
