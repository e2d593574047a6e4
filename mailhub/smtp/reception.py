"""One message at the dot: facts read, judged, committed. Each door says how it judges."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import dataclass, field
from typing import Any

from mailhub.accounts.directory import AccountView
from mailhub.clock import HOUR, now_ms
from mailhub.errors import TemporaryError
from mailhub.ids import new_code, new_id
from mailhub.intake.body import ReceivedBody
from mailhub.intake.inspecting import Inspected, may_have_files
from mailhub.mail.body_text import BodyText, read_body
from mailhub.mail.headers import Field, count_received, decode_text, first, message_id, unfold
from mailhub.policy.facts import Origin, Proof
from mailhub.queue.models import Door as DoorName
from mailhub.queue.records import Cuts, Moderating, NewMessage, NewRecipient
from mailhub.screening import late
from mailhub.screening.case import Case
from mailhub.screening.consequences.carrying_out import Judged
from mailhub.screening.consequences.refusals import RuleRefusal, refusal_of_all, secret_words
from mailhub.smtp.door import Client, Reply, Transaction
from mailhub.smtp.hub import Hub, accepted, received_field
from mailhub.smtp.word import draws_answers

log = logging.getLogger(__name__)

READ_HERE = 128 * 1024  # octets; the words of a larger message are read off the loop: they may all be text
LEAST_SECONDS = 1.0  # for what is attached, however long the sender's proofs took


@dataclass(slots=True)
class Judgement:
    """What a door thinks of a message that it takes."""

    sender: str
    sender_verified: bool
    account_id: int | None = None
    above: bytes = b""  # header fields to put over ours
    below: bytes = b""  # and those below ours, in the place of what is cut
    cuts: Cuts = ()
    junk: bool = False
    body_hash: bytes = b""
    copies: tuple[NewRecipient, ...] = ()  # recipients of the hub's own: no part of what the sender asked for
    facts: dict[str, Any] = field(default_factory=dict)
    # For the rules: how it came, what proves that, and who logged in, or whose script it is.
    desks: tuple[int, ...] = ()  # the shared mailboxes, by number, that it is sent from
    origin: Origin = Origin.OWN
    proof: Proof = Proof.NONE
    account: AccountView | None = None


class Reception(ReceivedBody):
    """The `Body` that a door gives the server for one transaction."""

    door: DoorName
    hide_client = False

    def __init__(self, hub: Hub, client: Client, tx: Transaction) -> None:
        super().__init__(hub.spool, hub.settings().limits.header_kib * 1024)
        self.hub = hub
        self.client = client
        self.tx = tx

    async def judge(self) -> Judgement | Reply:
        """The door's verdict, once all bytes are here."""
        raise NotImplementedError

    async def finish(self) -> Reply:
        """Judge and commit. Called once; the server keeps it running when the client hangs up."""
        self.complete()
        until = asyncio.get_running_loop().time() + self.hub.settings().inspector.budget_seconds
        try:
            if self.header_overflow:
                return self.hub.refuse_message("header-too-large", self.client, self.tx)
            if self.nul:  # neither 7BIT nor 8BITMIME has it (RFC 2045 §§ 2.7, 2.8), and IMAP gives it back as 0x80
                return self.hub.refuse_message("nul", self.client, self.tx)
            hops = self.hub.settings().limits.received_hops
            if hops and count_received(self.fields) > hops:
                return self.hub.refuse_message("too-many-hops", self.client, self.tx)
            if self.door is not DoorName.INJECT and draws_answers(self.hub.settings(), self.fields):
                return self.hub.refuse_message("word-reply-to", self.client, self.tx)
            verdict = await self.judge()
            if isinstance(verdict, Reply):
                return verdict
            try:
                return await self._take(verdict, until)
            except TemporaryError as error:
                log.warning("a message cannot be taken now: %s", error)
                return self.hub.refuse_message("local-fault", self.client, self.tx)
        finally:
            self.discard()

    async def abort(self) -> None:
        self.discard()

    async def _take(self, verdict: Judgement, until: float) -> Reply:
        """Read, ask the rules, commit.

        Raises:
            TemporaryError: a local fault on the way; nothing was taken.
        """
        inspected, body = await self._read(until)
        received_at, code = now_ms(), new_code()
        message = self._message(verdict, code, received_at)
        if inspected is not None:
            message = inspected.added_to(message, self.hub.settings())
            if verdict.desks and self.hub.seals is not None:
                files = inspected.inspection.files
                message = await asyncio.to_thread(self.hub.seals.held, message, files, verdict.desks)
        case = self._case(verdict, message, inspected, body)
        judged = await self.hub.screen.judge(case)
        if judged.decision.secret is not None:
            return await self._refuse_secret(judged, message)
        if message.inspecting is not None:  # the other rules are asked when everything has been read
            return await self._commit(late.to_be_judged(message, case, self.hub.screen.correspondence(case)))
        refused = None if judged.facts is None else refusal_of_all(judged.decision, judged.facts)
        if refused is not None:
            return self._refuse(refused, judged, message)
        return await self._commit(await self.hub.screen.carry_out(judged, message))

    async def _read(self, until: float) -> tuple[Inspected | None, BodyText]:
        """What is attached, as far as it can be told until the loop's time `until` (None: nothing), and the text."""
        with self.staged.content() as data:
            large = len(data) > READ_HERE
            if not may_have_files(self.fields):
                return None, await asyncio.to_thread(read_body, data) if large else read_body(data)
            seconds = max(LEAST_SECONDS, until - asyncio.get_running_loop().time())
            addresses = [self.tx.mail.sender, *accepted(self.tx).recipients]
            inspected = await self.hub.inspection.at_the_dot(
                data, subject=self._subject(), sender=self.tx.mail.sender, addresses=addresses, seconds=seconds
            )
            structure = None if inspected is None else inspected.inspection.structure
            return inspected, await asyncio.to_thread(read_body, data, structure) if large else read_body(
                data, structure
            )

    def _case(self, verdict: Judgement, message: NewMessage, inspected: Inspected | None, body: BodyText) -> Case:
        gathered = accepted(self.tx)
        return Case(
            origin=verdict.origin,
            proof=verdict.proof,
            sender=self.tx.mail.sender if verdict.origin is Origin.REDIRECT else verdict.sender,
            account=verdict.account,
            client=self.client.ip,
            fields=self.fields,
            subject=self._subject(),
            message_id=message.message_id,
            size=message.body.length,
            at=message.received_at,
            recipients=tuple(gathered.recipients.values()),
            groups=gathered.groups,
            inspection=None if inspected is None else inspected.inspection,
            body=body,
        )

    async def _refuse_secret(self, judged: Judged, message: NewMessage) -> Reply:
        """The incident is entered before the reply, and nothing of the message is kept anywhere.

        Raises:
            TemporaryError
        """
        screen = self.hub.screen
        with self.staged.content() as data:
            code = await screen.refuse_secret(
                screen.secret_mail(judged, self.door, data, code=message.code, message_id=message.id)
            )
        await asyncio.to_thread(self.staged.destroy)
        self._record(judged, message)
        hit = judged.decision.secret
        rule = "" if hit is None else hit.rule.id
        why = secret_words(self.hub.settings())
        return self.hub.refuse_message("secret", self.client, self.tx, code=code, why=why, rule=rule)

    def _refuse(self, refused: RuleRefusal, judged: Judged, message: NewMessage) -> Reply:
        self._record(judged, message)
        details = {"why": refused.why, "rule": refused.rules[0], "version": refused.version}
        return self.hub.refuse_message(refused.kind, self.client, self.tx, code=message.code, **details)

    def _record(self, judged: Judged, message: NewMessage) -> None:
        for write in self.hub.screen.records(judged, message_id=message.id, code=message.code):
            self.hub.committer.enter(write)

    def _subject(self) -> str:
        subject = first(self.fields, b"subject")
        return decode_text(unfold(subject.raw))[:500] if subject else ""

    async def _commit(self, message: NewMessage) -> Reply:
        if message.inspecting is not None:  # it may prove to be a secret, which must not lie among others' mail
            self.staged.set_apart()
        await self.staged.settle()
        committed = await self.hub.committer.commit(message)
        if committed.closed:  # between the verdict and the commit
            return self.hub.refuse_message("account-suspended", self.client, self.tx)
        return Reply(250, "2.0.0", f"Ma {committed.code}")

    def _message(self, verdict: Judgement, code: str, at: int) -> NewMessage:
        mail = self.tx.mail
        gathered = accepted(self.tx)
        ident = message_id(self.fields)
        # A client may ask for SMTPUTF8 out of habit; only what needs it has to be refused by a hop without it.
        utf8 = mail.utf8 and not all(field.raw.isascii() for field in self.fields)
        facts = dict(verdict.facts)
        if gathered.groups:
            facts["expanded"] = [f"{address}: {number}" for address, number in gathered.groups.items()]
        return NewMessage(
            id=new_id(),
            code=code,
            door=self.door,
            received_at=at,
            sender=verdict.sender,
            sender_verified=verdict.sender_verified,
            account_id=verdict.account_id,
            client=self.client.ip,
            message_id=ident,
            subject=self._subject(),
            body=self.staged,
            prefix=verdict.above
            + received_field(self.hub, self.client, code=code, at=at, hide_client=self.hide_client, utf8=utf8)
            + verdict.below,
            cuts=tuple(sorted({*verdict.cuts, *_our_own_names(self.fields)})),
            body_hash=verdict.body_hash,
            utf8=utf8,
            eight_bit=self.eight_bit,
            dsn_ret=mail.ret,
            dsn_envid=mail.envid,
            fingerprint=_fingerprint(verdict, ident, gathered.recipients),
            junk=verdict.junk,
            derived_from=None,
            recipients=(*gathered.recipients.values(), *verdict.copies),
            facts=facts,
            moderating=self._moderating(at),
        )

    def _moderating(self, at: int) -> tuple[Moderating, ...]:
        """The groups whose moderators are asked: those that somebody still waits for."""
        gathered = accepted(self.tx)
        if not gathered.moderated:
            return ()
        until = at + self.hub.settings().accounts.moderation_hours * HOUR
        asked = {number for recipient in gathered.recipients.values() for number in recipient.held_about}
        return tuple(
            Moderating(group_id=gate.id, group=gate.address, until=until, tell=gate.moderators)
            for number, gate in gathered.moderated.items()
            if number in asked
        )


def _our_own_names(fields: list[Field]) -> list[tuple[int, int]]:
    """Fields that only mailhub may write: what a stranger put under their names is left out at delivery."""
    return [(field.start, field.end) for field in fields if field.name.lower().startswith(b"x-mailhub-")]


def _fingerprint(verdict: Judgement, ident: str, recipients: dict[str, Any]) -> bytes | None:
    """Same account, Message-ID, body and recipients: the same message once more (architecture § 4.5).

    The recipients belong to it: a client that splits a long list sends the same message to each part.
    """
    if verdict.account_id is None or not ident or not verdict.body_hash:
        return None
    parts = [str(verdict.account_id), ident, verdict.body_hash.hex(), *sorted(recipients)]
    return hashlib.sha256("\n".join(parts).encode()).digest()


def overload(hub: Hub, client: Client) -> Reply | None:
    """A 4xx while there is no room."""
    problem = hub.gauges.problem()
    return hub.refuse(problem, client) if problem else None
