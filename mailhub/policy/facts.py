"""The facts that rules are about: plain values, gathered by `screening/`, judged by `judging.py`.

A name here is a name in `policy.toml`: `message.size`, `sender.rank`, `recipient.class`, `document.state`,
`attachment.type`. Unknown is the empty string, never a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

UNKNOWN = "unknown"
_NONE: frozenset[str] = frozenset()


class Origin(StrEnum):
    """How a message came to us."""

    OWN = "own"  # an own account, logged in
    TRUSTED = "trusted"  # a machine in a trusted network, writing as one of ours
    OUTSIDE = "outside"
    REDIRECT = "redirect"  # a mailbox's own script passes it on
    AUTOMATIC = "automatic"  # an automatic answer (RFC 3834)


class MailClass(StrEnum):
    """Whose an address is, by its domain (`lists/`)."""

    OWN = "own"
    GOVERNMENT = "government"  # *.gov.vn, and state bodies by list
    ORGANISATION = "organisation"  # a domain of somebody's own
    PRIVATE = "private-mail"  # gmail.com, yahoo.com, …: by list
    BLOCKED = "blocked"


class Relation(StrEnum):
    """What we know of a recipient outside (or, for mail from outside, of its sender)."""

    OWN_PRIVATE = "own-private"  # the sender's own private address
    OFFICIAL_PRIVATE = "official-private"  # another official's
    WROTE_FIRST = "wrote-first"  # to the sender's mailbox, or to its office, before we ever wrote there
    NAMED = "named"  # in Kính gửi or Nơi nhận of what is attached
    KNOWN = "known"  # mail went there, or came from there, before
    FIRST_CONTACT = "first-contact"


class Proof(StrEnum):
    """What speaks for a message being from who it says."""

    LOGIN = "login"
    NETWORK = "network"  # a trusted one
    DMARC = "dmarc"
    DKIM = "dkim"
    SPF = "spf"
    NONE = "none"


class DocumentIssuer(StrEnum):
    """Whose document it is, as far as its header tells."""

    SENDER = "sender"  # the sender's agency, one above or one below it
    OWN = "own"  # another agency of the province
    OTHER = "other"
    UNKNOWN = "unknown"


# What a document's digital signatures amount to. `unknown`: nobody could look, or files of this type carry signatures
# that we do not read; `none`: looked, and there are none; `valid`: a person's and the agency's; `person`, `agency`:
# only such ones; `public`: valid, by a public authority; `unverified`: revocation could not be asked.
SIGNATURES = ("unknown", "none", "valid", "person", "agency", "public", "unverified", "untrusted", "invalid")


class Listing(StrEnum):
    """Whether files of a type may travel this way (`lists/file-types.toml`)."""

    ALLOWED = "allowed"
    OTHER = "other"  # not on the list
    FORBIDDEN = "forbidden"  # neither way, ever


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFacts:
    """The message as a whole. `size` in octets; `recipients` as the sender wrote them, groups counted by members."""

    origin: Origin = Origin.OWN
    size: int = 0
    recipients: int = 1
    outside: int = 0  # recipients that are not ours
    private: int = 0  # recipients of the class private-mail
    groups: frozenset[str] = _NONE  # addresses of ours that stand for several
    group_members: int = 0  # of the largest
    province_group: bool = False  # a group of everybody in the province
    reply: bool = False  # In-Reply-To or References (RFC 5322 § 3.6.4)
    forward: bool = False  # a mail within the mail, or a subject that says so
    automatic: bool = False
    night: bool = False  # by the province's clock (`[policy] night`)
    links: frozenset[str] = _NONE  # hosts of file-sharing services
    secrecy: str = ""  # MẬT, TỐI MẬT, TUYỆT MẬT: the highest level that is sure
    secrecy_in: frozenset[str] = _NONE  # subject, body, file, scan
    unread: bool = False  # something attached could not be looked into in time
    malware: str = ""  # clean, found, not-scanned; "" without attachments
    encrypted: bool = False  # the message itself: S/MIME, PGP
    signature: str = "none"  # the message's own (S/MIME); other-sender: good, but not by whom From names
    pdf_alone: bool = False  # a document as PDF without its editable file beside it


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderFacts:
    """Who writes. Agencies are codes, the own one first, then those above it up to the province."""

    address: str = ""
    domain: str = ""
    mail_class: MailClass = MailClass.OWN
    proof: Proof = Proof.LOGIN
    kind: str = ""  # personal, role, service, system; "" for a stranger
    office: str = ""  # van-thu, mot-cua, lanh-dao, … of a role mailbox
    desk: bool = False  # writes as a document desk or a one-stop office
    rank: str = ""  # leader, head, staff
    agencies: tuple[str, ...] = ()
    level: str = ""  # tinh, xa
    relation: frozenset[str] = _NONE  # of a stranger: `Relation`
    lookalike: str = ""  # the domain of ours that this one is made to look like
    imitates: frozenset[str] = _NONE  # leader, hub, agency: what the name shown beside the address pretends
    burst: int = 0  # recipients written to in the last ten minutes, this message's counted
    new_network: bool = False  # never logged in from there before


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientFacts:
    """What recipients have in common to be judged alike. The addresses are the keys of `Facts.recipients`."""

    mail_class: MailClass = MailClass.OWN
    domain: str = ""
    kind: str = ""  # personal, role, service, system, group; "" outside
    office: str = ""
    agencies: tuple[str, ...] = ()
    level: str = ""
    relation: frozenset[str] = _NONE
    same_agency: bool = False
    by_group: bool = False  # reached as a member of a group of ours (or the group itself), not by the own address
    lookalike: str = ""  # the domain of ours that this one is made to look like
    redirected: bool = False  # by a mailbox's own script


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFacts:
    """One recognised document. What is not sure is empty."""

    type: str = ""
    labels: frozenset[str] = _NONE
    urgency: str = ""
    secrecy: str = ""
    circulation: str = ""
    issuer: str = ""
    issuer_is: DocumentIssuer = DocumentIssuer.UNKNOWN
    number: str = ""
    state: str = UNKNOWN  # issued, draft, unknown
    signature: str = UNKNOWN  # one of `SIGNATURES`
    by: str = ""  # text, ocr
    internal: bool = False  # lưu hành nội bộ, or addressed to nobody outside
    form: bool = False  # to be filled in by somebody: where the issuer stands it says `TÊN CƠ QUAN, TỔ CHỨC`


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentFacts:
    """One file, at any depth. `type` is what it really is (`files/facts.py`)."""

    type: str = ""
    extension: str = ""  # of its name, lower case without the dot
    listed: Listing = Listing.ALLOWED  # by type and extension, for the message's direction (`lists.listing_of`)
    size: int = 0
    depth: int = 0  # 1 within an archive, …
    dangers: frozenset[str] = _NONE  # `files.facts.DangerKind`
    unreadable: str = ""  # `files.facts.Unreadable`
    scan: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One message as rules see it."""

    message: MessageFacts
    sender: SenderFacts
    recipients: Mapping[str, RecipientFacts]
    documents: tuple[DocumentFacts, ...] = ()
    attachments: tuple[AttachmentFacts, ...] = ()
    at: int = 0  # ms; which stage and which exceptions hold depends on it
    # For the words only, never for conditions: what the documents and files are called.
    named: Mapping[str, str] = field(default_factory=dict)
