"""The services that act on mail, documents and staff lists."""

from __future__ import annotations

import json
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import Connection, update

from mailhub.accounts.organisation import joining as organisation_joining
from mailhub.accounts.rights import Action, Actor
from mailhub.mail.reply_word import WordKind
from mailhub.ops import doctor, kept
from mailhub.queue import acts, finding, mail_head, moderation, timeline, word_list, words
from mailhub.queue.acts import Selection
from mailhub.queue.sought import Sought
from mailhub.queue.spelling import codes_near
from mailhub.registry import corrections, export, register, search, showing
from mailhub.roster import applying, cutting_over, entering, joining, joining_domain, keeping, planning, undoing
from mailhub.roster.joining import Joining
from mailhub.roster.keeping import find_import, rows_of
from mailhub.roster.models import RosterRow
from mailhub.roster.planning import Source
from mailhub.settings import Settings
from tests.accounts.matrix.cases import MINE, Call, Prepare, Row, Sees, of_mail
from tests.accounts.matrix.of_tree import ONE
from tests.accounts.matrix.world import NOW, ROOT, SEALER, SECOND, SETTINGS, Spot
from tests.support.rosters import sheet

LIST = ("1", "Phan Thị Mới", "05/03/1995", "Chuyên viên", "", "", "")


def waiting(spot: Spot) -> Selection:
    return Selection(codes=(spot.messages["waiting"],))


def plan(c: Connection, actor: Actor, spot: Spot) -> str:
    source = Source(name="ds.xlsx", digest=spot.code.encode().ljust(32), sheets=sheet(LIST))
    return planning.make_plan(c, actor, spot.code, source, settings=SETTINGS.accounts, sealer=SEALER).code


def planned(c: Connection, spot: Spot) -> None:
    spot.kept = plan(c, SECOND, spot)


def begun(c: Connection, spot: Spot) -> None:
    planned(c, spot)
    applying.begin(c, ROOT, spot.kept, rules=SETTINGS.accounts)


def applied(c: Connection, spot: Spot) -> None:
    begun(c, spot)
    applying.apply_batch(c, ROOT, spot.kept, rules=SETTINGS.accounts)
    applying.finish(c, ROOT, spot.kept)


def undoing_begun(c: Connection, spot: Spot) -> None:
    applied(c, spot)
    undoing.begin_undo(c, ROOT, spot.kept, rules=SETTINGS.accounts, reason="x")


def nobody_has_mail(_connection: Connection, _addresses: object) -> list[str]:
    return []


def create_rows(c: Connection, a: Actor, s: Spot) -> dict[int, int]:
    rows = rows_of(c, find_import(c, s.kept).id)
    return entering.enter_many(c, a, rows, reason="x", at=NOW)


def map_of(c: Connection, actor: Actor, _spot: Spot) -> str:
    """A map of the domain nhap.gov.vn, which joins, to the province itself."""
    sheets = sheet(("Đỗ Thị Nhập", "nhap@nhap.gov.vn"), header=("Họ và tên", "Địa chỉ cũ"))
    source = Source(name="bang.xlsx", digest=b"bang".ljust(32), sheets=sheets)
    joins = Joining(domain="nhap.gov.vn", home="smtp://192.0.2.7:25")
    return joining.make_join_plan(c, actor, "", source, joins, settings=SETTINGS.accounts, sealer=SEALER).plan.code


def mapped(c: Connection, spot: Spot) -> None:
    spot.kept = find_import(c, map_of(c, ROOT, spot))


def domain_open(c: Connection, spot: Spot) -> None:
    mapped(c, spot)
    joining_domain.open_domain(c, ROOT, spot.kept, at=NOW)
    spot.kept = find_import(c, spot.kept.code)


def joined(c: Connection, spot: Spot) -> None:
    """A list that was applied in the place, as if it had been a map."""
    applied(c, spot)
    one = find_import(c, spot.kept)
    keeping.move_import(c, one.id, kind=keeping.JOIN)
    [row] = rows_of(c, one.id)
    row.wanted["values"]["former"] = "cu@nhap.gov.vn"
    c.execute(update(RosterRow).where(RosterRow.import_id == one.id).values(wanted=json.dumps(row.wanted)))


def look_at_the_hub(_c: Connection, a: Actor, _s: Spot) -> None:
    settings = SimpleNamespace(hub=SimpleNamespace(domain="tinh.gov.vn"), directory=SETTINGS.keys_directory)
    next(doctor.examine(cast("Settings", settings), a))


def mail(action: Action, call: Call, prepare: Prepare | None = None, sees: Sees | None = None) -> Row:
    """A row about mail, which is nobody's but the province's or a block's."""
    return Row(action=action, call=call, prepare=prepare, sees=sees, expect=of_mail(action))


