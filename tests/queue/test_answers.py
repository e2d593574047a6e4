"""Which message an answer means, and what is said back when it means none."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from mailhub.accounts.control import grants
from mailhub.accounts.life.models import Letter
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Role
from mailhub.clock import HOUR
from mailhub.mail.reply_word import Word, WordKind
from mailhub.queue import words
from mailhub.queue.answers import LATE, NO_REASON, SEVERAL, TAKEN, UNCLEAR, Answer, Taken, take_answer
from mailhub.store.database import Database
from tests.queue.parts import NOW, put, recipients
from tests.queue.test_words import AN, BINH, CHI, held, office
from tests.support.accounts import ROOT

__all__ = ["office"]

WORD = Word(WordKind.SEND, reason="trả lời")


@pytest.fixture
def waiting(database: Database, office: dict[str, int]) -> list[str]:
    """The codes of two messages that wait for an's word."""
    given = [held(office, "x@gmail.com"), held(office, "y@gmail.com")]
    put(database, *given)
    return [one.code for one in given]


def asking_letter(database: Database, code: str) -> str:
    """The Message-ID of the letter that asked about it."""
    with database.read() as c:
        rows = c.execute(select(Letter.id, Letter.facts).where(Letter.kind == "policy-asked")).all()
    [number] = [row.id for row in rows if json.loads(row.facts)["code"] == code]
    return f"<letter.{number}@mail.tinh.gov.vn>"


def answer(database: Database, account_id: int, given: Answer) -> Taken:
    with database.write() as c:
        return take_answer(c, account_id, given, ip="192.0.2.9", at=NOW)


def last_letter(database: Database) -> dict[str, object]:
    with database.read() as c:
        row = c.execute(select(Letter.facts).where(Letter.kind == "word-unclear").order_by(Letter.id.desc())).first()
    assert row is not None
    found: dict[str, object] = json.loads(row.facts)
    return found


def test_the_letter_that_is_answered_names_the_message(
    database: Database,
    office: dict[str, int],
    waiting: list[str],
) -> None:
    ident = asking_letter(database, waiting[1])
    references = ["<other@client.test>", ident]
    given = Answer(word=WORD, references=references, codes=[waiting[1], "222-222-22"])
    assert answer(database, office[AN], given) == Taken(TAKEN, waiting[1])
    assert recipients(database)["x@gmail.com"].state == "held"


def test_letter_and_subject_that_disagree_are_not_guessed_between(
    database: Database,
    office: dict[str, int],
    waiting: list[str],
) -> None:
    given = Answer(word=WORD, references=[asking_letter(database, waiting[1])], codes=[waiting[0]])
    assert answer(database, office[AN], given) == Taken(UNCLEAR)
    named = Answer(word=Word(WordKind.SEND, waiting[0], "x"), references=given.references, codes=given.codes)
    assert answer(database, office[AN], named) == Taken(TAKEN, waiting[0])  # what is written out counts


def test_no_code_is_enough_for_one_and_not_for_two(
    database: Database,
    office: dict[str, int],
    waiting: list[str],
) -> None:
    assert answer(database, office[AN], Answer(word=WORD)) == Taken(SEVERAL)
    assert {str(one)[:10] for one in last_letter(database)["listed"]} == set(waiting)  # type: ignore[attr-defined]
    answer(database, office[AN], Answer(word=WORD, codes=waiting[:1]))
    assert answer(database, office[AN], Answer(word=WORD)) == Taken(TAKEN, waiting[1])
    assert answer(database, office[AN], Answer(word=WORD)) == Taken(LATE)


