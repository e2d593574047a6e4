"""The services that act on one account."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from mailhub.accounts import lists, mailboxes, reading
from mailhub.accounts.creating import create_account
from mailhub.accounts.life import (
    changing,
    closings,
    deciding,
    ending,
    holding,
    idle,
    keeping,
    leave,
    moving,
    newcomers,
    request_rows,
    requests,
    review,
    review_reading,
    sending,
)
from mailhub.accounts.life.changing import Change
from mailhub.accounts.life.leave import Leave
from mailhub.accounts.life.moving import Move
from mailhub.accounts.life.newcomers import Newcomer, SuspectedDuplicate
from mailhub.accounts.models import DelegationRight
from mailhub.accounts.people import duplicates, people
from mailhub.accounts.people.duplicates import Candidate
from mailhub.accounts.people.naming import Naming
from mailhub.accounts.people.people import PersonFacts
from mailhub.accounts.rights import Action, Actor, Role
from mailhub.accounts.sharing import delegation
from mailhub.clock import DAY, local_time
from tests.accounts.matrix.cases import MINE, Row, but_own, farther, listed, named
from tests.accounts.matrix.world import LATER, NOW, ROOT, SECOND, SETTINGS, Place, Spot, fresh_address

TODAY = local_time(NOW).date()
SOON = TODAY + timedelta(days=2)
AT_SOON = NOW + 5 * DAY
FAR = NOW + 30 * 365 * DAY


def asked(c: Connection, spot: Spot) -> None:
    spot.kept = requests.request_end(c, SECOND, spot.box, basis="QĐ 2", reason="nghỉ việc").code


def ended(c: Connection, spot: Spot) -> None:
    mailboxes.end_account(c, ROOT, spot.box, reason="nghỉ hưu", settings=SETTINGS.accounts)


def archived(c: Connection, spot: Spot) -> None:
    ended(c, spot)
    keeping.mark_archived(c, ROOT, spot.box, reason="hết hạn", at=NOW + 10 * 365 * DAY)


def away(c: Connection, spot: Spot, first: date = SOON) -> None:
    days = Leave(from_on=first, until_on=first + timedelta(days=3))
    spot.kept = leave.enter_leave(c, ROOT, spot.box, days)


def round_open(c: Connection, _spot: Spot) -> None:
    review.open_review(c, ROOT, "2026-Q4", SOON)


def delegated(c: Connection, spot: Spot) -> None:
    delegation.delegate_mailbox(c, ROOT, spot.box, spot.other, DelegationRight.READ)


def suspects_of(c: Connection, a: Actor, s: Spot) -> Any:
    newcomer = Newcomer(name=s.name, agency=s.code)
    try:
        newcomers.check_duplicates(c, a, newcomer)
    except SuspectedDuplicate as found:
        return found.suspects
    return ()


def twin(c: Connection, spot: Spot) -> None:
    create_account(c, ROOT, fresh_address(), spot.name, agency=spot.code)


def change_recovery(c: Connection, a: Actor, s: Spot) -> None:
    people.change_person(c, a, s.box, PersonFacts(recovery_address="an@example.org", consent=True))


def given_or_taken(role: Role, held: str, place: Place) -> bool:
    """Whoever owns the mailbox sees to whom it is given."""
    return place is Place.SELF or listed(Action.ACCOUNT_READ)(role, held, place)


A = Action
ROWS: dict[Any, list[Row]] = {
    # lives
    changing.change_account: [
        Row(action=A.ACCOUNT_CHANGE, places=MINE,
            call=lambda c, a, s: changing.change_account(c, a, s.box, Change(name="Lê Văn Mới"))),
        Row(action=A.ACCOUNT_QUOTA, places=MINE, expect=but_own(A.ACCOUNT_QUOTA),
            call=lambda c, a, s: changing.change_account(c, a, s.box, Change(quota_mib=9000))),
    ],
    closings.proof_of: [
        Row(action=A.ACCOUNT_READ, places=MINE,
            prepare=lambda c, s: mailboxes.suspend_account(c, ROOT, s.box, reason="x"),
            call=lambda c, a, s: closings.proof_of(c, a, s.box)),
    ],
    deciding.approve: [
        Row(action=A.REQUEST_DECIDE, places=MINE, prepare=asked,
            call=lambda c, a, s: deciding.approve(c, a, s.kept, settings=SETTINGS.accounts)),
    ],
    deciding.refuse: [
        Row(action=A.REQUEST_DECIDE, places=MINE, prepare=asked,
            call=lambda c, a, s: deciding.refuse(c, a, s.kept, answer="không")),
    ],
    deciding.withdraw: [
        Row(action=A.REQUEST_MAKE, places=MINE, prepare=asked, call=lambda c, a, s: deciding.withdraw(c, a, s.kept)),
    ],
    deciding.lapse: [
        Row(action=A.REQUEST_DECIDE, places=MINE, prepare=asked,
            call=lambda c, a, s: deciding.lapse(c, a, days=1, at=LATER)),
    ],
    ending.announce: [
        Row(action=A.ACCOUNT_END, places=MINE, call=lambda c, a, s: ending.announce(c, a, s.box, SOON, reason="x")),
    ],
    ending.call_off: [
        Row(action=A.ACCOUNT_END, places=MINE, prepare=lambda c, s: ending.announce(c, ROOT, s.box, SOON, reason="x"),
            call=lambda c, a, s: ending.call_off(c, a, s.box, reason="x")),
    ],
    ending.carry_out: [
        Row(action=A.ACCOUNT_END, places=MINE, prepare=lambda c, s: ending.announce(c, ROOT, s.box, SOON, reason="x"),
            call=lambda c, a, s: ending.carry_out(c, a, s.box, settings=SETTINGS.accounts, at=AT_SOON)),
    ],
    holding.hold_account: [
        Row(action=A.ACCOUNT_HOLD, places=MINE,
            call=lambda c, a, s: holding.hold_account(c, a, s.box, order="QĐ 3", reason="x")),
    ],
    holding.release_hold: [
        Row(action=A.ACCOUNT_HOLD, places=MINE, expect=but_own(A.ACCOUNT_HOLD),
            prepare=lambda c, s: holding.hold_account(c, ROOT, s.box, order="QĐ 3", reason="x"),
            call=lambda c, a, s: holding.release_hold(c, a, s.box, reason="x")),
    ],
    idle.close_idle: [
        Row(action=A.ACCOUNT_SUSPEND, places=MINE, call=lambda c, a, s: idle.close_idle(c, a, s.box, limit=45, at=NOW)),
    ],
    idle.reopen: [
        Row(action=A.ACCOUNT_UNLOCK, places=MINE,
            prepare=lambda c, s: idle.close_idle(c, ROOT, s.box, limit=45, at=NOW),
            call=lambda c, a, s: idle.reopen(c, a, s.box)),
    ],
    keeping.mark_archived: [
        Row(action=A.ACCOUNT_ARCHIVE, places=MINE, prepare=ended,
            call=lambda c, a, s: keeping.mark_archived(c, a, s.box, reason="x", at=FAR)),
    ],
    keeping.mark_erased: [
        Row(action=A.ACCOUNT_ERASE, places=MINE, prepare=archived,
            call=lambda c, a, s: keeping.mark_erased(c, a, s.box, reason="x", settings=SETTINGS.accounts, at=FAR)),
    ],
    leave.enter_leave: [
        Row(action=A.ACCOUNT_LEAVE, places=MINE,
            call=lambda c, a, s: leave.enter_leave(c, a, s.box, Leave(from_on=SOON, until_on=SOON))),
        Row(action=A.DELEGATE, places=MINE,
            call=lambda c, a, s: leave.enter_leave(c, a, s.box, Leave(from_on=SOON, until_on=SOON, acting=s.other)),
            # Others need the right to leave as well, which no role has without the one to delegate.
            ),
    ],
    leave.begin_leave: [
        Row(action=A.ACCOUNT_LEAVE, places=MINE, prepare=away,
            call=lambda c, a, s: leave.begin_leave(c, a, s.kept, at=AT_SOON)),
    ],
    leave.end_leave: [
        Row(action=A.ACCOUNT_LEAVE, places=MINE, prepare=away,
            call=lambda c, a, s: leave.end_leave(c, a, s.kept, at=LATER)),
    ],
    leave.come_back: [
        Row(action=A.ACCOUNT_LEAVE, places=MINE, prepare=lambda c, s: away(c, s, TODAY),
            call=lambda c, a, s: leave.come_back(c, a, s.box)),
    ],
    moving.transfer: [
        Row(action=A.ACCOUNT_MOVE, places=MINE,
            call=lambda c, a, s: moving.transfer(c, a, s.box, Move(agency=s.leaf), reason="QĐ")),
        Row(action=A.ACCOUNT_MOVE,  # into the place
            call=lambda c, a, s: moving.transfer(c, a, "own-an@tinh.gov.vn", Move(agency=s.leaf), reason="QĐ")),
    ],
    newcomers.check_duplicates: [
        Row(action=A.ACCOUNT_READ, places=MINE, expect=farther(A.ACCOUNT_READ), call=suspects_of,
            sees=lambda rows, s: s.box in rows),
    ],
    request_rows.show_request: [
        Row(action=A.REQUEST_READ, places=MINE, prepare=asked,
            call=lambda c, a, s: request_rows.show_request(c, a, s.kept)),
    ],
    request_rows.list_requests: [
        Row(action=A.REQUEST_READ, places=MINE, prepare=asked, expect=listed(A.REQUEST_READ), sees=named,
            call=lambda c, a, s: request_rows.list_requests(c, a)),
    ],
    requests.request_new: [
        Row(action=A.REQUEST_MAKE,
            call=lambda c, a, s: requests.request_new(
                c, a, Newcomer(name="Vũ Thị Mới", agency=s.code, address=fresh_address()), basis="QĐ",
                naming=Naming())),
    ],
    requests.request_move: [
        Row(action=A.REQUEST_MAKE, places=MINE,
            call=lambda c, a, s: requests.request_move(c, a, s.box, Move(agency=s.leaf), reason="x")),
    ],
    requests.request_end: [
        Row(action=A.REQUEST_MAKE, places=MINE,
            call=lambda c, a, s: requests.request_end(c, a, s.box, basis="QĐ", reason="x")),
    ],
    requests.request_password: [
        Row(action=A.REQUEST_MAKE, places=MINE,
            call=lambda c, a, s: requests.request_password(c, a, s.box, reason="x")),
    ],
    review.answer_for: [
        Row(action=A.REVIEW_ANSWER, places=MINE, prepare=round_open,
            call=lambda c, a, s: review.answer_for(c, a, "2026-Q4", s.box, review.Answer.KEPT)),
    ],
    review.confirm_rest: [
        Row(action=A.REVIEW_ANSWER, prepare=round_open,
            call=lambda c, a, s: review.confirm_rest(c, a, "2026-Q4", s.code)),
    ],
    review_reading.show_review: [
        Row(action=A.REVIEW_READ, places=MINE, prepare=round_open, expect=listed(A.REVIEW_READ), sees=named,
            call=lambda c, a, s: review_reading.show_review(c, a, "2026-Q4")),
    ],
    # people
    duplicates.suspects: [
        Row(action=A.ACCOUNT_READ, places=MINE, expect=farther(A.ACCOUNT_READ), sees=named,
            call=lambda c, a, s: duplicates.suspects(c, a, Candidate(name=s.name))),
    ],
    duplicates.load_register: [
        Row(action=A.ACCOUNT_READ, places=MINE, expect=farther(A.ACCOUNT_READ), sees=named,
            call=lambda c, a, s: duplicates.load_register(c, a).suspects(Candidate(name=s.name))),
    ],
    duplicates.all_suspects: [
        Row(action=A.ACCOUNT_READ, places=MINE, expect=farther(A.ACCOUNT_READ), prepare=twin,
            call=lambda c, a, s: [one for pair in duplicates.all_suspects(c, a) for one in (pair.first, pair.second)],
            sees=named),
    ],
    people.change_person: [
        Row(action=A.ACCOUNT_CHANGE, places=MINE,
            call=lambda c, a, s: people.change_person(c, a, s.box, PersonFacts(phone="0912345678"))),
        Row(action=A.ACCOUNT_CHANGE, places=MINE, call=change_recovery),
    ],
    people.show_person: [
        Row(action=A.ACCOUNT_READ, places=MINE, call=lambda c, a, s: people.show_person(c, a, s.box)),
    ],
    # the mailbox
    lists.add_alias: [
        Row(action=A.ALIAS_ADD, places=MINE, call=lambda c, a, s: lists.add_alias(c, a, fresh_address(), s.box)),
    ],
    lists.remove_alias: [
        Row(action=A.ALIAS_REMOVE, places=MINE,
            prepare=lambda c, s: lists.add_alias(c, ROOT, "khac@tinh.gov.vn", s.box),
            call=lambda c, a, s: lists.remove_alias(c, a, "khac@tinh.gov.vn")),
    ],
    mailboxes.suspend_account: [
        Row(action=A.ACCOUNT_SUSPEND, places=MINE,
            call=lambda c, a, s: mailboxes.suspend_account(c, a, s.box, reason="x")),
    ],
    mailboxes.restore_account: [
        Row(action=A.ACCOUNT_RESTORE, places=MINE,
            prepare=lambda c, s: mailboxes.suspend_account(c, ROOT, s.box, reason="x"),
            call=lambda c, a, s: mailboxes.restore_account(c, a, s.box)),
    ],
    sending.stop_sending: [
        Row(action=A.ACCOUNT_SUSPEND, places=MINE,
            call=lambda c, a, s: sending.stop_sending(c, a, s.box, reason="x")),
    ],
    sending.allow_sending: [
        Row(action=A.ACCOUNT_RESTORE, places=MINE, expect=but_own(A.ACCOUNT_RESTORE),
            prepare=lambda c, s: sending.stop_sending(c, ROOT, s.box, reason="x"),
            call=lambda c, a, s: sending.allow_sending(c, a, s.box, reason="x")),
    ],
    mailboxes.end_account: [
        Row(action=A.ACCOUNT_END, places=MINE,
            call=lambda c, a, s: mailboxes.end_account(c, a, s.box, reason="x", settings=SETTINGS.accounts)),
    ],
    mailboxes.set_home: [
        Row(action=A.ACCOUNT_HOME, places=MINE, call=lambda c, a, s: mailboxes.set_home(c, a, s.box, "here")),
    ],
    reading.list_accounts: [
        Row(action=A.ACCOUNT_READ, places=MINE, expect=listed(A.ACCOUNT_READ), sees=named,
            call=lambda c, a, s: reading.list_accounts(c, a)),
        Row(action=A.ACCOUNT_HOLD, places=MINE, expect=listed(A.ACCOUNT_HOLD), sees=named,
            prepare=lambda c, s: holding.hold_account(c, ROOT, s.box, order="QĐ 3", reason="x"),
            call=lambda c, a, s: reading.list_accounts(c, a, only=[reading.Only.HELD])),
    ],
    reading.count_accounts: [
        Row(action=A.ACCOUNT_READ, places=MINE, expect=listed(A.ACCOUNT_READ), sees=lambda number, s: number > 0,
            call=lambda c, a, s: reading.count_accounts(c, a, text=s.box)),
    ],
    reading.show_account: [
        Row(action=A.ACCOUNT_READ, places=MINE, call=lambda c, a, s: reading.show_account(c, a, s.box, at=NOW)),
    ],
    reading.why: [Row(action=A.ACCOUNT_WHY, places=MINE, call=lambda c, a, s: reading.why(c, a, s.box))],
    reading.note_reading: [
        Row(action=A.ACCOUNT_WHY, places=MINE, call=lambda c, a, s: reading.note_reading(c, a, s.box, reason="x")),
    ],
    # delegations
    delegation.delegate_mailbox: [
        Row(action=A.DELEGATE, places=MINE,
            call=lambda c, a, s: delegation.delegate_mailbox(c, a, s.box, s.other, DelegationRight.READ)),
        Row(action=A.DELEGATE, places=(Place.OWN, Place.FOREIGN, Place.ABOVE),  # to somebody in the place
            call=lambda c, a, s: delegation.delegate_mailbox(
                c, a, "own-an@tinh.gov.vn", s.other, DelegationRight.READ)),
    ],
    delegation.end_delegations: [
        Row(action=A.DELEGATE, places=MINE, prepare=delegated,
            call=lambda c, a, s: delegation.end_delegations(c, a, s.box, s.other)),
    ],
    delegation.list_delegations: [
        Row(action=A.ACCOUNT_READ, places=MINE, prepare=delegated, expect=given_or_taken,
            call=lambda c, a, s: delegation.list_delegations(c, a), sees=lambda rows, s: named(rows, s, "mailbox")),
    ],
}  # fmt: skip
