"""The notice to a sender of ours about recipients whom a rule refused after 250 (RFC 3464, wording § 2.1).

It is entered as a letter with the message's rows, so that there is exactly one, and written when it is sent: from the
message as it then is, without its words should it have proved a secret meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from mailhub.clock import now_ms
from mailhub.delivery.content import read_back
from mailhub.mail.notice import Action, NoticeFacts, NoticeKind, NoticeRecipient
from mailhub.mail.notice_facts import NoticeRule
from mailhub.queue import service as queue
from mailhub.queue.models import EventKind, Purpose, RecipientState
from mailhub.queue.records import NewEvent, StoredMessage
from mailhub.queue.written import members_told
from mailhub.screening.consequences.refusals import ascii_words
from mailhub.settings import Settings
from mailhub.store.database import Database
from mailhub.store.spool import Spool

LANGUAGES = ("vi", "en")
STATUS = "5.7.1"  # RFC 3463 § 3.8: delivery not authorised


class RefusalNotices:
    """Writes them for the post office."""

    def __init__(self, database: Database, spool: Spool) -> None:
        self._database = database
        self._spool = spool

    def find(self, facts: Mapping[str, Any]) -> tuple[StoredMessage, int] | None:
        """The message that a letter is about, and how many other recipients it has; None when it is gone.

        Raises:
            StoreUnavailable
        """
        number = facts.get("message")
        if not isinstance(number, int):
            return None
        with self._database.read() as connection:
            message = queue.load_message(connection, number)
            return None if message is None else (message, _others(connection, number))

    def describe(
        self, facts: Mapping[str, Any], message: StoredMessage, others: int, *, to: str, name: str, settings: Settings
    ) -> NoticeFacts:
        """What the notice says; `build_notice` writes it."""
        most = settings.limits.bounce_kib * 1024
        whole = message.dsn_ret != "HDRS" and (not most or message.size <= most) and not facts.get("headers_only")
        groups = [group for group in facts.get("groups", ()) if isinstance(group, dict)]
        return NoticeFacts(
            kind=NoticeKind.REFUSED,
            to=to,
            name=name,
            host=settings.hub.hostname,
            domain=settings.hub.domain,
            support=settings.hub.support,
            code=message.code,
            at=now_ms(),
            received_at=message.received_at,
            subject=message.subject,
            message_id=message.message_id,
            envid=message.dsn_envid,
            recipients=tuple(_recipients(groups)),
            others=others,
            rules=tuple(_rule(group) for group in groups),
            original=read_back(self._spool, message, whole=whole),
            whole=whole,
            utf8=message.utf8 or not to.isascii(),
        )


def tell_story(
    message: StoredMessage, facts: Mapping[str, Any], notice_code: str, at: int, connection: Connection
) -> None:
    """Add the line to the story of the message that the notice is about."""
    addresses = [address for group in facts.get("groups", ()) for address in group.get("addresses", ())]
    said = {"notice": notice_code, "about": NoticeKind.REFUSED.value, "for": addresses}
    kind = EventKind.NOTIFIED
    line = NewEvent(at=at, message_id=message.id, code=message.code, recipient=None, kind=kind, facts=said)
    queue.append_events(connection, [line])


def _recipients(groups: Sequence[Mapping[str, Any]]) -> list[NoticeRecipient]:
    return [
        NoticeRecipient(
            address=address,
            action=Action.FAILED,
            status=STATUS,
            reply=str(group.get("reply", "")),
            rule=str(group.get("rule", "")),
            article=ascii_words(str(group.get("because_vi", ""))),
        )
        for group in groups
        for address in group.get("addresses", ())
    ]


def _rule(group: Mapping[str, Any]) -> NoticeRule:
    return NoticeRule(
        title=str(group.get("title", "")),
        addresses=tuple(group.get("addresses", ())),
        members={str(one): members_told(group, one) for one in group.get("addresses", ())},
        why={language: str(group.get(language, "")) for language in LANGUAGES},
        because={language: str(group.get(f"because_{language}", "")) for language in LANGUAGES},
    )


def _others(connection: Connection, message_id: int) -> int:
    recipient = queue.recipient_table.c
    mine = (recipient.message_id == message_id, recipient.purpose == Purpose.MAIL.value)
    ended = (RecipientState.REFUSED.value, RecipientState.DESTROYED.value)
    return connection.scalar(select(func.count()).where(*mine, recipient.state.not_in(ended))) or 0
