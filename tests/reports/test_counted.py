"""Documents, rules, mail: what is counted of a day, from the rows and from what was written down of it."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import delete, func, insert, select, update

from mailhub.accounts.rights import Actor, Role
from mailhub.accounts.tree import find_agency
from mailhub.clock import midnight
from mailhub.incidents.models import Incident
from mailhub.queue.models import Event, Message
from mailhub.registry.models import Document
from mailhub.reports.counting.counts import bucket_of, longest_in
from mailhub.reports.counting.keeping import count_days
from mailhub.reports.models import ReportCount
from mailhub.reports.values import Report, ReportKind, Share
from mailhub.screening.models import PolicyDecision, PolicyException
from mailhub.signatures.models import SealAct, SignatureVerdict
from mailhub.signatures.verdict import Hierarchy, Subscriber, Verdict
from mailhub.store.database import Database
from tests.reports.world import (
    AFTER,
    NOON,
    OCTOBER,
    Mail,
    add_agency,
    cell,
    headline,
    report,
    set_agency,
    signature,
)
from tests.support.accounts import make_province

DAY, NEXT = date(2026, 9, 21), date(2026, 10, 2)
AN, BINH, OUT = "nva@tinh.gov.vn", "ttb@tinh.gov.vn", "abc@vidu.vn"
RULES, DOCUMENTS = ReportKind.RULES, ReportKind.DOCUMENTS


@pytest.fixture
def exchanged(province: Database) -> Database:
    fill(province)
    return province


def fill(database: Database) -> None:
    """snv sends to syt and outside, keeps one to itself, and gets one from outside."""
    with database.write() as c:
        set_agency(c, "snv", identifier="H40.01")
        set_agency(c, "syt", identifier="H40.02")
        mail = Mail(c)
        an, binh = mail.person(AN, "snv"), mail.person(BINH, "syt")
        first = mail.message(DAY, an, [BINH, OUT], delay=2_000)
        pdf = mail.document(DAY, first, "snv", doc_type="QĐ", identity="qd-1", desk=True)
        mail.document(DAY, first, "snv", doc_type="QĐ", identity="qd-1", octets=b"word")  # the same, as Word
        mail.verdict(DAY, first, pdf, signature("snv"), signature("", subscriber=Subscriber.PERSON))
        second = mail.message(NEXT, an, [OUT], delay=3_600_000, held="word", size=5_000)
        other = mail.document(NEXT, second, "snv", doc_type="CV", octets=b"other")
        mail.verdict(NEXT, second, other, signature("syt", hierarchy=Hierarchy.PUBLIC))
        third = mail.message(NEXT, None, [AN, BINH], delay=4_000)
        mail.document(NEXT, third, None, doc_type="CV", octets=b"from outside")
        inner = mail.message(NEXT, an, [AN])
        mail.document(NEXT, inner, "snv", doc_type="TB", octets=b"inner")
        mail.document(NEXT, inner, "snv", doc_type="PL", octets=b"annex")
        mail.document(NEXT, inner, "snv", doc_type="CV", octets=b"secret", secrecy="mật")
        mail.message(NEXT, binh, [AN])
        hit = {"rule": "r1", "stage": "hold", "effect": "hold", "recipients": 2}
        mail.decision(DAY, "snv", "hold", hit, {"rule": "r2", "stage": "shadow", "effect": "none", "recipients": 1})
        mail.decision(NEXT, "snv", "none", hit | {"exempted": "x", "effect": "hold"})
        mail.decision(NEXT, "syt")


def test_documents_count_once_a_message_for_who_sends_and_for_each_who_gets(exchanged: Database) -> None:
    made = report(exchanged, DOCUMENTS)
    assert headline(made, "exchanged", "exchanged") == 5  # 3 by snv, and one from outside for two agencies
    assert cell(made, "documents.types", "QĐ", "sent_on") == 1
    assert cell(made, "documents.types", "QĐ", "got") == 1
    assert cell(made, "documents.types", "CV", "sent_out") == 1
    assert cell(made, "documents.types", "CV", "got_outside") == 2
    assert cell(made, "documents.types", "TB", "internal") == 1
    assert {row.key for row in made.table("documents.types").rows} == {"QĐ", "CV", "TB"}
    assert cell(made, "documents.agencies", "snv", "by_desk") == 1
    assert cell(made, "documents.agencies", "syt", "got") == 1


def test_signatures_by_kind_of_certificate_and_who_still_has_public_ones(exchanged: Database) -> None:
    """S3-13, S2-09."""
    made = report(exchanged, DOCUMENTS)
    assert headline(made, "exchanged", "signed_valid") == Share(2, 3)
    assert headline(made, "exchanged", "certificates") == Share(1, 2)
    assert cell(made, "documents.signatures", "official/agency", "verdict_valid") == 1
    assert cell(made, "documents.signatures", "official/person", "verdict_valid") == 1
    assert [row.key for row in made.table("documents.public").rows] == ["syt"]
    assert [row.key for row in made.table("documents.uncertified").rows] == ["syt"]
    adoption = report(exchanged, ReportKind.ADOPTION, section={"targets": ("2015 * certificates 40",)})
    assert cell(adoption, "adoption.targets", "*/certificates", "actual") == Share(1, 2)  # the same number there


def test_what_the_rules_did_by_rule_stage_and_agency(exchanged: Database) -> None:
    made = report(exchanged, RULES)
    assert cell(made, "rules.rules", "r1/hold", "waited") == 1
    assert cell(made, "rules.rules", "r1/hold", "exempted") == 1
    assert cell(made, "rules.rules", "r1/hold", "recipients") == 4
    assert cell(made, "rules.rules", "r2/shadow", "counted") == 1
    assert cell(made, "rules.agencies", "snv", "waited") == 1
    assert cell(made, "rules.agencies", "syt", "passed") == 1
    assert headline(made, "decisions", "judged") == 3
    for table in ("rules.agencies", "rules.months"):
        assert cell(made, table, "total", "judged") == 3


def test_volumes_and_delays_without_what_waited_for_a_word(exchanged: Database) -> None:
    made = report(exchanged, RULES)
    month = "2026-10"
    assert cell(made, "rules.mail", month, "submitted") == 4
    assert cell(made, "rules.mail", month, "came_in") == 1
    assert cell(made, "rules.mail", month, "delivered") == 5
    assert cell(made, "rules.mail", month, "relayed") == 2
    assert cell(made, "rules.held", "word", "released") == 1
    assert 2_000 <= headline(made, "mail", "p50") <= 2_200
    assert 4_000 <= headline(made, "mail", "p95") <= 4_400  # not the hour that one waited


def every_figure(database: Database) -> list[Report]:
    return [report(database, kind, at=AFTER) for kind in (DOCUMENTS, RULES)]


def test_days_written_down_tell_the_same_as_their_rows_and_once(exchanged: Database) -> None:
    live = every_figure(exchanged)
    done = count_days(exchanged, at=AFTER)
    assert done
    assert every_figure(exchanged) == live
    assert count_days(exchanged, at=AFTER) == []
    assert every_figure(exchanged) == live
    with exchanged.write() as c:  # what was kept of the mail is forgotten; the figures stay
        c.execute(delete(PolicyDecision))
        c.execute(delete(Event))
    kept = every_figure(exchanged)
    assert kept == live
    assert headline(kept[1], "decisions", "judged") == 3


def test_the_last_days_are_not_written_down_yet(exchanged: Database) -> None:
    with exchanged.read() as c:
        before = c.scalar(select(func.count()).select_from(ReportCount))
    assert count_days(exchanged, at=midnight(date(2026, 9, 24)) + NOON) == []
    with exchanged.read() as c:
        assert c.scalar(select(func.count()).select_from(ReportCount)) == before == 0


def test_a_later_answer_changes_the_day_that_it_is_about(exchanged: Database) -> None:
    count_days(exchanged, at=AFTER)
    later = AFTER + 1_000
    with exchanged.write() as c:
        c.execute(update(Document).where(Document.doc_type == "TB").values(doc_type="BC", corrected_at=later))
        mail = Mail(c)
        place = c.execute(select(Document.sha256).where(Document.identity == "qd-1").order_by(Document.id)).first()
        message = c.scalar(select(func.min(Event.message_id)))
        assert place is not None
        assert message is not None
        bad = signature("snv", verdict=Verdict.INVALID)
        mail.verdict(date(2026, 11, 22), message, bytes(place.sha256), bad, again=1, at=later)
        c.execute(update(SignatureVerdict).where(SignatureVerdict.again == 1).values(seen_at=midnight(DAY) + NOON))
    assert {day for _, day in count_days(exchanged, at=later + 1_000)} == {DAY, NEXT}
    made = report(exchanged, DOCUMENTS, at=later + 2_000)
    assert cell(made, "documents.types", "BC", "internal") == 1
    assert headline(made, "exchanged", "signed_valid") == Share(1, 3)
    assert count_days(exchanged, at=later + 3_000) == []


def test_a_manager_is_told_of_the_own_agencys_mail_alone(exchanged: Database) -> None:
    with exchanged.write() as c:
        add_agency(c, "skhcn", "Sở Khoa học và Công nghệ")
        syt = find_agency(c, "syt")
    actor = Actor(name="x@tinh.gov.vn", role=Role.MANAGER, agency_id=syt, account_id=1)
    for made in (report(exchanged, DOCUMENTS, actor=actor), report(exchanged, RULES, actor=actor)):
        assert "snv" not in repr(made.sections)
    assert headline(report(exchanged, DOCUMENTS, actor=actor), "exchanged", "exchanged") == 1
    assert headline(report(exchanged, RULES, actor=actor), "decisions", "judged") == 1
    count_days(exchanged, at=AFTER)
    assert headline(report(exchanged, DOCUMENTS, actor=actor), "exchanged", "exchanged") == 1


def test_incidents_and_exceptions_that_end_soon(exchanged: Database) -> None:
    with exchanged.write() as c:
        row = {
            "code": "", "opened_at": midnight(NEXT), "deadline_at": 0, "state": "open", "sender": "", "client": "",
            "door": "mx", "recipients": "[]", "size": 1, "level": "mat", "found_in": "", "rule": "", "version": 1,
            "kept": "destroyed", "last_at": 0, "agency_id": find_agency(c, "snv"),
        }  # fmt: skip
        c.execute(insert(Incident).values(row | {"id": 1, "number": "2026-0001"}))
        c.execute(insert(Incident).values(row | {"id": 2, "number": "2026-0002", "mistaken": True}))
        for number, until in enumerate((date(2026, 11, 30), date(2026, 12, 31), date(2026, 11, 1))):
            c.execute(
                insert(PolicyException).values(
                    id=number + 1, rule="r1", who=AN, to="*", why="việc chung", until=until, by="qt@tinh.gov.vn"
                )
            )
    made = report(exchanged, RULES)
    assert headline(made, "incidents", "incidents") == 1
    assert [row.cells[-1] for row in made.table("rules.exceptions").rows] == [date(2026, 11, 30)]
    published = [table.key for table in report(exchanged, RULES, public=True).section("held").tables]
    assert published == ["rules.held"]  # an empty table would say that there are no exceptions


def test_a_percentile_is_told_to_a_tenth() -> None:
    for delay in (0, 1, 10, 11, 999, 60_000, 3 * 86_400_000):
        told = longest_in(bucket_of(delay))
        assert delay <= told + 0.5
        assert told <= max(10, delay) * 1.1 + 1


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("public", [False, True])
def test_every_report_has_all_its_words(sqlite_database: Database, language: str, *, public: bool) -> None:
    make_province(sqlite_database)
    fill(sqlite_database)
    for kind in ReportKind:
        made = report(sqlite_database, kind, OCTOBER, language=language, public=public)
        for section in made.sections:
            assert section.title
            for one in section.headlines:
                assert one.definition
            for table in section.tables:
                assert table.definition
                assert all(column.definition for column in table.columns if not column.label)
                width = len(table.columns)
                rows = [*table.rows, *([table.total] if table.total else [])]
                assert all(len(row.cells) == width for row in rows)


def test_a_mail_that_got_its_agencys_seal_on_the_way_counts_once_and_as_signed(province: Database) -> None:
    """The desk sent one mail; a copy with the seal on its document went in its place, on the same day."""
    with province.write() as c:
        mail = Mail(c)
        an, _ = mail.person(AN, "snv"), mail.person(BINH, "syt")
        sent, sealed = mail.message(DAY, an, []), mail.message(DAY, an, [BINH])
        plain = mail.document(DAY, sent, "snv", octets=b"plain")
        signed = mail.document(DAY, sealed, "snv", octets=b"signed")
        mail.verdict(DAY, sealed, signed, signature("snv"))
        code = c.scalar(select(Message.code).where(Message.id == sealed))
        c.execute(update(Message).where(Message.id == sealed).values(derived_from=sent))
        fields = dict.fromkeys(("desk", "clerk", "path", "kind", "doc_type", "number_symbol"), "")
        act = {"id": 1, "message_id": sent, "sealed_code": code, "agency_id": 1, "outcome": "sealed", "at": 0}
        c.execute(insert(SealAct).values(**fields, **act, original=plain, sealed=signed))
    made, rules = report(province, DOCUMENTS), report(province, RULES)
    assert headline(made, "exchanged", "exchanged") == 1
    assert headline(made, "exchanged", "signed_valid") == Share(1, 1)
    assert cell(rules, "rules.mail", "total", "submitted") == 1
    assert cell(rules, "rules.mail", "total", "delivered") == 1
