"""A message that waits for a word: it goes once, comes back once, and nobody else lets it go."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select, update

from mailhub.accounts import service
from mailhub.accounts.control import grants
from mailhub.accounts.control.grants import actor_of
from mailhub.accounts.errors import NotAllowed, ReasonMissing
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.models import Letter
from mailhub.accounts.models import DelegationRight
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Actor, Role
from mailhub.cli.word import waiting_words
from mailhub.clock import HOUR, VIETNAM, local_time, now_ms
from mailhub.i18n import texts
from mailhub.lifecycle.fact_words import until_text
from mailhub.lifecycle.held_words import held_words
from mailhub.mail.reply_word import WordKind
from mailhub.queue import acts, words
from mailhub.queue.acts import Selection
from mailhub.queue.askings import MOST_TOLD, deadline
from mailhub.queue.errors import NotInQueue
from mailhub.queue.models import Event, PendingInspection, PendingWord, RecipientState
from mailhub.queue.records import Asking, Fate, Inspecting, Moderating, NewMessage, NewRecipient
from mailhub.queue.tables import recipient_table
from mailhub.queue.word_list import list_waiting, waiting_for
from mailhub.store.database import Database
from tests.queue.parts import NOW, events, message, only_message, outcome, put, recipients, settle, take
from tests.support.accounts import ROOT, make_account, make_province

SOON = 9_000_000_000_000
AN, BINH, CHI, DESK = "an@tinh.gov.vn", "binh@tinh.gov.vn", "chi@tinh.gov.vn", "vanthu.snv@tinh.gov.vn"
RULE = "van-ban-den-hop-thu-ca-nhan"
WHY = {"vi": "kèm Công văn 156/SYT", "en": "with Letter 156", "because_vi": "Điều 5", "because_en": "Article 5"}
SEND, WITHDRAW = WordKind.SEND, WordKind.WITHDRAW


@pytest.fixture
def office(database: Database) -> dict[str, int]:
    """an and binh of snv, chi of syt; binh holds the desk of snv."""
    make_province(database)
    found = {address: make_account(database, address, agency="snv", password=None) for address in (AN, BINH)}
    found[CHI] = make_account(database, CHI, agency="syt", password=None)
    with database.write() as c:
        service.add_role_mailbox(c, ROOT, DESK, "Văn thư Sở Nội vụ", agency="snv")
        service.hold_role(c, ROOT, DESK, BINH)
        found[DESK] = find_mailbox(c, DESK).id
    return found


def held(
    office: dict[str, int], *addresses: str, owner: str = AN, hours: int = 1, reason: bool = True, **more: Any
) -> NewMessage:
    """From an to the addresses, which wait for the owner's word, and to frei@so.vn, who does not."""
    facts = WHY | more.pop("facts", {})
    asking = Asking(
        owner_id=office[owner], owner=owner, rule=RULE, until=NOW + hours * HOUR, reason_needed=reason, facts=facts
    )
    fate = Fate(state=RecipientState.HELD, rule=RULE, asking=asking)
    groups = more.pop("groups", ())
    everybody = [NewRecipient(address=one, destination="mx:x", fate=fate, held_about=groups) for one in addresses]
    values = {"sender": AN, "account_id": office[AN], "judged": {"rules": [RULE]}, **more}
    return message(*everybody, "frei@so.vn", **values)


def actor(database: Database, address: str) -> Actor:
    with database.read() as c:
        return actor_of(c, find_mailbox(c, address), at=now_ms())


def give(database: Database, by: str | Actor, code: str, kind: WordKind = SEND, **more: Any) -> tuple[str, ...]:
    who = by if isinstance(by, Actor) else actor(database, by)
    with database.write() as c:
        return words.give(c, who, code, kind, **{"reason": "trả lời công dân", **more}).recipients


def lapse(database: Database, at: int) -> int:
    with database.write() as c:
        return words.lapse(c, at=at)


def letters(database: Database, kind: str) -> list[tuple[str, dict[str, Any]]]:
    with database.read() as c:
        rows = c.execute(select(Letter.to_address, Letter.facts).where(Letter.kind == kind).order_by(Letter.id))
        return [(row.to_address, json.loads(row.facts)) for row in rows]


def pending(database: Database) -> int:
    with database.read() as c:
        return c.execute(select(func.count()).select_from(PendingWord)).scalar_one()


def audited(database: Database) -> list[dict[str, Any]]:
    with database.read() as c:
        return [dict(row) for row in c.execute(select(AuditRow).where(AuditRow.action == "word.give")).mappings()]


