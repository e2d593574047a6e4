"""Who writes: the account and the mailbox that it writes as; for mail from outside, what its author looks like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailhub.accounts.addresses import fold, split
from mailhub.accounts.directory import Look
from mailhub.accounts.models import MailboxKind
from mailhub.accounts.offices import CLERKS
from mailhub.accounts.profiles import Line, Profile
from mailhub.policy.facts import MailClass, Origin, Proof, Relation, SenderFacts
from mailhub.screening.case import Case
from mailhub.screening.facts.header_words import author

ONE_STOP = "mot-cua"
_DESKS = (CLERKS, ONE_STOP, "hanh-chinh-cong", "tiep-cong-dan")
_OURS = (Origin.OWN, Origin.REDIRECT, Origin.AUTOMATIC, Origin.TRUSTED)
_BY_SCRIPT = (Origin.REDIRECT, Origin.AUTOMATIC)
_NOBODY = Line()


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Whose doing a message is. `mailbox` is written as (a desk's, or the account's own), `own` is who logged in;
    both None for strangers. `address` is what people see, `proved` the address that something speaks for, or ""."""

    address: str
    display: str = ""
    mailbox: Profile | None = None
    own: Profile | None = None
    proved: str = ""

    @property
    def line(self) -> Line:
        """The agency that it is written for, and those above it."""
        return _NOBODY if self.mailbox is None else self.mailbox.agency

    @property
    def people(self) -> tuple[Profile, ...]:
        """The persons behind it: who logged in, and whose mailbox it is."""
        found = {one.person_id: one for one in (self.own, self.mailbox) if one is not None and one.person_id}
        return tuple(found.values())


def is_ours(case: Case) -> bool:
    """Whether the message leaves one of us, by whatever way."""
    return case.origin in _OURS


def addresses_of(case: Case) -> Sequence[str]:
    """The addresses that the directory is asked about, to know who writes."""
    if not is_ours(case):
        return ()
    found = [case.account.address] if case.account is not None else []
    if case.sender:
        found.append(case.sender)
    if (shown := _shown_as(case)) is not None:
        found.append(shown)
    return found


def writer_of(case: Case, look: Look) -> Writer:
    """Who writes, by what the directory knows of `addresses_of(case)`."""
    if not is_ours(case):
        return _stranger(case)
    own = None if case.account is None else look.profiles.get(case.account.address)
    if own is not None and case.origin in _BY_SCRIPT:  # the envelope names whose mail it was
        return Writer(address=own.address, mailbox=own, own=own, proved=own.address)
    sent_as = look.profiles.get(case.sender) if case.sender else None
    shown = _shown_as(case)
    shared = look.profiles.get(shown) if shown is not None else None
    mailbox = shared or sent_as or own
    address = case.sender or (mailbox.address if mailbox is not None else "")
    return Writer(address=fold(shown or address), mailbox=mailbox, own=own or sent_as, proved=fold(address))


def sender_facts(
    case: Case,
    writer: Writer,
    *,
    mail_class: MailClass,
    relation: frozenset[Relation] = frozenset(),
    lookalike: str = "",
    imitates: frozenset[str] = frozenset(),
    burst: int = 0,
    new_network: bool = False,
) -> SenderFacts:
    """The facts as rules ask for them."""
    mailbox = writer.mailbox
    kind = "" if mailbox is None else mailbox.kind
    office = "" if mailbox is None else mailbox.office
    rank = next((one.rank for one in (mailbox, writer.own) if one is not None and one.rank), "")
    return SenderFacts(
        address=writer.address,
        domain=split(writer.address)[1],
        mail_class=mail_class,
        proof=case.proof,
        kind=kind,
        office=office,
        desk=kind == MailboxKind.ROLE.value and is_desk(office, writer.address),
        rank=rank,
        agencies=writer.line.codes,
        level=writer.line.level,
        relation=frozenset(relation),
        lookalike=lookalike,
        imitates=imitates,
        burst=burst,
        new_network=new_network,
    )


def is_desk(office: str, address: str) -> bool:
    """Whether a role mailbox is where papers come in and go out, or where citizens are served (một cửa)."""
    return any(office == word or office.startswith(f"{word}-") for word in _DESKS) or (
        not office and address.startswith(("vanthu", "motcua"))
    )


def _shown_as(case: Case) -> str | None:
    """The shared mailbox in From, when the account that sends holds one: it writes as that one."""
    if case.account is None or not case.account.shared or fold(case.sender) in case.account.shared:
        return None
    named = author(case.fields)
    return named.text if named is not None and fold(named.text) in case.account.shared else None


def _stranger(case: Case) -> Writer:
    """The author that people see, else the envelope's; what is proved goes for the domain that it is proved of."""
    named = author(case.fields)
    shown = fold(named.text) if named is not None else fold(case.sender)
    display = named.display if named is not None else ""
    same = split(shown)[1] == split(fold(case.sender))[1]
    proved = ""
    if case.proof is Proof.DMARC or (case.proof in (Proof.DKIM, Proof.SPF) and same):
        proved = shown
    elif case.proof in (Proof.DKIM, Proof.SPF):
        proved = fold(case.sender)
    return Writer(address=shown, display=display, proved=proved)
