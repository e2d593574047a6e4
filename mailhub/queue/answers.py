"""An official's answer to a letter that asked for a word: which message it means, whether it counts, what is said back.

Whoever logged in gives it, for the mailboxes that the account may send from. What is not understood, comes late or
twice, or is about somebody else's message changes nothing, is answered, and stands in the audit log. The same answer
once more (a client that did not hear our 250) is known by its Message-ID: it gets the same reply, and no letter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection, select

from mailhub.accounts import audit
from mailhub.accounts.control.grants import roles_of
from mailhub.accounts.errors import NotAllowed, ReasonMissing
from mailhub.accounts.finding import MailboxRow, load_mailbox
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.life.models import Letter
from mailhub.accounts.models import Mailbox
from mailhub.accounts.rights import Actor, Role
from mailhub.mail.reply_word import Word
from mailhub.queue.decided import decided_facts
from mailhub.queue.errors import NotInQueue
from mailhub.queue.tables import message_table
from mailhub.queue.word_list import WaitingWord, speaks_for, waiting_for
from mailhub.queue.words import give, note_refused

TAKEN = "taken"
UNCLEAR, NO_REASON, LATE, SEVERAL = "unclear", "reason", "late", "several"  # the letters' variants
MOST_REFERENCES = 50
_LETTER = re.compile(r"<letter\.(\d{1,19})@[^<>@\s]{1,255}>")
_LARGEST = 2**63 - 1  # a row number
_ASKING = re.compile(r"word(?:-waits)?/(\d+)/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a reply says. `codes` are those in its subject, `references` the Message-IDs that it answers (RFC 5322
    § 3.6.4), the nearest first; `message_id` is its own."""

    word: Word
    codes: Sequence[str] = ()
    references: Sequence[str] = ()
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of it: `TAKEN`, or why not; and the code of the message that it was about, if any."""

    state: str
    code: str = ""


def take_answer(connection: Connection, account_id: int, answer: Answer, *, ip: str, at: int) -> Taken:
    """Do what the reply says, or tell its writer why not; all in the caller's transaction."""
    mailbox = load_mailbox(connection, account_id)
    if mailbox is None:
        return Taken(LATE)
    about = _about(mailbox, answer)
    before = _said_before(connection, about)
    if before is not None:
        return before
    hands = speaks_for(connection, account_id, at)
    waiting = waiting_for(connection, hands)
    code, state = _meant(connection, answer, hands, waiting)
    if state == TAKEN:
        state = _give(connection, mailbox, answer, code, about, ip=ip, at=at)
    else:
        note_refused(connection, _actor(connection, mailbox, ip, at), code, state, at=at)
    if state != TAKEN:
        _tell(connection, mailbox, answer, Taken(state, code), waiting, about, at)
    return Taken(state, code)


def _about(mailbox: MailboxRow, answer: Answer) -> str:
    """What the letter that tells of an answer is `about`; "" for one without a Message-ID, which is never the same."""
    return f"answer/{mailbox.id}/{sha256(answer.message_id.encode()).hexdigest()}" if answer.message_id else ""


def _said_before(connection: Connection, about: str) -> Taken | None:
    """What came of the same answer when it came first."""
    audit.take_turn(connection)  # the same answer may be coming in by another door at this moment
    facts = connection.scalar(select(Letter.facts).where(Letter.about == about))
    if not about or facts is None:
        return None
    told = json.loads(facts)
    return Taken(told.get("state", TAKEN), told["code"])


def _give(
    connection: Connection, mailbox: MailboxRow, answer: Answer, code: str, about: str, *, ip: str, at: int
) -> str:
    actor, word = _actor(connection, mailbox, ip, at), answer.word
    assert word.kind is not None
    try:
        give(connection, actor, code, word.kind, reason=word.reason, at=at, about=about)
    except ReasonMissing:
        state, why = NO_REASON, "no reason"
    except NotAllowed:
        state, why = LATE, "not this account's"
    except NotInQueue:
        state, why = LATE, "late or double"
    else:
        return TAKEN
    note_refused(connection, actor, code, why, at=at)
    return state


def _meant(
    connection: Connection, answer: Answer, hands: Collection[int], waiting: Sequence[WaitingWord]
) -> tuple[str, str]:
    """The code of the message that is meant ("" when it is not clear), and `TAKEN` or what is wrong."""
    named = [answer.word.code] if answer.word.code else _answered(connection, answer.references, hands)
    if not answer.word.code and answer.codes:
        named += answer.codes[:1]  # the first: those behind it stand in the held message's own subject
    code = named[0] if named else ""
    if len(set(named)) > 1:
        return "", UNCLEAR
    if answer.word.kind is None:
        return code if code in {one.code for one in waiting} else "", UNCLEAR
    if not code:
        codes = {one.code for one in waiting}
        return (codes.pop(), TAKEN) if len(codes) == 1 else ("", SEVERAL if codes else LATE)
    return code, TAKEN


def _answered(connection: Connection, references: Collection[str], hands: Collection[int]) -> list[str]:
    """The code of the message that the letter was about which is answered; others' letters tell nobody anything."""
    own = select(Mailbox.address).where(Mailbox.id.in_(list(hands)))
    for reference in list(references)[:MOST_REFERENCES]:
        found = _LETTER.fullmatch(reference)
        if found is None or int(found[1]) > _LARGEST:
            continue
        letter = select(Letter.about).where(Letter.id == int(found[1]), Letter.to_address.in_(own))
        about = connection.execute(letter).scalar_one_or_none()
        asked = _ASKING.match(about or "")
        if asked is not None:
            code = select(message_table.c.code).where(message_table.c.id == int(asked[1]))
            return [str(one) for one in connection.scalars(code)]
    return []


def _actor(connection: Connection, mailbox: MailboxRow, ip: str, at: int) -> Actor:
    """Whoever logged in. By mail an administrator is an official like others; only who watches over security decides
    for those below."""
    held = roles_of(connection, mailbox.id, at=at)
    also = tuple(one for one in held if one.role is Role.SECURITY_OFFICER)
    return Actor(name=mailbox.address, role=Role.OFFICIAL, account_id=mailbox.id, ip=ip, also=also)


def _tell(
    connection: Connection,
    mailbox: MailboxRow,
    answer: Answer,
    taken: Taken,
    waiting: Sequence[WaitingWord],
    about: str,
    at: int,
) -> None:
    facts: dict[str, object] = {"state": taken.state, "code": taken.code, "thread": answer.message_id}
    if taken.state == LATE and taken.code:
        facts |= decided_facts(connection, mailbox.id, taken.code, at)
    if taken.state == SEVERAL:
        facts["listed"] = [f"{one.code}: {one.subject}" if one.subject else one.code for one in waiting]
        facts["example"] = waiting[0].code
    tell(connection, LetterKind.WORD_UNCLEAR, mailbox.address, facts, about=about or None, at=at)
