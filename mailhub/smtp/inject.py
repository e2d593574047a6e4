"""The inject door: a Unix socket on which Dovecot's Sieve hands in redirects and vacation answers.

Only processes of our own user may speak here, and a script may not do what its owner may not: mail is passed
on within the official domains only; an automatic answer (RFC 3834) may go to whoever wrote.
"""

from __future__ import annotations

import os

from mailhub.accounts.sharing.passage import OUTSIDER, Writer
from mailhub.clock import now_ms
from mailhub.intake.body import BodyDigest
from mailhub.mail.address import AmbiguousAddress, Mailbox, addresses_of
from mailhub.mail.dkim import BodyHasher
from mailhub.mail.headers import Field, first, unfold
from mailhub.policy.facts import Origin, Proof
from mailhub.policy.identity import judge_submission
from mailhub.policy.verdict import Refusal
from mailhub.queue.models import Door as DoorName
from mailhub.smtp.door import Body, Client, RcptCommand, Reply, Transaction
from mailhub.smtp.hub import Hub, writer_of
from mailhub.smtp.hub_door import HubDoor
from mailhub.smtp.reception import Judgement, Reception


class InjectDoor(HubDoor):
    """For processes of our own on this machine."""

    async def connect(self, client: Client) -> Reply | None:
        if client.uid not in (os.getuid(), 0):
            return self._hub.refuse("relay-denied", client)
        return None

    def writer(self, client: Client, tx: Transaction) -> Writer:  # noqa: ARG002
        """Whose address is in the envelope: of what is passed on that is its first sender, whom a door of ours has
        judged before. An automatic answer has none, and goes to no group that asks."""
        account = self._hub.directory.account_named(tx.mail.sender) if tx.mail.sender else None
        return OUTSIDER if account is None or not account.may_send else writer_of(self._hub, account, tx.mail.sender)

    def judge_outsider(self, client: Client, tx: Transaction, rcpt: RcptCommand, mailbox: Mailbox) -> Reply:  # noqa: ARG002
        tx.facts["outside"] = mailbox.text  # judged at the dot: only an automatic answer may leave
        return self.take_outsider(tx, rcpt, mailbox)

    async def data(self, client: Client, tx: Transaction) -> Body | Reply:
        return InjectedMessage(self._hub, client, tx)


class InjectedMessage(Reception):
    """A message that a Sieve script sends."""

    door = DoorName.INJECT

    def __init__(self, hub: Hub, client: Client, tx: Transaction) -> None:
        super().__init__(hub, client, tx)
        self._hasher = BodyHasher()

    def want(self, fields: list[Field]) -> list[BodyDigest]:  # noqa: ARG002
        return [self._hasher]

    async def judge(self) -> Judgement | Reply:
        named = self._owner()
        owner = self.hub.directory.account_named(named) if named else None
        if named and (owner is None or not owner.may_send):  # mailboxes/inject.py then keeps a redirect in the mailbox
            return self.hub.refuse_message("account-suspended", self.client, self.tx)
        own = self._author_is_own()
        answer = self._is_automatic() and not self._is_redirected()
        if "outside" in self.tx.facts and not (own and answer):
            if owner is not None:
                counted = self.hub.screen.redirect_refused(owner.id, [str(self.tx.facts["outside"])], at=now_ms())
                self.hub.committer.enter(counted)
            return self.hub.refuse_message("redirect-outside", self.client, self.tx)
        refusal = self._judge_answer() if answer else None
        if refusal is not None:
            return self.hub.refuse_message(refusal.kind, self.client, self.tx, detail=refusal.detail)
        # Nobody is to be told that an automatic answer did not arrive (RFC 3834 § 3.3).
        sender = "" if self._is_automatic() else self.tx.mail.sender
        return Judgement(
            sender=sender,
            sender_verified=bool(sender) and self.hub.directory.resolve(sender) is not None,
            origin=Origin.AUTOMATIC if answer else Origin.REDIRECT,
            proof=Proof.LOGIN,
            account=owner,
            body_hash=self._hasher.digest() if own else b"",
            facts={"automatic": self._is_automatic()},
        )

    def _is_automatic(self) -> bool:
        found = first(self.fields, b"auto-submitted")
        return found is not None and unfold(found.raw).strip().lower().startswith(b"auto-")

    def _owner(self) -> str:
        """Whose script this is: named by Pigeonhole in a redirect, and the envelope sender of an answer."""
        named = first(self.fields, b"x-sieve-redirected-from")
        return unfold(named.raw).decode("utf-8", "replace").strip() if named else self.tx.mail.sender

    def _is_redirected(self) -> bool:
        """Written by somebody else and passed on; Pigeonhole says so, and no script can leave that out."""
        return first(self.fields, b"x-sieve-redirected-from") is not None

    def _judge_answer(self) -> Refusal | None:
        """`vacation :from` may name any address: an answer is held to its owner's, who is its envelope sender."""
        sender = self.tx.mail.sender
        account = self.hub.directory.account_named(sender)
        return judge_submission(
            self.fields,
            envelope_sender="",
            account_addresses=account.addresses if account is not None else frozenset(),
            official_domains=self.hub.directory.own_domains(),
        )

    def _author_is_own(self) -> bool:
        author = first(self.fields, b"from")
        try:
            addresses = addresses_of(unfold(author.raw)) if author else []
        except AmbiguousAddress:
            return False
        return len(addresses) == 1 and addresses[0].domain in self.hub.directory.own_domains()
