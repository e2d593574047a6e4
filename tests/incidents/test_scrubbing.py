"""A stored secret leaves nothing in the database, its log, or the spool."""

from __future__ import annotations

import json
import random

import pytest
from sqlalchemy import select, update

from mailhub.incidents import scrubbing, service
from mailhub.queue import service as queue
from mailhub.queue.fates import destroy
from mailhub.queue.models import EventKind, RecipientState
from mailhub.queue.records import Inspecting, NewEvent, NewMessage, NewRecipient
from mailhub.queue.tables import event_table, message_table, recipient_table
from mailhub.registry import service as registry
from mailhub.registry.tables import attachment_table, document_table, file_table
from tests.incidents.conftest import AN, BINH, NOW, House
from tests.queue.parts import message
from tests.registry.parts import DECISION, facts, sighting
from tests.support.searching import forms_of, found_under

pytestmark = pytest.mark.unit

SUBJECT = "Phương án đóng quân cửa khẩu Kim Thành"
NAME = "phuong-an-dong-quan-kim-thanh.pdf"
NUMBER = "0815/PAĐQ-KIMTHANH"
WORDS = (SUBJECT, NAME, "Chốt gác Bản Vược", NUMBER)
SCAN = {"doc_type": "PA", "secrecy": "MẬT", "subject": SUBJECT}


def body_of(house: House, size: int = 500) -> bytes:
    del house
    return f"Subject: {SUBJECT}\r\n\r\nChốt gác Bản Vược\r\n".encode() + b"." * size


def stored(house: House, *, size: int = 500, subject: str = SUBJECT) -> NewMessage:
    """A message that waits for its scan to be read, with the files that came with it."""
    body = house.spool.stage()
    body.write(body_of(house, size))
    given = message(
        NewRecipient(address=BINH, destination="local"),
        body=body,
        account_id=house.an,
        sender=AN,
        subject=subject,
        received_at=NOW,
        cuts=(),
        inspecting=Inspecting(until=NOW + 60_000, what=(f"{NAME}: scanned pages",)),
        local_prefix=b"X-Mailhub-Document: phuong-an 0815/PADQ-KIMTHANH\r\n",
    )
    beside = facts({**DECISION, "number_symbol": NUMBER, "subject": "Kèm theo: Chốt gác Bản Vược"})
    seen = [
        sighting(
            "the scan", facts(None, needs_ocr=True), message_id=given.id, code=given.code, names=(NAME,), path="2"
        ),
        sighting(
            "the letter", beside, message_id=given.id, code=given.code, names=("Chốt gác Bản Vược.docx",), path="3"
        ),
    ]
    with house.database.write() as connection:
        queue.enqueue(connection, [given], house.spool.commit([body]))
        registry.keep(connection, seen)
        line = {"documents": [{"subject": SUBJECT}], "files": [{"names": [NAME]}], "malware": "clean"}
        said = NewEvent(
            at=NOW, message_id=given.id, code=given.code, recipient=None, kind=EventKind.INSPECTED, facts=line
        )
        queue.append_events(connection, [said])
    return given


def found_out(house: House, given: NewMessage) -> str:
    """As the late inspection does it."""
    secret = house.secret(
        code=given.code, message_number=given.id, found_in=frozenset({"scan"}), file_hashes=(b"s" * 32,),
        subject=SUBJECT, body=None, message_id=given.message_id, data=body_of(house),
    )  # fmt: skip
    prepared = service.prepare_late(house.settings, secret)
    with house.database.write() as connection:
        registry.keep(
            connection,
            [sighting("the scan", facts(SCAN), message_id=given.id, code=given.code, names=(NAME,), path="2")],
        )
        destroy(connection, given.id, now=NOW)
        code = service.enter_late(connection, house.settings, prepared, message_id=given.id)
    service.after_late(house.database, house.spool, house.settings, given.id)
    return code


def everything(house: House) -> list[str]:
    return [line for words in WORDS for line in found_under(house.directory, forms_of(words))]


def test_the_words_are_there_before_so_that_the_search_can_fail(sqlite_house: House) -> None:
    stored(sqlite_house)
    seen = everything(sqlite_house)
    assert any("mailhub.db" in line for line in seen)
    assert any("spool" in line for line in seen)


@pytest.mark.parametrize("size", [500, 40_000])
def test_nothing_is_left_anywhere(sqlite_house: House, size: int) -> None:
    given = stored(sqlite_house, size=size)
    found_out(sqlite_house, given)
    assert everything(sqlite_house) == []


def test_nothing_is_left_after_pages_were_moved_about(sqlite_house: House) -> None:
    """Rows that grow, go and come between the acceptance and the scan's reading move its cells from page to page."""
    chance = random.Random(5)
    given = stored(sqlite_house)
    others = [stored(sqlite_house, subject=f"Thư {n} " + "x" * chance.randrange(600)) for n in range(40)]
    for step in range(120):
        with sqlite_house.database.write() as connection:
            one = chance.choice(others)
            change = update(message_table).where(message_table.c.id == one.id)
            connection.execute(change.values(subject="y" * chance.randrange(900), prefix=b"p" * chance.randrange(2000)))
            if step % 3 == 0:
                here = update(message_table).where(message_table.c.id == given.id)
                connection.execute(here.values(prefix=b"q" * chance.randrange(3000)))
        if step % 20 == 0:
            sqlite_house.database.checkpoint()
    for other in others:
        found_out(sqlite_house, other)
    found_out(sqlite_house, given)
    assert everything(sqlite_house) == []


