"""The services that act on agencies, domains, groups, offices, and on the directory."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager, nullcontext
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import Connection, delete

from mailhub.accounts import creating, system
from mailhub.accounts.catalogue import search as catalogue
from mailhub.accounts.control import log_reading
from mailhub.accounts.control.log_reading import LogFilter
from mailhub.accounts.life import review, review_reading
from mailhub.accounts.life.models import ReviewEntry
from mailhub.accounts.models import GroupSenders, GroupTask
from mailhub.accounts.organisation import agencies, display, domains, merging, pools
from mailhub.accounts.organisation import ending as agency_ending
from mailhub.accounts.organisation import moving as agency_moving
from mailhub.accounts.organisation.agencies import AgencyChanges
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.sharing import group_views, groups, holdings, office_list, roles
from mailhub.accounts.sharing.groups import GroupChange
from mailhub.clock import DAY
from mailhub.lifecycle import reviewing
from mailhub.settings import Settings
from mailhub.store.database import Database
from tests.accounts.matrix.cases import MINE, Row, anywhere, but_blocks, directory, listed, named
from tests.accounts.matrix.of_accounts import AT_SOON, SOON, round_open
from tests.accounts.matrix.world import NOW, ROOT, SETTINGS, Place, Spot, fresh_address

# What names two places is tried with one of them in the own: for whoever reaches both.
OPEN = (Place.OWN, Place.FOREIGN, Place.ABOVE)
ONE = (Place.PROVINCE,)
HERE = "own-an@tinh.gov.vn"


class Borrowed:
    """A database that gives out one transaction, over and over."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(self) -> AbstractContextManager[Connection]:
        return nullcontext(self._connection)

    def write(self) -> AbstractContextManager[Connection]:
        return nullcontext(self._connection)


def close_round(c: Connection, a: Actor, _spot: Spot) -> None:
    settings = cast("Settings", SimpleNamespace(accounts=SETTINGS.accounts))
    reviewing.close_round(cast("Database", Borrowed(c)), settings, a, "2026-Q4", reason="x", at=NOW)


def round_of_one(c: Connection, spot: Spot) -> None:
    round_open(c, spot)
    c.execute(delete(ReviewEntry).where(ReviewEntry.mailbox_id != spot.box_id))


def restricted(c: Connection, spot: Spot) -> None:
    spot.kept = fresh_address()
    groups.add_group(c, ROOT, spot.kept, "Kín", agency=spot.code, senders=GroupSenders.LISTED)


def officer(c: Connection, spot: Spot) -> None:
    groups.add_officer(c, ROOT, spot.group, spot.box, GroupTask.SENDER)


def leaving(c: Connection, spot: Spot) -> None:
    agency_ending.end_agency(c, ROOT, spot.leaf, reason="x", ends_on=SOON, successor=spot.code)


def add_group_for(c: Connection, a: Actor, owner: str, agency: str) -> None:
    groups.add_group(c, a, fresh_address(), "Nhóm", agency=agency, owner=owner)


def past_holding(c: Connection, a: Actor, desk: str, holder: str) -> None:
    times = {"from_at": NOW - 9 * DAY, "until_at": NOW - DAY}
    roles.enter_past_holding(c, a, desk, holder, **times, reason="QĐ 1", at=NOW)


