"""Why the signer does not do something."""

from __future__ import annotations

from mailhub.errors import MailhubError
from mailhub.signer.orders import Refusal


class MandateError(MailhubError):
    """mandates.toml, or the folder it lies in, cannot be used. `problems`: a line each, with the place in the file."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        more = len(problems) - 1
        super().__init__(f"{problems[0]} (and {more} more)" if more else problems[0])


class SignerError(MailhubError):
    """An order is not carried out: `reason` is of the closed list."""

    def __init__(self, reason: Refusal, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}" if detail else str(reason))


class JournalError(MailhubError):
    """The journal cannot be read or written, or its chain is broken."""


class NotJournalled(JournalError):
    """It cannot be written just now; nothing is signed."""