def test_who_waits_waits_and_the_others_do_not(database: Database, office: dict[str, int]) -> None:
    given = held(office, "x@gmail.com", "y@gmail.com")
    put(database, given)
    assert [one.address for one in take(database, now=SOON)] == ["frei@so.vn"]
    assert ("asked", None) in events(database)
    [(to, facts)] = letters(database, "policy-asked")
    assert (to, facts["code"], facts["to"], facts["asked"]) == (
        AN,
        given.code,
        ["x@gmail.com", "y@gmail.com"],
        "sender",
    )
    assert (facts["vi"], facts["because_vi"], facts["until"]) == (WHY["vi"], WHY["because_vi"], NOW + HOUR)
    assert letters(database, "policy-waits") == []
    with database.read() as c:
        [row] = list_waiting(c, actor(database, AN))
        assert list_waiting(c, actor(database, CHI)) == []
    assert (row.code, row.owner, row.rule, row.recipients, row.until) == (given.code, AN, RULE, 2, NOW + HOUR)


def test_a_group_is_told_by_its_name_and_number_and_not_by_its_members(
    database: Database, office: dict[str, int]
) -> None:
    given = held(office, "m1@tinh.gov.vn", "m2@tinh.gov.vn", "x@gmail.com")
    group = "rfc822;nhom@tinh.gov.vn"
    copies = [replace(one, original=group) if one.address.startswith("m") else one for one in given.recipients]
    put(database, replace(given, recipients=tuple(copies)))
    told = {"to": ["nhom@tinh.gov.vn", "x@gmail.com"], "recipients": 2, "members": {"nhom@tinh.gov.vn": 2}}
    [(_, facts)] = letters(database, "policy-asked")
    assert {key: facts[key] for key in told} == told
    assert held_words(facts, "vi")["to"] == "nhom@tinh.gov.vn (nhóm, 2 người), x@gmail.com"
    assert held_words(facts, "en")["to"] == "nhom@tinh.gov.vn (a group, 2 people), x@gmail.com"
    with database.read() as c:
        [row] = list_waiting(c, actor(database, AN))
    assert "nhom@tinh.gov.vn (nhóm, 2 người), x@gmail.com" in waiting_words(row)
    give(database, AN, given.code)
    with database.read() as c:
        everything = " ".join(str(one) for one in c.execute(select(Event.facts).where(Event.kind != "received")))
    everything += json.dumps(letters(database, "policy-asked") + letters(database, "word-taken"))
    assert "nhom@tinh.gov.vn" in everything
    assert "m1@" not in everything


def test_what_ends_at_midnight_ends_with_the_day_before() -> None:
    until = moment("2026-11-24T00:00")
    assert until_text(until, texts("vi")) == "hết ngày 23/11/2026"
    assert held_words({"until": until}, "vi")["until"] == "ngày 23/11/2026"  # Quá … không có trả lời
    assert held_words({"until": until + HOUR}, "vi")["until"] == "01 giờ 00 ngày 24/11/2026"


def test_it_goes_once_and_the_story_says_by_whom_and_why(database: Database, office: dict[str, int]) -> None:
    given = held(office, "x@gmail.com")
    put(database, given)
    settle(database, *(outcome(one) for one in take(database)))
    assert only_message(database).done_at is None
    assert give(database, AN, given.code.lower(), reason=" trả lời ") == ("x@gmail.com",)
    with pytest.raises(NotInQueue):
        give(database, AN, given.code)
    [freed] = take(database, now=SOON)
    assert freed.address == "x@gmail.com"
    settle(database, outcome(freed))
    assert only_message(database).done_at is not None
    assert pending(database) == 0
    assert ("released", None) in events(database)
    [row] = audited(database)
    assert (row["actor"], row["object"], row["reason"]) == (AN, given.code, "trả lời")
    [(to, facts)] = letters(database, "word-taken")
    assert (to, facts["word"], facts["said"], facts["code"]) == (AN, "send", "trả lời", given.code)


def test_a_reason_is_asked_for_to_send_and_not_to_withdraw(database: Database, office: dict[str, int]) -> None:
    given, other = held(office, "x@gmail.com"), held(office, "y@gmail.com", reason=False)
    put(database, given, other)
    with pytest.raises(ReasonMissing):
        give(database, AN, given.code, reason=" ")
    assert give(database, AN, other.code, reason="") == ("y@gmail.com",)
    assert give(database, AN, given.code, WITHDRAW, reason="") == ("x@gmail.com",)
    assert recipients(database)["x@gmail.com"].state == "withdrawn"
    assert {facts["word"] for _, facts in letters(database, "word-taken")} == {"send", "withdraw"}
    assert "x@gmail.com" not in {one.address for one in take(database, now=SOON)}


