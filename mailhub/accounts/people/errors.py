"""What can go wrong with people."""

from __future__ import annotations

from mailhub.accounts.errors import AccountError


class PersonExists(AccountError):
    """Somebody with this personal identifier has been entered already; a person has one mailbox.

    Attributes:
        address: their mailbox, '' when whoever asks may not see it, or there is none.
    """

    def __init__(self, message: str, address: str = "") -> None:
        super().__init__(message)
        self.address = address
