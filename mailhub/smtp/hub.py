"""What the doors of one process share, and the acts common to all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from mailhub.accounts.directory import AccountView, Directory, Resolution, Target
from mailhub.accounts.sharing.expansion import Gate
from mailhub.accounts.sharing.passage import Passage, Writer, passage
from mailhub.accounts.verifier import Verifier
from mailhub.clock import mail_date, now_ms
from mailhub.delivery.routes import destination_for
from mailhub.dns.resolver import Resolver
from mailhub.ids import new_code
from mailhub.intake.committer import Committer
from mailhub.intake.gauges import Gauges
from mailhub.intake.inspecting import SessionInspection
from mailhub.mail.address import Mailbox, PathError, read_path
from mailhub.mailboxes.quota import QuotaAsker
from mailhub.queue.models import EventKind
from mailhub.queue.records import NewEvent, NewRecipient
from mailhub.screening.screen import Screen
from mailhub.sealing.gate import SealGate
from mailhub.settings import Settings
from mailhub.smtp.door import Client, RcptCommand, Reply, Transaction
from mailhub.smtp.replies import reply
from mailhub.smtp.word_taker import WordTaker
from mailhub.store.spool import Spool

MOST_NAMED = 20  # recipients of a refused message that get a line in the timeline


@dataclass(slots=True)
class Hub:
    """The parts of the house that a door needs."""

    settings: Callable[[], Settings]
    directory: Directory
    spool: Spool
    committer: Committer
    resolver: Resolver
    verifier: Verifier
    gauges: Gauges
    quota: QuotaAsker | None
    inspection: SessionInspection
    screen: Screen
    words: WordTaker | None = None
    seals: SealGate | None = None

    def refuse(
        self, kind: str, client: Client, tx: Transaction | None = None, *, to: str = "", **details: Any
    ) -> Reply:
        """The reply of `kind`, with a code of its own that the administrator can trace."""
        code = new_code()
        return self._note(kind, client, tx, reply(kind, code, **details), code, to=to, **details)

    def refuse_message(self, kind: str, client: Client, tx: Transaction, *, code: str = "", **details: Any) -> Reply:
        """As `refuse`, for a whole message: the timeline of each recipient has it, up to `MOST_NAMED`."""
        code = code or new_code()
        named = [rcpt.address.casefold() for rcpt in tx.recipients[:MOST_NAMED]]
        return self._note(kind, client, tx, reply(kind, code, **details), code, recipients=named, **details)

    def refused(self, kind: str, client: Client, tx: Transaction | None, answer: Reply) -> Reply:
        """A refusal in the server's own words, with a code."""
        code = new_code()
        return self._note(kind, client, tx, answer._replace(text=f"{answer.text}. Ma {code}"), code)

    def _note(
        self,
        kind: str,
        client: Client,
        tx: Transaction | None,
        answer: Reply,
        code: str,
        *,
        to: str = "",
        recipients: Sequence[str] = (),
        **details: Any,
    ) -> Reply:
        facts = {"kind": kind, "reply": answer.line(), "client": client.ip, "helo": client.helo, **details}
        if tx is not None:
            facts["sender"] = tx.mail.sender
        for recipient in recipients or (to or None,):
            self.committer.note(
                NewEvent(
                    at=now_ms(), message_id=None, code=code, recipient=recipient, kind=EventKind.REFUSED, facts=facts
                )
            )
        return answer

    def path(self, text: str, *, strangers: bool = False) -> Mailbox:
        """The mailbox that a MAIL or RCPT names; the bare `postmaster` is the official domain's.

        `strangers` may have odd local parts (`!`, `%`) in their own reverse-path: it is theirs to read.

        Raises:
            PathError: it names none that we take.
        """
        mailbox = read_path(text, hacks=strangers)
        if not mailbox.domain:
            return Mailbox(mailbox.local, self.settings().hub.domain)
        return mailbox


@dataclass(slots=True)
class Accepted:
    """The recipients of a transaction so far, each address once, groups already expanded."""

    recipients: dict[str, NewRecipient] = field(default_factory=dict)
    groups: dict[str, int] = field(default_factory=dict)  # addresses that stand for several, with how many
    # The moderated groups that some of the recipients wait for.
    moderated: dict[int, Gate] = field(default_factory=dict)

    def add(
        self,
        rcpt: RcptCommand,
        address: str,
        targets: Iterable[tuple[str, str]],
        held: Mapping[str, tuple[int, ...]] = MappingProxyType({}),
    ) -> None:
        """Add `targets` (address, destination), who get what was sent to `address`; those in `held` wait for a
        moderator of one of the groups named there, unless they are written to freely as well."""
        found = list(targets)
        # Who is in a group is not the sender's business: no list of members as notices of success (RFC 3461 § 5.2.7.3).
        notify = rcpt.notify if len(found) <= 1 else _without_success(rcpt.notify)
        for target, destination in found:
            before = self.recipients.get(target)
            if before is None:
                self.recipients[target] = NewRecipient(
                    address=target,
                    destination=destination,
                    original=rcpt.orcpt or (f"rfc822;{address}" if target != address else None),
                    notify=notify,
                    held_about=held.get(target, ()),
                )
            elif before.held_about:
                about = tuple(dict.fromkeys((*before.held_about, *held[target]))) if target in held else ()
                self.recipients[target] = replace(before, held_about=about)
        if len(found) > 1:
            self.groups[address] = len(found)