def test_a_desk_is_given_what_it_decides_about_and_nobody_else_is(database: Database, office: dict[str, int]) -> None:
    def asking(owner: str, asks: str) -> Fate:
        asked = Asking(
            owner_id=office[owner], owner=owner, rule=RULE, until=NOW + HOUR, reason_needed=True,
            facts={**WHY, "asks": asks, "title": "Dự thảo"},
        )  # fmt: skip
        return Fate(state=RecipientState.HELD, rule=RULE, asking=asked)

    def to(address: str, owner: str, asks: str) -> NewRecipient:
        return NewRecipient(address=address, destination="mx:x", fate=asking(owner, asks))

    desk = message(to("x@gmail.com", DESK, "desk"), "a@so.vn", "b@so.vn", sender=AN, account_id=office[AN])
    officer = message(to("x@gmail.com", CHI, "security"), sender=AN, account_id=office[AN])
    outside = message(to(AN, AN, "sender"), to(BINH, DESK, "desk"), sender="la@so.vn", account_id=None)
    put(database, *(replace(one, judged={"rules": [RULE]}) for one in (desk, officer, outside)))
    asked = {(who, facts["code"]): facts for who, facts in letters(database, "policy-asked")}
    told = asked[DESK, desk.code]
    assert (told["asked"], told["original"], told["subject"]) == ("desk", desk.id, "Công văn")
    assert told["others"] == {"to": ["a@so.vn"], "members": {}, "sent": 2}
    for pair in ((CHI, officer.code), (AN, outside.code), (DESK, outside.code)):
        assert "original" not in asked[pair]
    assert asked[CHI, officer.code]["others"] == {"to": [], "members": {}, "sent": 0}
    assert "others" not in asked[AN, outside.code]  # of a stranger's mail one's own copy is one's own business
    [waits] = [facts for _, facts in letters(database, "policy-waits") if facts["code"] == desk.code]
    assert (waits["agrees"], waits["title"], waits["original"]) == ("Văn thư Sở Nội vụ", "", None)
    assert held_words(waits, "vi")["why"] == "kèm Công văn 156/SYT (Điều 5)"
    assert held_words(told, "vi")["why"] == "Dự thảo (Điều 5)"
    with database.read() as c:
        assert desk.code in {one.code for one in list_waiting(c, actor(database, BINH))}
    give(database, BINH, desk.code, WITHDRAW)
    withdrawn = letters(database, "word-taken")
    assert [who for who, _ in withdrawn] == [DESK, AN]
    assert {facts["others"]["sent"] for _, facts in withdrawn} == {2}


def test_it_is_nobody_elses_word(database: Database, office: dict[str, int]) -> None:
    given = held(office, "x@gmail.com")
    put(database, given)
    for stranger in (BINH, CHI):
        with pytest.raises(NotAllowed):
            give(database, stranger, given.code)
        with pytest.raises(NotAllowed):
            give(database, stranger, given.code, WITHDRAW)
    assert recipients(database)["x@gmail.com"].state == "held"
    with pytest.raises(NotInQueue):
        give(database, AN, "222-222-22")


def test_whoever_sends_for_somebody_gives_the_word_for_them(database: Database, office: dict[str, int]) -> None:
    given = held(office, "x@gmail.com")
    put(database, given)
    with database.write() as c:
        service.delegate_mailbox(c, ROOT, AN, CHI, DelegationRight.READ)
    with pytest.raises(NotAllowed):
        give(database, CHI, given.code)
    with database.write() as c:
        service.delegate_mailbox(c, ROOT, AN, CHI, DelegationRight.SEND)
    assert give(database, CHI, given.code) == ("x@gmail.com",)


def test_a_desk_is_asked_and_whoever_holds_it_answers(database: Database, office: dict[str, int]) -> None:
    given, other = held(office, "x@gmail.com", owner=DESK), held(office, "y@gmail.com", owner=DESK)
    put(database, given, other)
    assert [to for to, _ in letters(database, "policy-asked")] == [DESK, DESK]
    [(to, facts), _] = letters(database, "policy-waits")
    assert (to, facts["agrees"], facts["code"]) == (AN, "Văn thư Sở Nội vụ", given.code)
    with pytest.raises(NotAllowed):
        give(database, AN, given.code)
    assert give(database, BINH, given.code) == ("x@gmail.com",)
    assert [to for to, _ in letters(database, "word-taken")] == [DESK, AN]
    assert give(database, AN, other.code, WITHDRAW) == ("y@gmail.com",)  # who wrote it may take it back


