"""Which notices a turn's results call for, and their messages, ready to be committed with the results.

Rules: no notice about a notice (null reverse-path, RFC 5321 § 4.5.5); none to a sender of whom nothing is proved
(backscatter); NOTIFY decides where it was given (RFC 3461 § 4.1).
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import func, select

from mailhub.accounts.directory import Directory
from mailhub.clock import HOUR, now_ms
from mailhub.delivery.content import read_back
from mailhub.delivery.routes import destination_for
from mailhub.errors import MailhubError
from mailhub.ids import new_code, new_id
from mailhub.mail.address import parse_path
from mailhub.mail.dkim import BodyHasher
from mailhub.mail.notice import build_notice
from mailhub.mail.notice_facts import Action, NoticeFacts, NoticeKind, NoticeRecipient
from mailhub.mail.notice_words import subject_line
from mailhub.queue.models import Door, EventKind, Purpose, RecipientState
from mailhub.queue.records import NewMessage, NewRecipient, Outcome, StoredMessage
from mailhub.queue.service import recipient_table
from mailhub.settings import Settings
from mailhub.store.database import Database
from mailhub.store.spool import Spool

log = logging.getLogger(__name__)

_WAITING = (RecipientState.QUEUED, RecipientState.DELIVERING, RecipientState.DEFERRED, RecipientState.HELD)
_FAILURES = frozenset({RecipientState.BOUNCED, RecipientState.EXPIRED})


def notice_kind(outcome: Outcome) -> tuple[NoticeKind, Action] | None:
    """What the sender should be told about `outcome`; None for nothing."""
    wanted = {word for word in outcome.recipient.notify.split(",") if word}
    if "NEVER" in wanted:
        return None
    if outcome.state in _FAILURES:
        return (NoticeKind.FAILED, Action.FAILED) if not wanted or "FAILURE" in wanted else None
    if outcome.state is RecipientState.DEFERRED:
        first_time = outcome.delay_notified and not outcome.recipient.delay_notified
        asked = not wanted or "DELAY" in wanted
        return (NoticeKind.DELAYED, Action.DELAYED) if first_time and asked else None
    if outcome.state is RecipientState.DELIVERED and "SUCCESS" in wanted:
        if outcome.event is EventKind.DELIVERED:
            return NoticeKind.DELIVERED, Action.DELIVERED
        # The next hop took the duty over, or it cannot: then this is as far as we can see (RFC 3461 § 5.2.2).
        return None if outcome.facts.get("dsn_passed") else (NoticeKind.DELIVERED, Action.RELAYED)
    return None


class NoticeWriter:
    """Makes the notices of a worker."""

    def __init__(
        self, settings: Callable[[], Settings], directory: Directory, database: Database, spool: Spool
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._database = database
        self._spool = spool

    async def compose(self, outcomes: Sequence[Outcome]) -> list[NewMessage]:
        """A message for each sender and kind of news in `outcomes`.

        Raises:
            StoreUnavailable: the database does not answer, or the disk is full.
        """
        groups: defaultdict[tuple[int, NoticeKind], list[tuple[Outcome, Action]]] = defaultdict(list)
        for outcome in outcomes:
            message = outcome.recipient.message
            if not message.sender or not message.sender_verified:
                continue
            found = notice_kind(outcome)
            if found is not None:
                groups[(message.id, found[0])].append((outcome, found[1]))
        if not groups:
            return []
        return await asyncio.to_thread(self._compose_all, groups)

    def _compose_all(self, groups: Mapping[tuple[int, NoticeKind], list[tuple[Outcome, Action]]]) -> list[NewMessage]:
        notices: list[NewMessage] = []
        for (_, kind), members in groups.items():
            try:
                notices.append(self._compose(kind, members))
            except MailhubError:
                raise
            except Exception:
                # A message that trips us must not keep the results of all others from being written, nor its own
                # sender in the dark: what it says of itself is what trips us, so the notice does without that.
                log.exception("the notice about %s is cut short", members[0][0].recipient.message.code)
                notices += self._compose_bare(kind, members)
        return notices

    def _compose_bare(self, kind: NoticeKind, members: list[tuple[Outcome, Action]]) -> list[NewMessage]:
        try:
            return [self._compose(kind, members, bare=True)]
        except MailhubError:
            raise
        except Exception:
            log.exception("no notice about %s", members[0][0].recipient.message.code)
            return []

    def _compose(self, kind: NoticeKind, members: list[tuple[Outcome, Action]], *, bare: bool = False) -> NewMessage:
        """`bare`: with nothing of the original in it but its addresses and our code."""
        settings = self._settings()
        message = members[0][0].recipient.message
        at = now_ms()
        whole = kind is NoticeKind.FAILED and message.dsn_ret != "HDRS" and not bare
        most, head = settings.limits.bounce_kib * 1024, settings.limits.header_kib * 1024
        whole = whole and (not most or message.size <= most)
        account = self._directory.account(message.account_id) if message.account_id else None
        told = {outcome.recipient.id for outcome, _ in members}
        reached, waiting = self._others(message, told)
        facts = NoticeFacts(
            kind=kind,
            to=message.sender,
            name=account.name if account else "",
            host=settings.hub.hostname,
            domain=settings.hub.domain,
            support=settings.hub.support,
            code=message.code,
            at=at,
            received_at=message.received_at,
            subject="" if bare else message.subject,
            message_id="" if bare else message.message_id,
            envid=None if bare else message.dsn_envid,
            recipients=tuple(self._recipient(outcome, action, at) for outcome, action in members),
            reached=reached,
            waiting=waiting,
            original=b"" if bare else read_back(self._spool, message, whole=whole, head=head),
            whole=whole,
            utf8=message.utf8 or not message.sender.isascii(),
        )
        return self._message(facts, message, told=[outcome for outcome, _ in members])

    def _recipient(self, outcome: Outcome, action: Action, at: int) -> NoticeRecipient:
        recipient, reply = outcome.recipient, outcome.reply
        resolution = self._directory.resolve(recipient.address) if action is Action.FAILED else None
        status = next((word for word in reply.split()[:2] if word.count(".") == 2), "")
        fallback = {Action.FAILED: "5.0.0", Action.DELAYED: "4.0.0"}.get(action, "2.0.0")
        expires = recipient.message.received_at + self._settings().delivery.expire_hours * HOUR
        return NoticeRecipient(
            address=recipient.address,
            action=action,
            status=status or fallback,
            original=recipient.original,
            host=str(outcome.facts.get("host") or ""),
            reply=reply,
            last_attempt=at,
            retry_until=expires if action is Action.DELAYED else None,
            suggestion=(resolution.unit_address or "") if resolution is not None else "",
        )

    def _others(self, message: StoredMessage, told: set[int]) -> tuple[int, int]:
        """How many other recipients have the message, and how many still wait."""
        query = (
            select(recipient_table.c.state, func.count())
            .where(recipient_table.c.message_id == message.id, recipient_table.c.id.not_in(told))
            .where(recipient_table.c.purpose == Purpose.MAIL.value)
            .group_by(recipient_table.c.state)
        )
        with self._database.read() as connection:
            counts = {str(state): number for state, number in connection.execute(query)}
        reached = counts.get(RecipientState.DELIVERED.value, 0)
        waiting = sum(counts.get(state.value, 0) for state in _WAITING)
        return reached, waiting

    def _message(self, said: NoticeFacts, about: StoredMessage, *, told: Sequence[Outcome]) -> NewMessage:
        notice = build_notice(said)
        body = self._spool.stage()
        body.write(notice)
        body.sync()
        hasher = BodyHasher()
        hasher.update(notice.partition(b"\r\n\r\n")[2])
        return NewMessage(
            id=new_id(),
            code=new_code(),
            door=Door.INTERNAL,
            received_at=said.at,
            sender="",
            sender_verified=False,
            account_id=None,
            client="",
            message_id="",
            subject=subject_line(said)[:500],  # what its reader sees, for who looks for it
            body=body,
            prefix=b"",
            cuts=(),
            body_hash=hasher.digest(),
            utf8=about.utf8 or not about.sender.isascii(),
            eight_bit=not notice.isascii(),
            dsn_ret=None,
            dsn_envid=None,
            fingerprint=None,
            junk=False,
            derived_from=about.id,
            recipients=self._back_to(about.sender),
            facts={"about": about.code, "notice": said.kind.value, "for": [o.recipient.address for o in told]},
        )

    def _back_to(self, sender: str) -> tuple[NewRecipient, ...]:
        resolution = self._directory.resolve(sender)
        if resolution is not None:
            return tuple(
                NewRecipient(
                    address=target.address,
                    destination=destination_for(target.address.rpartition("@")[2], target.home),
                    notify="NEVER",
                )
                for target in resolution.targets
            )
        mailbox = parse_path(sender)
        domain = mailbox.domain if mailbox else sender.rpartition("@")[2]
        destination = destination_for(domain, None, self._settings().delivery.smarthost)
        return (NewRecipient(address=sender, destination=destination, notify="NEVER"),)
