"""A desk's mail is sealed and goes, or is held with the reason and the way out; whatever fails on the way."""

from __future__ import annotations

import json
from dataclasses import replace
from email import message_from_bytes
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select

from mailhub.accounts import service as accounts
from mailhub.accounts.life.models import Letter
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import console
from mailhub.files.signed.facts import Problem
from mailhub.intake.ruling import LateRuling, NotYet
from mailhub.mail.replacing import replaced
from mailhub.mail.reply_word import WordKind
from mailhub.mail.structure import read_structure
from mailhub.queue import service as queue
from mailhub.queue import words
from mailhub.queue.acts import Selection, drop
from mailhub.queue.inspections import Ruling
from mailhub.queue.models import RecipientState
from mailhub.queue.records import Asking, Fate
from mailhub.sealing.holding import RULE
from mailhub.signatures.models import DeskSeal, SealAct
from mailhub.signatures.verdict import NOT_SIGNED, Subscriber, Verdict
from mailhub.signer.orders import Refusal, SealKind, SealRefused
from mailhub.store.database import Database
from mailhub.store.spool import Location, Spool
from tests.sealing.parts import FakeStamper, judged
from tests.sealing.scene import (
    BY_BOTH,
    BY_LEADER,
    CLERK,
    DESK,
    PDF,
    FakeLook,
    Rules,
    Scene,
    looked_at,
    mail,
    organisation,
    settings,
)  # fmt: skip
from tests.support.accounts import make_account
from tests.support.databases import sqlite_database  # noqa: F401

ANNEX = PDF + b" annex"
ALTERED = replace(judged(Verdict.INVALID, Subscriber.PERSON), reasons=(Problem.CHANGED,))


@pytest.fixture
def scene(sqlite_database: Database, tmp_path: Path) -> Scene:  # noqa: F811
    organisation(sqlite_database)
    spool = Spool(tmp_path / "spool", "seal-0", small_kib=64, segment_mib=1)
    spool.prepare()
    return Scene(sqlite_database, spool)


def contents(scene: Scene, row: object) -> bytes:
    return b"".join(scene.spool.read(Location(row.spool_file, row.spool_offset, row.spool_length)))  # type: ignore[attr-defined]


def letters(scene: Scene) -> list[tuple[str, dict[str, object]]]:
    return [(row.to_address, json.loads(row.facts)) for row in scene.rows(select(Letter.__table__))]


async def test_the_sealed_mail_goes_to_everybody_and_differs_in_one_part_alone(scene: Scene) -> None:
    data = mail(PDF)
    first = scene.post(data, "a@so.vn", "b@so.vn")
    await scene.work()
    before, after = scene.messages()
    assert (before.code, after.derived_from) == (first.code, before.id)
    assert set(scene.states(first.code).values()) == {("redirected", None)}
    assert scene.states(after.code) == dict.fromkeys(("a@so.vn", "b@so.vn", DESK), ("queued", None))
    sent = contents(scene, after)
    parts = list(message_from_bytes(sent).walk())
    sealed = parts[2].get_payload(decode=True)
    assert isinstance(sealed, bytes)
    assert sealed.startswith(PDF)
    assert sealed.rstrip().endswith(b"%%EOF")
    assert replaced(sent, read_structure(sent), "2", PDF) == data
    assert [kind for kind, _ in scene.story(first.code)] == ["received", "held", "inspected", "sealed"]
    assert [kind for kind, _ in scene.story(after.code)] == ["received", "sealed", "inspected", "released"]


async def test_the_act_is_recorded_with_its_clerk_and_the_documents_hash(scene: Scene) -> None:
    first = scene.post(mail(PDF))
    await scene.work()
    (act,) = scene.rows(select(SealAct.__table__))
    after = scene.messages()[1]
    assert (act.outcome, act.clerk, act.desk) == ("sealed", CLERK, DESK)
    assert (act.code, act.sealed_code) == (first.code, after.code)
    assert act.timestamped
    (line,) = scene.rows(select(AuditRow.__table__).where(AuditRow.action == "seal.put"))
    assert line.actor == CLERK
    told = json.loads(line.after)
    assert told["original"] == bytes(act.original).hex()
    assert told["sealed"] == bytes(act.sealed).hex()


async def test_an_annex_names_the_document_that_it_goes_with(scene: Scene) -> None:
    scene.post(mail(ANNEX, PDF))
    scene.look = FakeLook((BY_BOTH, BY_BOTH), ("PL", "CV"))
    await scene.work((NOT_SIGNED, BY_LEADER), ("PL", "CV"))
    main, annex = scene.signer.orders
    assert (main.kind, annex.kind) == (SealKind.MAIN, SealKind.ATTACHMENT)
    assert annex.main == sha256(PDF).hexdigest()
    assert main.act == annex.act


