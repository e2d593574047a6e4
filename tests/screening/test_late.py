"""Judged after 250: by what the door knew, about those whom no person has decided for, and never passed by a fault."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import update

from mailhub.accounts.rights import console
from mailhub.clock import now_ms
from mailhub.incidents.models import IncidentFingerprint
from mailhub.intake.inspection import Inspection
from mailhub.intake.ruling import LateRuling
from mailhub.mail.structure import read_structure
from mailhub.policy.facts import Origin, Proof
from mailhub.policy.rules.rule import Action, Rule, Stage
from mailhub.policy.rules.rule import Test as Condition
from mailhub.queue import acts
from mailhub.queue import service as queue
from mailhub.queue.acts import Selection
from mailhub.queue.models import RecipientState
from mailhub.queue.records import Inspecting, NewRecipient, StoredMessage
from mailhub.screening.case import Case
from mailhub.screening.late import LateScreening, to_be_judged
from mailhub.screening.screen import Screen
from mailhub.store.spool import Spool
from tests.queue.parts import MINUTE, message
from tests.screening.gathered import AN, Office
from tests.screening.judged_mail import rule
from tests.screening.test_carrying_out import SETTINGS, Book, letters

ONE, TWO = "mot@gmail.com", "hai@gmail.com"
PRIVATE = Condition("recipient.class", "is", ("private-mail",))
SECRET = rule("bi-mat", Stage.BLOCK, Condition("message.secrecy", "not", ("",)), action=Action.SECRET)
PLAIN = b"From: annv@tinh.gov.vn\r\nSubject: Thu\r\n\r\nXin chao.\r\n"
MARKED = "From: annv@tinh.gov.vn\r\nSubject: Thu\r\n\r\nMẬT\r\n\r\nKế hoạch.\r\n".encode()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    made = Spool(tmp_path / "spool", "smtp-0")
    made.prepare()
    return made


def put(office: Office, spool: Spool, content: bytes = PLAIN, *, origin: Origin = Origin.OWN) -> StoredMessage:
    """A message from An to two people at gmail.com that waits to be read, as the door left it."""
    body = spool.stage()
    body.write(content)
    people = tuple(NewRecipient(address=one, destination="mx:gmail.com") for one in (ONE, TWO))
    account = office.directory.account_named(AN)
    held = Inspecting(until=now_ms() + MINUTE, what=("quet.pdf: scanned pages",))
    made = message(*people, body=body, inspecting=held, sender=AN, account_id=account.id if account else None)
    case = Case(origin=origin, proof=Proof.LOGIN, sender=AN, account=account, recipients=people)
    with office.database.write() as connection:
        queue.enqueue(connection, [to_be_judged(made, case, ())], spool.commit([body]))
    with office.database.read() as connection:
        stored = queue.load_message(connection, made.id)
    assert stored is not None
    return stored


def judge(office: Office, spool: Spool, stored: StoredMessage, *rules: Rule) -> LateRuling:
    settings = SETTINGS.model_copy(update={"directory": office.folder})
    settings.keys_directory.mkdir(exist_ok=True)
    screen = Screen(lambda: settings, office.database, office.directory, Book(*rules))  # type: ignore[arg-type]
    late = LateScreening(lambda: settings, office.database, office.directory, spool, screen)
    return asyncio.run(late.judge(stored, Inspection(read_structure(PLAIN))))


def test_only_those_who_still_wait_have_a_fate_and_are_named_in_the_notice(office: Office, spool: Spool) -> None:
    stored = put(office, spool)
    with office.database.write() as connection:
        acts.drop(connection, console("test"), Selection(to=ONE), reason="đã xem")
    found = judge(office, spool, stored, rule("chan", Stage.BLOCK, PRIVATE))
    assert {address: fate.state for address, fate in found.ruling.fates.items()} == {TWO: RecipientState.REFUSED}
    with office.database.write() as connection:
        for write in found.also:
            write(connection)
    ((_, _, facts),) = letters(office.database, type("Nothing", (), {"letters": ()})())
    assert [group["addresses"] for group in facts["groups"]] == [[TWO]]


def test_what_the_door_knew_is_known_again(office: Office, spool: Spool) -> None:
    trusted = Condition("message.origin", "is", (Origin.TRUSTED,))
    stored = put(office, spool, origin=Origin.TRUSTED)
    assert set(judge(office, spool, stored, rule("giu", Stage.HOLD, trusted)).ruling.fates) == {ONE, TWO}
    other = put(office, spool)
    assert not judge(office, spool, other, rule("giu", Stage.HOLD, trusted)).ruling.fates


def test_a_secret_is_destroyed_though_a_person_holds_it(office: Office, spool: Spool) -> None:
    stored = put(office, spool, MARKED)
    with office.database.write() as connection:
        acts.hold(connection, console("test"), Selection(to=ONE), reason="đã xem")
    found = judge(office, spool, stored, SECRET, rule("chan", Stage.BLOCK, PRIVATE))
    assert found.ruling.destroyed == {"level": "MẬT", "in": ["body"], "rule": "bi-mat", "kept": "destroyed"}
    assert not found.ruling.judged


def test_what_two_people_called_a_mistake_is_judged_by_the_other_rules(office: Office, spool: Spool) -> None:
    chan = rule("chan", Stage.BLOCK, PRIVATE)
    first = judge(office, spool, put(office, spool, MARKED), SECRET, chan)
    assert first.ruling.destroyed is not None
    with office.database.write() as connection:
        for write in first.also:
            write(connection)
        connection.execute(update(IncidentFingerprint).values(mistaken=True))
    again = judge(office, spool, put(office, spool, MARKED), SECRET, chan)
    assert again.ruling.destroyed is None
    assert set(again.ruling.fates) == {ONE, TWO}
    other = put(office, spool, MARKED.replace("Kế".encode(), b"Quy "))
    assert judge(office, spool, other, SECRET, chan).ruling.destroyed is not None


def test_a_body_that_is_gone_is_judged_by_what_is_left(office: Office, spool: Spool) -> None:
    stored = put(office, spool)
    for path in (spool.directory / "segments").iterdir():
        path.unlink()
    assert set(judge(office, spool, stored, rule("chan", Stage.BLOCK, PRIVATE)).ruling.fates) == {ONE, TWO}
