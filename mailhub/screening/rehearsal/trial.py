"""A message in a file, as it would come to be judged: for `policy explain`. Nothing is recorded, nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from mailhub.accounts.directory import Directory, Resolution
from mailhub.accounts.errors import InvalidValue, NoSuchAccount
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.delivery.routes import destination_for
from mailhub.intake.inspection import Inspection
from mailhub.mail.body_text import read_body
from mailhub.mail.encoded import decode_text
from mailhub.mail.headers import Field, first, header_end, message_id, read_fields, unfold
from mailhub.policy.explanation import Explanation, Outcome
from mailhub.policy.facts import Origin, Proof
from mailhub.queue.blocks import hidden_of
from mailhub.queue.records import NewRecipient
from mailhub.queue.written import members_of
from mailhub.screening.case import Case

_LONGEST_SUBJECT = 500  # as the doors take it
# One of them stands in whatever a mail program saves (RFC 5322 § 3.6, RFC 2045 § 3).
_OF_MAIL = frozenset(
    (b"from", b"to", b"cc", b"subject", b"date", b"message-id", b"received", b"return-path", b"sender",
     b"mime-version", b"content-type")
)  # fmt: skip
_PROOFS = {Origin.OWN: Proof.LOGIN, Origin.OUTSIDE: Proof.DMARC}


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who it is from and to. `origin` None: one of ours has sent it if the address is one, else somebody outside."""

    sender: str
    recipients: Sequence[str]
    origin: Origin | None = None


@dataclass(slots=True)
class Addressed:
    """The recipients as a door takes them. `kept_out` are addresses of ours that lead nowhere, which the door refuses
    before any rule, each with why: `unknown`, `ended`, `nobody`."""

    recipients: dict[str, NewRecipient] = field(default_factory=dict)
    groups: dict[str, int] = field(default_factory=dict)
    kept_out: dict[str, str] = field(default_factory=dict)

    def members(self) -> dict[str, frozenset[str]]:
        """Who is reached by way of each group."""
        return members_of(self.recipients.values(), self.groups)


def check_may_explain(connection: Connection, actor: Actor, addresses: Sequence[str]) -> None:
    """An explanation tells of people what else a trace tells, and whose private mailbox one is.

    Raises:
        NotAllowed: whoever may not trace mail; and for whom lies in a block that the actor is no part of.
    """
    subject = Subject(kind="policy", name="explain")
    if not may(actor, Action.TRACE_READ, subject) or hidden_of(connection, actor, addresses):
        raise refusal(actor, Action.TRACE_READ)


def addressed(directory: Directory, recipients: Sequence[str]) -> Addressed:
    """Groups expanded, addresses of ours resolved.

    Raises:
        StoreUnavailable
    """
    found = Addressed()
    for address in recipients:
        resolution = directory.resolve(address)
        if resolution is None:
            destination = destination_for(address.rpartition("@")[2], None)
            found.recipients.setdefault(address, NewRecipient(address=address, destination=destination))
        elif (why := _kept_out(resolution)) is not None:
            found.kept_out[address] = why
        else:
            _take(found, address, resolution)
    return found


def _kept_out(resolution: Resolution) -> str | None:
    if resolution.kind in ("unknown", "ended"):
        return resolution.kind
    return None if resolution.targets else "nobody"


def _take(found: Addressed, address: str, resolution: Resolution) -> None:
    for target in resolution.targets:
        destination = destination_for(target.address.rpartition("@")[2], target.home)
        original = f"rfc822;{address}" if target.address != address else None
        one = NewRecipient(address=target.address, destination=destination, original=original)
        found.recipients.setdefault(target.address, one)
    if len(resolution.targets) > 1:
        found.groups[address] = len(resolution.targets)


def subject_of(fields: Sequence[Field]) -> str:
    """As the doors read it."""
    subject = first(fields, b"subject")
    return decode_text(unfold(subject.raw))[:_LONGEST_SUBJECT] if subject else ""


def fields_of(data: bytes) -> list[Field]:
    """The header of the message."""
    return read_fields(data[: header_end(data)])


def check_is_mail(data: bytes, name: str) -> None:
    """Before a message is made of any file whatever.

    Raises:
        InvalidValue: it has none of the header fields that mail has.
    """
    if not any(one.name.lower() in _OF_MAIL for one in fields_of(data)):
        raise InvalidValue(f"{name}: không phải thư (.eml): không có From, Subject, Date (no mail: no header fields)")


def check_addresses(directory: Directory, envelope: Envelope) -> None:
    """Before anything of the message is read.

    Raises:
        InvalidValue: one of the recipients is no address.
        NoSuchAccount: it is to come from an own account, and there is none of that address that may send.
        StoreUnavailable
    """
    for address in envelope.recipients:
        local, _, domain = address.rpartition("@")
        if not local or not domain or any(sign.isspace() for sign in address):
            raise InvalidValue(f"{address!r} không phải địa chỉ thư (no address), ví dụ đúng: nva@tinh.gov.vn")
    if envelope.origin is Origin.OUTSIDE or directory.account_named(envelope.sender) is not None:
        return
    if envelope.origin is not None or directory.is_own_domain(envelope.sender.rpartition("@")[2]):
        raise NoSuchAccount(
            f"không có tài khoản {envelope.sender} (no account has this address); "
            "muốn thử như thư từ bên ngoài, thêm --origin outside"
        )


def after_reading(explanation: Explanation) -> Explanation:
    """What becomes of a message that was taken with 250 and judged when its files had been read: nobody can be
    refused by the reply to the dot any more (architecture § 5)."""
    outside = explanation.facts.message.origin is Origin.OUTSIDE
    instead = Outcome.QUARANTINED if outside else Outcome.REFUSED
    groups = tuple(
        replace(group, outcome=instead) if group.outcome is Outcome.REJECTED else group for group in explanation.groups
    )
    return replace(explanation, groups=groups)


def case_of(
    directory: Directory, data: bytes, envelope: Envelope, to: Addressed, inspection: Inspection, *, at: int
) -> Case:
    """The message as a case.

    Raises:
        StoreUnavailable
    """
    account = directory.account_named(envelope.sender)
    origin = envelope.origin or (Origin.OUTSIDE if account is None else Origin.OWN)
    fields = fields_of(data)
    return Case(
        origin=origin,
        proof=_PROOFS.get(origin, Proof.NONE),
        sender=envelope.sender,
        account=account if origin is not Origin.OUTSIDE else None,
        fields=fields,
        subject=subject_of(fields),
        message_id=message_id(fields),
        size=len(data),
        at=at,
        recipients=tuple(to.recipients.values()),
        groups=to.groups,
        inspection=inspection,
        body=read_body(data, inspection.structure),
    )
