"""What the doors have in common: room, paths that can be read, recipients that are ours."""

from __future__ import annotations

from mailhub.accounts.sharing.passage import OUTSIDER, Writer
from mailhub.accounts.version import moment
from mailhub.mail.address import Mailbox, PathError
from mailhub.queue.records import NewRecipient
from mailhub.screening.case import Case
from mailhub.smtp.door import Body, Client, MailCommand, RcptCommand, Reply, Transaction
from mailhub.smtp.hub import Hub, accepted, outside_destination, own_recipient
from mailhub.smtp.reception import overload
from mailhub.smtp.word import is_word_address

OK = Reply(250, "2.1.0", "OK")


class HubDoor:
    """A `Door` that takes mail for our own recipients. Subclasses say who may come, and what else is taken."""

    auth = False
    require_auth = False
    require_tls = False
    refuse_early_talkers = False
    strangers = False  # their reverse-paths may have odd local parts

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    @property
    def banner(self) -> str:
        return f"{self._hub.settings().hub.hostname} ESMTP mailhub"

    async def connect(self, client: Client) -> Reply | None:  # noqa: ARG002
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
                mail.sender = self._hub.path(mail.sender, strangers=self.strangers).text
            except PathError:
                return self._hub.refuse("bad-sender", client)
        return self.judge_sender(client, mail.sender)

    def judge_sender(self, client: Client, sender: str) -> Reply:  # noqa: ARG002
        """Whether this client may send as `sender` ("" is the null path)."""
        return OK

    async def rcpt(self, client: Client, tx: Transaction, rcpt: RcptCommand) -> Reply:
        try:
            mailbox = self._hub.path(rcpt.address)
        except PathError as error:
            return self._hub.refuse(f"path-{error.kind}", client, tx, to=rcpt.address[:320])
        if is_word_address(self._hub.settings(), mailbox.text):
            return self.judge_word(client, tx, mailbox)
        if tx.facts.get("word"):
            return self._hub.refuse("word-alone", client, tx, to=mailbox.text)
        refused = await self.judge_recipient(client, tx, mailbox)
        if refused is not None:
            return refused
        own = await own_recipient(self._hub, client, tx, rcpt, mailbox, lambda: self.writer(client, tx))
        return own or self.judge_outsider(client, tx, rcpt, mailbox)

    def judge_word(self, client: Client, tx: Transaction, mailbox: Mailbox) -> Reply:
        """What becomes of an answer to the hub (word.py)."""
        return self._hub.refuse("word-not-here", client, tx, to=mailbox.text)

    async def judge_recipient(self, client: Client, tx: Transaction, mailbox: Mailbox) -> Reply | None:
        """The refusal of a recipient by the rules about the envelope alone (architecture § 5)."""
        screen = self._hub.screen
        with moment():  # nothing in here waits
            if not screen.asks_at_rcpt:
                return None
            case = self.envelope_case(client, tx, NewRecipient(address=mailbox.text, destination=""))
            if case is None or not screen.may_refuse(case):
                return None
        found = await screen.at_rcpt(case)
        if found is None:
            return None
        details = {"why": found.why, "rule": found.rules[0], "version": found.version}
        return self._hub.refuse(found.kind, client, tx, to=mailbox.text, **details)

    def envelope_case(self, client: Client, tx: Transaction, to: NewRecipient) -> Case | None:  # noqa: ARG002
        """What is known of a message to `to` before it is here; None when nothing can be said yet."""
        return None

    def writer(self, client: Client, tx: Transaction) -> Writer:  # noqa: ARG002
        """Who writes, as far as this door knows for certain: groups ask (sharing/passage.py)."""
        return OUTSIDER

    def judge_outsider(self, client: Client, tx: Transaction, rcpt: RcptCommand, mailbox: Mailbox) -> Reply:
        """What becomes of a recipient that is not ours."""
        raise NotImplementedError

    def take_outsider(self, tx: Transaction, rcpt: RcptCommand, mailbox: Mailbox) -> Reply:
        """Accept a recipient that is not ours."""
        accepted(tx).add(rcpt, mailbox.text, [(mailbox.text, outside_destination(self._hub, mailbox))])
        return Reply(250, "2.1.5", "OK")

    async def data(self, client: Client, tx: Transaction) -> Body | Reply:
        raise NotImplementedError

    def refused(self, kind: str, client: Client, tx: Transaction | None, reply: Reply) -> Reply:
        return self._hub.refused(kind, client, tx, reply)

    async def disconnect(self, client: Client) -> None:
        """Nothing is kept beyond the connection."""
