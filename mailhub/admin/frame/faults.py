"""From errors to pages: the only place of the web that knows both.

What one may not see does not exist: `NotAllowed` and `NotFound` are the same page, so that nothing can be guessed
by its answer (threats § 4.14). What nobody foresaw gets an identifier, which the log has beside the traceback.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailhub.accounts.errors import ChangedMeanwhile, NotAllowed, NotFound
from mailhub.errors import MailhubError, TemporaryError


@dataclass(frozen=True, slots=True)
class Fault:
    """`status` of the answer, and the text that says it (`web.fault.…`); `detail` is the error's own line."""

    status: int
    text: str
    detail: str = ""


NOT_FOUND = Fault(404, "web.fault.not-found")
FORBIDDEN = Fault(403, "web.fault.forbidden")
FORGED = Fault(403, "web.fault.forged")
TOO_LARGE = Fault(413, "web.fault.too-large")
BAD_REQUEST = Fault(400, "web.fault.bad-request")
UNFORESEEN = Fault(500, "web.fault.unforeseen")


def fault_of(error: Exception) -> Fault:
    """What to say of an error that reached the frame; screens catch those that belong beside a field."""
    # Each package has its own "there is no such …" (`NoSuchDocument`); the house names them all alike.
    if isinstance(error, (NotAllowed, NotFound)) or type(error).__name__.startswith("NoSuch"):
        return NOT_FOUND
    if isinstance(error, ChangedMeanwhile):
        return Fault(409, "web.fault.changed", str(error))
    if isinstance(error, TemporaryError):
        return Fault(503, "web.fault.temporary")
    if isinstance(error, MailhubError):
        return Fault(422, "web.fault.refused", str(error))
    return UNFORESEEN
