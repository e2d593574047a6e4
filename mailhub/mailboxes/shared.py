"""Sessions in another's mailbox: what each right lets a client do.

The user of such a session is `SHARED*PERSON` (mail/login_name.py). So `doveadm who`, the log and a kick all know whose
session it is. Dovecot's own master users would show SHARED only.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum


class GuestRight(StrEnum):
    """What somebody may do in a mailbox that is not the own one."""

    FULL = "full"  # whoever holds an office's mailbox: as its owner
    READ = "read"
    DRAFT = "draft"
    SEND = "send"


_GROUP = "mailhub-"
_LOOK = "lr"  # lookup, read (RFC 4314 § 2.1)
_WORK = "lrwstie"  # and: any flag, \Seen, \Deleted, append, expunge
# Pattern and rights of each group, together the ACL file. A reader leaves no trace in the mailbox, not even \Seen;
# who drafts changes Drafts alone; who sends marks what was read and answered. Nobody makes or deletes folders, and
# nothing is appended to Sent by hand: what stands there as sent was filed by mailhub, with the sender's name.
SHARED_RIGHTS = (
    (_GROUP + GuestRight.FULL, "*", "lrwstipekxa"),
    (_GROUP + GuestRight.READ, "*", _LOOK),
    (_GROUP + GuestRight.DRAFT, "*", _LOOK),
    (_GROUP + GuestRight.DRAFT, "Drafts", _WORK),
    (_GROUP + GuestRight.SEND, "*", _LOOK + "ws"),
    (_GROUP + GuestRight.SEND, "Drafts", _WORK),
)


@dataclass(frozen=True, slots=True)
class Guest:
    """Who opens a mailbox that is not the own one: a primary address, and the right."""

    address: str
    right: GuestRight

    @property
    def group(self) -> str:
        """The group in Dovecot's ACL file."""
        return _GROUP + self.right

    @property
    def shelf(self) -> str:
        """The end of a file's name: each guest subscribes to folders for the own sessions alone."""
        return hashlib.sha256(self.address.encode()).hexdigest()[:16]
