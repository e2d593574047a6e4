"""What can go wrong between a client and the server, below the level of mail."""

from __future__ import annotations

from mailhub.errors import MailhubError
from mailhub.smtp.door import Reply


class CommandError(MailhubError):
    """A command that cannot be obeyed. `reply` is what the client hears; the session goes on.

    `kind` names a refusal that somebody may ask about: the door gives it a code. "" is a client's slip.
    """

    def __init__(self, code: int, enhanced: str, text: str, *, kind: str = "") -> None:
        super().__init__(text)
        self.reply = Reply(code, enhanced, text)
        self.kind = kind


class SessionEnd(MailhubError):
    """The session ends here. `reply` is the last thing that the client hears; None: it hears nothing."""

    def __init__(self, reply: Reply | None = None) -> None:
        super().__init__(reply.text if reply is not None else "the client is gone")
        self.reply = reply


class CertificateError(MailhubError):
    """A certificate and key that cannot be used. The message names the file and what is wrong with it."""
