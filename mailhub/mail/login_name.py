"""`SHARED*PERSON`: the name under which somebody opens another's mailbox with a login of their own.

The same form is Dovecot's user name of such a session, so that its log and `doveadm who` say whose it is.
"""

from __future__ import annotations

STAR = "*"  # in no address of ours (accounts/addresses.py)


def shared_login(mailbox: str, person: str) -> str:
    """The name for `person` in `mailbox`, both addresses."""
    return f"{mailbox}{STAR}{person}"


def split_login(name: str) -> tuple[str, str]:
    """The mailbox, and who opens it: '' when it is the own one, or no shared login at all."""
    mailbox, star, person = name.rpartition(STAR)
    return (mailbox, person) if star else (name, "")


def concerns(user: str, address: str) -> bool:
    """Whether the session of `user` is one of the mailbox `address`, or was opened by its owner elsewhere."""
    return address in split_login(user)
