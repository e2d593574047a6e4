"""Somebody outside writes under a leader's name: the leader hears of it, at most once a day for each such address."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from sqlalchemy import Connection, func, select

from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.life.models import Letter
from mailhub.accounts.models import Mailbox, MailboxState, Person, Rank
from mailhub.clock import local_time
from mailhub.policy.decision import Decision
from mailhub.policy.facts import Facts
from mailhub.policy.imitation import LEADER, imitates, name_key
from mailhub.screening.case import Case
from mailhub.screening.facts.header_words import author
from mailhub.screening.turns import take_turn

Writing = Callable[[Connection], None]
MOST_TOLD = 5  # leaders of one name
MOST_A_DAY = 10  # letters to one leader
_FACT = "sender.imitates"


def telling(decision: Decision, facts: Facts, case: Case, *, code: str, at: int) -> tuple[Writing, ...]:
    """What tells the imitated leader of a message from outside, for `NewMessage.also`; empty while the rule about it is
    in Ghi nhận, exempted, or finds nobody imitated."""
    hits = (hit for verdict in decision.verdicts for hit in verdict.hits if hit.effect and not hit.exempted)
    about_it = any(test.fact == _FACT for hit in hits for test in hit.rule.when.tests)
    named = author(case.fields)
    if LEADER not in facts.sender.imitates or not about_it or named is None:
        return ()
    shown, address = named.display, facts.sender.address

    def write(connection: Connection) -> None:
        tell_imitated(connection, shown, address, code=code, at=at)

    return (write,)


def tell_imitated(connection: Connection, shown: str, address: str, *, code: str, at: int) -> list[str]:
    """Tell the leaders whose name the display name `shown` of the sender `address` pretends; whom it was told to.

    In the message's transaction, when `SenderFacts.imitates` has `leader`. `at` in ms.
    """
    take_turn(connection)  # the same imitator writes to several at once
    day = local_time(at).date().isoformat()
    who = hashlib.sha256(address.lower().encode("utf-8", "replace")).hexdigest()[:16]
    told = []
    for number, name, to in _leaders_called(connection, shown, address):
        today = f"imitated/{number}/{day}/"
        if _told_today(connection, today) >= MOST_A_DAY:  # whoever has many addresses does not fill the mailbox
            continue
        facts = {"name": name, "sender": address, "code": code, "received_at": at}
        if tell(connection, LetterKind.IMITATED, to, facts, about=f"{today}{who}", at=at):
            told.append(to)
    return told


def _told_today(connection: Connection, about: str) -> int:
    letters = select(func.count()).select_from(Letter).where(Letter.about.startswith(about))
    return connection.execute(letters).scalar_one()


def _leaders_called(connection: Connection, shown: str, address: str) -> list[tuple[int, str, str]]:
    """Leaders with a mailbox whose name is what the rule took `shown` for (policy/imitation.py)."""
    query = select(Mailbox.id, Mailbox.address, Person.full_name)
    query = query.join(Person, Person.id == Mailbox.person_id).where(Person.rank == Rank.LEADER)
    rows = connection.execute(query.where(Mailbox.state == MailboxState.ACTIVE).order_by(Mailbox.id))
    found = [row for row in rows if imitates(shown, address, {name_key(row.full_name)}, ())]
    return [(row.id, row.full_name, row.address) for row in found[:MOST_TOLD]]
