"""The versions of the rules: each text that was in force, who put it there, why. The newest is in force.

Activation goes through `accounts/act.py`, which moves the number that every process reads before it judges
(`book.py`); the audit row holds what changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from mailhub.accounts import audit
from mailhub.accounts.act import act, need_reason
from mailhub.accounts.models import Agency
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, Role, Subject, may
from mailhub.clock import local_time, now_ms
from mailhub.ids import new_id
from mailhub.policy.rules.checking import warnings
from mailhub.policy.rules.comparing import Change, differences
from mailhub.policy.rules.errors import BookErrors, Problem
from mailhub.policy.rules.reading import read_book
from mailhub.policy.rules.rule import RuleBook
from mailhub.screening.models import PolicyVersion
from mailhub.screening.rules import exceptions
from mailhub.screening.rules.book import without_exceptions
from mailhub.screening.rules.errors import NoSuchVersion, SameRules
from mailhub.screening.rules.policy_file import POLICY_FILE
from mailhub.screening.rules.second_person import Agreement, check_alone, stands_alone, tightened, use_up
from mailhub.screening.rules.tightening import Way
from mailhub.text.plain import plain_line

# Who acts when the hub finds a changed file at its start or at a reload.
RELOAD = Actor(name="mailhub:reload", role=Role.CONSOLE, proved=True)
_SUBJECT = Subject(kind="policy", name=POLICY_FILE)
_MOST_CHANGES = 100  # that an audit row names
_LONGEST = 300  # characters of one of its values
_table = PolicyVersion.__table__
_ABOUT = (_table.c.number, _table.c.activated_at, _table.c.by, _table.c.reason, _table.c.sha256)


@dataclass(frozen=True, slots=True)
class Version:
    """A version. `activated_at` in ms; `text` is left out ("") where a list is asked for."""

    number: int
    activated_at: int
    by: str
    reason: str
    sha256: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Activated:
    """What an activation did: the new version's number, the one before it (0: none), what is different."""

    number: int
    before: int
    changes: Sequence[Change]
    text: str


def digest(text: str) -> str:
    """What texts are compared by."""
    return hashlib.sha256(text.encode()).hexdigest()


def in_force(connection: Connection) -> Version | None:
    """The version in force; None before the first."""
    row = connection.execute(select(*_ABOUT, _table.c.text).order_by(_table.c.number.desc()).limit(1)).one_or_none()
    return None if row is None else _version(row)


def number_of(connection: Connection, text: str) -> int:
    """The newest version with this text; 0 when it was never in force."""
    query = select(_table.c.number).where(_table.c.sha256 == digest(text)).order_by(_table.c.number.desc()).limit(1)
    return connection.scalar(query) or 0


def text_of(connection: Connection, number: int) -> str | None:
    """The text of the version with this number; None when there is none."""
    return connection.scalar(select(_table.c.text).where(_table.c.number == number))


def list_versions(connection: Connection, actor: Actor) -> Sequence[Version]:
    """Every version without its text, the newest first.

    Raises:
        NotAllowed
    """
    check_may_read(actor)
    return [_version(row) for row in connection.execute(select(*_ABOUT).order_by(_table.c.number.desc()))]


def find_version(connection: Connection, actor: Actor, number: int = 0) -> Version:
    """The version with this number; 0 is the one in force.

    Raises:
        NotAllowed, NoSuchVersion
    """
    check_may_read(actor)
    return _find(connection, number)


def book_in_force(connection: Connection, actor: Actor) -> RuleBook:
    """The rules in force with their exceptions; none before the first version, or when this program cannot read it.

    Raises:
        NotAllowed
    """
    check_may_read(actor)
    return _book_of(in_force(connection))


def changes_to(connection: Connection, actor: Actor, book: RuleBook) -> Sequence[Change]:
    """What would be different if `book` took the place of the rules in force.

    Raises:
        NotAllowed
    """
    return differences(book_in_force(connection, actor), book)


def warnings_about(connection: Connection, actor: Actor, book: RuleBook, *, at: int | None = None) -> Sequence[Problem]:
    """What does no harm and should be known before `book` is put in force: ended exceptions, agencies not there.

    Raises:
        NotAllowed
    """
    check_may_read(actor)
    codes = connection.scalars(select(Agency.code)).all()
    return warnings(book, local_time(now_ms() if at is None else at).date(), codes)


def activate(
    connection: Connection,
    actor: Actor,
    text: str,
    *,
    reason: str,
    file: str = POLICY_FILE,
    two_people: bool = True,
    agreement: Agreement | None = None,
    at: int | None = None,
) -> Activated:
    """Put the rules of `text` in force; `file` is what its faults are told by.

    `two_people`: whoever acts on the web needs another person's `agreement` where more mail would be kept back
    (`[policy] second_person`). The console acts at once.

    Raises:
        NotAllowed, ReasonMissing, NeedsSecondPerson. BookErrors: nothing is changed. SameRules: they are in force
            already.
    """
    ways = frozenset(Way) if two_people else frozenset[Way]()
    return _activate(connection, actor, text, reason=reason, file=file, ways=ways, agreement=agreement, at=at)


