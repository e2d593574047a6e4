"""Mail goes before what is remembered of it: a write that fails for a reason of its own is undone by itself."""

from __future__ import annotations

import logging
from collections.abc import Callable

from sqlalchemy import Connection

from mailhub.errors import TemporaryError

log = logging.getLogger(__name__)

Write = Callable[[Connection], None]


def guarded(write: Write, what: str) -> Write:
    """`write` within a savepoint: whatever it raises is logged as `what` and leaves the rest of the transaction alone,
    but for a database that does not answer."""

    def run(connection: Connection) -> None:
        try:
            with connection.begin_nested():
                write(connection)
        except TemporaryError:
            raise
        except Exception:
            log.exception("%s is left out", what)

    return run
