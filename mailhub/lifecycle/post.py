"""The hub's letters leave: each is written, queued and marked as sent in one transaction, so that it goes once.

A crash before the transaction leaves the letter waiting and a body that housekeeping clears away; after it the
queue has the message. A letter that cannot go (nobody has the address, its mailbox takes no mail) is marked
with why, and is not tried again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from mailhub.accounts.directory import Directory
from mailhub.accounts.life.letters import LetterKind
from mailhub.accounts.login.recovery import reveal
from mailhub.accounts.models import MailboxKind
from mailhub.clock import now_ms
from mailhub.errors import MailhubError
from mailhub.ids import new_code
from mailhub.lifecycle.held_words import ANSWERABLE
from mailhub.lifecycle.hub_message import NotSent, recipients_of, stage_message
from mailhub.lifecycle.letter_mail import build_letter
from mailhub.lifecycle.letter_rows import AT_ONCE, WaitingLetter, WrittenLetter, mark_gone, waiting_letters
from mailhub.lifecycle.originals import Original, read_original
from mailhub.lifecycle.refusal_notice import RefusalNotices, tell_story
from mailhub.lifecycle.words import LetterText, subject_line
from mailhub.mail.notice import build_notice
from mailhub.mail.notice_words import subject_line as notice_subject
from mailhub.queue import service as queue
from mailhub.queue.records import NewMessage, NewRecipient
from mailhub.settings import Settings
from mailhub.store.database import Database
from mailhub.store.sealing import Sealer, open_sealer
from mailhub.store.spool import Spool

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
# Everything else is for our own mailboxes: a wrong address must not tell strangers about accounts.
_OUTSIDE = frozenset({LetterKind.RECOVERY_CODE, LetterKind.AUDIT_HEAD, LetterKind.MODERATION_REFUSED})
_SHARED = frozenset({LetterKind.DELEGATED, LetterKind.ROLE_HELD, LetterKind.LEAVE_BEGINS, LetterKind.MAILBOX_OPENED})


class PostOffice:
    """Writes and queues letters. One a machine is enough; two do no harm."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        directory: Directory,
        database: Database,
        spool: Spool,
        *,
        after: Callable[[], None] = lambda: None,
    ) -> None:
        """`after` is called on the loop when something may have been queued. `spool` is this object's own."""
        self._settings = settings
        self._directory = directory
        self._database = database
        self._spool = spool
        self._after = after
        self._sealer: Sealer | None = None
        self._refusals = RefusalNotices(database, spool)

    async def run(self) -> None:
        """Until cancelled: look each second, and go on while there is something."""
        while True:
            seen = 0
            try:
                seen = await asyncio.to_thread(self.send_waiting)
            except MailhubError as error:
                log.warning("letters wait: %s", error)
            except Exception:
                log.exception("letters wait")
            if seen:
                self._after()
            if seen < AT_ONCE:
                await asyncio.sleep(LOOK_SECONDS)

    def send_waiting(self) -> int:
        """Send what waits, at most `AT_ONCE`; how many letters were looked at. Blocks.

        Raises:
            StoreUnavailable: the letters wait on.
        """
        with self._database.read() as connection:
            waiting = waiting_letters(connection)
        if not waiting:
            return 0
        written = [self._write(letter) for letter in waiting]
        try:
            self._queue(written)
        finally:
            for one in written:
                if one.message is not None:
                    one.message.body.discard()
        return len(waiting)

    def _queue(self, written: Sequence[WrittenLetter]) -> None:
        messages = [one.message for one in written if one.message is not None]
        located = self._spool.commit([message.body for message in messages]) if messages else []
        places = {message.id: place for message, place in zip(messages, located, strict=True)}
        at = now_ms()
        with self._database.write() as connection:
            self._spool.check(located)
            ours = [one for one in written if mark_gone(connection, one, at)]
            sent = [one.message for one in ours if one.message is not None]
            queue.enqueue(connection, sent, [places[message.id] for message in sent])
            for message in sent:
                for write in message.also:
                    write(connection)
        for one in ours:
            if one.message is None:
                log.warning("letter %d (%s) is not sent: %s", one.letter.id, one.letter.kind, one.outcome)

    # ---------------------------------------------------------------- writing

    def _write(self, letter: WaitingLetter) -> WrittenLetter:
        try:
            return WrittenLetter(letter, self._message(letter))
        except NotSent as reason:
            return WrittenLetter(letter, outcome=str(reason)[:100])
        except MailhubError:
            raise
        except Exception as fault:
            # A letter that trips us must not keep the others waiting, now or for ever.
            log.exception("letter %d (%s) cannot be written", letter.id, letter.kind)
            return WrittenLetter(letter, outcome=f"fault: {type(fault).__name__}")

    def _message(self, letter: WaitingLetter) -> NewMessage:
        settings, at, code = self._settings(), now_ms(), new_code()
        kind = LetterKind(letter.kind)
        recipients = recipients_of(self._directory, settings, letter.to, outside=kind in _OUTSIDE)
        if kind is LetterKind.POLICY_REFUSED:
            return self._refusal(letter, recipients, code, at)
        original = self._original(letter, kind)
        text = self._text(letter, kind, code, at, attached=original)
        octets = build_letter(
            text,
            to=letter.to,
            domain=settings.hub.domain,
            message_id=f"letter.{letter.id}@{settings.hub.hostname}",
            at=at,
            answers=settings.policy.reply_to if kind in ANSWERABLE else "postmaster",
            original=original.octets,
            whole=original.whole,
        )
        facts = {"letter": letter.kind}
        ident = f"<letter.{letter.id}@{settings.hub.hostname}>"
        return self._sealed_up(octets, letter, recipients, code, at, (ident, subject_line(text)), facts)

    def _refusal(self, letter: WaitingLetter, recipients: tuple[NewRecipient, ...], code: str, at: int) -> NewMessage:
        """A notice about a message that a rule did not let pass to everybody."""
        about = self._refusals.find(letter.facts)
        if about is None:
            raise NotSent("the message that it is about is gone")
        reader = self._directory.account_named(letter.to)
        name = "" if reader is None else reader.name
        said = self._refusals.describe(letter.facts, *about, to=letter.to, name=name, settings=self._settings())
        facts = {"letter": letter.kind, "about": about[0].code}
        named = ("", notice_subject(said)[:500])  # what its reader sees, for who looks for it
        message = self._sealed_up(build_notice(said), letter, recipients, code, at, named, facts)
        return replace(message, derived_from=about[0].id, also=(partial(tell_story, about[0], letter.facts, code, at),))

    def _sealed_up(
        self,
        octets: bytes,
        letter: WaitingLetter,
        recipients: tuple[NewRecipient, ...],
        code: str,
        at: int,
        named: tuple[str, str],
        facts: dict[str, Any],
    ) -> NewMessage:
        """The letter as a message for the queue; `named` are its Message-ID and its subject."""
        return stage_message(
            self._spool, octets, to=letter.to, recipients=recipients, code=code, at=at, named=named, facts=facts
        )

    def _original(self, letter: WaitingLetter, kind: LetterKind) -> Original:
        """The message that comes back with the letter, or that a desk has to decide about."""
        if kind not in (LetterKind.WORD_LAPSED, LetterKind.POLICY_ASKED):
            return Original()
        most, asked = self._settings().limits.bounce_kib * 1024, kind is LetterKind.POLICY_ASKED
        number, whole = letter.facts.get("original"), not letter.facts.get("headers_only")
        return read_original(self._database, self._spool, number, most=most, headers=asked, whole=whole)

    def _text(self, letter: WaitingLetter, kind: LetterKind, code: str, at: int, *, attached: Original) -> LetterText:
        settings, facts = self._settings(), dict(letter.facts)
        if attached.octets:
            facts |= {"attached": True, "shown": "whole" if attached.whole else "headers"}
        if kind is LetterKind.RECOVERY_CODE:
            if int(facts.get("until", 0)) <= at:
                raise NotSent("the code is too old by now")
            facts["secret"] = reveal(self._open_sealer(), facts)
        if kind in _SHARED and facts.get("address") != letter.to:
            facts["login"] = f"{facts.get('address')}*{letter.to}"
        reader = self._directory.account_named(letter.to)
        return LetterText(
            kind=kind,
            facts=facts,
            name="" if reader is None else reader.name,
            office=reader is not None and reader.kind != MailboxKind.PERSONAL,
            code=str(facts.get("refusal") or code),  # what the sender reads out on the telephone is the incident's
            support=settings.hub.support or f"postmaster@{settings.hub.domain}",
            host=settings.hub.hostname,
        )

    def _open_sealer(self) -> Sealer:
        if self._sealer is None:
            self._sealer = open_sealer(self._settings().keys_directory)
        return self._sealer