def back(
    connection: Connection, actor: Actor, *, reason: str, to: int = 0, two_people: bool = True, at: int | None = None
) -> Activated:
    """Put an older version's text in force again, as a new version. `to` 0: the last one with another text than the
    one in force. Its conditions were in force before, so that with `two_people` only higher stages need a second one.

    Raises:
        NotAllowed, ReasonMissing, NeedsSecondPerson, NoSuchVersion, SameRules. BookErrors: this program cannot read
            that text any more.
    """
    if not may(actor, Action.POLICY_CHANGE, _SUBJECT):
        raise refusal(actor, Action.POLICY_CHANGE, _SUBJECT.name)
    audit.take_turn(connection)  # which version is "the last one" is to be true until the act is done
    old = _find(connection, to) if to else _the_one_before(connection)
    ways = frozenset({Way.STAGE}) if two_people else frozenset[Way]()
    return _activate(connection, actor, old.text, reason=reason, file=f"version {old.number}", ways=ways, at=at)


def _activate(
    connection: Connection,
    actor: Actor,
    text: str,
    *,
    reason: str,
    file: str,
    ways: frozenset[Way],
    agreement: Agreement | None = None,
    at: int | None = None,
) -> Activated:
    """`ways` are those of keeping more mail back that need the `agreement`."""
    reason = need_reason(reason)
    book = read_all(text, file)
    with act(connection, actor, reason=reason, at=at) as acting:
        acting.check(Action.POLICY_CHANGE, _SUBJECT)
        old = in_force(connection)
        if old is not None and old.text == text:
            raise SameRules(f"these rules are in force already: version {old.number}")
        before = _book_of(old)
        agreed = {} if agreement is None else use_up(connection, agreement, at=acting.at)
        if old is not None and agreement is None and stands_alone(actor):
            check_alone(tightened(connection, before, book, at=acting.at), ways)
        changes = differences(before, book)
        number = 1 if old is None else old.number + 1
        connection.execute(
            insert(PolicyVersion).values(
                id=new_id(), number=number, activated_at=acting.at, by=actor.name[:320],
                reason=plain_line(reason)[:500], sha256=digest(text), text=text,
            )
        )  # fmt: skip
        exceptions.replace_all(connection, book.exemptions)
        acting.before = {} if old is None else {"version": old.number, "sha256": old.sha256}
        acting.after = {"version": number, "sha256": digest(text), **agreed, **_told(changes)}
    return Activated(number, 0 if old is None else old.number, changes, text)


def read_all(text: str, file: str) -> RuleBook:
    """The whole book, exceptions included.

    Raises:
        BookErrors
    """
    book = read_book(text, file)
    # Processes read the text without its exceptions (`book.py`); that has to give the same rules.
    try:
        alone = read_book(without_exceptions(text), file)
    except BookErrors:
        alone = None
    if alone is None or alone.rules != book.rules or alone.exemptions:
        hint = "write each exception as a table [[exception]] of its own, and no [[exception]] within a text"
        raise BookErrors(file, [Problem(None, "exceptions and rules cannot be told apart", hint)])
    return book


def check_may_read(actor: Actor) -> None:
    """Everybody who has an account may know the rules.

    Raises:
        NotAllowed
    """
    if not may(actor, Action.POLICY_READ, _SUBJECT):
        raise refusal(actor, Action.POLICY_READ, _SUBJECT.name)


def check_may_change(actor: Actor) -> None:
    """Province administrators, and the console.

    Raises:
        NotAllowed
    """
    if not may(actor, Action.POLICY_CHANGE, _SUBJECT):
        raise refusal(actor, Action.POLICY_CHANGE, _SUBJECT.name)


def _find(connection: Connection, number: int) -> Version:
    if number == 0:
        found = in_force(connection)
        if found is None:
            raise NoSuchVersion(
                'chưa có quy tắc nào được áp dụng (no rules in force yet): mailhub policy activate --reason "…"'
            )
        return found
    row = connection.execute(select(*_ABOUT, _table.c.text).where(_table.c.number == number)).one_or_none()
    if row is None:
        raise NoSuchVersion(
            f"không có phiên bản {number} (no such version); `mailhub policy history` liệt kê các phiên bản"
        )
    return _version(row)


def _the_one_before(connection: Connection) -> Version:
    now = _find(connection, 0)
    other = select(*_ABOUT, _table.c.text).where(_table.c.number < now.number, _table.c.sha256 != now.sha256)
    row = connection.execute(other.order_by(_table.c.number.desc()).limit(1)).one_or_none()
    if row is None:
        raise NoSuchVersion("không có phiên bản nào trước bản đang áp dụng (no version before the one in force)")
    return _version(row)


def _book_of(version: Version | None) -> RuleBook:
    """The rules of a stored version; none of what this program cannot read."""
    if version is None:
        return RuleBook(())
    try:
        return read_book(version.text, f"version {version.number}")
    except BookErrors:
        return RuleBook(())


def _told(changes: Sequence[Change]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "changes": [
            {"rule": one.rule, "what": one.what, "before": one.before[:_LONGEST], "after": one.after[:_LONGEST]}
            for one in changes[:_MOST_CHANGES]
        ]
    }
    if len(changes) > _MOST_CHANGES:
        told["more"] = len(changes) - _MOST_CHANGES
    return told


def _version(row: Any) -> Version:
    return Version(**row._mapping)
