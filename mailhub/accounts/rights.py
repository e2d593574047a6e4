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
    SYSTEM_ADMIN = "system_admin"  # of the province: everything but the blocks
    AGENCY_ADMIN = "agency_admin"  # of an agency and all below it
    APPROVER = "approver"  # decides what agencies ask for
    HELP_DESK = "help_desk"  # unlocks, and hands out slips
    SECURITY_OFFICER = "security_officer"  # another person than the system administrator (QCVN 12:2026 3.15.2.1.1)
    CLERK = "clerk"  # văn thư of an agency
    MANAGER = "manager"  # reads the reports of an agency and all below it
    AUDITOR = "auditor"  # reads, changes nothing
    OFFICIAL = "official"


class Action(StrEnum):
    """Everything that can be done to accounts; each service function names one."""

    DOMAIN_ADD = "domain.add"
    DOMAIN_END = "domain.end"
    DOMAIN_HOME = "domain.home"
    DOMAIN_JOIN = "domain.join"
    AGENCY_ADD = "agency.add"
    AGENCY_CHANGE = "agency.change"
    AGENCY_END = "agency.end"
    AGENCY_POOL = "agency.pool"  # how much the mailboxes below may hold together
    AGENCY_BLOCK = "agency.block"
    ACCOUNT_CREATE = "account.create"
    ACCOUNT_CHANGE = "account.change"
    ACCOUNT_QUOTA = "account.quota"
    ACCOUNT_MOVE = "account.move"
    ACCOUNT_LEAVE = "account.leave"
    ACCOUNT_SUSPEND = "account.suspend"
    ACCOUNT_RESTORE = "account.restore"
    ACCOUNT_END = "account.end"
    ACCOUNT_HOLD = "account.hold"  # nothing of it may be destroyed
    ACCOUNT_ARCHIVE = "account.archive"
    ACCOUNT_ERASE = "account.erase"
    ACCOUNT_PASSWORD = "account.password"  # noqa: S105
    ACCOUNT_UNLOCK = "account.unlock"
    ACCOUNT_SLIP = "account.slip"
    ACCOUNT_RECOVER = "account.recover"
    ACCOUNT_HOME = "account.home"
    ACCOUNT_READ = "account.read"
    ACCOUNT_WHY = "account.why"
    ACCOUNT_OPEN = "account.open"  # read somebody's mail: by an order, and two people
    APP_PASSWORD = "app-password.change"  # noqa: S105
    SECOND_FACTOR = "second-factor.change"
    SECOND_FACTOR_RESET = "second-factor.reset"
    WEB_SESSION = "web-session.end"  # where an account is logged in, and its end there
    API_TOKEN = "api-token.change"  # noqa: S105
    REQUEST_MAKE = "request.make"
    REQUEST_DECIDE = "request.decide"
    REQUEST_READ = "request.read"
    REVIEW_OPEN = "review.open"
    REVIEW_CLOSE = "review.close"
    REVIEW_ANSWER = "review.answer"
    REVIEW_READ = "review.read"
    ROSTER_PLAN = "roster.plan"
    ROSTER_APPLY = "roster.apply"
    ROSTER_UNDO = "roster.undo"
    PROPOSAL_DECIDE = "proposal.decide"
    RIGHT_GRANT = "right.grant"
    RIGHT_TAKE = "right.revoke"
    RIGHT_READ = "right.read"
    ALIAS_ADD = "alias.add"
    ALIAS_REMOVE = "alias.remove"
    GROUP_ADD = "group.add"
    GROUP_CHANGE = "group.change"
    GROUP_MEMBER = "group.member"
    GROUP_MODERATE = "group.moderate"
    ROLE_ADD = "role.add"
    ROLE_HOLD = "role.hold"
    DELEGATE = "delegation.change"
    DIRECTORY_READ = "directory.read"
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
    POLICY_READ = "policy.read"  # the rules themselves
    POLICY_CHANGE = "policy.change"
    WORD_READ = "word.read"  # what waits for a word
    WORD_GIVE = "word.give"  # let it go, or withdraw it
    USE_READ = "use.read"  # private mail in public work, and rehearsals, in figures by agency
    USE_PEOPLE = "use.people"  # the same by name
    REPORT_READ = "report.read"  # figures of all kinds by agency; nobody is named by this right alone
    INCIDENT_READ = "incident.read"
    INCIDENT_CHANGE = "incident.change"  # report, close
    INCIDENT_OPEN = "incident.open"  # what is sealed: two people
    TRUST_READ = "trust.read"  # roots, revocation, how fresh
    TRUST_CHANGE = "trust.change"  # two people
    REVOCATION_CARRY = "revocation.carry"  # fetch now, bring in a bundle of the mirror
    SUBJECT_CONFIRM = "subject.confirm"  # whom a certificate was issued to
    VERDICT_READ = "verdict.read"  # what was judged of signatures in others' mail
    SEAL_SWITCH = "seal.switch"  # on or off for a desk
    SEAL = "seal.put"  # the agency's signature on a document, by command
    SEAL_READ = "seal.read"


