"""The services of the reports."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import Connection, insert

from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.rights import RIGHTS, Action, Actor, Reach, Role
from mailhub.clock import HOUR, midnight
from mailhub.ids import first_id
from mailhub.policy.facts import Facts, MailClass, MessageFacts, Origin, RecipientFacts, SenderFacts
from mailhub.reports.choosing import report_agencies
from mailhub.reports.mailing.service import NewSchedule, Schedule, add_schedule
from mailhub.reports.periods import PeriodKind, whole_year
from mailhub.reports.private_mail import Wanted as Behind
from mailhub.reports.private_mail import private_messages
from mailhub.reports.rendering import Format
from mailhub.reports.service import Wanted, make_report
from mailhub.reports.units import Units, public_units, publishes, units_for
from mailhub.reports.values import Report, ReportKind
from mailhub.screening.models import PolicyDecision
from mailhub.screening.records import codec
from mailhub.settings import Settings
from mailhub.settings.sections.reports import ReportsSection
from mailhub.store.database import Database
from tests.accounts.matrix.cases import Row
from tests.accounts.matrix.of_policy import DAY, used
from tests.accounts.matrix.world import NOW, Place, Spot

A = Action
_SETTINGS = cast("Settings", SimpleNamespace(reports=ReportsSection()))


def made(c: Connection, actor: Actor, spot: Spot) -> Report:
    database = cast("Database", SimpleNamespace(read=lambda: nullcontext(c), write=lambda: nullcontext(c)))
    wanted = Wanted(kind=ReportKind.USAGE, period=whole_year(2026), agency=spot.code)
    return make_report(database, actor, wanted, settings=_SETTINGS)


def wrote_to_a_private_mailbox(c: Connection, spot: Spot) -> None:
    """A judged message of the place's mailbox, as the list of messages behind the figures finds it."""
    at = midnight(DAY) + HOUR
    to = {"x@gmail.com": RecipientFacts(mail_class=MailClass.PRIVATE, domain="gmail.com")}
    facts = Facts(message=MessageFacts(origin=Origin.OWN), sender=SenderFacts(), recipients=to, at=at)
    row = {"message_id": first_id(at) + spot.box_id % 1_000_000, "code": "7K4-QW2-M9", "version": 1, "outcome": "{}"}
    row |= {"account_id": spot.box_id, "agency_id": spot.agency_id, "facts": codec.dump(facts)}
    c.execute(insert(PolicyDecision).values(row))


def asked_by_mail(c: Connection, actor: Actor, spot: Spot) -> Schedule:
    """The console has no mailbox to send to: what it may is asked with one."""
    whose = actor if actor.account_id is not None else replace(actor, account_id=spot.box_id)
    wanted = NewSchedule(kind=ReportKind.USAGE, agency=spot.code, every=PeriodKind.MONTH, formats=(Format.CSV,))
    return add_schedule(c, whose, wanted, closing_day=14, at=NOW)


def published(c: Connection, actor: Actor, _: Spot) -> Units | None:
    """A public version is of everything: whoever reads less makes none."""
    try:
        return public_units(c, actor, "")
    except InvalidValue:
        return None


def reads_all(role: Role, held: str, _: Place) -> bool:
    """Everywhere, or over the province itself."""
    reach = RIGHTS[role].get(A.REPORT_READ)
    return reach is Reach.ALL or (reach is Reach.SUBTREE and held == "tinh")


REPORT_ROWS: dict[Any, list[Row]] = {
    make_report: [
        Row(action=A.REPORT_READ, prepare=used, call=made,
            sees=lambda found, s: any(row.key == s.code for row in found.table("usage.agencies").rows)),
    ],
    private_messages: [
        Row(action=A.USE_PEOPLE, prepare=wrote_to_a_private_mailbox,
            call=lambda c, a, s: private_messages(c, a, Behind(first=DAY, last=DAY, agency=s.code), at=NOW),
            sees=lambda found, s: any(s.box in row.who for row in found.rows)),
    ],
    report_agencies: [
        Row(action=A.REPORT_READ, call=lambda c, a, s: report_agencies(c, a),
            sees=lambda found, s: s.code in {code for code, _ in found}),
    ],
    add_schedule: [
        Row(action=A.REPORT_READ, call=asked_by_mail),
    ],
    public_units: [
        Row(action=A.REPORT_READ, call=published, sees=lambda found, s: found is not None, places=(Place.PROVINCE,),
            expect=reads_all),
    ],
    publishes: [
        Row(action=A.REPORT_READ, call=lambda c, a, s: publishes(c, a), sees=lambda found, s: found,
            places=(Place.PROVINCE,), expect=reads_all),
    ],
    units_for: [
        Row(action=A.REPORT_READ, call=lambda c, a, s: units_for(c, a, s.code)),
    ],
}  # fmt: skip
