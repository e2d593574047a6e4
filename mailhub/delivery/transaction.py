"""One mail transaction (RFC 5321 § 3.3; LMTP: RFC 2033), pipelined where the hop allows it (RFC 2920)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mailhub.delivery.data import DataWriter
from mailhub.delivery.envelope import Envelope
from mailhub.delivery.errors import BareLineEnd, HopFailed, NotStarted, ProtocolViolation
from mailhub.delivery.link import Link
from mailhub.delivery.outgoing import Outcome, Outgoing, RecipientResult, Target, Timeouts
from mailhub.delivery.replies import Reply
from mailhub.errors import MailhubError

_RESET_SECONDS = 30.0


@dataclass(slots=True)
class Transaction:
    """`outgoing` on a connected link. `run` gives the results; afterwards the link is clean or broken."""

    link: Link
    target: Target
    capabilities: Mapping[str, str]
    limits: Timeouts
    outgoing: Outgoing
    _results: list[RecipientResult | None] = field(default_factory=list)
    _offered: list[int] = field(default_factory=list)
    _accepted: list[int] = field(default_factory=list)
    _dot_sent: bool = False

    async def run(self) -> list[RecipientResult]:
        """Raises NotStarted when the hop goes away before it answers MAIL; else a result a recipient, in order."""
        self._results = [None] * len(self.outgoing.recipients)
        envelope = Envelope(self.outgoing, self.capabilities, final=self.target.lmtp)
        self._refuse_beforehand(envelope)
        try:
            if self._offered and await self._offer(envelope):
                await self._send_content()
                await self._read_verdicts(envelope)
        except NotStarted:
            raise
        except HopFailed as failure:
            self.link.abort()
            self._settle_rest(Outcome.TEMPORARY, failure.code, failure.enhanced, str(failure))
        return [result for result in self._results if result is not None]

    def _refuse_beforehand(self, envelope: Envelope) -> None:
        for at, to in enumerate(self.outgoing.recipients):
            refusal = envelope.refusal() or envelope.recipient_refusal(to)
            if refusal is None:
                self._offered.append(at)
            else:
                self._settle(at, Outcome.PERMANENT, 0, refusal.enhanced, refusal.text)

    # ------------------------------------------------------------------ MAIL, RCPT, DATA

    async def _offer(self, envelope: Envelope) -> bool:
        """Say who sends to whom; True when the hop now waits for the content."""
        pipelining = "PIPELINING" in self.capabilities
        recipients = self.outgoing.recipients
        mail = envelope.mail()
        if pipelining:
            commands = [mail, *(envelope.rcpt(recipients[at]) for at in self._offered), b"DATA\r\n"]
            self.link.send(b"".join(commands), len(commands))
            await self.link.wait_replies(len(commands), self.limits.command)
        started = await self._answer_to_mail(mail, pipelining)
        if not started and not pipelining:
            return False
        for at in self._offered:
            reply = await self._answer(envelope.rcpt(recipients[at]), pipelining)
            if started:
                self._note_recipient(at, reply)
        if not self._accepted and not pipelining:
            await self._reset()
            return False
        return await self._answer_to_data(await self._answer(b"DATA\r\n", pipelining), started)

    async def _answer(self, command: bytes, pipelining: bool) -> Reply:
        if not pipelining:
            self.link.send(command, 1)
            await self.link.wait_replies(1, self.limits.command)
        return self.link.take()

    async def _answer_to_mail(self, mail: bytes, pipelining: bool) -> bool:
        try:
            reply = await self._answer(mail, pipelining)
        except HopFailed as failure:
            self.link.abort()
            raise NotStarted(str(failure), enhanced=failure.enhanced, code=failure.code) from failure
        if reply.ok:
            return True
        for at in self._offered:
            self._settle_by(at, reply)
        return False

    def _note_recipient(self, at: int, reply: Reply) -> None:
        if reply.ok:
            self._accepted.append(at)
            return
        # RFC 5321 § 4.5.3.1.10: 452 says one recipient too many, and an old 552 is to be read as 452.
        crowded = reply.code in (452, 552) and reply.enhanced in (f"{reply.code // 100}.0.0", "4.5.3", "5.5.3")
        if crowded and self._accepted:
            self._settle(at, Outcome.TEMPORARY, reply.code, "4.5.3", reply.text, crowded=True)
        else:
            self._settle_by(at, reply)

    async def _answer_to_data(self, reply: Reply, started: bool) -> bool:
        if reply.code == 354:
            if not self._accepted:
                await self._end_empty_data()
            return bool(self._accepted)
        if reply.ok:
            raise ProtocolViolation(f"DATA was answered by {reply.code}")
        for at in self._accepted:
            self._settle_by(at, reply)
        if started:
            await self._reset()
        return False

    async def _end_empty_data(self) -> None:
        """Nobody was accepted, yet the hop wants data: a lone dot is the way out (RFC 2920 § 3.1)."""
        if self.target.lmtp:
            self.link.abort()  # no recipients, no replies (RFC 2033 § 4.2): we could not tell where it ended
            return
        self.link.send(b".\r\n", 1)
        await self.link.wait_replies(1, self.limits.command)
        self.link.take()

    async def _reset(self) -> None:
        self.link.send(b"RSET\r\n", 1)
        await self.link.wait_replies(1, min(_RESET_SECONDS, self.limits.command))
        try:
            if not self.link.take().ok:
                self.link.abort()
        except HopFailed:
            self.link.abort()

    # ------------------------------------------------------------------ content

    async def _send_content(self) -> None:
        """Write the message and the dot. A fault of our own, or a reply ahead of time, means: never the dot."""
        try:
            end = await DataWriter(self.link, self.limits).write(self.outgoing.content)
        except BareLineEnd as error:
            self.link.abort()
            self._settle_rest(Outcome.PERMANENT, 0, "5.6.0", str(error))
            return
        except HopFailed:
            raise
        except MailhubError as error:
            self.link.abort()
            self._settle_rest(Outcome.TEMPORARY, 0, "4.3.0", f"local fault: {error}")
            return
        if self.link.interrupted:
            early = self.link.take()
            if early.code < 400:
                raise ProtocolViolation(f"{early.code} in the middle of the data")
            self.link.abort()
            for at in self._accepted:
                self._settle_by(at, early)
            return
        self._dot_sent = True
        self.link.send(end, len(self._accepted) if self.target.lmtp else 1)

    async def _read_verdicts(self, envelope: Envelope) -> None:
        """The reply to the dot: one for all, or one a recipient in the order they were accepted (RFC 2033 § 4.2)."""
        if not self._dot_sent:
            return
        if self.target.lmtp:
            for at in self._accepted:
                await self.link.wait_replies(1, self.limits.final)
                self._settle_by(at, self.link.take(), dsn=envelope.dsn)
            return
        await self.link.wait_replies(1, self.limits.final)
        reply = self.link.take()
        for at in self._accepted:
            self._settle_by(at, reply, dsn=envelope.dsn)

    # ------------------------------------------------------------------ results

    def _settle_by(self, at: int, reply: Reply, *, dsn: bool = False) -> None:
        if reply.ok:
            self._settle(at, Outcome.DELIVERED, reply.code, reply.enhanced, reply.text, dsn_passed=dsn)
        elif reply.code >= 500:
            self._settle(at, Outcome.PERMANENT, reply.code, reply.enhanced, reply.text)
        elif reply.code >= 400:
            self._settle(at, Outcome.TEMPORARY, reply.code, reply.enhanced, reply.text)
        else:
            raise ProtocolViolation(f"{reply.code} is no answer to that")

    def _settle_rest(self, outcome: Outcome, code: int, enhanced: str, text: str) -> None:
        for at, result in enumerate(self._results):
            if result is None:
                self._settle(at, outcome, code, enhanced, text, uncertain=self._dot_sent and code == 0)

    def _settle(self, at: int, outcome: Outcome, code: int, enhanced: str, text: str, **flags: Any) -> None:
        self._results[at] = RecipientResult(
            self.outgoing.recipients[at].address,
            outcome,
            code,
            enhanced,
            text,
            host=self.target.host,
            peer=self.target.peer,
            tls=self.link.tls,
            **flags,
        )
