"""Nobody writes as somebody else: who a message may say it is from.

Two judgements. An own account may name only addresses that it holds, in an official domain, everywhere a reader
could take for the author: envelope, From, Sender, Resent-*, and the names beside them. Mail from outside may name
an own domain only with proof. Envelope servers check the first of these places and leave the rest open; mail
clients show the rest. Refused, never repaired: the sender learns what the reader would have seen.

The kinds of `Refusal` are listed in `KINDS`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import pairwise
from typing import Protocol

from mailhub.mail.address import AmbiguousAddress, HeaderAddress, addresses_of, parse_path
from mailhub.mail.headers import Field, all_of, unfold
from mailhub.policy.verdict import Refusal

RULE = "identity"

KINDS = {
    "sender-not-owned": "the envelope sender is not an address of the account",
    "sender-not-official": "the envelope sender is the account's, but not in an official domain of today",
    "from-missing": "no From, or an empty one",
    "from-several": "more than one From field, or more than one author in it",
    "from-ambiguous": "a From that programs read in different ways",
    "from-not-owned": "From is not an address of the account",
    "from-not-official": "From is the account's, but not in an official domain of today",
    "sender-field-not-owned": "a Sender field that is not an address of the account, or no clear one",
    "resent-not-owned": "a Resent-From or Resent-Sender that is not an address of the account, or no clear one",
    "display-address": "a name that holds another address than the one it stands beside",
    "own-domain-spoofed": "an own domain in From or the envelope, and nothing proves that it is from there",
}

_SAME_AS_FROM = re.compile(rb"[^A-Za-z]+")
_ADDRESS_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.!#$%&*+/=?^_`{|}~-")
_DOMAIN = re.compile(r"\s*((?:[^\W_]|-)+(?:\.(?:[^\W_]|-)+)+)")
# Shown as nothing (default ignorable, Unicode § 5.21), or what `decode_text` put in the place of such a one.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2060-\u206f\ufe00-\ufe0f\ufeff\ufffd]"
)
_FULL_STOPS = str.maketrans("。．｡․", "....")


class DkimFact(Protocol):
    """One signature: `result` is "pass" or another word of RFC 8601 § 2.7.1, `domain` its d=."""

    @property
    def domain(self) -> str: ...
    @property
    def result(self) -> str: ...


class SpfFact(Protocol):
    """SPF's answer: `result` is "pass" or another word of RFC 7208 § 2.6; `domain` is the one it was about."""

    @property
    def domain(self) -> str: ...
    @property
    def result(self) -> str: ...


def judge_sender(
    sender: str, *, account_addresses: Collection[str], official_domains: Collection[str]
) -> Refusal | None:
    """The envelope sender of a submission ("" is the null path, which a read receipt has: RFC 8098 § 3)."""
    if not sender:
        return None
    mailbox = parse_path(sender)
    if mailbox is None or not _holds(account_addresses, mailbox.text):
        return Refusal(RULE, "sender-not-owned", sender)
    if mailbox.domain not in official_domains:
        return Refusal(RULE, "sender-not-official", mailbox.text)
    return None


def judge_submission(
    fields: Sequence[Field],
    *,
    envelope_sender: str,
    account_addresses: Collection[str],
    official_domains: Collection[str],
) -> Refusal | None:
    """Whether an account may send this header under this envelope; None when it may.

    `account_addresses` are all it may send as today (own, aliases, roles), casefolded, domains as A-labels;
    `official_domains` those in force today.
    """
    refusal = judge_sender(envelope_sender, account_addresses=account_addresses, official_domains=official_domains)
    if refusal is not None:
        return refusal
    authors = _authors(fields)
    if isinstance(authors, Refusal):
        return authors
    if len(authors) > 1:
        return Refusal(RULE, "from-several", ", ".join(a.text for a in authors)[:200])
    author = authors[0]
    if not _holds(account_addresses, author.text):
        return Refusal(RULE, "from-not-owned", author.text)
    if author.domain not in official_domains:
        return Refusal(RULE, "from-not-official", author.text)
    return _foreign_name(author, account_addresses) or _foreign_companion(fields, account_addresses)


