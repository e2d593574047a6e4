"""A message as it comes to be judged: what the door, the header, the body and the sandbox know of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mailhub.accounts.directory import AccountView
from mailhub.intake.inspection import Inspection
from mailhub.mail.body_text import BodyText
from mailhub.mail.headers import Field
from mailhub.policy.facts import Origin, Proof
from mailhub.queue.records import NewRecipient


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One message. `sender` is the envelope's ("" is the null path); `account` who logged in, or whose script it is."""

    origin: Origin
    proof: Proof
    sender: str
    account: AccountView | None = None
    client: str = ""  # address of the machine that handed it in
    fields: Sequence[Field] = ()
    subject: str = ""
    message_id: str = ""
    size: int = 0
    at: int = 0  # ms
    recipients: Sequence[NewRecipient] = ()  # those the sender wrote to, without the hub's own copies
    groups: Mapping[str, int] = field(default_factory=dict)  # addresses that stood for several, with how many
    inspection: Inspection | None = None
    body: BodyText | None = None
    unread: bool = False  # something attached could not be looked into in time, and will not be
    late: bool = False  # judged again, after what it brings was read: it was counted when it came