def test_a_security_officer_gives_it_for_those_below(database: Database, office: dict[str, int]) -> None:
    given = held(office, "x@gmail.com", owner=DESK)
    put(database, given)
    with database.write() as c:
        grants.grant_role(c, ROOT, CHI, Role.SECURITY_OFFICER, agency="syt")
    with pytest.raises(NotAllowed):
        give(database, CHI, given.code)
    with database.write() as c:
        grants.grant_role(c, ROOT, CHI, Role.SECURITY_OFFICER, agency="snv")
    with database.read() as c:
        assert [one.code for one in list_waiting(c, actor(database, CHI))] == [given.code]
    assert give(database, CHI, given.code) == ("x@gmail.com",)


def test_a_closed_account_lets_nothing_go(database: Database, office: dict[str, int]) -> None:
    given = held(office, "x@gmail.com", owner=DESK)
    put(database, given)
    with database.write() as c:
        service.suspend_account(c, ROOT, AN, reason="x")
    give(database, BINH, given.code)
    row = recipients(database)["x@gmail.com"]
    assert (row.state, row.held_for) == ("held", "sender-closed")
    other = held(office, "y@gmail.com")
    with database.write() as c:
        service.restore_account(c, ROOT, AN, reason="x")
    put(database, other)
    with database.write() as c:
        service.suspend_account(c, ROOT, AN, reason="x")
    with pytest.raises(NotAllowed):
        give(database, AN, other.code)


def test_what_nobody_answered_goes_back_to_its_sender(database: Database, office: dict[str, int]) -> None:
    given = held(office, "x@gmail.com", fingerprint=b"f")
    put(database, given)
    settle(database, *(outcome(one) for one in take(database)))
    assert lapse(database, NOW + HOUR - 1) == 0
    assert lapse(database, NOW + HOUR) == 1
    assert lapse(database, NOW + HOUR) == 0
    assert recipients(database)["x@gmail.com"].state == "expired"
    assert only_message(database).done_at == NOW + HOUR
    [(to, facts)] = letters(database, "word-lapsed")
    assert (to, facts["back"], facts["original"], facts["to"]) == (AN, "yes", given.id, ["x@gmail.com"])
    with pytest.raises(NotInQueue):
        give(database, AN, given.code)
    assert [row["actor"] for row in audited(database)] == ["mailhub:schedule"]
    put(database, held(office, "x@gmail.com", fingerprint=b"f"))  # sent again it is a message of its own
    assert len(recipients(database)) == 2


def test_mail_from_outside_that_nobody_wanted_is_not_delivered(database: Database, office: dict[str, int]) -> None:
    given = held(office, AN, sender="ai@so.vn", account_id=None)
    put(database, given)
    [(_, facts)] = letters(database, "policy-asked")
    assert facts["asked"] == "recipient"
    lapse(database, NOW + HOUR)
    [(to, facts)] = letters(database, "word-lapsed")
    assert (to, facts["back"]) == (AN, "no")
    assert "original" not in facts
    assert letters(database, "policy-waits") == []


@pytest.mark.parametrize("asks", ["desk", "security"])
def test_who_would_have_got_mail_from_outside_hears_that_a_desk_or_an_officer_said_nothing(
    asks: str, database: Database, office: dict[str, int]
) -> None:
    given = held(office, AN, CHI, "x@gmail.com", owner=DESK, sender="ai@so.vn", account_id=None, facts={"asks": asks})
    put(database, given)
    [(to, facts)] = letters(database, "policy-asked")
    assert (to, facts["asked"]) == (DESK, "outside")
    assert "original" not in facts
    lapse(database, NOW + HOUR)
    told = letters(database, "word-lapsed")
    assert {(to, tuple(facts["to"])) for to, facts in told} == {
        (DESK, (AN, CHI, "x@gmail.com")),
        (AN, (AN,)),
        (CHI, (CHI,)),
    }
    assert {(facts["back"], facts["asked"], "original" in facts) for _, facts in told} == {("no", "outside", False)}
    assert letters(database, "policy-waits") == []