class Reach(StrEnum):
    """How far a right goes."""

    ALL = "all"
    SUBTREE = "subtree"
    SELF = "self"


@dataclass(frozen=True, slots=True)
class Held:
    """A role that somebody holds, and the agency from which on downwards."""

    role: Role
    agency_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts. `name` is what the audit log keeps (`console:root`, an address).

    `also` are further roles of the same person. `via` is the console through which an account acts, and `proved`
    says that the account's own secret was given there (cli/acting.py). `only` narrows what may be done to these
    actions, whatever the roles say: a program's token (web/scopes.py); None: it is not narrowed.
    """

    name: str
    role: Role
    agency_id: int | None = None
    account_id: int | None = None
    ip: str = ""
    also: tuple[Held, ...] = ()
    via: str = ""
    proved: bool = False
    only: frozenset[Action] | None = None

    @property
    def holds(self) -> tuple[Held, ...]:
        """Every role of the actor."""
        return (Held(self.role, self.agency_id), *self.also)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is acted upon. `agencies` is its own agency and every one above it, up to the root, or up to the block
    that it lies in (tree.agency_subject)."""

    kind: str
    name: str
    agencies: tuple[int, ...] = ()
    account_id: int | None = None
    in_block: bool = False


def _below(*actions: Action) -> dict[Action, Reach]:
    return dict.fromkeys(actions, Reach.SUBTREE)


_EVERYTHING = dict.fromkeys(Action, Reach.ALL)
_OWN = {
    Action.ACCOUNT_READ: Reach.SELF,
    Action.ACCOUNT_PASSWORD: Reach.SELF,
    Action.ACCOUNT_RECOVER: Reach.SELF,  # by the channel that one registered before
    Action.ACCOUNT_WHY: Reach.SELF,
    Action.APP_PASSWORD: Reach.SELF,
    Action.SECOND_FACTOR: Reach.SELF,
    Action.WEB_SESSION: Reach.SELF,
    Action.API_TOKEN: Reach.SELF,
    Action.ACCOUNT_LEAVE: Reach.SELF,
    Action.DELEGATE: Reach.SELF,
    Action.GROUP_MEMBER: Reach.SELF,  # of a group that one owns
    Action.GROUP_MODERATE: Reach.SELF,  # of a group that one owns or moderates
    Action.DIRECTORY_READ: Reach.ALL,
    Action.DOCUMENT_READ: Reach.SELF,
    Action.POLICY_READ: Reach.ALL,
    Action.TRACE_READ: Reach.SELF,  # of what one sent, and what came to one (queue/own_mail.py)
    Action.TRUST_READ: Reach.ALL,
    Action.VERDICT_READ: Reach.SELF,
    Action.WORD_READ: Reach.SELF,
    Action.WORD_GIVE: Reach.SELF,
}

