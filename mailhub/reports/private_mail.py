"""The messages behind the figures of private mail, one by one, for those who may see people.

Read from the decisions that are kept of judged messages, by the same rule that counted them
(`screening/records/private_use.py`); after `[policy]`'s time only the figures are left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, select

from mailhub.accounts import audit
from mailhub.accounts.errors import NoSuchAgency
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.models import Mailbox
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import agency_subject, find_agency, scope_of, subtree
from mailhub.clock import midnight
from mailhub.ids import first_id
from mailhub.policy.facts import Facts
from mailhub.screening.models import PolicyDecision
from mailhub.screening.records import codec
from mailhub.screening.records.private_use import OWN_ACCOUNT, Use, uses_of

_BATCH = 500
_MOST_READ = 20_000  # decisions looked at for one page; the next page goes on from there


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which messages: both days are counted. `agency` is a code ('': as far as the right reaches); "" is any."""

    first: date
    last: date
    agency: str = ""
    provider: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateMessage:
    """A message to, from or by way of a private mailbox. `number` is its row's; `who` are mailboxes of ours."""

    number: int
    code: str
    at: int
    who: tuple[str, ...]
    providers: tuple[str, ...]
    use: Use


@dataclass(frozen=True, slots=True)
class Found:
    """A page, the newest first; `after` is where the next one begins (0: there is none)."""

    rows: Sequence[PrivateMessage]
    after: int = 0


def private_messages(
    connection: Connection, actor: Actor, wanted: Wanted, *, after: int = 0, limit: int = 50, at: int
) -> Found:
    """The messages, and a row in the audit log that somebody looked them up.

    Raises:
        NotAllowed: without the right to see people. NoSuchAgency, NoSuchAccount.
    """
    agencies = _agencies(connection, actor, wanted)
    where = find_agency(connection, wanted.agency)
    subject = agency_subject(connection, "private-mail", f"{wanted.first}..{wanted.last}", where)
    told = {"agency": wanted.agency, "provider": wanted.provider, "address": wanted.address}
    if not after:
        audit.record(connection, actor, Action.USE_PEOPLE, subject, after=told, at=at)
    box = find_mailbox(connection, wanted.address) if wanted.address else None
    rows: list[PrivateMessage] = []
    for read, row in enumerate(_decisions(connection, wanted, agencies, after), start=1):
        message = _message(row, wanted, None if box is None else (box.id, box.address))
        if message is not None:
            rows.append(message)
        if len(rows) == limit or read == _MOST_READ:
            return Found(rows, row.message_id)
    return Found(rows)


def _agencies(connection: Connection, actor: Actor, wanted: Wanted) -> frozenset[int] | None:
    """Within the right, and within the agency that is asked for."""
    scope = scope_of(connection, actor, Action.USE_PEOPLE)
    reached = frozenset() if scope.account_id is not None else scope.agencies
    if not wanted.agency:
        return reached
    asked = subtree(connection, find_agency(connection, wanted.agency))
    if reached is None:
        return asked
    if not asked & reached:  # as if it were not there: nobody learns which agencies others have
        raise NoSuchAgency(f"no agency has the code {wanted.agency!r}")
    return asked & reached


def _decisions(connection: Connection, wanted: Wanted, agencies: frozenset[int] | None, after: int) -> Iterator[Any]:
    """The decisions of the days, newest first, in batches: an iterator over everything would keep all of it."""
    lowest = first_id(midnight(wanted.first))
    highest = after or first_id(midnight(wanted.last + timedelta(days=1)))
    table = PolicyDecision.__table__.c
    columns = (table.message_id, table.code, table.account_id, table.facts, Mailbox.address)
    query = select(*columns).join_from(PolicyDecision, Mailbox, Mailbox.id == table.account_id, isouter=True)
    if agencies is not None:
        query = query.where(table.agency_id.in_(agencies))
    query = query.order_by(table.message_id.desc()).limit(_BATCH)
    while True:
        rows = list(connection.execute(query.where(table.message_id >= lowest, table.message_id < highest)))
        yield from rows
        if len(rows) < _BATCH:
            return
        highest = rows[-1].message_id


def _message(row: Any, wanted: Wanted, box: tuple[int, str] | None) -> PrivateMessage | None:
    """What the decision says about private mail, by the filters; None when nothing of it is wanted."""
    facts = _facts(row.facts)
    if facts is None:
        return None
    found: dict[tuple[str, str], Use] = {}
    for (address, provider), use in uses_of(facts).items():
        who = (row.address or "") if address == OWN_ACCOUNT else address
        of_box = box is None or who == box[1] or (address == OWN_ACCOUNT and row.account_id == box[0])
        if of_box and wanted.provider in ("", provider):
            found[who, provider] = use
    if not found:
        return None
    counts = {name: sum(use.counts[name] for use in found.values()) for name in Use().counts}
    return PrivateMessage(
        number=row.message_id,
        code=row.code,
        at=facts.at,
        who=tuple(sorted({who for who, _ in found if who})),
        providers=tuple(sorted({provider for _, provider in found})),
        use=Use(**counts),
    )


def _facts(text: str) -> Facts | None:
    try:
        return codec.load(text)
    except ValueError:  # of a version that wrote something else
        return None