def _without_success(notify: str) -> str:
    """NOTIFY without that word; "" stays the usual, and nothing left is NEVER."""
    words = [word for word in notify.split(",") if word != "SUCCESS"]
    return ",".join(words) if words else "NEVER"


def accepted(tx: Transaction) -> Accepted:
    """The recipients gathered in `tx`."""
    return tx.facts.setdefault("accepted", Accepted())  # type: ignore[return-value]


async def own_recipient(
    hub: Hub, client: Client, tx: Transaction, rcpt: RcptCommand, mailbox: Mailbox, writer: Callable[[], Writer]
) -> Reply | None:
    """Take a recipient in a domain of ours; None when the domain is not ours. `writer` says who writes, if it
    matters: to a group that not everybody may write to."""
    resolution = hub.directory.resolve(mailbox.text)
    if resolution is None:
        return None
    refused = _refusal(hub, client, tx, mailbox.text, resolution)
    if refused is not None:
        return refused
    if len(resolution.targets) == 1 and hub.quota is not None and not resolution.targets[0].home:
        fits = await hub.quota.quota_ok(resolution.targets[0].address, tx.mail.size or 0)
        if fits is False:
            return hub.refuse("quota", client, tx, to=mailbox.text)
    passed = Passage() if resolution.group is None else passage(resolution.group, by := writer())
    if passed.refused is not None:
        return _keep_out(hub, client, tx, mailbox.text, passed.refused, inner_is_told=by.own)
    gathered = accepted(tx)
    gathered.add(rcpt, mailbox.text, (_destination(target) for target in resolution.targets), passed.held)
    for number in {number for groups in passed.held.values() for number in groups}:
        assert resolution.group is not None
        gathered.moderated[number] = resolution.group.gates[number]
    return Reply(250, "2.1.5", "OK")


def writer_of(hub: Hub, account: AccountView, sender: str) -> Writer:
    """The account as groups know it: itself, and the office or the person in whose name this mail is sent."""
    owner = account.shared.get(sender.casefold())
    shared = hub.directory.account(owner) if owner is not None else None
    return Writer(own=True, addresses=frozenset(one.address for one in (account, shared) if one is not None))


def _keep_out(hub: Hub, client: Client, tx: Transaction, address: str, gate: Gate, *, inner_is_told: bool) -> Reply:
    """The refusal of a group; a group within the one that was written to is named to our own people only."""
    inner = gate.address if inner_is_told and gate.address != address else ""
    return hub.refuse(f"group-{gate.senders.value}", client, tx, to=address, group=inner)


def _refusal(hub: Hub, client: Client, tx: Transaction, address: str, resolution: Resolution) -> Reply | None:
    if resolution.kind == "unknown":
        return hub.refuse("unknown-recipient", client, tx, to=address)
    if resolution.kind == "ended":
        return hub.refuse("ended", client, tx, to=address, unit=resolution.unit_address or "")
    if not resolution.targets:
        return hub.refuse("not-receiving", client, tx, to=address)
    return None


def _destination(target: Target) -> tuple[str, str]:
    return target.address, destination_for(target.address.rpartition("@")[2], target.home)


def outside_destination(hub: Hub, mailbox: Mailbox) -> str:
    """The queue key for somebody who is not ours."""
    return destination_for(mailbox.domain, None, hub.settings().delivery.smarthost)


def received_field(hub: Hub, client: Client, *, code: str, at: int, hide_client: bool, utf8: bool) -> bytes:
    """Our `Received` (RFC 5321 § 4.4; the protocol words of RFC 3848 and RFC 6531)."""
    host = hub.settings().hub.hostname
    words = ("UTF8" if utf8 else "") + ("SMTP" if utf8 or not client.esmtp else "ESMTP")
    words += ("S" if client.tls_version else "") + ("A" if client.account is not None else "")
    cipher = f"(using {client.tls_version} with cipher {client.tls_cipher})\r\n\t" if client.tls_version else ""
    # Where an official's own machine stands is nobody's business outside; the timeline has it.
    origin = "" if hide_client else f"from {_safe(client.helo) or 'unknown'} ([{client.ip}])\r\n\t"
    return (f"Received: {origin}{cipher}by {host} (mailhub) with {words} id {code};\r\n\t{mail_date(at)}\r\n").encode(
        "ascii", "replace"
    )


def _safe(text: str) -> str:
    """A HELO name as it may stand in a header: what is not a name's letter becomes `?`."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-.:[]_") else "?" for c in text)[:255]


__all__ = [
    "Accepted",
    "Hub",
    "PathError",
    "accepted",
    "outside_destination",
    "own_recipient",
    "received_field",
    "writer_of",
]
