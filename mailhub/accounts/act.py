"""The one way in for everything that changes accounts: right, audit row and directory version together.

with act(connection, actor, reason=reason) as acting:
    mailbox = …                                   # read after the turn was taken: nobody changes it now
    acting.check(Action.ACCOUNT_SUSPEND, subject)  # raises NotAllowed
    …                                              # write
    acting.after = {…}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, update

from mailhub.accounts import audit
from mailhub.accounts.errors import ReasonMissing
from mailhub.accounts.records import DirectoryVersion
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.clock import now_ms

_ONLY = 1


@dataclass(slots=True)
class Act:
    """One act under way. `before` and `after` become the audit row's pictures; no secrets in them."""

    actor: Actor
    at: int
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    checked: tuple[Action, Subject] | None = None

    def check(self, action: Action, subject: Subject) -> None:
        """Name what is being done to what.

        Raises:
            NotAllowed: the actor has no right to it.
        """
        if not may(self.actor, action, subject):
            raise refusal(self.actor, action, subject.name)
        self.checked = (action, subject)


@contextmanager
def act(connection: Connection, actor: Actor, *, reason: str = "", at: int | None = None) -> Iterator[Act]:
    """Take the writers' turn, let the block check and write, then record it; all in the caller's transaction.

    Raises:
        RuntimeError: the block never called `check`: a mistake of ours.
    """
    audit.take_turn(connection)
    acting = Act(actor, now_ms() if at is None else at)
    yield acting
    if acting.checked is None:
        raise RuntimeError("an act on accounts was not checked against the rights")
    action, subject = acting.checked
    audit.record(
        connection, actor, action, subject, before=acting.before, after=acting.after, reason=reason, at=acting.at
    )
    bump_version(connection)


def bump_version(connection: Connection) -> None:
    """Make every cache of the directory read anew once this transaction is committed."""
    moved = connection.execute(
        update(DirectoryVersion)
        .where(DirectoryVersion.id == _ONLY)
        .values(version=DirectoryVersion.__table__.c.version + 1)
    )
    if moved.rowcount == 0:
        connection.execute(insert(DirectoryVersion).values(id=_ONLY, version=1))


def need_reason(reason: str) -> str:
    """The reason without blanks around it.

    Raises:
        ReasonMissing: there is none.
    """
    if not reason.strip():
        raise ReasonMissing("this needs a reason")
    return reason.strip()
