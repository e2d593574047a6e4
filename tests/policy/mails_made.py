"""Messages as facts, from an official and from a stranger, for the cases of the shipped catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mailhub.policy.facts import (
    AttachmentFacts,
    DocumentFacts,
    DocumentIssuer,
    Facts,
    MailClass,
    MessageFacts,
    Origin,
    RecipientFacts,
    SenderFacts,
)
from tests.policy.made import NOW

COLLEAGUE = "dong-nghiep@tinh.gov.vn"
TARGET = "nguoi-nhan"


@dataclass(frozen=True)
class Cases:
    """Of one rule: messages that fit it, and those that do not, each with what it shows."""

    fit: dict[str, Facts]
    let_be: dict[str, Facts]


def own(
    to: RecipientFacts | None = None, *, docs: Any = (), files: Any = (), sender: Any = None, **message: Any
) -> Facts:
    """From an official at a health department to `to` and to a colleague beside."""
    target = to or friend()
    message.setdefault("outside", int(target.mail_class is not MailClass.OWN))
    message.setdefault("private", int(target.mail_class is MailClass.PRIVATE))
    return Facts(
        message=MessageFacts(**{"recipients": 2, "malware": "clean", **message}),
        sender=SenderFacts(
            **{"address": "annv@tinh.gov.vn", "domain": "tinh.gov.vn", "kind": "personal", "rank": "staff",
               "agencies": ("SYT", "TINH"), "level": "tinh", **(sender or {})}
        ),
        recipients={address_of(target): target, COLLEAGUE: RecipientFacts(
            domain="tinh.gov.vn", kind="personal", agencies=("SYT", "TINH"), level="tinh", same_agency=True)},
        documents=tuple(docs),
        attachments=tuple(files),
        at=NOW,
    )  # fmt: skip


def outside(*, docs: Any = (), files: Any = (), sender: Any = None, **message: Any) -> Facts:
    """From a stranger at gmail to an official here."""
    return Facts(
        message=MessageFacts(**{"origin": Origin.OUTSIDE, "malware": "clean", **message}),
        sender=SenderFacts(
            **{"address": "dan@gmail.com", "domain": "gmail.com", "mail_class": MailClass.PRIVATE, "proof": "dmarc",
               "relation": frozenset({"first-contact"}), **(sender or {})}
        ),
        recipients={COLLEAGUE: RecipientFacts(domain="tinh.gov.vn", kind="personal", agencies=("SYT", "TINH"))},
        documents=tuple(docs),
        attachments=tuple(files),
        at=NOW,
    )  # fmt: skip


def address_of(target: RecipientFacts) -> str:
    return f"{TARGET}@{target.domain or 'tinh.gov.vn'}"


def private(*relation: str, **more: Any) -> RecipientFacts:
    return RecipientFacts(
        mail_class=MailClass.PRIVATE, domain="gmail.com", relation=frozenset(relation or {"first-contact"}), **more
    )


def firm(*relation: str, **more: Any) -> RecipientFacts:
    return RecipientFacts(
        mail_class=MailClass.ORGANISATION, domain="congty.vn", relation=frozenset(relation or {"known"}), **more
    )


def ministry(**more: Any) -> RecipientFacts:
    return RecipientFacts(mail_class=MailClass.GOVERNMENT, domain="moh.gov.vn", relation=frozenset({"known"}), **more)


def friend(**more: Any) -> RecipientFacts:
    """An own mailbox of another agency."""
    return RecipientFacts(
        **{"domain": "tinh.gov.vn", "kind": "personal", "agencies": ("SNV", "TINH"), "level": "tinh", **more}
    )


def doc(**more: Any) -> DocumentFacts:
    return DocumentFacts(
        **{"type": "CV", "state": "issued", "number": "156/SYT-KHTH", "issuer_is": DocumentIssuer.SENDER, "by": "text",
           **more}
    )  # fmt: skip


def file(kind: str = "pdf", *dangers: str, **more: Any) -> AttachmentFacts:
    return AttachmentFacts(**{"type": kind, "extension": kind, "size": 1000, "dangers": frozenset(dangers), **more})


DRAFT = doc(state="draft", number="")
SERVICE: dict[str, Any] = {"kind": "service"}
REDIRECT: dict[str, Any] = {"origin": Origin.REDIRECT}