async def test_an_altered_document_is_held_with_the_reason_and_the_way_out(scene: Scene) -> None:
    first = scene.post(mail(PDF))
    await scene.work((ALTERED,))
    assert not scene.signer.orders
    assert scene.states(first.code) == {"a@so.vn": ("held", "word"), DESK: ("queued", None)}
    ((to, facts),) = letters(scene)
    assert to == DESK
    assert "thay đổi sau khi ký" in str(facts["vi"])
    assert "GỬI" in str(facts["vi"])
    assert '"outcome":"altered"' in dict(scene.story(first.code))["sealed"]


async def test_the_desks_word_sends_it_as_it_is(scene: Scene) -> None:
    first = scene.post(mail(PDF))
    await scene.work((ALTERED,))
    with scene.database.write() as connection:
        words.give(connection, console("t"), first.code, WordKind.SEND, reason="đã kiểm tra bản giấy")
    assert scene.states(first.code)["a@so.vn"] == ("queued", None)
    assert len(scene.messages()) == 1


async def test_a_signer_that_is_away_is_asked_again_and_then_the_mail_waits(scene: Scene) -> None:
    away = SealRefused(reason=Refusal.UNAVAILABLE)
    scene.signer.refuses = [away, away]
    scene.post(mail(PDF))
    await scene.work()
    assert len(scene.signer.orders) == 3
    assert len(scene.messages()) == 2
    scene.signer.refuses = [away] * 9
    held = scene.post(mail(PDF), minutes=0)
    await scene.work()
    assert scene.states(held.code)["a@so.vn"] == ("held", "word")
    assert "không trả lời" in str(letters(scene)[-1][1]["vi"])


async def test_until_the_latest_time_the_signer_is_waited_for(scene: Scene) -> None:
    """It is started anew, or its host is: nobody is asked, and nothing goes without the seal."""
    scene.signer.refuses = [SealRefused(reason=Refusal.UNAVAILABLE)] * 6
    first = scene.post(mail(PDF))
    waiting = scene.claim()
    data = b"".join(scene.spool.read(waiting.message.location))
    for _ in range(2):
        with pytest.raises(NotYet):
            await scene.judge().judge(waiting.message, looked_at(data, (BY_LEADER,)))
    assert scene.states(first.code)["a@so.vn"] == ("held", "inspection")
    scene.finish(waiting, await scene.judge().judge(waiting.message, looked_at(data, (BY_LEADER,))))
    assert len(scene.messages()) == 2
    (act,) = scene.rows(select(SealAct.__table__))
    assert act.outcome == "sealed"


async def test_at_the_latest_time_the_desk_hears_that_the_signer_was_away(scene: Scene) -> None:
    scene.signer.refuses = [SealRefused(reason=Refusal.UNAVAILABLE)] * 3
    first = scene.post(mail(PDF))
    waiting = scene.claim()
    data = b"".join(scene.spool.read(waiting.message.location))
    with pytest.raises(NotYet):
        await scene.judge().judge(waiting.message, looked_at(data, (BY_LEADER,)))
    scene.finish(waiting, await scene.judge().judge(waiting.message, None))  # `intake/late.py`: too late to read it
    assert scene.states(first.code)["a@so.vn"] == ("held", "word")
    assert '"outcome":"signer unavailable"' in dict(scene.story(first.code))["sealed"]
    assert [act.outcome for act in scene.rows(select(SealAct.__table__))] == ["signer unavailable"]


async def test_what_the_signer_refuses_for_good_is_asked_once(scene: Scene) -> None:
    scene.signer.refuses = [SealRefused(reason=Refusal.TYPE)]
    held = scene.post(mail(PDF))
    await scene.work()
    assert len(scene.signer.orders) == 1
    assert scene.states(held.code)["a@so.vn"] == ("held", "word")
    (act,) = scene.rows(select(SealAct.__table__))
    assert act.outcome == Refusal.TYPE


@pytest.mark.parametrize(("rule", "messages"), [("send", 2), ("hold", 1)])
async def test_a_dead_timestamp_authority_by_the_set_rule(scene: Scene, rule: str, messages: int) -> None:
    scene.settings = lambda: settings(tsa="http://tsa.test", without_timestamp=rule)
    scene.stamper = FakeStamper("no answer within 5 s")
    first = scene.post(mail(PDF))
    await scene.work()
    assert len(scene.messages()) == messages
    said = dict(scene.story(first.code))["sealed"]
    assert "no answer" in said
    assert ("untimed" in said) == (rule == "send")


async def test_a_result_that_does_not_verify_is_not_sent(scene: Scene) -> None:
    scene.look = FakeLook((ALTERED,))
    held = scene.post(mail(PDF))
    await scene.work()
    assert scene.states(held.code)["a@so.vn"] == ("held", "word")
    assert [row.outcome for row in scene.rows(select(SealAct.__table__))] == ["result not good"]


