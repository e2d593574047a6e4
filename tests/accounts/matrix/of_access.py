"""The services that decide who gets in, and who may what."""

from __future__ import annotations

from base64 import b32decode, b64encode
from typing import Any

from sqlalchemy import Connection

from mailhub.accounts import credentials
from mailhub.accounts.control import grants, opening, proposals
from mailhub.accounts.control.opening import Order
from mailhub.accounts.control.proposals import ProposalKind
from mailhub.accounts.finding import find_mailbox, subject_of
from mailhub.accounts.login import app_passwords, codes, recovery, second_factor, slip_lists
from mailhub.accounts.login import changing as login_changing
from mailhub.accounts.rights import Action, Role
from tests.accounts.matrix.cases import MINE, Row, but_own, listed, named, whole
from tests.accounts.matrix.world import NOW, ROOT, SEALER, SECOND, SETTINGS, Place, Spot

HASH = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$aGFzaA"
IMPORTED = "{SSHA}" + b64encode(b"d" * 20 + b"salt").decode()


def order(spot: Spot) -> Order:
    return Order(mailbox=spot.box, reader=spot.other, decision="QĐ 1 ngày 22/11/2026", days=3)


def proposed(c: Connection, spot: Spot) -> None:
    spot.kept = opening.propose_opening(c, SECOND, order(spot), reason="theo quyết định")


def agreed(c: Connection, spot: Spot) -> None:
    proposed(c, spot)
    proposals.decide(c, ROOT, spot.kept, agree=True)


def factor(c: Connection, spot: Spot) -> None:
    key = second_factor.set_up(c, ROOT, spot.box, SEALER, issuer="x", at=NOW).key
    spot.kept = second_factor.current_code(b32decode(key + "=" * (-len(key) % 8)), NOW)


def confirmed(c: Connection, spot: Spot) -> None:
    factor(c, spot)
    second_factor.confirm(c, ROOT, spot.box, spot.kept, SEALER, at=NOW)


def own_or_whole(role: Role, held: str, place: Place) -> bool:
    return place is Place.SELF or whole(Action.APP_PASSWORD)(role, held, place)


