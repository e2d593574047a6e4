"""What an account has open on the web: sessions, tokens, passkeys."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert

from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.login.models import Passkey
from mailhub.accounts.rights import Action
from mailhub.accounts.web import listing, passkeys, tokens
from mailhub.accounts.web.models import ApiToken
from mailhub.accounts.web.sessions import Stage, open_session
from mailhub.ids import new_id
from tests.accounts.matrix.cases import MINE, Row
from tests.accounts.matrix.world import LATER, NOW, SETTINGS, Spot

A = Action


def session(c: Connection, spot: Spot) -> None:
    number = find_mailbox(c, spot.box).id
    spot.kept = open_session(c, number, stage=Stage.FULL, ip="192.0.2.1", agent="x", at=NOW).id


def token(c: Connection, spot: Spot) -> None:
    spot.kept = new_id()
    row = {"token_sha256": str(spot.kept).encode(), "prefix": "x", "name": "x", "scopes": "trace:read", "made_at": NOW}
    number = find_mailbox(c, spot.box).id
    c.execute(insert(ApiToken).values(id=spot.kept, account_id=number, expires_at=LATER, **row))


def keys(c: Connection, spot: Spot) -> None:
    number = find_mailbox(c, spot.box).id
    for _ in range(2):
        spot.kept = new_id()
        row = {"credential_id": str(spot.kept).encode(), "public_key": b"k", "rp_id": "x.vn", "name": "x"}
        c.execute(insert(Passkey).values(id=spot.kept, mailbox_id=number, made_at=NOW, **row))


WEB_ROWS: dict[Any, list[Row]] = {
    listing.list_sessions: [
        Row(action=A.WEB_SESSION, places=MINE, prepare=session,
            call=lambda c, a, s: listing.list_sessions(c, a, s.box, settings=SETTINGS, at=NOW)),
    ],
    listing.end_one: [
        Row(action=A.WEB_SESSION, places=MINE, prepare=session,
            call=lambda c, a, s: listing.end_one(c, a, s.box, s.kept, at=NOW)),
    ],
    listing.end_all: [
        Row(action=A.WEB_SESSION, places=MINE, prepare=session,
            call=lambda c, a, s: listing.end_all(c, a, s.box, at=NOW)),
    ],
    tokens.list_tokens: [
        Row(action=A.API_TOKEN, places=MINE, prepare=token,
            call=lambda c, a, s: tokens.list_tokens(c, a, s.box, at=NOW)),
    ],
    tokens.revoke_tokens: [
        Row(action=A.API_TOKEN, places=MINE, prepare=token,
            call=lambda c, a, s: tokens.revoke_tokens(c, a, s.box, s.kept, at=NOW)),
    ],
    passkeys.list_passkeys: [
        Row(action=A.SECOND_FACTOR, places=MINE, prepare=keys,
            call=lambda c, a, s: passkeys.list_passkeys(c, a, s.box)),
    ],
    passkeys.remove_passkey: [
        Row(action=A.SECOND_FACTOR, places=MINE, prepare=keys,
            call=lambda c, a, s: passkeys.remove_passkey(c, a, s.box, s.kept, at=NOW)),
    ],
}  # fmt: skip
