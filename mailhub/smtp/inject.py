"""The inject door: a Unix socket on which Dovecot's Sieve hands in redirects and vacation answers.

Only processes of our own user may speak here, and a script may not do what its owner may not: mail is passed
on within the official domains only; an automatic answer (RFC 3834) may go to whoever wrote.
"""

from __future__ import annotations

import os

from mailhub.intake.body import BodyDigest
from mailhub.mail.address import AmbiguousAddress, PathError, addresses_of
from mailhub.mail.dkim import BodyHasher
from mailhub.mail.headers import Field, first, unfold
from mailhub.queue.models import Door as DoorName
from mailhub.smtp.door import Body, Client, MailCommand, RcptCommand, Reply, Transaction
from mailhub.smtp.hub import Hub, accepted, outside_destination, own_recipient
from mailhub.smtp.reception import Judgement, Reception, overload


class InjectDoor:
    """For processes of our own on this machine."""

    auth = False
    require_auth = False
    require_tls = False
    refuse_early_talkers = False

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    @property
    def banner(self) -> str:
        return f"{self._hub.settings().hub.hostname} ESMTP mailhub inject"

    async def connect(self, client: Client) -> Reply | None:
        if client.uid not in (os.getuid(), 0):
            return self._hub.refuse("relay-denied", client)
        return None

    async def helo(self, client: Client) -> Reply | None:  # noqa: ARG002
        return None

    async def authenticate(self, client: Client, login: str, password: str) -> Reply:  # noqa: ARG002
        return self._hub.refuse("auth-failed", client)

    async def mail(self, client: Client, mail: MailCommand) -> Reply:
        busy = overload(self._hub, client)
        if busy is not None:
            return busy
        if mail.sender:
            try:
                mail.sender = self._hub.path(mail.sender).text
            except PathError:
                return self._hub.refuse("bad-sender", client)
        return Reply(250, "2.1.0", "OK")

    async def rcpt(self, client: Client, tx: Transaction, rcpt: RcptCommand) -> Reply:
        try:
            mailbox = self._hub.path(rcpt.address)
        except PathError as error:
            return self._hub.refuse(f"path-{error.kind}", client, tx, to=rcpt.address[:320])
        own = await own_recipient(self._hub, client, tx, rcpt, mailbox)
        if own is not None:
            return own
        tx.facts["outside"] = mailbox.text
        accepted(tx).add(rcpt, mailbox.text, [(mailbox.text, outside_destination(self._hub, mailbox))])
        return Reply(250, "2.1.5", "OK")

    async def data(self, client: Client, tx: Transaction) -> Body | Reply:
        return InjectedMessage(self._hub, client, tx)

    def refused(self, kind: str, client: Client, tx: Transaction | None, reply: Reply) -> Reply:
        return self._hub.refused(kind, client, tx, reply)

    async def disconnect(self, client: Client) -> None:
        """Nothing is kept beyond the connection."""


class InjectedMessage(Reception):
    """A message that a Sieve script sends."""

    door = DoorName.INJECT

    def __init__(self, hub: Hub, client: Client, tx: Transaction) -> None:
        super().__init__(hub, client, tx)
        self._hasher = BodyHasher()

    def want(self, fields: list[Field]) -> list[BodyDigest]:  # noqa: ARG002
        return [self._hasher]

    async def judge(self) -> Judgement | Reply:
        own = self._author_is_own()
        if "outside" in self.tx.facts and not (own and self._is_automatic()):
            return self.hub.refuse("redirect-outside", self.client, self.tx, to=str(self.tx.facts["outside"]))
        # Nobody is to be told that an automatic answer did not arrive (RFC 3834 § 3.3).
        sender = "" if self._is_automatic() else self.tx.mail.sender
        return Judgement(
            sender=sender,
            sender_verified=bool(sender) and self.hub.directory.resolve(sender) is not None,
            body_hash=self._hasher.digest() if own else b"",
            facts={"automatic": self._is_automatic()},
        )

    def _is_automatic(self) -> bool:
        found = first(self.fields, b"auto-submitted")
        return found is not None and unfold(found.raw).strip().lower().startswith(b"auto-")

    def _author_is_own(self) -> bool:
        author = first(self.fields, b"from")
        try:
            addresses = addresses_of(unfold(author.raw)) if author else []
        except AmbiguousAddress:
            return False
        return len(addresses) == 1 and addresses[0].domain in self.hub.directory.own_domains()