A = Action
MAIL_ROWS: dict[Any, list[Row]] = {
    acts.list_waiting: [
        mail(A.QUEUE_READ, call=lambda c, a, s: acts.list_waiting(c, a, Selection()),
            sees=lambda rows, s: any(row.code == s.messages["waiting"] for row in rows)),
    ],
    acts.hold: [mail(A.QUEUE_CHANGE, call=lambda c, a, s: acts.hold(c, a, waiting(s), reason="x"))],
    acts.release: [
        mail(A.QUEUE_CHANGE, prepare=lambda c, s: acts.hold(c, ROOT, waiting(s), reason="x"),
            call=lambda c, a, s: acts.release(c, a, waiting(s))),
    ],
    acts.retry: [mail(A.QUEUE_CHANGE, call=lambda c, a, s: acts.retry(c, a, waiting(s)))],
    acts.drop: [mail(A.QUEUE_CHANGE, call=lambda c, a, s: acts.drop(c, a, waiting(s), reason="x"))],
    moderation.list_for_moderators: [
        Row(action=A.GROUP_MODERATE, call=lambda c, a, s: moderation.list_for_moderators(c, a),
            sees=lambda rows, s: any(row.code == s.messages["moderated"] for row in rows)),
    ],
    moderation.approve: [
        Row(action=A.GROUP_MODERATE, call=lambda c, a, s: moderation.approve(c, a, s.messages["moderated"])),
    ],
    moderation.refuse: [
        Row(action=A.GROUP_MODERATE,
            call=lambda c, a, s: moderation.refuse(c, a, s.messages["moderated"], reason="x")),
    ],
    words.give: [
        Row(action=A.WORD_GIVE, places=MINE,
            call=lambda c, a, s: words.give(c, a, s.messages["word"], WordKind.SEND, reason="x")),
        Row(action=A.WORD_GIVE, places=MINE,
            call=lambda c, a, s: words.give(c, a, s.messages["word"], WordKind.WITHDRAW)),
    ],
    word_list.list_waiting: [
        Row(action=A.WORD_READ, places=MINE, call=lambda c, a, s: word_list.list_waiting(c, a),
            sees=lambda rows, s: any(row.code == s.messages["word"] for row in rows)),
    ],
    word_list.show_waiting: [
        Row(action=A.WORD_READ, places=MINE, call=lambda c, a, s: word_list.show_waiting(c, a, s.messages["word"]),
            sees=lambda rows, s: bool(rows)),
    ],
    finding.similar_codes: [
        mail(A.TRACE_READ, call=lambda c, a, s: finding.similar_codes(c, a, codes_near(s.messages["waiting"])[0]),
            sees=lambda codes, s: s.messages["waiting"] in codes),
    ],
    finding.find_mail: [
        mail(A.TRACE_READ, call=lambda c, a, s: finding.find_mail(c, a, Sought(ident=s.messages["waiting"])),
            sees=lambda page, s: bool(page.rows)),
        mail(A.TRACE_READ, call=lambda c, a, s: finding.find_mail(c, a, Sought(to=s.box)),
            sees=lambda page, s: bool(page.rows)),
    ],
    mail_head.head_of: [
        mail(A.TRACE_READ, call=lambda c, a, s: mail_head.head_of(c, a, s.messages["waiting"]),
            sees=lambda head, s: head is not None),
    ],
    timeline.trace_message: [
        mail(A.TRACE_READ, call=lambda c, a, s: timeline.trace_message(c, a, s.messages["waiting"]),
            sees=lambda found, s: bool(found.lines or found.waiting)),
    ],
    timeline.trace_recipient: [
        mail(A.TRACE_READ, call=lambda c, a, s: timeline.trace_recipient(c, a, s.box, since=0),
            sees=lambda found, s: bool(found.lines or found.waiting)),
    ],
    timeline.trace_sender: [
        mail(A.TRACE_READ, call=lambda c, a, s: timeline.trace_sender(c, a, s.box, since=0),
            sees=lambda found, s: bool(found.lines or found.waiting)),
    ],
    corrections.correct: [
        Row(action=A.DOCUMENT_CORRECT,
            call=lambda c, a, s: corrections.correct(c, a, str(s.document_id), "signer", "Ai Đó")),
    ],
    export.export_labels: [
        Row(action=A.DOCUMENT_EXPORT, places=ONE, call=lambda c, a, s: list(export.export_labels(c, a))),
    ],
    register.day_register: [
        Row(action=A.DOCUMENT_READ,
            call=lambda c, a, s: register.day_register(c, a, s.desk, date(2026, 11, 2), "in")),
    ],
    register.list_places: [
        Row(action=A.DOCUMENT_READ, call=lambda c, a, s: register.list_places(c, a),
            sees=lambda found, s: any(one.desk == s.desk for one in found)),
    ],
    search.search: [
        Row(action=A.DOCUMENT_READ, call=lambda c, a, s: search.search(c, a, search.Search()),
            sees=lambda page, s: any(line.id == s.document_id for line in page.lines)),
    ],
    showing.find_document: [
        Row(action=A.DOCUMENT_READ,
            call=lambda c, a, s: showing.find_document(c, a, str(s.document_id), A.DOCUMENT_READ)),
    ],
    showing.find_documents: [
        Row(action=A.DOCUMENT_READ,
            call=lambda c, a, s: showing.find_documents(c, a, str(s.document_id), A.DOCUMENT_READ)),
    ],
    showing.show: [Row(action=A.DOCUMENT_READ, call=lambda c, a, s: showing.show(c, a, str(s.document_id)))],
    doctor.examine: [Row(action=A.DOCTOR_READ, places=ONE, call=look_at_the_hub)],
    kept.keep_run: [Row(action=A.DOCTOR_READ, places=ONE, call=lambda c, a, s: kept.keep_run(c, a, [], at=NOW))],
    kept.last_run: [Row(action=A.DOCTOR_READ, places=ONE, call=lambda c, a, s: kept.last_run(c, a))],
    kept.note_reading: [Row(action=A.DOCTOR_READ, places=ONE, call=lambda c, a, s: kept.note_reading(c, a, "keys"))],
    # domains that join
    organisation_joining.keep_former_address: [
        Row(action=A.ALIAS_ADD,
            call=lambda c, a, s: organisation_joining.keep_former_address(c, a, "cu@cu.gov.vn", s.box)),
        Row(action=A.ACCOUNT_HOME,
            call=lambda c, a, s: organisation_joining.keep_former_address(
                c, a, "cu@cu.gov.vn", s.box, lives_there=True)),
    ],
    joining.make_join_plan: [Row(action=A.DOMAIN_JOIN, places=ONE, call=map_of)],
    joining_domain.open_domain: [
        Row(action=A.DOMAIN_ADD, places=ONE, prepare=mapped,
            call=lambda c, a, s: joining_domain.open_domain(c, a, s.kept, at=NOW)),
    ],
    joining_domain.close_domain: [
        Row(action=A.DOMAIN_JOIN, places=ONE, prepare=domain_open, sees=lambda closed, s: bool(closed),
            call=lambda c, a, s: joining_domain.close_domain(c, a, s.kept, at=NOW)),
    ],
    cutting_over.cut_over: [
        Row(action=A.ACCOUNT_HOME, prepare=joined, sees=lambda moved, s: moved[0] == 1,
            call=lambda c, a, s: cutting_over.cut_over(c, a, s.kept)),
    ],
    # staff lists
    planning.make_plan: [Row(action=A.ROSTER_PLAN, call=plan)],
    keeping.list_imports: [
        Row(action=A.ROSTER_PLAN, prepare=planned, call=lambda c, a, s: keeping.list_imports(c, a),
            sees=lambda rows, s: any(row.code == s.kept for row in rows)),
    ],
    keeping.check_readable: [
        Row(action=A.ROSTER_PLAN, prepare=planned,
            call=lambda c, a, s: keeping.check_readable(c, a, find_import(c, s.kept))),
    ],
    applying.ask_second_person: [
        Row(action=A.ROSTER_APPLY, prepare=planned,
            call=lambda c, a, s: applying.ask_second_person(c, a, s.kept, reason="x", hours=1)),
    ],
    applying.begin: [
        Row(action=A.ROSTER_APPLY, prepare=planned,
            call=lambda c, a, s: applying.begin(c, a, s.kept, rules=SETTINGS.accounts)),
    ],
    applying.apply_batch: [
        Row(action=A.ROSTER_APPLY, prepare=begun,
            call=lambda c, a, s: applying.apply_batch(c, a, s.kept, rules=SETTINGS.accounts)),
    ],
    applying.finish: [
        Row(action=A.ROSTER_APPLY, prepare=begun, call=lambda c, a, s: applying.finish(c, a, s.kept)),
    ],
    applying.retry: [Row(action=A.ROSTER_APPLY, prepare=planned, call=lambda c, a, s: applying.retry(c, a, s.kept))],
    entering.enter_many: [
        Row(action=A.ACCOUNT_CREATE, prepare=planned, call=create_rows, sees=lambda made, s: bool(made)),
    ],
    undoing.begin_undo: [
        Row(action=A.ROSTER_UNDO, prepare=applied,
            call=lambda c, a, s: undoing.begin_undo(c, a, s.kept, rules=SETTINGS.accounts, reason="x")),
    ],
    undoing.undo_batch: [
        Row(action=A.ROSTER_UNDO, prepare=undoing_begun,
            call=lambda c, a, s: undoing.undo_batch(c, a, s.kept, has_mail=nobody_has_mail)),
    ],
    undoing.finish_undo: [
        Row(action=A.ROSTER_UNDO, prepare=undoing_begun, call=lambda c, a, s: undoing.finish_undo(c, a, s.kept)),
    ],
}  # fmt: skip
