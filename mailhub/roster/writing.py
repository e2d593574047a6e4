"""One row of a plan carried out, by the acts of `accounts/` themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from sqlalchemy import Connection

from mailhub.accounts.addresses import lookup
from mailhub.accounts.creating import create_account
from mailhub.accounts.errors import AddressTaken, ChangedMeanwhile, NotAllowed, Protected
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.changing import Change, change_account
from mailhub.accounts.life.concurrency import check_unchanged
from mailhub.accounts.life.ending import announce
from mailhub.accounts.life.moving import Move, transfer
from mailhub.accounts.life.retention import RetentionRules
from mailhub.accounts.mailboxes import end_account
from mailhub.accounts.models import Employment, MailboxKind, MailboxState
from mailhub.accounts.organisation.joining import keep_former_address
from mailhub.accounts.people.errors import PersonExists
from mailhub.accounts.people.naming import propose
from mailhub.accounts.people.people import NewPerson, PersonFacts, change_person
from mailhub.accounts.rights import Actor
from mailhub.accounts.tree import mail_domain
from mailhub.clock import local_time
from mailhub.errors import MailhubError
from mailhub.roster.deciding import RowAct
from mailhub.roster.keeping import KeptRow, RowState
from mailhub.roster.planning import RosterRules

UNNAMED_OFFICE = "-"  # an office's mailbox of no kind that has a word


class ApplyRules(RosterRules, RetentionRules, Protocol):
    """`[accounts]`, as far as applying asks."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, why, and by which rules, for all rows of a batch."""

    connection: Connection
    actor: Actor
    reason: str
    because: str
    rules: ApplyRules
    at: int
    codes: Mapping[int, str]  # of agencies

    def write(self, row: KeptRow) -> int:
        """Do what the row says; gives the mailbox's number.

        Raises:
            MailhubError: it cannot be done; nothing of it is kept once the caller has gone back.
        """
        match row.act:
            case RowAct.CREATE:
                return self._create(row)
            case RowAct.END:
                self._end(row)
            case RowAct.MOVE:
                self._move(row)
            case _:
                self._change(row, row.wanted["values"], expect=row.wanted["revision"])
        assert row.mailbox_id is not None
        return row.mailbox_id

    def _create(self, row: KeptRow) -> int:
        values = row.wanted["values"]
        if values.get("office"):
            return self._create_office(row, values)
        address: str = row.wanted["address"]
        person = NewPerson(
            title=values.get("title", ""),
            employment=Employment(values.get("employment", "")),
            birth_date=_day(values.get("birth")),
            identifier_digest=bytes.fromhex(values["digest"]) if values.get("digest") else None,
            phone=values.get("phone", ""),
            recovery_address=values.get("recovery", ""),
            consent=bool(values.get("recovery")),
        )
        if values["proposed"]:
            address = self._still_free(address, values)
        number = create_account(
            self.connection,
            self.actor,
            address,
            values["name"],
            agency=self._code(values["agency"]),
            person=person,
            state=MailboxState.APPROVED,
            home=values.get("home"),
            reason=self.reason,
            at=self.at,
        )
        self._keep_former(address, values)
        if values.get("ends_on"):
            announce(
                self.connection,
                self.actor,
                address,
                date.fromisoformat(values["ends_on"]),
                reason=self.reason,
                because=self.because,
                at=self.at,
            )
        return number

    def _create_office(self, row: KeptRow, values: dict[str, Any]) -> int:
        """The mailbox of an office of a domain that joins; people hold it by `role hold`."""
        office = values["office"]
        number = create_account(
            self.connection,
            self.actor,
            row.wanted["address"],
            values["name"],
            agency=self._code(values["agency"]),
            kind=MailboxKind.ROLE,
            office="" if office == UNNAMED_OFFICE else office,
            may_login=False,
            home=values.get("home"),
            reason=self.reason,
            at=self.at,
        )
        self._keep_former(row.wanted["address"], values)
        return number

    def _keep_former(self, address: str, values: dict[str, Any]) -> None:
        former, home = values.get("former"), values.get("home")
        if former:
            there = bool(home)
            keep_former_address(self.connection, self.actor, former, address, lives_there=there, at=self.at)

    def _still_free(self, address: str, values: dict[str, Any]) -> str:
        """The planned address, or the next one when somebody was faster."""
        if lookup(self.connection, address) is None:
            return address
        domain = mail_domain(self.connection, values["agency"])
        suffix = self._code(values["agency"]) if self.rules.unit_suffix else ""
        return propose(self.connection, values["name"], domain, self.rules.naming, suffix, count=1)[0]

    def _end(self, row: KeptRow) -> None:
        address, expect = row.wanted["address"], row.wanted["revision"]
        day = _day(row.wanted["values"].get("ends_on"))
        if day is not None and day > local_time(self.at).date():
            announce(
                self.connection,
                self.actor,
                address,
                day,
                reason=self.reason,
                because=self.because,
                expect=expect,
                at=self.at,
            )
            return
        end_account(
            self.connection,
            self.actor,
            address,
            reason=self.reason,
            because=self.because,
            settings=self.rules,
            expect=expect,
            at=self.at,
        )

    def _move(self, row: KeptRow) -> None:
        values = dict(row.wanted["values"])
        move = Move(agency=self._code(values.pop("agency")), title=values.pop("title", None), because=self.because)
        address, expect = row.wanted["address"], row.wanted["revision"]
        transfer(self.connection, self.actor, address, move, reason=self.reason, expect=expect, at=self.at)
        self._change(row, values, expect=None)

    def _change(self, row: KeptRow, values: dict[str, Any], *, expect: int | None) -> None:
        address = row.wanted["address"]
        if values.get("former"):
            check_unchanged(self.connection, find_mailbox(self.connection, address), expect)
            self._keep_former(address, values)
        kind = values.get("employment")
        wanted = Change(
            name=values.get("name"), title=values.get("title"), employment=Employment(kind) if kind else None
        )
        if wanted != Change():
            change_account(
                self.connection, self.actor, address, wanted,
                reason=self.reason, because=self.because, expect=expect, at=self.at,
            )  # fmt: skip
            expect = None
        facts = PersonFacts(
            birth_date=_day(values.get("birth")),
            identifier_digest=bytes.fromhex(values["digest"]) if values.get("digest") else None,
            phone=values.get("phone"),
            recovery_address=values.get("recovery"),
            consent=bool(values.get("recovery")),
        )
        if facts != PersonFacts(consent=facts.consent):
            change_person(self.connection, self.actor, address, facts, reason=self.reason, expect=expect, at=self.at)

    def _code(self, agency_id: int) -> str:
        return self.codes[agency_id]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def state_after(error: MailhubError) -> RowState:
    """What a row is after this refusal."""
    return RowState.CONFLICT if isinstance(error, ChangedMeanwhile) else RowState.FAILED


def in_words(error: MailhubError) -> str:
    """What happened, for whoever reads the list."""
    match error:
        case ChangedMeanwhile():
            who = error.who or "một người khác"
            return f"đã được {who} thay đổi lúc {local_time(error.when):%H:%M %d/%m/%Y}, sau khi lập kế hoạch"
        case AddressTaken():
            return "địa chỉ đã có người dùng: sửa địa chỉ trong tệp, hoặc để trống rồi lập kế hoạch lại"
        case PersonExists():
            return f"người này đã có hộp thư {error.address}".rstrip() + ": lập kế hoạch lại"
        case Protected():
            return "hộp thư nhận postmaster@ hoặc abuse@: chuyển cho người khác trước"
        case NotAllowed():
            return f"không có quyền: {error}"
    return str(error)
