"""Verdicts on signatures go into the transaction in which their message is taken, or let go."""

from __future__ import annotations

import logging
from collections.abc import Callable

from sqlalchemy import Connection

from mailhub.clock import now_ms
from mailhub.errors import TemporaryError
from mailhub.intake.inspection import Inspection
from mailhub.intake.telling import brings_secret
from mailhub.signatures import keeping

log = logging.getLogger(__name__)


def verdicts_of(
    inspection: Inspection, message_id: int, code: str, seen_at: int
) -> tuple[Callable[[Connection], None], ...]:
    """What writes them down; nothing for a message without signatures, nor for one that brings a secret. Mail goes
    before what is remembered of it: what cannot be kept is left out, and the log says so."""
    files = inspection.signatures
    if not files or brings_secret(inspection):
        return ()

    def write(connection: Connection) -> None:
        try:
            with connection.begin_nested():
                keeping.keep(connection, files, message_id=message_id, code=code, seen_at=seen_at, at=now_ms())
        except TemporaryError:
            raise
        except Exception:
            log.exception("what was judged of the signatures of %s is left out", code)

    return (write,)