def judge_incoming(
    fields: Sequence[Field],
    *,
    envelope_sender: str,
    own_domains: Collection[str],
    client_trusted: bool,
    dkim: Sequence[DkimFact],
    spf: SpfFact | None,
    same_organisation: Callable[[str, str], bool],
) -> Refusal | None:
    """Whether mail from outside may name the author that it names; None when it may.

    An own domain in From or in MAIL FROM needs a valid DKIM signature or SPF pass of the same organisation (RFC 7489
    § 3.1, relaxed), or a client in a trusted network: automatic answers and notices go to the envelope's sender,
    whatever From says. Whoever wrote it, From has to be one that all programs read alike
    (RFC 5322 § 3.6.2): several authors are allowed there, several From fields never.
    """
    authors = _authors(fields)
    if isinstance(authors, Refusal):
        return authors
    if client_trusted:
        return None
    proved = [signature.domain for signature in dkim if signature.result == "pass"]
    if spf is not None and spf.result == "pass" and _about_sender(spf, envelope_sender):
        proved.append(spf.domain)
    for claimed in (*(author.domain for author in authors), _domain_of(envelope_sender)):
        if claimed in own_domains and not any(same_organisation(domain, claimed) for domain in proved):
            return Refusal(RULE, "own-domain-spoofed", claimed)
    return None


def _domain_of(sender: str) -> str:
    """As an A-label; "" for the null path."""
    mailbox = parse_path(sender)
    return mailbox.domain if mailbox is not None else sender.rpartition("@")[2].lower()


def _about_sender(spf: SpfFact, envelope_sender: str) -> bool:
    """Only the envelope's domain counts, or HELO where the path is null (RFC 7489 § 3.1.2)."""
    domain = envelope_sender.rpartition("@")[2].lower()
    return not domain or spf.domain.lower().rstrip(".") == domain


def _authors(fields: Sequence[Field]) -> list[HeaderAddress] | Refusal:
    """The mailboxes of the one From field."""
    found = all_of(fields, b"from")
    if any(_looks_like_from(field) for field in fields if field.odd):
        return Refusal(RULE, "from-ambiguous", "From")
    if not found:
        return Refusal(RULE, "from-missing")
    if len(found) > 1:
        return Refusal(RULE, "from-several", b", ".join(unfold(f.raw) for f in found).decode("ascii", "replace")[:200])
    value = unfold(found[0].raw)
    if not value:
        return Refusal(RULE, "from-missing")
    try:
        return addresses_of(value)
    except AmbiguousAddress as error:
        return Refusal(RULE, "from-ambiguous", error.reason)


def _looks_like_from(field: Field) -> bool:
    """A broken field that a forgiving program takes for From: a space before its colon, a NUL in its name."""
    name, colon, _ = field.raw[:80].partition(b":")
    return bool(colon) and _SAME_AS_FROM.sub(b"", name).lower() == b"from"


def _foreign_companion(fields: Sequence[Field], owned: Collection[str]) -> Refusal | None:
    """Sender and Resent-* (RFC 5322 §§ 3.6.2, 3.6.6): what clients show as "on behalf of"."""
    for name, kind in (
        (b"sender", "sender-field-not-owned"),
        (b"resent-from", "resent-not-owned"),
        (b"resent-sender", "resent-not-owned"),
    ):
        for field in all_of(fields, name):
            try:
                people = addresses_of(unfold(field.raw))
            except AmbiguousAddress as error:
                return Refusal(RULE, kind, error.reason)
            for person in people:
                if not _holds(owned, person.text):
                    return Refusal(RULE, kind, person.text)
                refusal = _foreign_name(person, owned)
                if refusal is not None:
                    return refusal
    return None


def _foreign_name(person: HeaderAddress, owned: Collection[str]) -> Refusal | None:
    """Many clients show the name alone: an address in it is the author that people see."""
    for shown in _addresses_in(person.display):
        mailbox = parse_path(shown)
        address = mailbox.text if mailbox else shown
        if address.casefold() != person.text.casefold() and not _holds(owned, address):
            return Refusal(RULE, "display-address", address)
    return None


def _addresses_in(name: str) -> Iterator[str]:
    """What looks like an address in a name, with full-width and invisible characters undone."""
    if "@" not in name and name.isascii():
        return
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", name)).translate(_FULL_STOPS)
    parts = text.split("@")
    for before, after in pairwise(parts):
        domain = _DOMAIN.match(after)
        local = _local_before(before.rstrip())
        if domain is not None and local and not domain[1].rpartition(".")[2].isdigit():
            yield f"{local}@{domain[1]}"


def _local_before(text: str) -> str:
    start = len(text)
    while start and (text[start - 1] in _ADDRESS_LETTERS or text[start - 1] > "\x7f") and not text[start - 1].isspace():
        start -= 1
    return text[start:]


def _holds(owned: Collection[str], address: str) -> bool:
    """Letter case is ignored. What turns into ASCII only by folding (a Kelvin sign for k) is another address."""
    folded = address.casefold()
    return folded in owned and folded.isascii() == address.isascii()
