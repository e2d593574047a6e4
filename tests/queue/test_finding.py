"""Finding mail: by each thing that people know of it, page by page, and never more than one may see."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from mailhub.accounts import service
from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Actor, Held, Role
from mailhub.accounts.tree import find_agency
from mailhub.clock import DAY, now_ms
from mailhub.files.facts import FileFacts
from mailhub.ids import new_id
from mailhub.queue import finding
from mailhub.queue.finding import FoundPage, find_mail
from mailhub.queue.models import EventKind, RecipientState
from mailhub.queue.records import NewEvent, NewMessage, NewRecipient
from mailhub.queue.service import append_events
from mailhub.queue.sought import MailState, Sought
from mailhub.registry import service as registry
from mailhub.store.database import Database
from mailhub.text.lines import Source
from tests.queue.parts import message, outcome, put, settle, take
from tests.registry.parts import DECISION, recognition, sighting
from tests.support.accounts import ROOT, make_account, make_province

SOON = 9_000_000_000_000


def find(database: Database, actor: Actor = ROOT, after: str = "", limit: int = 50, **sought: object) -> FoundPage:
    with database.write() as c:
        return find_mail(c, actor, Sought(**sought), after=after, limit=limit)  # type: ignore[arg-type]


def codes(page: FoundPage) -> list[str]:
    return [row.code for row in page.rows]


@pytest.fixture
def mails(database: Database) -> dict[str, NewMessage]:
    """Five mails, one of them long ago; `quarter` brought a document, `lost` could not be delivered."""
    old = new_id() - ((40 * DAY) << 22)
    found = {
        "old": message("b@so.vn", id=old, subject="Báo cáo tháng 9"),
        "quarter": message("b@so.vn", "c@so.vn", subject="Báo cáo quý III"),
        "lost": message("x@gmail.com", sender="binh@tinh.gov.vn", subject="Mời họp"),
        "group": message(NewRecipient(address="m1@so.vn", destination="mx:so.vn", original="rfc822;nhom@tinh.gov.vn")),
        "waits": message("c@so.vn", sender="Lan@so.vn", subject="=HYPERLINK(1)", message_id="<w@may.vn>"),
    }
    put(database, *found.values())
    for claimed in take(database, now=SOON):
        lost = claimed.address == "x@gmail.com"
        state = RecipientState.BOUNCED if lost else RecipientState.DELIVERED
        if claimed.message.code != found["waits"].code:
            settle(database, outcome(claimed, state, event=EventKind.BOUNCED if lost else EventKind.RELAYED))
    with database.write() as c:
        facts = FileFacts("bc.pdf", "pdf", 9, pages=1, source=Source.TEXT,
                          recognition=recognition({**DECISION, "number_symbol": "156/QĐ-UBND"}))  # fmt: skip
        mail = found["quarter"]
        registry.keep(c, [sighting("bc", facts, message_id=mail.id, code=mail.code, names=("bc.pdf",))])
    return found


BY_WHAT: list[tuple[dict[str, object], list[str]]] = [
    ({}, ["waits", "group", "lost", "quarter", "old"]),
    ({"sender": "binh@tinh.gov.vn"}, ["lost"]),
    ({"sender": "Lan@SO.vn"}, ["waits"]),
    ({"sender": "lan@so.vn"}, ["waits"]),  # known in another letter case only
    ({"someone": "w@may.vn"}, ["waits"]),  # its Message-ID, without brackets
    ({"sender": "so.vn"}, ["waits"]),
    ({"to": "b@so.vn"}, ["quarter", "old"]),
    ({"to": "gmail.com"}, ["lost"]),
    ({"to": "nhom@tinh.gov.vn"}, ["group"]),
    ({"someone": "binh@tinh.gov.vn"}, ["lost"]),
    ({"someone": "c@so.vn"}, ["waits", "quarter"]),
    ({"number": "156/QĐ-UBND"}, ["quarter"]),
    ({"number": "156/qd-ubnd"}, ["quarter"]),
    ({"number": "9/QĐ-UBND"}, []),
    ({"doc_type": "QĐ"}, ["quarter"]),
    ({"ident": "<w@may.vn>"}, ["waits"]),
    ({"words": ("bao", "cao")}, ["quarter", "old"]),
    ({"words": ("bao", "quy")}, ["quarter"]),
    ({"state": MailState.FAILED}, ["lost"]),
    ({"state": MailState.WAITING}, ["waits"]),
    ({"state": MailState.DELIVERED, "to": "c@so.vn"}, ["quarter"]),
    ({"state": MailState.HELD}, []),
    ({"until": now_ms() - 20 * DAY}, ["old"]),
    ({"since": now_ms() - 20 * DAY, "to": "b@so.vn"}, ["quarter"]),
    ({"sender": "%"}, []),
]


def test_by_what_people_know(database: Database, mails: dict[str, NewMessage]) -> None:
    for sought, names in BY_WHAT:
        assert codes(find(database, ROOT, "", 50, **sought)) == [mails[name].code for name in names], sought


def test_a_row_says_how_it_stands(database: Database, mails: dict[str, NewMessage]) -> None:
    [row] = find(database, ident=mails["quarter"].code).rows
    assert (row.sender, row.subject, row.number) == ("a@tinh.gov.vn", "Báo cáo quý III", 2)
    assert (row.first, row.states) == ("b@so.vn", {RecipientState.DELIVERED: 2})


def test_pages_follow_one_another_without_gap_or_repeat(database: Database, mails: dict[str, NewMessage]) -> None:
    seen, after = [], ""
    for _ in range(9):
        page = find(database, after=after, limit=2)
        seen += codes(page)
        after = page.next
        if not after:
            break
    assert seen == codes(find(database))
    assert len(seen) == 5


def test_what_is_looked_through_says_how_far(
    database: Database, mails: dict[str, NewMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST_SCANNED", 2)
    first = find(database, words=("bao", "cao"))
    assert (codes(first), first.back_to is not None) == ([], True)
    second = find(database, words=("bao", "cao"), after=first.next)
    assert codes(second) == [mails["quarter"].code, mails["old"].code]
    assert (second.next, second.back_to) == ("", None)


def test_what_the_door_refused_is_found_by_recipient_and_code(database: Database, mails: dict[str, NewMessage]) -> None:
    refused = NewEvent(at=now_ms(), message_id=None, code="7K4-QW2-M9", recipient="b@so.vn", kind=EventKind.REFUSED,
                       facts={"sender": "spam@x.vn", "reply": "550 5.7.1 no"})  # fmt: skip
    with database.write() as c:
        append_events(c, [refused])
    assert codes(find(database, to="b@so.vn"))[0] == "7K4-QW2-M9"
    [row] = find(database, ident="7K4-QW2-M9").rows
    assert (row.refused, row.sender, row.first) == (True, "spam@x.vn", "b@so.vn")
    assert "7K4-QW2-M9" not in codes(find(database, to="b@so.vn", state=MailState.DELIVERED))


def test_every_look_is_written_down_and_officials_have_none(database: Database, mails: dict[str, NewMessage]) -> None:
    make_province(database)
    number = make_account(database, "an@tinh.gov.vn", agency="snv", password=None)
    official = Actor(name="an@tinh.gov.vn", role=Role.OFFICIAL, account_id=number)
    find(database, sender="binh@tinh.gov.vn")
    with pytest.raises(NotAllowed):
        find(database, official, sender="binh@tinh.gov.vn")
    with pytest.raises(NotAllowed):
        find(database, replace(official, role=Role.AGENCY_ADMIN, agency_id=1))
    with database.read() as c:
        rows = c.execute(select(AuditRow.object).where(AuditRow.action == "trace.read")).scalars().all()
        assert rows == ["sender:binh@tinh.gov.vn"]
        assert c.scalar(select(func.count()).select_from(AuditRow).where(AuditRow.object_kind == "mail")) == 1


def test_a_blocks_mail_is_not_found_by_administrators_outside(database: Database) -> None:
    make_province(database)
    with database.write() as c:
        service.add_agency(c, ROOT, "tu", "Tỉnh ủy", block=True)
        service.create_account(c, ROOT, "bi@tinh.gov.vn", "Bí Thư", agency="tu")
        service.create_account(c, ROOT, "an@tinh.gov.vn", "Nguyễn Văn An", agency="snv")
        root = find_agency(c, "tinh")
    both = message("bi@tinh.gov.vn", "an@tinh.gov.vn", subject="Chung")
    put(database, message("bi@tinh.gov.vn", subject="Riêng"), both)
    admin = Actor(name="qt@tinh.gov.vn", role=Role.SYSTEM_ADMIN, agency_id=root, also=(Held(Role.OFFICIAL),))
    [row] = find(database, admin).rows
    assert (row.code, row.first, row.number) == (both.code, "an@tinh.gov.vn", 1)
    assert find(database, admin, to="bi@tinh.gov.vn").rows == []
    assert len(find(database).rows) == 2
