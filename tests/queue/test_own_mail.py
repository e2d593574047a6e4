"""An official's own mail: all that one sent or got, as far as it is one's own to know, and nothing else."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

from mailhub.accounts import service
from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Actor, Role
from mailhub.queue import acts
from mailhub.queue.acts import Selection
from mailhub.queue.models import Door, EventKind, RecipientState
from mailhub.queue.own_mail import NoSuchMail, list_own, show_own
from mailhub.queue.records import NewRecipient
from mailhub.queue.service import recipient_table
from mailhub.queue.sought import Sought
from mailhub.store.database import Database
from tests.queue.parts import message, outcome, put, settle, take
from tests.support.accounts import ROOT, make_account, make_province

AN, BINH, DESK = "an@tinh.gov.vn", "binh@tinh.gov.vn", "vanthu.snv@tinh.gov.vn"
SOON = 9_000_000_000_000


@pytest.fixture
def people(database: Database) -> dict[str, Actor]:
    make_province(database)
    found = {}
    for address in (AN, BINH):
        number = make_account(database, address, agency="snv", password=None)
        found[address] = Actor(name=address, role=Role.OFFICIAL, account_id=number)
    with database.write() as c:
        service.add_role_mailbox(c, ROOT, DESK, "Văn thư", agency="snv")
        service.hold_role(c, ROOT, DESK, AN)
    return found


def listed(database: Database, actor: Actor, *, sent: bool = True, **sought: object) -> list[str]:
    with database.read() as c:
        return [row.subject for row in list_own(c, actor, Sought(**sought), sent=sent).rows]  # type: ignore[arg-type]


def test_one_sees_what_one_sent_also_from_a_desk_and_nothing_of_others(
    database: Database, people: dict[str, Actor]
) -> None:
    an, binh = people[AN], people[BINH]
    mine = message("x@so.vn", sender=AN, account_id=an.account_id, subject="Của An")
    desk = message("y@so.vn", sender=DESK, account_id=an.account_id, subject="Từ văn thư")
    other = message("x@so.vn", sender=DESK, account_id=binh.account_id, subject="Bình gửi từ văn thư")
    forged = message(BINH, sender=AN, account_id=None, door=Door.MX, subject="Giả mạo")
    put(database, mine, desk, other, forged)
    assert listed(database, an) == ["Từ văn thư", "Của An"]
    assert listed(database, an, to="y@so.vn") == ["Từ văn thư"]
    assert listed(database, an, words=("cua",)) == ["Của An"]
    with database.read() as c:
        for code in (other.code, forged.code, "7K4-QW2-M9", "x"):
            with pytest.raises(NoSuchMail):
                show_own(c, an, code)
        assert show_own(c, an, mine.code.lower().replace("-", "")).sent
        with pytest.raises(NotAllowed):
            show_own(c, ROOT, mine.code)
        looked = select(func.count()).select_from(AuditRow).where(AuditRow.action == "trace.read")
        assert c.scalar(looked) == 0


def test_a_groups_members_and_an_administrators_reasons_are_not_told(
    database: Database, people: dict[str, Actor]
) -> None:
    an = people[AN]
    group = [
        NewRecipient(address=f"m{n}@so.vn", destination="mx:so.vn", original="rfc822;nhom@tinh.gov.vn") for n in (1, 2)
    ]
    shadow = {"version": 1, "rules": [{"rule": "im-lang", "stage": "shadow", "recipients": 1}]}
    mail = message(*group, "x@so.vn", sender=AN, account_id=an.account_id, judged=shadow)
    put(database, mail)
    with database.write() as c:
        acts.hold(c, ROOT, Selection(to="x@so.vn"), reason="nghi lộ mật khẩu")
    for claimed in take(database):
        if claimed.address == "m1@so.vn":
            settle(database, outcome(claimed, RecipientState.BOUNCED, event=EventKind.BOUNCED))
    with database.read() as c:
        told = show_own(c, an, mail.code)
    assert [one.address for one in told.head.recipients] == ["nhom@tinh.gov.vn", "nhom@tinh.gov.vn", "x@so.vn"]
    said = repr(told)
    assert "m1@so.vn" not in repr(told.lines)
    assert "nghi lộ" not in said
    assert "im-lang" not in said  # a rule that only records speaks to nobody yet
    assert [line.kind for line in told.lines if line.recipient == "nhom@tinh.gov.vn"] == [EventKind.BOUNCED]


def test_of_what_came_one_sees_ones_own_delivery_alone(database: Database, people: dict[str, Actor]) -> None:
    an, binh = people[AN], people[BINH]
    came = message(AN, "kin@so.vn", sender="ai@ngoai.vn", account_id=None, subject="Từ ngoài")
    kept = message(AN, sender=BINH, account_id=binh.account_id, subject="Còn chờ")
    put(database, came, kept)
    with database.write() as c:
        acts.hold(c, ROOT, Selection(codes=(kept.code,)), reason="x")
    for claimed in take(database):
        settle(database, outcome(claimed, event=EventKind.DELIVERED))
    assert listed(database, an, sent=False) == ["Từ ngoài"]
    assert listed(database, an, sent=False, sender="ngoai.vn") == ["Từ ngoài"]
    assert listed(database, binh, sent=False) == []
    with database.read() as c:
        told = show_own(c, an, came.code)
        assert (told.sent, [one.address for one in told.head.recipients]) == (False, [AN])
        assert "kin@so.vn" not in repr(told)
        assert "recipients" not in told.lines[0].facts
        with pytest.raises(NoSuchMail):
            show_own(c, an, kept.code)


def test_a_secret_is_nobodys_to_look_at(database: Database, people: dict[str, Actor]) -> None:
    mail = message(AN, sender="ai@ngoai.vn", account_id=None)
    put(database, mail)
    with database.write() as c:
        c.execute(update(recipient_table).values(state=RecipientState.DESTROYED.value))
    assert listed(database, people[AN], sent=False) == []
