"""A secret that was none: two people say so, and then the same passes; nothing else does."""

from __future__ import annotations

from typing import Any

import pytest

from mailhub.accounts.control import proposals
from mailhub.accounts.control.errors import NeedsSecondPerson, SamePerson
from mailhub.accounts.errors import WrongState
from mailhub.accounts.rights import console
from mailhub.clock import DAY
from mailhub.incidents import acts, reading, service
from mailhub.incidents.mistaken import is_mistaken
from mailhub.incidents.secret_mail import SecretMail
from mailhub.mail.body_text import BodyText
from mailhub.store.sealing import open_sealer
from tests.accounts.matrix.world import SECOND
from tests.incidents.conftest import BINH, NOW, House

pytestmark = pytest.mark.unit
ROOT = console("test")
FILE = {"found_in": frozenset({"file"}), "file_hashes": (b"h" * 32,)}
OTHER = BodyText(lines=("Kính gửi anh", "Em gửi lại tài liệu"))


def refuse(house: House, **changes: Any) -> str:
    return service.refuse_at_door(house.database, house.settings, house.secret(**changes))


def passes(house: House, **changes: Any) -> bool:
    secret: SecretMail = house.secret(**changes)
    with house.database.read() as connection:
        return is_mistaken(
            connection, open_sealer(house.settings.keys_directory), found_in=secret.found_in,
            subject=secret.subject, body=secret.body, file_hashes=secret.file_hashes,
        )  # fmt: skip


def say_mistaken(house: House, number: str = "2026-0001") -> None:
    with house.database.write() as connection:
        code = acts.propose_mistaken(connection, ROOT, number, reason="máy đọc nhầm")
        proposals.decide(connection, SECOND, code, agree=True)
        acts.close_mistaken(connection, ROOT, number, code, reason="máy đọc nhầm")


def test_nobody_says_it_alone(house: House) -> None:
    refuse(house)
    with house.database.write() as connection:
        code = acts.propose_mistaken(connection, ROOT, "2026-0001", reason="máy đọc nhầm")
        with pytest.raises(SamePerson):
            proposals.decide(connection, ROOT, code, agree=True)
        with pytest.raises(NeedsSecondPerson):
            acts.close_mistaken(connection, ROOT, "2026-0001", code, reason="máy đọc nhầm")
    assert house.incidents()[0].state == "open"
    assert not passes(house)


def test_an_agreement_about_another_incident_does_not_do(house: House) -> None:
    refuse(house)
    refuse(house, body=BodyText(lines=("MẬT", "Một việc khác hẳn")))
    with house.database.write() as connection:
        code = acts.propose_mistaken(connection, ROOT, "2026-0001", reason="x")
        proposals.decide(connection, SECOND, code, agree=True)
        with pytest.raises(NeedsSecondPerson):
            acts.close_mistaken(connection, ROOT, "2026-0002", code, reason="x")


def test_it_is_closed_without_a_report_and_its_copies_are_looked_for_no_more(house: House) -> None:
    refuse(house)
    say_mistaken(house)
    (row,) = house.incidents()
    assert (row.state, row.mistaken, row.closed_reason, row.report) == ("closed", True, "máy đọc nhầm", "")
    assert all(copy.due_at is None and copy.message_id == "" for copy in house.copies())
    with house.database.write() as connection, pytest.raises(WrongState):
        acts.propose_mistaken(connection, ROOT, "2026-0001", reason="lần nữa")


def test_the_same_file_passes_whoever_sends_it_with_whatever_words(house: House) -> None:
    refuse(house, **FILE)
    assert not passes(house, **FILE)
    say_mistaken(house)
    assert passes(house, **FILE)
    assert passes(house, **FILE, account_id=house.binh, sender=BINH, subject="Gửi lại", body=OTHER)


def test_beside_another_marked_file_or_a_marked_text_it_does_not(house: House) -> None:
    refuse(house, **FILE)
    say_mistaken(house)
    two = {"found_in": frozenset({"file"}), "file_hashes": (b"h" * 32, b"i" * 32)}
    marked = {"found_in": frozenset({"file", "body"}), "file_hashes": (b"h" * 32,)}
    assert not passes(house, **two)
    assert not passes(house, **marked)
    refuse(house, **two)
    first = refuse(house, **marked)
    assert refuse(house, **marked) == first
    assert [row.number for row in house.incidents()] == ["2026-0001", "2026-0002", "2026-0003"]


def test_a_text_passes_as_it_was_and_in_no_other_words(house: House) -> None:
    refuse(house)
    say_mistaken(house)
    assert passes(house)
    assert not passes(house, body=BodyText(lines=("MẬT", "Phương án bảo vệ mục tiêu trọng điểm năm 2028")))
    assert not passes(house, found_in=frozenset({"subject", "body"}), subject="[TUYỆT MẬT] Phương án")


def test_an_incident_is_found_by_the_code_however_it_is_typed(house: House) -> None:
    code = refuse(house)
    with house.database.read() as connection:
        assert reading.show(connection, ROOT, code.lower().replace("-", "")).number == "2026-0001"


def test_a_mailbox_that_is_searched_for_two_messages_is_one_line(house: House) -> None:
    code = refuse(house)
    refuse(house, message_id="<2@client.test>", at=NOW + DAY)
    with house.database.read() as connection:
        places = reading.show(connection, ROOT, code).places
    assert len(house.copies()) == 2
    assert len(places) == 1