RIGHTS: dict[Role, dict[Action, Reach]] = {
    Role.CONSOLE: _EVERYTHING,
    Role.SYSTEM_ADMIN: _EVERYTHING,
    Role.AGENCY_ADMIN: _OWN
    | _below(
        Action.AGENCY_ADD,
        Action.AGENCY_CHANGE,
        Action.ACCOUNT_CHANGE,
        Action.ACCOUNT_QUOTA,
        Action.ACCOUNT_LEAVE,
        Action.ACCOUNT_SUSPEND,
        Action.ACCOUNT_RESTORE,
        Action.ACCOUNT_END,
        Action.ACCOUNT_UNLOCK,
        Action.ACCOUNT_SLIP,
        Action.ACCOUNT_RECOVER,
        Action.ACCOUNT_READ,
        Action.ACCOUNT_WHY,
        Action.APP_PASSWORD,
        Action.SECOND_FACTOR_RESET,
        Action.WEB_SESSION,
        Action.API_TOKEN,
        Action.REQUEST_MAKE,
        Action.REQUEST_READ,
        Action.REVIEW_ANSWER,
        Action.REVIEW_READ,
        Action.ROSTER_PLAN,
        Action.RIGHT_GRANT,
        Action.RIGHT_TAKE,
        Action.RIGHT_READ,
        Action.ALIAS_ADD,
        Action.ALIAS_REMOVE,
        Action.GROUP_ADD,
        Action.GROUP_CHANGE,
        Action.GROUP_MEMBER,
        Action.GROUP_MODERATE,
        Action.ROLE_ADD,
        Action.ROLE_HOLD,
        Action.DELEGATE,
        Action.AUDIT_READ,
        Action.DOCUMENT_READ,
        Action.DOCUMENT_CORRECT,
        Action.WORD_READ,
        Action.USE_READ,
        Action.REPORT_READ,
        Action.VERDICT_READ,
        Action.SEAL_READ,
    ),
    Role.APPROVER: _OWN
    | _below(
        Action.ACCOUNT_READ,
        Action.REQUEST_DECIDE,
        Action.REQUEST_READ,
        Action.PROPOSAL_DECIDE,
        Action.REVIEW_READ,
    ),
    Role.HELP_DESK: _OWN
    | _below(
        Action.ACCOUNT_READ,
        Action.ACCOUNT_WHY,
        Action.ACCOUNT_UNLOCK,
        Action.ACCOUNT_SLIP,
        Action.ACCOUNT_RECOVER,
        Action.REQUEST_READ,
    ),
    Role.SECURITY_OFFICER: _OWN
    | _below(
        Action.ACCOUNT_READ,
        Action.ACCOUNT_WHY,
        Action.ACCOUNT_SUSPEND,
        Action.ACCOUNT_HOLD,
        Action.ACCOUNT_OPEN,
        Action.WEB_SESSION,
        Action.API_TOKEN,
        Action.PROPOSAL_DECIDE,
        Action.AUDIT_READ,
        Action.WORD_READ,
        Action.WORD_GIVE,
        Action.USE_READ,
        Action.USE_PEOPLE,
        Action.REPORT_READ,
        Action.INCIDENT_READ,
        Action.INCIDENT_CHANGE,
        Action.INCIDENT_OPEN,
        Action.VERDICT_READ,
        Action.SUBJECT_CONFIRM,
        Action.SEAL_READ,
    )
    | {Action.TRACE_READ: Reach.ALL, Action.QUEUE_READ: Reach.ALL, Action.DOCTOR_READ: Reach.ALL},
    Role.CLERK: _OWN
    | _below(
        Action.ACCOUNT_READ,
        Action.REQUEST_MAKE,
        Action.REQUEST_READ,
        Action.REVIEW_ANSWER,
        Action.REVIEW_READ,
        Action.GROUP_MEMBER,
        Action.GROUP_MODERATE,
        Action.DOCUMENT_READ,
        Action.DOCUMENT_TEXT,
        Action.DOCUMENT_CORRECT,
        Action.VERDICT_READ,
        Action.SEAL,
        Action.SEAL_READ,
    ),
    # Reports, with the people in them: accounts, mail and documents are looked after by others.
    Role.MANAGER: _OWN
    | _below(
        Action.USE_READ,
        Action.USE_PEOPLE,
        Action.REPORT_READ,
    ),
    Role.AUDITOR: _OWN
    | dict.fromkeys(
        (
            Action.ACCOUNT_READ,
            Action.ACCOUNT_WHY,
            Action.REQUEST_READ,
            Action.REVIEW_READ,
            Action.RIGHT_READ,
            Action.AUDIT_READ,
            Action.QUEUE_READ,
            Action.TRACE_READ,
            Action.DOCTOR_READ,
            Action.DOCUMENT_READ,
            Action.WORD_READ,
            Action.USE_READ,
            Action.REPORT_READ,
            Action.INCIDENT_READ,
            Action.VERDICT_READ,
            Action.SEAL_READ,
        ),
        Reach.ALL,
    ),
    Role.OFFICIAL: _OWN,
}


def may(actor: Actor, action: Action, subject: Subject) -> bool:
    """Whether `actor` has the right to do `action` to `subject`, by any of the roles held."""
    if actor.only is not None and action not in actor.only:
        return False
    return any(_reaches(held, actor, action, subject) for held in actor.holds)


def _reaches(held: Held, actor: Actor, action: Action, subject: Subject) -> bool:
    reach = RIGHTS[held.role].get(action)
    if reach is Reach.ALL:
        return held.role is Role.CONSOLE or not subject.in_block
    if reach is Reach.SUBTREE and held.agency_id is not None and held.agency_id in subject.agencies:
        return True
    # What is one's own, also by a role that reaches further elsewhere: an administrator has a mailbox too.
    own = reach is Reach.SELF or action in _OWN
    return own and actor.account_id is not None and actor.account_id == subject.account_id


def console(user: str) -> Actor:
    """The actor of the command line: `user` is the operating system's name for whoever typed it."""
    return Actor(name=f"console:{user}", role=Role.CONSOLE, via=f"console:{user}", proved=True)


def schedule() -> Actor:
    """The actor of what happens by time and rule (lifecycle/daily.py)."""
    return Actor(name="mailhub:schedule", role=Role.CONSOLE, proved=True)