def test_what_is_kept_is_when_who_and_how_large(house: House) -> None:
    given = stored(house)
    code = found_out(house, given)
    assert code == given.code
    with house.database.read() as connection:
        row = connection.execute(select(message_table)).one()
        assert (row.subject, row.local_prefix, row.sender) == ("", b"", AN)
        (one,) = connection.execute(select(recipient_table)).all()
        assert one.state == RecipientState.DESTROYED
        assert {r.names for r in connection.execute(select(attachment_table))} == {"[]"}
        (document,) = connection.execute(select(document_table)).all()  # the letter beside it is no document any more
        assert (document.secrecy, document.subject, document.number_symbol) == ("MẬT", "", "")
        assert len(connection.execute(select(file_table)).all()) == 1
        said = " ".join(connection.scalars(select(event_table.c.facts)))
    assert not any(
        words in json.dumps(json.loads(f"[{said.replace('} {', '},{')}]"), ensure_ascii=False) for words in WORDS
    )


def test_what_others_sent_as_well_stays_theirs(house: House) -> None:
    given = stored(house)
    beside = facts({**DECISION, "number_symbol": NUMBER})
    with house.database.write() as connection:
        registry.keep(connection, [sighting("the letter", beside, names=("van-ban.docx",))])
    found_out(house, given)
    with house.database.read() as connection:
        numbers = set(connection.scalars(select(document_table.c.number_symbol)))
    assert NUMBER in numbers


def test_a_neighbour_in_the_same_segment_is_not_touched(house: House) -> None:
    bodies = [house.spool.stage() for _ in range(3)]
    for number, body in enumerate(bodies):
        body.write(f"body {number} ".encode() * 50)
    places = house.spool.commit(bodies)
    house.spool.wipe(places[1])
    assert b"".join(house.spool.read(places[0])) == b"body 0 " * 50
    assert b"".join(house.spool.read(places[2])) == b"body 2 " * 50
    assert set(b"".join(house.spool.read(places[1]))) == {0}
    more = house.spool.stage()
    more.write(b"later")
    (place,) = house.spool.commit([more])
    assert b"".join(house.spool.read(place)) == b"later"


def test_a_large_body_is_overwritten_before_its_file_goes(house: House) -> None:
    body = house.spool.stage()
    body.write(b"secret " * 10_000)
    (place,) = house.spool.commit([body])
    path = house.spool.directory / place.file
    with path.open("rb") as still_open:
        house.spool.wipe(place)
        assert set(still_open.read()) == {0}
    assert not path.exists()
    house.spool.wipe(place)  # once more does no harm


def test_what_spilled_at_the_door_is_overwritten(house: House) -> None:
    body = house.spool.stage()
    body.write(b"secret " * 10_000)
    assert body.path is not None
    with body.path.open("rb") as still_open:
        body.destroy()
        assert set(still_open.read()) == {0}
    assert list(house.spool.incoming.iterdir()) == []


def test_the_log_is_emptied_once_readers_let_go(sqlite_house: House) -> None:
    database = sqlite_house.database
    with database.read() as connection:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("SELECT count(*) FROM message").all()
        stored(sqlite_house)
        assert database.truncate_log() is False
        connection.exec_driver_sql("ROLLBACK")
    assert scrubbing.empty_log(database)
    log = sqlite_house.directory / "data" / "mailhub.db-wal"
    assert log.stat().st_size == 0


async def test_octets_that_were_left_by_a_crash_go_later(house: House) -> None:
    from mailhub.incidents.sweeping import Sweeper

    given = stored(house)
    secret = house.secret(code=given.code, found_in=frozenset({"scan"}), file_hashes=(b"s" * 32,), account_id=None)
    with house.database.write() as connection:
        destroy(connection, given.id, now=NOW)
        service.enter_late(
            connection, house.settings, service.prepare_late(house.settings, secret), message_id=given.id
        )
    sweeper = Sweeper(lambda: house.settings, house.database, house.spool, None)
    assert await sweeper.look(at=NOW) == 1
    assert await sweeper.look(at=NOW) == 0
    assert found_under(house.settings.spool_directory, forms_of(SUBJECT)) == []


def test_what_a_person_let_go_before_it_was_read_is_looked_for_where_it_went(house: House) -> None:
    given = stored(house)
    with house.database.write() as connection:
        moved = update(recipient_table).where(recipient_table.c.message_id == given.id)
        connection.execute(moved.values(state=RecipientState.DELIVERED.value, held_for=None))
    found_out(house, given)
    assert {row.mailbox_id for row in house.copies()} == {house.an, house.binh, None}
