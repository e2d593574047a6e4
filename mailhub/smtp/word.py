"""Answers to the hub: a reply to `[policy] reply_to` is read for its word, acted upon, and gone.

It comes in by submission alone, where the account is proved by AUTH; other doors refuse the address, and so is the null
sender, and whatever a machine writes (RFC 3834). Nothing of it is delivered, stored or judged: it quotes the very
document that is held. Only its beginning is kept, in memory; what is attached to it is not looked at.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence

from mailhub.errors import MailhubError
from mailhub.ids import new_code
from mailhub.mail.automatic import is_by_machine
from mailhub.mail.headers import Field, decode_text, first, header_end, message_id, read_fields, unfold
from mailhub.mail.reply_text import reply_lines
from mailhub.mail.reply_word import find_codes, read_word
from mailhub.policy.identity import judge_submission
from mailhub.queue.answers import Answer
from mailhub.settings import Settings
from mailhub.smtp.door import Client, Reply, Transaction
from mailhub.smtp.hub import Hub
from mailhub.smtp.word_taker import TooManyAnswers

log = logging.getLogger(__name__)

_ANSWER_TO = (b"reply-to", b"mail-reply-to", b"mail-followup-to")
_NO_ADDRESS = re.compile(r'\([^()]*\)|[\s"\\]')  # what an address may be stuffed with (RFC 5322 § 3.2)
READ_OCTETS = 1024 * 1024  # of a reply; its words stand at its beginning


def is_word_address(settings: Settings, address: str) -> bool:
    """Whether mail for this address is an answer to the hub."""
    return address.casefold() == f"{settings.policy.reply_to}@{settings.hub.domain}"


def draws_answers(settings: Settings, fields: Sequence[Field]) -> bool:
    """Whether a mail that is none of the hub's has its answers sent to the hub: the "Đồng ý" to somebody's question
    would then be a word for a held message."""
    wanted = f"{settings.policy.reply_to}@{settings.hub.domain}".casefold()
    named = (unfold(one.raw).decode("utf-8", "replace") for one in fields if one.name.lower() in _ANSWER_TO)
    return any(wanted in _NO_ADDRESS.sub("", text).casefold() for text in named)


def take_recipient(hub: Hub, client: Client, tx: Transaction, address: str) -> Reply:
    """An answer goes to the hub alone, from somebody."""
    if not tx.mail.sender:
        return hub.refuse("word-automatic", client, tx, to=address)
    if tx.recipients and not tx.facts.get("word"):
        return hub.refuse("word-alone", client, tx, to=address)
    tx.facts["word"] = True
    return Reply(250, "2.1.5", "OK")


class WordMessage:
    """The `Body` of an answer."""

    def __init__(self, hub: Hub, client: Client, tx: Transaction) -> None:
        self._hub = hub
        self._client = client
        self._tx = tx
        self._kept = bytearray()

    def write(self, chunk: bytes) -> None:
        """Keep the beginning."""
        self._kept += chunk[: max(0, READ_OCTETS - len(self._kept))]

    async def finish(self) -> Reply:
        """Read the word and do it; what was not understood is answered by letter."""
        account = self._client.account
        assert isinstance(account, int)  # DATA was refused otherwise
        data = bytes(self._kept)
        fields = read_fields(data[: header_end(data)])
        refused = self._refusal(account, fields)
        if refused is not None:
            return refused
        taker = self._hub.words
        if taker is None:
            return self._hub.refuse_message("local-fault", self._client, self._tx)
        answer = await asyncio.to_thread(read_answer, data, fields)
        try:
            taken = await taker.take(account, answer, self._client.ip)
        except TooManyAnswers:
            return self._hub.refuse_message("rate-limited", self._client, self._tx)
        except MailhubError as error:
            log.warning("an answer cannot be taken now: %s", error)
            return self._hub.refuse_message("local-fault", self._client, self._tx)
        return Reply(250, "2.0.0", f"Ma {taken.code or new_code()}")

    async def abort(self) -> None:
        """There is nothing to undo."""

    def _refusal(self, number: int, fields: list[Field]) -> Reply | None:
        """Who was closed meanwhile, writes in another's name, or is a machine, gives no word."""
        account, official = self._hub.directory.account_and_domains(number)
        if account is None or not account.may_login or not account.may_send:
            return self._hub.refuse("account-suspended", self._client)
        if account.sessions_from > self._client.logged_in_at:
            return self._hub.refuse("login-outdated", self._client)
        if is_by_machine(fields):
            return self._hub.refuse_message("word-automatic", self._client, self._tx)
        forged = judge_submission(
            fields,
            envelope_sender=self._tx.mail.sender,
            account_addresses=account.addresses | set(account.renamed),
            official_domains=official | {address.rpartition("@")[2] for address in account.renamed},
        )
        if forged is None:
            return None
        return self._hub.refuse_message(forged.kind, self._client, self._tx, own=account.address, detail=forged.detail)


def read_answer(data: bytes, fields: list[Field]) -> Answer:
    """What a reply says: `data` is its beginning, `fields` its header. Never raises."""
    subject = first(fields, b"subject")
    text = decode_text(unfold(subject.raw)) if subject else ""
    return Answer(
        word=read_word(reply_lines(data)),
        codes=find_codes(text),
        references=_references(fields),
        message_id=message_id(fields),
    )


def _references(fields: list[Field]) -> list[str]:
    """In-Reply-To, then References from its end, where the nearest stands."""
    found: list[str] = []
    for name in (b"in-reply-to", b"references"):
        field = first(fields, name)
        words = unfold(field.raw).decode("ascii", "replace").replace("><", "> <").split() if field else []
        found += words if name == b"in-reply-to" else reversed(words)
    return found


__all__ = ["WordMessage", "draws_answers", "is_word_address", "read_answer", "take_recipient"]
