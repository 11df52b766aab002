"""The database engine. Django finds it by this module's name."""

import time
from typing import Any, Final

import MySQLdb
from django.db.backends.mysql import base
from django.db.backends.utils import debug_transaction
from MySQLdb.connections import Connection

# A connection that answered so recently is not asked whether it is there before it is used again.
TRUSTED_SECONDS: Final = 1.0


class DriverConnection(Connection):  # type: ignore[misc]
    """A driver connection on which BEGIN goes with the transaction's first statement.

    COMMIT may go with its last ones (`inventory.transactions.execute_and_commit`). `answered_at` is when a
    statement last succeeded, on the machine's monotonic clock.
    """

    answered_at = -TRUSTED_SECONDS
    _begin_is_due = False
    _is_committed = False

    def begin(self) -> None:
        """Begin a transaction with the next statement, in one packet and one round trip."""
        self._begin_is_due = True

    def note_committed(self) -> None:
        """Be told that the last packet ended the transaction: nothing but `commit` may come now."""
        self._is_committed = True

    def query(self, query: bytes | bytearray) -> None:
        """Send a statement; every statement of every cursor passes here."""
        self._require_open()
        if not self._begin_is_due:
            super().query(query)
        else:
            self._begin_is_due = False
            super().query(b"BEGIN; " + bytes(query))
            # From the reply to BEGIN on to the statement's own, or to its error.
            self.next_result()
        self.answered_at = time.monotonic()

    def commit(self) -> None:
        """End the transaction, unless its last packet did. One that sent nothing never began."""
        if self._begin_is_due or self._is_committed:
            self._begin_is_due = self._is_committed = False
        else:
            super().commit()

    def rollback(self) -> None:
        """Undo the transaction. One that sent nothing never began."""
        self._require_open()
        if self._begin_is_due:
            self._begin_is_due = False
        else:
            super().rollback()

    def go_on(self) -> bool:
        """Go on to the answer to the next statement of a packet; False behind the last.

        Raises the statement's error: a broken CHECK as IntegrityError, as Django does for the first one. The
        statements must return no rows.
        """
        try:
            more: bool = self.next_result() == 0
        except MySQLdb.OperationalError as error:
            if error.args[0] in base.CursorWrapper.codes_for_integrityerror:
                raise MySQLdb.IntegrityError(*error.args) from error
            raise
        return more

    def _require_open(self) -> None:
        if self._is_committed:
            # In autocommit mode a statement here would be a transaction of its own.
            raise MySQLdb.ProgrammingError("this transaction was committed with its last statements")


class DatabaseWrapper(base.DatabaseWrapper):
    """Begins a transaction with BEGIN instead of switching autocommit off before it and on again after it.

    That is two round trips less for every transaction. What Django promises stays as it is, with one thing to
    know: the session remains in autocommit mode, so after the server itself ended the transaction (deadlock,
    error 1213) a further statement would be one of its own. So errors of contention are never caught inside a
    transaction, only by whoever opened it (`inventory.transactions`), and Django refuses to go on after one
    that passed an inner `atomic`.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> DriverConnection:
        """Connect."""
        return DriverConnection(**conn_params)

    def close_if_health_check_failed(self) -> None:
        """Ping the connection before its first use in a request, unless it has just answered.

        The ping is a round trip of every request, and under load nearly every connection was used a moment
        ago. One lost within that moment fails its next statement instead, which is answered as any loss is.
        """
        if self.connection and time.monotonic() - self.connection.answered_at < TRUSTED_SECONDS:
            self.health_check_done = True
        super().close_if_health_check_failed()

    def _start_transaction_under_autocommit(self) -> None:
        # Called by `set_autocommit` for engines that have it; Django's own SQLite engine begins this way.
        with debug_transaction(self, "BEGIN"), self.wrap_database_errors:
            self.connection.begin()