def test_what_is_wrong_is_answered_and_audited(
    database: Database,
    office: dict[str, int],
    waiting: list[str],
) -> None:
    cases = [
        (AN, Answer(word=Word(), codes=waiting[:1], message_id="<r@x>"), Taken(UNCLEAR, waiting[0])),
        (AN, Answer(word=Word(WordKind.SEND), codes=waiting[:1]), Taken(NO_REASON, waiting[0])),
        (CHI, Answer(word=WORD, codes=waiting[:1]), Taken(LATE, waiting[0])),
        (CHI, Answer(word=Word(), codes=waiting[:1]), Taken(UNCLEAR)),
        (AN, Answer(word=WORD, codes=["222-222-22"]), Taken(LATE, "222-222-22")),
        (AN, Answer(word=WORD, references=["<letter.1@x>", "<letter.9999999999999999999@x>", "\x00"]), Taken(SEVERAL)),
    ]
    for account, given, wanted in cases:
        assert answer(database, office[account], given) == wanted
        assert last_letter(database)["state"] == wanted.state
    with database.read() as c:
        rows = c.execute(select(AuditRow.actor, AuditRow.actor_ip, AuditRow.after).order_by(AuditRow.id.desc())).all()
    assert [(row.actor, row.actor_ip) for row in rows[: len(cases)]] == [
        (one[0], "192.0.2.9") for one in reversed(cases)
    ]
    assert all(json.loads(row.after)["act"] == "refused" for row in rows[: len(cases)])
    assert {one.state for one in recipients(database).values()} == {"held", "queued"}  # frei@so.vn waits for nobody


def test_by_mail_an_administrator_is_an_official_like_others(
    database: Database,
    office: dict[str, int],
    waiting: list[str],
) -> None:
    with database.write() as c:
        grants.grant_role(c, ROOT, CHI, Role.SYSTEM_ADMIN)
    assert answer(database, office[CHI], Answer(word=WORD, codes=waiting[:1])).state == LATE
    with database.write() as c:
        grants.grant_role(c, ROOT, BINH, Role.SECURITY_OFFICER, agency="snv")
    assert answer(database, office[BINH], Answer(word=WORD, codes=waiting[:1])).state == TAKEN


def test_a_letter_to_somebody_else_names_no_message(
    database: Database,
    office: dict[str, int],
    waiting: list[str],
) -> None:
    theirs = Answer(word=WORD, references=[asking_letter(database, waiting[0])])
    assert answer(database, office[CHI], theirs) == Taken(LATE)  # nor its code


def test_the_same_answer_once_more_gets_the_same_reply_and_no_second_letter(
    database: Database, office: dict[str, int], waiting: list[str]
) -> None:
    """A client that did not hear our 250, because a process was killed or a line broke, sends it again."""
    unclear = Answer(word=Word(None), message_id="<1@client.test>")
    named = Answer(word=Word(WordKind.SEND, code=waiting[0], reason="trả lời"), message_id="<2@client.test>")
    first = [answer(database, office[AN], one) for one in (unclear, named)]
    again = [answer(database, office[AN], one) for one in (unclear, named)]
    assert first == again == [Taken(UNCLEAR, ""), Taken(TAKEN, waiting[0])]
    with database.read() as c:
        kinds = list(c.scalars(select(Letter.kind).where(Letter.kind.like("word-%")).order_by(Letter.id)))
        refused = [row for row in c.scalars(select(AuditRow.after)) if "refused" in str(row)]
    assert kinds == ["word-unclear", "word-taken"]
    assert len(refused) == 1
    assert answer(database, office[CHI], named).state == LATE  # whose Message-ID it is does not make it theirs
    other = Answer(word=named.word, message_id="<3@client.test>")
    assert answer(database, office[AN], other).state == LATE  # another answer is a late one


def test_a_second_answer_hears_what_happened_and_a_strangers_hears_nothing(
    database: Database, office: dict[str, int], waiting: list[str]
) -> None:
    def late(account: str, code: str) -> dict[str, object]:
        assert answer(database, office[account], Answer(word=Word(WordKind.WITHDRAW), codes=[code])).state == LATE
        return {key: value for key, value in last_letter(database).items() if key in ("done", "decided_at", "by")}

    assert late(CHI, waiting[0]) == {"done": "others"}
    answer(database, office[AN], Answer(word=WORD, codes=waiting[:1]))
    assert late(AN, waiting[0]) == {"done": "sent", "decided_at": NOW, "by": AN}
    assert late(CHI, waiting[0]) == late(CHI, "222-222-22") == {"done": "others"}
    with database.write() as c:
        words.lapse(c, at=NOW + 2 * HOUR)
    assert late(AN, waiting[1]) == {"done": "expired", "decided_at": NOW + 2 * HOUR, "by": ""}