A = Action
TREE_ROWS: dict[Any, list[Row]] = {
    # agencies
    agencies.add_agency: [
        Row(action=A.AGENCY_ADD, call=lambda c, a, s: agencies.add_agency(c, a, "moi", "Phòng Mới", parent=s.code)),
        Row(action=A.AGENCY_BLOCK,
            call=lambda c, a, s: agencies.add_agency(c, a, "moi", "Khối Mới", parent=s.code, block=True)),
    ],
    agencies.change_agency: [
        Row(action=A.AGENCY_CHANGE,
            call=lambda c, a, s: agencies.change_agency(c, a, s.code, AgencyChanges(name="Tên Mới"))),
        Row(action=A.AGENCY_BLOCK, places=(Place.OWN, Place.FOREIGN),
            call=lambda c, a, s: agencies.change_agency(c, a, s.code, AgencyChanges(block=True))),
        Row(action=A.AGENCY_BLOCK, places=(Place.BLOCK,),
            call=lambda c, a, s: agencies.change_agency(c, a, s.code, AgencyChanges(block=False))),
    ],
    agencies.list_agencies: [
        Row(action=A.DIRECTORY_READ, expect=directory, call=lambda c, a, s: agencies.list_agencies(c, a),
            sees=lambda rows, s: any(row["code"] == s.leaf for row in rows)),
    ],
    display.tree: [
        Row(action=A.DIRECTORY_READ, expect=directory, call=lambda c, a, s: display.tree(c, a, at=NOW),
            sees=lambda rows, s: any(row.code == s.leaf for row in rows)),
        Row(action=A.DIRECTORY_READ, expect=directory, call=lambda c, a, s: display.tree(c, a, s.code, at=NOW)),
    ],
    agency_ending.end_agency: [
        Row(action=A.AGENCY_END,
            call=lambda c, a, s: agency_ending.end_agency(c, a, s.leaf, reason="x", successor=s.code)),
        Row(action=A.AGENCY_END,  # to a successor in the place
            call=lambda c, a, s: agency_ending.end_agency(c, a, "snv-vp-la", reason="x", successor=s.second)),
    ],
    agency_ending.take_over_due: [
        Row(action=A.AGENCY_END, prepare=leaving, call=lambda c, a, s: agency_ending.take_over_due(c, a, at=AT_SOON)),
    ],
    agency_ending.reopen_agency: [
        Row(action=A.AGENCY_END, prepare=leaving,
            call=lambda c, a, s: agency_ending.reopen_agency(c, a, s.leaf, reason="x")),
    ],
    agency_moving.move_agency: [
        Row(action=A.AGENCY_CHANGE, call=lambda c, a, s: agency_moving.move_agency(c, a, s.leaf, s.second)),
        Row(action=A.AGENCY_CHANGE, places=OPEN,  # into the place
            call=lambda c, a, s: agency_moving.move_agency(c, a, "snv-vp-la", s.second)),
        Row(action=A.AGENCY_CHANGE, places=OPEN,  # out of the place
            call=lambda c, a, s: agency_moving.move_agency(c, a, s.leaf, "snv-vp-lb")),
    ],
    pools.set_pool: [Row(action=A.AGENCY_POOL, call=lambda c, a, s: pools.set_pool(c, a, s.code, 10_000_000))],
    # domains and the hub's own
    domains.add_domain: [
        Row(action=A.DOMAIN_ADD, places=ONE, call=lambda c, a, s: domains.add_domain(c, a, "moi.gov.vn")),
    ],
    domains.end_domain: [
        Row(action=A.DOMAIN_END, places=ONE, call=lambda c, a, s: domains.end_domain(c, a, "cu.gov.vn", reason="x")),
    ],
    domains.set_domain_home: [
        Row(action=A.DOMAIN_HOME, places=ONE, call=lambda c, a, s: domains.set_domain_home(c, a, "cu.gov.vn", "here")),
    ],
    merging.rename_domain: [
        Row(action=A.DOMAIN_JOIN, places=ONE,
            call=lambda c, a, s: merging.rename_domain(c, a, "cu.gov.vn", "tinh.gov.vn", reason="x")),
    ],
    merging.make_canonical: [
        Row(action=A.DOMAIN_JOIN, places=ONE,
            call=lambda c, a, s: merging.make_canonical(c, a, "cu.gov.vn", reason="x")),
    ],
    system.ensure_system_addresses: [
        Row(action=A.SYSTEM_ADDRESS, places=ONE,
            call=lambda c, a, s: system.ensure_system_addresses(c, a, "cu.gov.vn", admin=s.box)),
    ],
    review.open_review: [
        Row(action=A.REVIEW_OPEN, places=ONE, call=lambda c, a, s: review.open_review(c, a, "2026-Q4", SOON)),
    ],
    review.close_review: [
        Row(action=A.REVIEW_CLOSE, places=ONE, prepare=round_open,
            call=lambda c, a, s: review.close_review(c, a, "2026-Q4", reason="x")),
    ],
    review.check_may_close: [
        Row(action=A.REVIEW_CLOSE, places=ONE, prepare=round_open,
            call=lambda c, a, s: review.check_may_close(c, a, "2026-Q4")),
    ],
    reviewing.close_round: [Row(action=A.REVIEW_CLOSE, places=ONE, prepare=round_open, call=close_round)],
    review_reading.list_reviews: [
        Row(action=A.REVIEW_READ, places=MINE, prepare=round_of_one, expect=listed(A.REVIEW_READ),
            call=lambda c, a, s: review_reading.list_reviews(c, a), sees=lambda rows, s: rows[0].accounts == 1),
    ],
    log_reading.read_log: [
        Row(action=A.AUDIT_READ, places=MINE, expect=listed(A.AUDIT_READ),
            call=lambda c, a, s: list(log_reading.read_log(c, a, LogFilter())),
            sees=lambda rows, s: any(row["object"] == s.box for row in rows)),
        Row(action=A.AUDIT_READ, call=lambda c, a, s: list(log_reading.read_log(c, a, LogFilter(object=s.leaf))),
            sees=lambda rows, s: len(rows) > 0),
        Row(action=A.AUDIT_READ, call=lambda c, a, s: list(log_reading.read_log(c, a, LogFilter(object=s.group))),
            sees=lambda rows, s: len(rows) > 0),
    ],
    log_reading.log_page: [
        Row(action=A.AUDIT_READ, call=lambda c, a, s: log_reading.log_page(c, a, LogFilter(object=s.leaf)),
            sees=lambda rows, s: len(rows) > 0),
        Row(action=A.AUDIT_READ, call=lambda c, a, s: log_reading.log_page(c, a, LogFilter(object=s.group)),
            sees=lambda rows, s: len(rows) > 0),
    ],
    log_reading.note_log_read: [
        Row(action=A.AUDIT_READ, places=ONE, expect=anywhere(A.AUDIT_READ),
            call=lambda c, a, s: log_reading.note_log_read(c, a, "x")),
    ],
    # new accounts
    creating.create_account: [
        Row(action=A.ACCOUNT_CREATE,
            call=lambda c, a, s: creating.create_account(c, a, fresh_address(), "Vũ Thị Mới", agency=s.code)),
    ],
    creating.add_role_mailbox: [
        Row(action=A.ROLE_ADD,
            call=lambda c, a, s: creating.add_role_mailbox(c, a, fresh_address(), "Một cửa", agency=s.code)),
    ],
    # the directory
    catalogue.search_directory: [
        Row(action=A.DIRECTORY_READ, expect=directory, sees=lambda page, s: named(page.entries, s),
            call=lambda c, a, s: catalogue.search_directory(c, a, s.name, at=NOW)),
    ],
    catalogue.every_entry: [
        Row(action=A.DIRECTORY_READ, expect=directory, sees=named,
            call=lambda c, a, s: list(catalogue.every_entry(c, a, at=NOW))),
    ],
    # groups
    group_views.list_groups: [
        Row(action=A.ACCOUNT_READ, call=lambda c, a, s: group_views.list_groups(c, a),
            sees=lambda rows, s: any(row.address == s.group for row in rows)),
    ],
    group_views.show_group: [
        Row(action=A.ACCOUNT_READ, call=lambda c, a, s: group_views.show_group(c, a, s.group)),
        Row(action=A.ACCOUNT_READ, expect=but_blocks(A.ACCOUNT_READ),  # members of a group, who lie in the place
            prepare=lambda c, s: groups.add_member(c, ROOT, "own-nhom@tinh.gov.vn", s.box),
            call=lambda c, a, s: group_views.show_group(c, a, "own-nhom@tinh.gov.vn").members,
            sees=named),
    ],
    groups.add_group: [
        Row(action=A.GROUP_ADD, call=lambda c, a, s: groups.add_group(c, a, fresh_address(), "N", agency=s.code)),
        Row(action=A.GROUP_ADD, places=OPEN, call=lambda c, a, s: add_group_for(c, a, s.box, "snv-vp")),
        Row(action=A.GROUP_ADD,
            call=lambda c, a, s: groups.add_group(
                c, a, fresh_address(), "N", agency=s.code, rule=f'{{"unit": "{s.code}"}}')),
    ],
    groups.preview_rule: [
        Row(action=A.GROUP_ADD, call=lambda c, a, s: groups.preview_rule(
            c, a, json.dumps({"unit": s.code}), agency=s.code)),
        Row(action=A.GROUP_CHANGE, call=lambda c, a, s: groups.preview_rule(
            c, a, json.dumps({"unit": s.code}), group=s.group)),
    ],
    groups.change_group: [
        Row(action=A.GROUP_CHANGE, call=lambda c, a, s: groups.change_group(c, a, s.group, GroupChange(name="N"))),
        Row(action=A.GROUP_CHANGE, places=OPEN,
            call=lambda c, a, s: groups.change_group(c, a, "own-nhom@tinh.gov.vn", GroupChange(owner=s.box))),
    ],
    groups.add_officer: [
        Row(action=A.GROUP_CHANGE, call=lambda c, a, s: groups.add_officer(c, a, s.group, s.box, GroupTask.SENDER)),
        Row(action=A.GROUP_CHANGE, places=OPEN,
            call=lambda c, a, s: groups.add_officer(c, a, "own-nhom@tinh.gov.vn", s.box, GroupTask.MODERATOR)),
    ],
    groups.remove_officer: [
        Row(action=A.GROUP_CHANGE, prepare=officer,
            call=lambda c, a, s: groups.remove_officer(c, a, s.group, s.box, GroupTask.SENDER)),
    ],
    groups.add_member: [
        Row(action=A.GROUP_MEMBER, call=lambda c, a, s: groups.add_member(c, a, s.group, s.box)),
        Row(action=A.GROUP_MEMBER, places=OPEN, prepare=restricted,  # a group that not everybody may write to
            call=lambda c, a, s: groups.add_member(c, a, "own-nhom@tinh.gov.vn", s.kept)),
    ],
    groups.remove_member: [
        Row(action=A.GROUP_MEMBER, call=lambda c, a, s: groups.remove_member(c, a, s.group, s.other)),
    ],
    groups.end_group: [
        Row(action=A.GROUP_CHANGE, call=lambda c, a, s: groups.end_group(c, a, s.group, reason="x")),
    ],
    # offices
    roles.hold_role: [
        Row(action=A.ROLE_HOLD, call=lambda c, a, s: roles.hold_role(c, a, s.desk, s.box)),
        Row(action=A.ROLE_HOLD, places=OPEN, call=lambda c, a, s: roles.hold_role(c, a, s.desk, HERE)),
        Row(action=A.ROLE_HOLD, places=OPEN, call=lambda c, a, s: roles.hold_role(c, a, "own-vt@tinh.gov.vn", s.box)),
    ],
    roles.enter_past_holding: [
        Row(action=A.ROLE_HOLD, call=lambda c, a, s: past_holding(c, a, s.desk, s.box)),
        Row(action=A.ROLE_HOLD, places=OPEN, call=lambda c, a, s: past_holding(c, a, s.desk, HERE)),
        Row(action=A.ROLE_HOLD, places=OPEN, call=lambda c, a, s: past_holding(c, a, "own-vt@tinh.gov.vn", s.box)),
    ],
    roles.release_role: [
        Row(action=A.ROLE_HOLD, call=lambda c, a, s: roles.release_role(c, a, s.desk, s.other)),
    ],
    roles.hand_over_role: [
        Row(action=A.ROLE_HOLD, call=lambda c, a, s: roles.hand_over_role(c, a, s.desk, s.other, s.box, reason="BB 1")),
        Row(action=A.ROLE_HOLD, places=OPEN,
            call=lambda c, a, s: roles.hand_over_role(
                c, a, "own-vt@tinh.gov.vn", "own-binh@tinh.gov.vn", s.box, reason="BB 1")),
    ],
    office_list.list_offices: [
        Row(action=A.ACCOUNT_READ, expect=listed(A.ACCOUNT_READ),
            call=lambda c, a, s: office_list.list_offices(c, a, limit=1000, at=NOW),
            sees=lambda rows, s: any(row.address == s.desk for row in rows)),
    ],
    holdings.list_holdings: [Row(action=A.ACCOUNT_READ, call=lambda c, a, s: holdings.list_holdings(c, a, s.desk))],
    holdings.list_held: [Row(action=A.ACCOUNT_READ, call=lambda c, a, s: holdings.list_held(c, a, s.box))],
}  # fmt: skip
