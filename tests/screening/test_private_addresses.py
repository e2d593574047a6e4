"""Whose private address it is: known at once, without reading everybody's after each act."""

from __future__ import annotations

from sqlalchemy import event

from mailhub.accounts import service
from mailhub.accounts.people.person import NewPerson
from mailhub.screening.outside.private_addresses import PATIENCE, PrivateAddresses
from mailhub.store.database import Database
from tests.support.accounts import ROOT


def enter(database: Database, local: str, private: str) -> None:
    with database.write() as c:
        person = NewPerson(recovery_address=private, consent=True)
        service.create_account(c, ROOT, f"{local}@tinh.gov.vn", "Nguyễn Văn An", agency="snv", person=person)


def test_acts_in_a_row_do_not_make_everybody_be_read_anew(province: Database) -> None:
    enter(province, "a", "mot@gmail.com")
    now = [0.0]
    private = PrivateAddresses(province, tick=lambda: now[0])
    assert private.person_of("M.O.T@gmail.com", 1) is not None
    asked: list[str] = []
    event.listen(province._reader, "before_cursor_execute", lambda *a: asked.append(a[2]))
    enter(province, "b", "hai@gmail.com")
    assert private.person_of("mot@gmail.com", 2) is not None
    assert asked == []
    assert private.person_of("Hai@gmail.com", 3) is not None  # one row is looked for, as it is spelled
    assert len(asked) == 1
    assert private.person_of("h.ai@gmail.com", 3) is None
    now[0] += PATIENCE
    assert private.person_of("h.ai@gmail.com", 3) is not None
    asked.clear()
    assert private.person_of("ai@gmail.com", 3) is None
    assert asked == []  # nothing has changed since


def test_odd_addresses_are_nobodys(province: Database) -> None:
    private = PrivateAddresses(province)
    private.person_of("x@gmail.com", 1)
    for address in ("", "\0@x.vn", "\udcff@x.vn", "@", "x" * 5000):
        assert private.person_of(address, 2) is None
