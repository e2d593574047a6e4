"""What can go wrong with an account, in words; the doors give them codes."""

from __future__ import annotations

from mailhub.clock import time_words
from mailhub.errors import MailhubError, TemporaryError


class AccountError(MailhubError):
    """The root of what the accounts package refuses."""


class NotAllowed(AccountError):
    """The actor has no right to this action on this object."""


class NotFound(AccountError):
    """The root of "there is no such …"."""


class NoSuchAccount(NotFound):
    """No mailbox has this address."""


class NoSuchDomain(NotFound):
    """The domain is not one of ours."""


class NoSuchAgency(NotFound):
    """No agency has this code, or there is no agency at all yet."""


class NoSuchGroup(NotFound):
    """No group has this address."""


class NotByHand(AccountError):
    """The members of a group by rule follow from the tree."""


class NameTaken(AccountError):
    """A domain or an agency of this name exists already."""


class AddressTaken(NameTaken):
    """A mailbox, an alias or a group, of now or of before, has this address."""


class InvalidAddress(AccountError):
    """The text cannot be an address of ours."""


class InvalidValue(AccountError):
    """A field holds something that makes no sense (a home that is no smtp://host:port, an unknown kind)."""


class ReasonMissing(AccountError):
    """The act needs a reason and got none."""


class WrongState(AccountError):
    """The act does not fit the account's state: an ended account is not suspended, and so on."""


class ChangedMeanwhile(AccountError):
    """Somebody else changed the account after it was looked at.

    Attributes:
        who: as the audit log names them. when: ms.
    """

    def __init__(self, address: str, who: str, when: int) -> None:
        told = f"{who} changed it at {time_words(when)}" if who else "it was changed"
        super().__init__(f"{address} is not as you saw it: {told}; look at it again (mailhub account show {address})")
        self.who, self.when = who, when


class Protected(AccountError):
    """postmaster@ and abuse@ of a domain always exist (RFC 5321 § 4.5.1, RFC 2142) and reach somebody."""


class WeakPassword(AccountError):
    """The password does not keep the rules; `why` says which ones, in Vietnamese.

    Attributes:
        why: one phrase a broken rule.
    """

    def __init__(self, why: tuple[str, ...]) -> None:
        super().__init__("Mật khẩu chưa đạt: " + "; ".join(why))
        self.why = why


class CodeRefused(AccountError):
    """No such account, a wrong code, one that is used, ended or too old: whoever types it hears the same."""


class TooManyLogins(TemporaryError):
    """More logins wait to be checked than this machine takes at once."""