A = Action
ACCESS_ROWS: dict[Any, list[Row]] = {
    # control
    grants.grant_role: [
        Row(action=A.RIGHT_GRANT, places=MINE, expect=but_own(A.RIGHT_GRANT),
            call=lambda c, a, s: grants.grant_role(c, a, s.box, Role.CLERK, agency=s.code, reason="x")),
    ],
    grants.take_role: [
        Row(action=A.RIGHT_TAKE, places=MINE, expect=but_own(A.RIGHT_TAKE),
            prepare=lambda c, s: grants.grant_role(c, ROOT, s.box, Role.CLERK, agency=s.code, reason="x"),
            call=lambda c, a, s: grants.take_role(c, a, s.box, Role.CLERK, agency=s.code, reason="x")),
    ],
    grants.list_grants: [
        Row(action=A.RIGHT_READ, places=MINE, expect=listed(A.RIGHT_READ),
            prepare=lambda c, s: grants.grant_role(c, ROOT, s.box, Role.CLERK, agency=s.code, reason="x"),
            call=lambda c, a, s: grants.list_grants(c, a), sees=lambda rows, s: named(rows, s, "account")),
    ],
    opening.propose_opening: [
        Row(action=A.ACCOUNT_OPEN, places=MINE,
            call=lambda c, a, s: opening.propose_opening(c, a, order(s), reason="x")),
    ],
    opening.open_mailbox: [
        Row(action=A.ACCOUNT_OPEN, places=MINE, prepare=agreed,
            call=lambda c, a, s: opening.open_mailbox(c, a, s.kept, reason="x")),
    ],
    proposals.propose: [
        Row(action=A.ACCOUNT_OPEN, places=MINE,
            call=lambda c, a, s: proposals.propose(
                c, a, ProposalKind.OPEN_MAILBOX, subject_of(c, find_mailbox(c, s.box)), {}, reason="x")),
    ],
    proposals.decide: [
        Row(action=A.PROPOSAL_DECIDE, prepare=proposed,
            call=lambda c, a, s: proposals.decide(c, a, s.kept, agree=True)),
    ],
    proposals.show: [
        Row(action=A.PROPOSAL_DECIDE, prepare=proposed, call=lambda c, a, s: proposals.show(c, a, s.kept)),
    ],
    proposals.list_proposals: [
        Row(action=A.PROPOSAL_DECIDE, prepare=proposed, call=lambda c, a, s: proposals.list_proposals(c, a),
            sees=lambda rows, s: any(one.code == s.kept for one in rows)),
    ],
    # passwords and the like
    credentials.set_password: [
        Row(action=A.ACCOUNT_PASSWORD, places=MINE,
            call=lambda c, a, s: credentials.set_password(c, a, s.box, HASH)),
    ],
    credentials.unlock_account: [
        Row(action=A.ACCOUNT_UNLOCK, places=MINE, call=lambda c, a, s: credentials.unlock_account(c, a, s.box)),
    ],
    app_passwords.make_app_password: [
        Row(action=A.APP_PASSWORD, places=MINE, expect=own_or_whole,
            call=lambda c, a, s: app_passwords.make_app_password(c, a, s.box, "Máy", settings=SETTINGS.passwords)),
    ],
    app_passwords.list_app_passwords: [
        Row(action=A.APP_PASSWORD, places=MINE, call=lambda c, a, s: app_passwords.list_app_passwords(c, a, s.box)),
    ],
    app_passwords.revoke_app_passwords: [
        Row(action=A.APP_PASSWORD, places=MINE,
            call=lambda c, a, s: app_passwords.revoke_app_passwords(c, a, s.box, None)),
    ],
    login_changing.import_hash: [
        Row(action=A.ACCOUNT_PASSWORD, places=MINE, expect=whole(A.ACCOUNT_PASSWORD),
            call=lambda c, a, s: login_changing.import_hash(c, a, s.box, IMPORTED, reason="x")),
    ],
    codes.issue: [
        Row(action=A.ACCOUNT_SLIP, places=MINE, expect=but_own(A.ACCOUNT_SLIP),
            call=lambda c, a, s: codes.issue(c, a, s.box, at=NOW, settings=SETTINGS.accounts)),
    ],
    codes.take_back: [
        Row(action=A.ACCOUNT_SLIP, places=MINE, call=lambda c, a, s: codes.take_back(c, a, s.box, at=NOW)),
    ],
    recovery.hand_over: [
        Row(action=A.ACCOUNT_RECOVER, places=MINE, expect=but_own(A.ACCOUNT_RECOVER),
            call=lambda c, a, s: recovery.hand_over(c, a, s.box, at=NOW, settings=SETTINGS.accounts, reason="x")),
    ],
    second_factor.set_up: [
        Row(action=A.SECOND_FACTOR, places=MINE,
            call=lambda c, a, s: second_factor.set_up(c, a, s.box, SEALER, issuer="x")),
    ],
    second_factor.confirm: [
        Row(action=A.SECOND_FACTOR, places=MINE, prepare=factor,
            call=lambda c, a, s: second_factor.confirm(c, a, s.box, s.kept, SEALER, at=NOW)),
    ],
    second_factor.reset: [
        Row(action=A.SECOND_FACTOR_RESET, places=MINE, prepare=confirmed, expect=but_own(A.SECOND_FACTOR_RESET),
            call=lambda c, a, s: second_factor.reset(c, a, s.box, reason="mất điện thoại")),
    ],
    second_factor.list_second_factors: [
        Row(action=A.ACCOUNT_READ, places=MINE, prepare=confirmed, expect=listed(A.ACCOUNT_READ), sees=named,
            call=lambda c, a, s: second_factor.list_second_factors(c, a, SETTINGS.passwords, at=NOW)),
    ],
    slip_lists.candidates: [
        Row(action=A.ACCOUNT_SLIP, places=MINE, expect=listed(A.ACCOUNT_SLIP),
            call=lambda c, a, s: slip_lists.candidates(c, a, s.code, only_new=True),
            sees=lambda rows, s: s.box in rows),
    ],
    slip_lists.issue_slips: [
        Row(action=A.ACCOUNT_SLIP, places=MINE, expect=but_own(A.ACCOUNT_SLIP),
            call=lambda c, a, s: slip_lists.issue_slips(c, a, [s.box], at=NOW, settings=SETTINGS.accounts),
            sees=lambda found, s: named(found[0], s)),
    ],
    slip_lists.list_slips: [
        Row(action=A.ACCOUNT_SLIP, places=MINE, expect=listed(A.ACCOUNT_SLIP), sees=named,
            prepare=lambda c, s: codes.issue(c, ROOT, s.box, at=NOW, settings=SETTINGS.accounts),
            call=lambda c, a, s: slip_lists.list_slips(c, a, at=NOW)),
    ],
}  # fmt: skip
