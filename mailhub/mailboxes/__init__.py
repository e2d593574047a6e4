"""The officials' mailboxes: a Dovecot that mailhub configures, starts, asks and, when an account closes, interrupts.

Callers use the names below. Dovecot decides nothing: who may log in is asked over `VerifierServer`, what a Sieve
script sends goes through mailhub's own door (`inject.py`), and it never opens our database.
"""

from mailhub.mailboxes.dovecot import Dovecot, Session
from mailhub.mailboxes.errors import DovecotError, MailboxesError, UnsafeValueError
from mailhub.mailboxes.plan import DovecotPlan, MailboxLimits
from mailhub.mailboxes.quota import QuotaAsker, quota_ok
from mailhub.mailboxes.render import FILED_HEADER, JUNK_HEADER, render
from mailhub.mailboxes.sessions import SessionEnder
from mailhub.mailboxes.shared import Guest, GuestRight
from mailhub.mailboxes.tools import ENVIRONMENT
from mailhub.mailboxes.verifier import UserRow, Verdict, VerifierServer

__all__ = [
    "ENVIRONMENT",
    "FILED_HEADER",
    "JUNK_HEADER",
    "Dovecot",
    "DovecotError",
    "DovecotPlan",
    "Guest",
    "GuestRight",
    "MailboxLimits",
    "MailboxesError",
    "QuotaAsker",
    "Session",
    "SessionEnder",
    "UnsafeValueError",
    "UserRow",
    "Verdict",
    "VerifierServer",
    "quota_ok",
    "render",
]
