"""The submission doors, 587 and 465 (RFC 6409, RFC 8314): own accounts only, each as itself only.

The account is read anew at MAIL, at DATA and at the final dot, so that a session which was opened before a
suspension sends nothing after it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from mailhub.accounts.directory import AccountView
from mailhub.accounts.sharing.passage import OUTSIDER, Writer
from mailhub.accounts.verifier import Accepted as LoginAccepted
from mailhub.clock import now_ms
from mailhub.intake.body import BodyDigest
from mailhub.mail.address import Mailbox
from mailhub.mail.authres import forged_ranges
from mailhub.mail.dkim import BodyHasher
from mailhub.mail.headers import Field
from mailhub.policy.facts import Origin, Proof
from mailhub.policy.identity import judge_submission
from mailhub.queue.models import Door as DoorName
from mailhub.queue.records import NewRecipient
from mailhub.screening.case import Case
from mailhub.smtp.door import Body, Client, RcptCommand, Reply, Transaction
from mailhub.smtp.filing import sent_as, sent_copies
from mailhub.smtp.former import as_of_today
from mailhub.smtp.hub import Hub, accepted, writer_of
from mailhub.smtp.hub_door import OK, HubDoor
from mailhub.smtp.reception import Judgement, Reception
from mailhub.smtp.word import WordMessage, take_recipient


class SubmissionDoor(HubDoor):
    """For officials' mail clients, after AUTH within TLS."""

    auth = True
    require_auth = True
    require_tls = True

    async def authenticate(self, client: Client, login: str, password: str) -> Reply:
        given_at = now_ms()
        verdict = await self._hub.verifier.check(login, password, service="submission", ip=client.ip)
        if not isinstance(verdict, LoginAccepted):
            return self._hub.refuse("auth-failed", client)
        account = self._hub.directory.account(verdict.account_id)
        if account is not None and account.sessions_from > given_at:
            # A secret was changed just now: is this the old one, or the one that counts from there on?
            given_at = account.sessions_from
            verdict = await self._hub.verifier.check(login, password, service="submission", ip=client.ip)
            if not isinstance(verdict, LoginAccepted):
                return self._hub.refuse("auth-failed", client)
            account = self._hub.directory.account(verdict.account_id)
        if account is None or not account.may_login or account.sessions_from > given_at:  # closed or changed meanwhile
            return self._hub.refuse("auth-failed", client)
        client.account, client.logged_in_at = verdict.account_id, given_at
        return Reply(235, "2.7.0", "OK")

    def judge_sender(self, client: Client, sender: str) -> Reply:
        account = current_account(self._hub, client)
        if isinstance(account, Reply):
            return account
        if sender and sender.casefold() not in account.addresses and sender.casefold() not in account.renamed:
            return self._hub.refuse("sender-not-owned", client, address=sender, own=account.address)
        return OK

    def writer(self, client: Client, tx: Transaction) -> Writer:
        account = self._hub.directory.account(client.account) if isinstance(client.account, int) else None
        if account is None or not account.may_send:
            return OUTSIDER
        sender = tx.mail.sender
        return writer_of(self._hub, account, account.renamed.get(sender.casefold(), sender))

    def judge_word(self, client: Client, tx: Transaction, mailbox: Mailbox) -> Reply:
        return take_recipient(self._hub, client, tx, mailbox.text)

    def judge_outsider(self, client: Client, tx: Transaction, rcpt: RcptCommand, mailbox: Mailbox) -> Reply:  # noqa: ARG002
        return self.take_outsider(tx, rcpt, mailbox)

    def envelope_case(self, client: Client, tx: Transaction, to: NewRecipient) -> Case | None:
        account = self._hub.directory.account(client.account) if isinstance(client.account, int) else None
        if account is None:
            return None
        return Case(
            origin=Origin.OWN, proof=Proof.LOGIN, sender=tx.mail.sender, account=account, client=client.ip,
            at=now_ms(), recipients=(to,),
        )  # fmt: skip

    async def data(self, client: Client, tx: Transaction) -> Body | Reply:
        account = current_account(self._hub, client)
        if isinstance(account, Reply):
            return account
        limited = self._hub.settings().limits.submissions_per_hour  # counting reads many rows: off the loop
        if limited and await asyncio.to_thread(self._hub.gauges.is_too_fast, account.id, len(accepted(tx).recipients)):
            return self._hub.refuse("rate-limited", client, tx)
        if tx.facts.get("word"):
            return WordMessage(self._hub, client, tx)
        return SubmittedMessage(self._hub, client, tx)


def current_account(hub: Hub, client: Client) -> AccountView | Reply:
    """The account of this session as it is now; a refusal when it may not send any more."""
    account = hub.directory.account(client.account) if isinstance(client.account, int) else None
    if account is None or not account.may_login or not account.may_send:
        return hub.refuse("account-suspended", client)
    if account.sessions_from > client.logged_in_at:
        return hub.refuse("login-outdated", client)
    return account


class SubmittedMessage(Reception):
    """A message from an own account."""

    door = DoorName.SUBMISSION
    hide_client = True

    def __init__(self, hub: Hub, client: Client, tx: Transaction) -> None:
        super().__init__(hub, client, tx)
        self._hasher = BodyHasher()

    def want(self, fields: list[Field]) -> list[BodyDigest]:  # noqa: ARG002
        return [self._hasher]

    async def judge(self) -> Judgement | Reply:
        assert isinstance(self.client.account, int)  # DATA was refused otherwise
        account, official = self.hub.directory.account_and_domains(self.client.account)
        if account is None or not account.may_login or not account.may_send:
            return self.hub.refuse("account-suspended", self.client)
        if account.sessions_from > self.client.logged_in_at:
            return self.hub.refuse("login-outdated", self.client)
        # After a merger the official's client goes on saying the former address: what leaves names today's.
        leaving = as_of_today(self.fields, self.tx.mail.sender, account.renamed)
        refusal = judge_submission(
            leaving.fields,
            envelope_sender=leaving.sender,
            account_addresses=account.addresses,
            official_domains=official,
        )
        if refusal is not None:
            return self.hub.refuse_message(
                refusal.kind, self.client, self.tx, own=account.address, detail=refusal.detail
            )
        shared = sent_as(account, leaving.sender, leaving.fields)
        copies = sent_copies(self.hub.directory, account, shared)
        facts: dict[str, Any] = {"account": account.address, "tls": self.client.tls_version}
        facts |= {"as": [copy.address for copy in copies]} if copies else {}
        facts |= {"former": leaving.former} if leaving.former else {}
        return Judgement(
            sender=leaving.sender,
            sender_verified=True,
            account_id=account.id,
            account=account,
            body_hash=self._hasher.digest(),
            below=leaving.below,
            cuts=(*forged_ranges(self.fields, {self.hub.settings().hub.hostname}), *leaving.cuts),
            copies=copies,
            desks=tuple(shared),
            facts=facts,
        )