async def test_nothing_is_sealed_where_the_rules_let_nobody_have_it(scene: Scene) -> None:
    refused = Ruling(fates={"a@so.vn": Fate(state=RecipientState.REFUSED, rule="r")})
    scene.rules = Rules(LateRuling(ruling=refused))
    first = scene.post(mail(PDF))
    await scene.work()
    assert not scene.signer.orders
    assert scene.states(first.code)["a@so.vn"] == ("refused", None)


async def test_a_rules_question_tells_the_reason_as_well(scene: Scene) -> None:
    facts = {"vi": "Ra ngoài", "en": "Out"}
    asking = Asking(owner_id=1, owner="x@y", rule="r", until=2**41, reason_needed=False, facts=facts)
    held = Fate(state=RecipientState.HELD, rule="r", asking=asking)
    scene.rules = Rules(LateRuling(ruling=Ruling(fates={"a@so.vn": held})))
    scene.post(mail(PDF), "a@so.vn", "b@so.vn")
    ruling = await scene.work((ALTERED,))
    mine, rules = ruling.ruling.fates["b@so.vn"].asking, ruling.ruling.fates["a@so.vn"].asking
    assert mine is not None
    assert rules is not None
    assert (mine.rule, rules.rule) == (RULE, "r")
    assert str(rules.facts["vi"]).startswith("Ra ngoài. Chưa ký số")


async def test_a_desk_that_was_switched_off_meanwhile_seals_nothing(scene: Scene) -> None:
    first = scene.post(mail(PDF))
    with scene.database.write() as connection:
        connection.execute(DeskSeal.__table__.delete())  # type: ignore[attr-defined]
    await scene.work()
    assert not scene.signer.orders
    assert scene.states(first.code)["a@so.vn"] == ("queued", None)
    assert '"outcome":"desk off"' in dict(scene.story(first.code))["sealed"]  # not silently


async def test_what_a_closed_account_asked_for_is_not_sealed(scene: Scene) -> None:
    """An account that was taken over, and closed while its mail waited."""
    clerk = make_account(scene.database, CLERK)
    held = scene.post(mail(PDF), account_id=clerk)
    with scene.database.write() as connection:
        accounts.suspend_account(connection, console("t"), CLERK, reason="nghi bị chiếm")
    await scene.work()
    assert not scene.signer.orders
    assert scene.states(held.code)["a@so.vn"] == ("held", "word")
    assert '"outcome":"clerk closed"' in dict(scene.story(held.code))["sealed"]
    with scene.database.write() as connection:
        words.give(connection, console("t"), held.code, WordKind.SEND, reason="đã xem")
    with scene.database.write() as connection:
        assert not queue.claim(connection, worker="w", now=2**50, lease_until=2**51, limit=9)


async def test_what_was_dropped_while_it_was_sealed_enters_nothing(scene: Scene) -> None:
    first = scene.post(mail(PDF))
    waiting = scene.claim()
    data = b"".join(scene.spool.read(waiting.message.location))
    ruling = await scene.judge().judge(waiting.message, looked_at(data, (BY_LEADER,)))
    with scene.database.write() as connection:
        drop(connection, console("t"), Selection(codes=(first.code,)), reason="gửi nhầm")
    scene.finish(waiting, ruling)
    assert len(scene.messages()) == 1
    assert scene.look.kept == []
    (act,) = scene.rows(select(SealAct.__table__))
    assert (act.outcome, act.sealed_code) == ("sealed", "")


async def test_what_nobody_signed_goes_with_a_line(scene: Scene) -> None:
    first = scene.post(mail(PDF))
    await scene.work((NOT_SIGNED,))
    assert scene.states(first.code)["a@so.vn"] == ("queued", None)
    assert '"outcome":"not signed"' in dict(scene.story(first.code))["sealed"]


async def test_a_fault_of_ours_holds_the_mail(scene: Scene) -> None:
    def trip() -> None:
        raise ZeroDivisionError

    scene.signer.before = trip
    held = scene.post(mail(PDF))
    await scene.work()
    assert scene.states(held.code)["a@so.vn"] == ("held", "word")


async def test_a_crash_before_the_end_seals_anew_and_sends_once(scene: Scene) -> None:
    """Killed between the signature and the rows: the next worker takes up the same act."""
    scene.post(mail(PDF))
    waiting = scene.claim()
    data = b"".join(scene.spool.read(waiting.message.location))
    await scene.judge().judge(waiting.message, looked_at(data, (BY_LEADER,)))  # and its worker dies
    with scene.database.write() as connection:
        queue.release_inspections(connection, worker="w", now=0)
    await scene.work()
    assert len(scene.messages()) == 2
    assert len(scene.signer.orders) == 2
    assert {order.act for order in scene.signer.orders} == {scene.messages()[0].code}
