"""Each judged message leaves a row, and what it says about private mail is counted: in the message's own transaction.

`entry` gives what `NewMessage.also` runs. A message that is judged again (its files were read late) replaces its row,
and only the difference is counted, so that running it twice counts once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import Connection, String, Table, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from mailhub.accounts.addresses import fold
from mailhub.accounts.models import Address, Agency, Mailbox
from mailhub.clock import local_time
from mailhub.policy.decision import Decision, Effect
from mailhub.policy.facts import Facts, MailClass, Origin
from mailhub.registry.matching import load_agencies
from mailhub.screening.case import Case
from mailhub.screening.facts.networks_seen import note_network
from mailhub.screening.models import PolicyDecision
from mailhub.screening.records import codec
from mailhub.screening.records.private_use import (
    OWN_ACCOUNT,
    Use,
    Uses,
    difference,
    issued_elsewhere,
    uses_of,
)
from mailhub.screening.records.use_rows import add_for_account, add_for_addresses, add_for_agency
from mailhub.screening.turns import take_turn
from mailhub.store.statements import Prepared

Writing = Callable[[Connection], None]

_table = cast(Table, PolicyDecision.__table__)


def entry(
    decision: Decision,
    facts: Facts,
    case: Case,
    *,
    message_id: int,
    code: str,
    missing: frozenset[str] = frozenset(),
) -> Writing:
    """What writes the record of one judged message, for `NewMessage.also`, first among them.

    `missing` names the facts of recipients that were not looked up, because no rule asked (`Judge.needs`): a rehearsal
    of other rules has to know. For a message that is refused at the door, `message_id` is the number that it would
    have had, and the caller opens the transaction.
    """
    row: dict[str, Any] = {
        "message_id": message_id,
        "code": code,
        "version": decision.version,
        "account_id": None if case.account is None else case.account.id,
        "agency": facts.sender.agencies[0] if facts.sender.agencies else "",
        "first": _first_of_ours(facts),
        "facts": codec.dump(facts, missing=missing),
        "outcome": outcome_of(decision),
    }
    uses, issuers = uses_of(facts), issued_elsewhere(facts)
    shared = bool(uses) or bool(issuers) or _writes_outside(facts)
    network = case.client if case.account is not None and facts.message.origin is Origin.OWN else ""

    def write(connection: Connection) -> None:
        if shared:
            take_turn(connection)
        before = _write_row(connection, row)
        counted = _Counted(uses, issuers, facts.sender.domain)
        _count(connection, counted, before, account_id=row["account_id"], at=facts.at)
        if network and case.account is not None and before is None:
            note_network(connection, case.account.id, network, at=facts.at)

    return write


def redirect_refused(account_id: int, domains: Collection[str], *, at: int) -> Writing:
    """What counts a redirect that the inject door refused, by the private providers it went to."""

    def write(connection: Connection) -> None:
        take_turn(connection)
        use = Use(forwarded=1)
        add_for_account(connection, account_id, local_time(at).date(), [(domain, use) for domain in set(domains)])

    return write


def outcome_of(decision: Decision) -> str:
    """What each rule that fits did, and to how many recipients: JSON, in the book's order."""
    found: Counter[tuple[str, str, str, str]] = Counter()
    for verdict in decision.verdicts:
        for hit in verdict.hits:
            key = (hit.rule.id, hit.stage.value, hit.effect.name.lower(), hit.exempted)
            found[key] += len(verdict.addresses)
    names = ("rule", "stage", "effect", "exempted")
    rules = [
        {name: value for name, value in zip(names, key, strict=True) if value} | {"recipients": number}
        for key, number in found.items()
    ]
    strongest = max((verdict.effect for verdict in decision.verdicts), default=Effect.NONE)
    told: dict[str, Any] = {"effect": strongest.name.lower()} | ({"rules": rules} if rules else {})
    if decision.failed:
        told["failed"] = decision.failed
    return codec.compact(told)


# ------------------------------------------------------------ the decision's row


def _first_of_ours(facts: Facts) -> str:
    """The address whose agency a message from outside belongs to."""
    ours = (address for address, one in facts.recipients.items() if one.mail_class is MailClass.OWN)
    return "" if facts.sender.agencies else fold(next(ours, ""))


