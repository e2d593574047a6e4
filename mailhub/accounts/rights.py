"""Who may do what: one table, read aloud. No I/O; the services ask before they write.

A right is a role, an action and a reach: everywhere, the actor's own agency and those below it, or the actor's
own account. What the table does not name is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody is to mailhub (reference/organisation § 5)."""

    CONSOLE = "console"  # the command line on the server, as an operating-system user
    SYSTEM_ADMIN = "system_admin"
    AGENCY_ADMIN = "agency_admin"  # of an agency and all below it
    CLERK = "clerk"  # văn thư of an agency
    MANAGER = "manager"
    AUDITOR = "auditor"  # reads, changes nothing
    OFFICIAL = "official"


class Action(StrEnum):
    """Everything that can be done to accounts; each service function names one."""

    DOMAIN_ADD = "domain.add"
    DOMAIN_END = "domain.end"
    DOMAIN_HOME = "domain.home"
    AGENCY_ADD = "agency.add"
    ACCOUNT_CREATE = "account.create"
    ACCOUNT_SUSPEND = "account.suspend"
    ACCOUNT_RESTORE = "account.restore"
    ACCOUNT_END = "account.end"
    ACCOUNT_PASSWORD = "account.password"  # noqa: S105
    ACCOUNT_HOME = "account.home"
    ACCOUNT_READ = "account.read"
    ACCOUNT_WHY = "account.why"
    ALIAS_ADD = "alias.add"
    ALIAS_REMOVE = "alias.remove"
    GROUP_ADD = "group.add"
    GROUP_MEMBER = "group.member"
    ROLE_ADD = "role.add"
    ROLE_HOLD = "role.hold"
    SYSTEM_ADDRESS = "system.address"
    AUDIT_READ = "audit.read"
    QUEUE_READ = "queue.read"
    QUEUE_CHANGE = "queue.change"
    TRACE_READ = "trace.read"
    DOCTOR_READ = "doctor.read"
    DOCUMENT_READ = "document.read"  # header fields, and where a document was seen
    DOCUMENT_TEXT = "document.text"  # to search in the full text of what passed a desk
    DOCUMENT_CORRECT = "document.correct"
    DOCUMENT_EXPORT = "document.export"


class Reach(StrEnum):
    """How far a right goes."""

    ALL = "all"
    SUBTREE = "subtree"
    SELF = "self"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts. `name` is what the audit log keeps (`console:root`, an address)."""

    name: str
    role: Role
    agency_id: int | None = None
    account_id: int | None = None
    ip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is acted upon. `agencies` is its own agency and every one above it, up to the root."""

    kind: str
    name: str
    agencies: tuple[int, ...] = ()
    account_id: int | None = None


_EVERYTHING = dict.fromkeys(Action, Reach.ALL)

RIGHTS: dict[Role, dict[Action, Reach]] = {
    Role.CONSOLE: _EVERYTHING,
    Role.SYSTEM_ADMIN: _EVERYTHING,
    Role.AGENCY_ADMIN: {
        Action.AGENCY_ADD: Reach.SUBTREE,
        Action.ACCOUNT_CREATE: Reach.SUBTREE,
        Action.ACCOUNT_SUSPEND: Reach.SUBTREE,
        Action.ACCOUNT_RESTORE: Reach.SUBTREE,
        Action.ACCOUNT_END: Reach.SUBTREE,
        Action.ACCOUNT_PASSWORD: Reach.SUBTREE,
        Action.ACCOUNT_READ: Reach.SUBTREE,
        Action.ACCOUNT_WHY: Reach.SUBTREE,
        Action.ALIAS_ADD: Reach.SUBTREE,
        Action.ALIAS_REMOVE: Reach.SUBTREE,
        Action.GROUP_ADD: Reach.SUBTREE,
        Action.GROUP_MEMBER: Reach.SUBTREE,
        Action.ROLE_ADD: Reach.SUBTREE,
        Action.ROLE_HOLD: Reach.SUBTREE,
        Action.AUDIT_READ: Reach.SUBTREE,
        Action.DOCUMENT_READ: Reach.SUBTREE,
        Action.DOCUMENT_CORRECT: Reach.SUBTREE,
    },
    Role.CLERK: {
        Action.ACCOUNT_READ: Reach.SUBTREE,
        Action.GROUP_MEMBER: Reach.SUBTREE,
        Action.ACCOUNT_PASSWORD: Reach.SELF,
        Action.ACCOUNT_WHY: Reach.SELF,
        Action.DOCUMENT_READ: Reach.SUBTREE,
        Action.DOCUMENT_TEXT: Reach.SUBTREE,
        Action.DOCUMENT_CORRECT: Reach.SUBTREE,
    },
    Role.MANAGER: {
        Action.ACCOUNT_READ: Reach.SUBTREE,
        Action.ACCOUNT_PASSWORD: Reach.SELF,
        Action.ACCOUNT_WHY: Reach.SELF,
        Action.DOCUMENT_READ: Reach.SELF,
    },
    Role.AUDITOR: {
        Action.ACCOUNT_READ: Reach.ALL,
        Action.ACCOUNT_WHY: Reach.ALL,
        Action.AUDIT_READ: Reach.ALL,
        Action.QUEUE_READ: Reach.ALL,
        Action.TRACE_READ: Reach.ALL,
        Action.DOCTOR_READ: Reach.ALL,
        Action.DOCUMENT_READ: Reach.ALL,
    },
    Role.OFFICIAL: {
        Action.ACCOUNT_READ: Reach.SELF,
        Action.ACCOUNT_PASSWORD: Reach.SELF,
        Action.ACCOUNT_WHY: Reach.SELF,
        Action.DOCUMENT_READ: Reach.SELF,
    },
}


def may(actor: Actor, action: Action, subject: Subject) -> bool:
    """Whether `actor` has the right to do `action` to `subject`."""
    reach = RIGHTS[actor.role].get(action)
    if reach is Reach.ALL:
        return True
    if reach is Reach.SUBTREE:
        return actor.agency_id is not None and actor.agency_id in subject.agencies
    if reach is Reach.SELF:
        return actor.account_id is not None and actor.account_id == subject.account_id
    return False


def console(user: str) -> Actor:
    """The actor of the command line: `user` is the operating system's name for whoever typed it."""
    return Actor(name=f"console:{user}", role=Role.CONSOLE)