def test_an_administrator_lets_go_with_a_reason(database: Database, office: dict[str, int]) -> None:
    given = held(office, "x@gmail.com", "y@gmail.com")
    put(database, given)
    with pytest.raises(ReasonMissing), database.write() as c:
        acts.release(c, ROOT, Selection(codes=(given.code,)))
    with database.write() as c:
        acts.release(c, ROOT, Selection(to="x@gmail.com"), reason="theo yêu cầu")
    assert pending(database) == 1
    row = recipients(database)["x@gmail.com"]
    assert (row.state, row.held_about) == ("queued", "")
    with database.write() as c:
        acts.drop(c, ROOT, Selection(to="y@gmail.com"), reason="theo yêu cầu")
    assert pending(database) == 0
    with pytest.raises(NotInQueue):
        give(database, AN, given.code)


def test_a_secret_is_let_go_by_nobody(database: Database, office: dict[str, int]) -> None:
    given = held(office, "x@gmail.com")
    put(database, given)
    with database.write() as c:
        c.execute(update(recipient_table).values(state=RecipientState.DESTROYED.value, held_for=None, due_at=None))
    with pytest.raises(NotInQueue):
        give(database, AN, given.code)
    with pytest.raises(NotInQueue), database.write() as c:
        acts.release(c, ROOT, Selection(codes=(given.code,)), reason="x")
    lapse(database, NOW + HOUR)
    assert recipients(database)["x@gmail.com"].state == "destroyed"
    assert letters(database, "word-lapsed") == []


def test_a_message_waits_on_for_its_files_and_its_moderator(database: Database, office: dict[str, int]) -> None:
    unread = held(office, "x@gmail.com", inspecting=Inspecting(until=NOW + HOUR, what=("ocr",)))
    with database.write() as c:
        number = service.add_group(c, ROOT, "nhom@tinh.gov.vn", "Nhóm", agency="snv", moderated=True)
    asked = Moderating(group_id=number, group="nhom@tinh.gov.vn", until=NOW + HOUR, tell=(BINH,))
    moderated = held(office, "y@gmail.com", groups=(number,), moderating=(asked,))
    put(database, unread, moderated)
    assert "subject" not in letters(database, "policy-asked")[0][1]  # what is unread may prove to be a secret
    with database.read() as c:
        assert {one.code: one.subject for one in list_waiting(c, ROOT)} == {unread.code: "", moderated.code: "Công văn"}
    give(database, AN, unread.code)
    give(database, AN, moderated.code)
    assert [facts["subject"] for _, facts in letters(database, "word-taken")] == ["", "Công văn"]
    rows = recipients(database)
    assert (rows["x@gmail.com"].state, rows["x@gmail.com"].held_for) == ("held", "inspection")
    row = rows["y@gmail.com"]
    assert (row.state, row.held_for, row.held_about) == ("held", "moderation", str(number))
    with database.read() as c:
        assert c.execute(select(func.count()).select_from(PendingInspection)).scalar_one() == 1


def test_a_flood_of_held_mail_is_none_of_letters(database: Database, office: dict[str, int]) -> None:
    for number in range(MOST_TOLD + 5):
        put(database, held(office, f"x{number}@gmail.com", owner=DESK))
    assert len(letters(database, "policy-asked")) == len(letters(database, "policy-waits")) == MOST_TOLD
    with database.read() as c:
        assert len(waiting_for(c, [office[DESK]])) == MOST_TOLD + 5


def test_names_full_of_control_characters_change_nothing(database: Database, office: dict[str, int]) -> None:
    given = held(office, "x@gmail.com", subject="\x00\x1b[31m\u202e\ud800\r\nBcc: a@b")
    put(database, given)
    assert give(database, AN, given.code, reason="a\x00\x1b[0m\u202eb") == ("x@gmail.com",)
    assert len(letters(database, "word-taken")) == 1


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=VIETNAM).timestamp() * 1000)


@pytest.mark.parametrize(
    ("at", "hours", "until"),
    [
        ("2026-11-23T09:00", 24, "2026-11-24T09:00"),  # Monday
        ("2026-11-27T16:30", 24, "2026-11-30T16:30"),  # Friday
        ("2026-11-28T10:00", 24, "2026-12-01T00:00"),  # Saturday: its hours begin on Monday
        ("2026-11-27T00:00", 24, "2026-11-28T00:00"),  # the end of Friday, and not of Sunday
        ("2026-11-29T23:59", 1, "2026-11-30T01:00"),
        ("2026-11-27T23:30", 1, "2026-11-30T00:30"),
        ("2026-11-23T09:00", 120, "2026-11-30T09:00"),
        ("2026-11-23T00:00", 24, "2026-11-24T00:00"),
    ],
)
@pytest.mark.unit
def test_saturdays_and_sundays_do_not_count(at: str, hours: int, until: str) -> None:
    assert local_time(deadline(moment(at), hours)).isoformat()[:16] == until