def _write_row(connection: Connection, row: Mapping[str, Any]) -> Facts | None:
    """Enter the row; the facts as they were known before, when the message has one already."""
    engine = connection.dialect.name
    if _ENTER[engine].execute(connection, row):
        return None
    query = select(_table.c.facts).where(_table.c.message_id == row["message_id"])
    before = connection.execute(query.with_for_update()).scalar_one()
    _REPLACE[engine].execute(connection, row)
    return codec.load(before)


def _entering(engine: str, *, replaces: bool) -> Prepared:
    filled = (postgresql if engine == "postgresql" else sqlite).insert(_table)
    named = select(Agency.id).where(Agency.code == bindparam("agency", type_=String())).scalar_subquery()
    reached = select(Mailbox.agency_id).join(Address, Address.mailbox_id == Mailbox.id)
    reached_one = reached.where(Address.address == bindparam("first", type_=String())).scalar_subquery()
    names = ("message_id", "code", "version", "account_id", "facts", "outcome")
    values = {name: bindparam(name, type_=_table.c[name].type) for name in names}
    filled = filled.values({**values, "agency_id": func.coalesce(named, reached_one)})
    if not replaces:
        return Prepared(filled.on_conflict_do_nothing(index_elements=["message_id"]))
    new = {name: filled.excluded[name] for name in ("version", "facts", "outcome")}
    return Prepared(filled.on_conflict_do_update(index_elements=["message_id"], set_=new))


_ENTER = {engine: _entering(engine, replaces=False) for engine in ("sqlite", "postgresql")}
_REPLACE = {engine: _entering(engine, replaces=True) for engine in ("sqlite", "postgresql")}


# ------------------------------------------------------------ the figures


@dataclass(frozen=True, slots=True)
class _Counted:
    """What one judgement says: uses, and the printed issuers of documents that came from `provider`."""

    uses: Uses
    issuers: tuple[str, ...]
    provider: str


def _count(connection: Connection, now: _Counted, before: Facts | None, *, account_id: int | None, at: int) -> None:
    """Add what is new. A second judgement counts on the day of the first."""
    issuers: Counter[str] = Counter(now.issuers)
    uses, day = now.uses, local_time(at).date()
    if before is not None:
        uses, day = difference(now.uses, uses_of(before)), local_time(before.at).date()
        issuers.subtract(issued_elsewhere(before))
    by_mailbox: dict[str, list[tuple[str, Use]]] = {}
    for (mailbox, provider), use in uses.items():
        by_mailbox.setdefault(mailbox, []).append((provider, use))
    own = by_mailbox.pop(OWN_ACCOUNT, [])
    if own and account_id is not None:
        add_for_account(connection, account_id, day, own)
    _count_received(connection, by_mailbox, day)
    _count_issued(connection, issuers, now.provider, day)


def _count_received(connection: Connection, found: Mapping[str, Iterable[tuple[str, Use]]], day: date) -> None:
    """Mail from a provider, for each mailbox that gets it: by whichever of its addresses, once."""
    if not found:
        return
    counted = next(iter(found.values()))  # the same for all: the message is one
    add_for_addresses(connection, found.keys(), day, list(counted))


def _count_issued(connection: Connection, issuers: Mapping[str, int], provider: str, day: date) -> None:
    """Against the agency that issued a document, when its header names one of ours without doubt."""
    changed = {issuer: number for issuer, number in issuers.items() if number}
    if not changed:
        return
    agencies = load_agencies(connection)
    found: Counter[int] = Counter()
    for issuer, number in changed.items():
        agency_id = agencies.find(issuer)
        if agency_id is not None:
            found[agency_id] += number
    for agency_id, number in sorted(found.items()):
        add_for_agency(connection, agency_id, day, [(provider, Use(issued=number))])


def _writes_outside(facts: Facts) -> bool:
    """Whether rows about somebody outside are written beside this one (correspondents)."""
    return facts.sender.mail_class is not MailClass.OWN or facts.message.outside > 0
