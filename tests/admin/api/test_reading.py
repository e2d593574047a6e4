"""`/trace`, `/mail`, `/documents`, `/reports`: what the services say, as JSON, to whom they say it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from mailhub.accounts.records import AuditRow
from mailhub.admin.frame.site import Site
from mailhub.ids import new_id
from mailhub.queue.models import Door
from tests.admin.api.conftest import CLERK, OTHER, Program, problem, token_of
from tests.queue.parts import message, put
from tests.registry.parts import facts, keep, received, sighting

pytestmark = pytest.mark.unit
HOSTILE = '=HYPERLINK("http://x")<script>alert(1)</script>'


def sent(site: Site, **more: Any) -> str:
    """A message from the clerk to two strangers, just now."""
    at = site.clock()
    one = message("b@so.vn", "C@so.vn", sender=CLERK, subject=HOSTILE, received_at=at, message_id="<1@may.vn>", **more)
    return put(site.database, one)[0].code


def test_mail_is_found_by_code_identifier_recipient_and_sender(admins: Program) -> None:
    code = sent(admins.site)
    for query in ({"id": code}, {"id": "1@may.vn"}, {"recipient": "B@SO.VN"}, {"sender": CLERK}):
        found = admins.get("/trace", **query).json()
        assert [(one["message"], one["kind"]) for one in found["events"]] == [(code, "received")], query
        assert {one["recipient"] for one in found["waiting"]} == {"b@so.vn", "C@so.vn"}
    assert admins.get("/trace", sender=OTHER).json() == {"events": [], "waiting": [], "cut": False}
    told = problem(admins.get("/trace", sender=CLERK, recipient="b@so.vn"), 400)
    assert "one of" in json.dumps(told)
    problem(admins.get("/trace"), 400)
    problem(admins.get("/trace", sender=CLERK, since="yesterday-ish"), 422)


def test_lists_of_mail_are_paged_newest_first(admins: Program) -> None:
    codes = [sent(admins.site, id=new_id()) for _ in range(3)]
    first = admins.get("/mail", sender=CLERK, limit="2").json()
    assert [one["message"] for one in first["items"]] == codes[:0:-1]
    assert first["items"][0]["subject"] == HOSTILE
    assert first["items"][0]["states"] == {"queued": 2}
    rest = admins.get("/mail", sender=CLERK, limit="2", after=first["next"]).json()
    assert [one["message"] for one in rest["items"]] == codes[:1]
    assert rest["next"] is None
    assert admins.get("/mail", state="delivered").json()["items"] == []


def test_an_agencys_administrator_traces_nothing(site: Site, program: Program) -> None:
    code = sent(site)
    program.shows(token_of(site, CLERK))
    problem(program.get("/trace", id=code), 404)


def test_documents_are_searched_and_shown_to_whom_they_passed(site: Site, program: Program) -> None:
    number = new_id()
    received(site.database, number, OTHER)
    (kept,) = keep(site.database, sighting("văn bản", facts(), message_id=number))
    ours = program.shows(token_of(site, OTHER))
    (line,) = ours.get("/documents", words="15/QĐ-SNV").json()["items"]
    assert (line["id"], line["doc_type"], line["number_symbol"]) == (str(kept.document_id), "QĐ", "15/QĐ-SNV")
    shown = ours.get(f"/documents/{line['id']}").json()
    assert shown["file"]["type"] == "pdf"
    assert [one["names"] for one in shown["seen"]]
    assert ours.get("/documents", doc_type="CV").json() == {"items": [], "next": None}
    problem(ours.get("/documents", doc_type="XX"), 422)
    problem(ours.get("/documents", after="nonsense"), 422)
    theirs = program.shows(token_of(site, CLERK))
    assert theirs.get("/documents", words="15/QĐ-SNV").json()["items"] == []
    problem(theirs.get(f"/documents/{line['id']}"), 404)


def test_reports_are_made_for_whom_they_are(admins: Program) -> None:
    for kind in ("usage", "adoption", "documents", "rules"):
        answer = admins.get(f"/reports/{kind}", period="2026-10", agency="snv")
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert (found["report"], found["agency"]["code"]) == (kind, "snv")
        assert found["period"]["first"] == "2026-09-15"
        assert all(one["definition"] for section in found["sections"] for one in section["figures"])
    told = problem(admins.get("/reports/usage", period="soon"), 400)
    assert [one["field"] for one in told["errors"]] == ["period"]
    problem(admins.get("/reports/gossip", period="2026-10"), 404)
    problem(admins.get("/reports/usage", period="2026-10", agency="nowhere"), 404)
    with admins.site.database.read() as connection:
        rows = connection.execute(select(AuditRow.actor).where(AuditRow.action == "report.read")).scalars().all()
    assert len(rows) >= 4
    problem(admins.shows(token_of(admins.site, OTHER)).get("/reports/usage", period="2026-10"), 404)


def test_a_senders_letter_case_does_not_matter_unless_it_is_known_just_so(admins: Program) -> None:
    at, database = admins.site.clock(), admins.site.database
    more: dict[str, Any] = {"account_id": None, "door": Door.MX, "received_at": at}
    put(database, message("x@tinh.gov.vn", sender="Ai@gmail.com", **more))

    def found(sender: str) -> int:
        return len(admins.get("/trace", sender=sender).json()["events"])

    assert (found("Ai@GMAIL.com"), found("aI@gmail.com"), found("a@gmail.com")) == (1, 1, 0)
    put(database, message("x@tinh.gov.vn", sender="ai@gmail.com", **more))
    assert (found("ai@gmail.com"), found("AI@gmail.com")) == (1, 1)
