"""What a judgement needs besides the signatures themselves: values only, so that judging stays pure.

Times are milliseconds since the epoch. `DocumentWords` are what the document says of itself (documents/grammar),
`KnownSigner` what our organisation knows of a certificate (`matching.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mailhub.clock import DAY
from mailhub.signatures.verdict import Hierarchy, Subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentWords:
    """What stands in the signed document: '' where it is not sure."""

    issuer: str = ""
    parent: str = ""  # the agency above the issuer
    number: str = ""  # số và ký hiệu
    state: bool = False  # of a state body: a person's and the agency's signature are expected
    # Needs the agency's signature alone: an electronic copy (SAO Y), or an annex in a file of its own (Nghị định
    # 30/2020/NĐ-CP PL I phần I mục II.8b, phần II mục I.3).
    agency_only: bool = False
    annex: bool = False  # in a file of its own
    agencies: tuple[str, ...] = ()  # codes of those of ours that the issuer may be


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSigner:
    """A certificate's subscriber: `confirmed` by a person, or found by its address or name."""

    subscriber: Subscriber | None = None  # None: by the certificate's own words
    name: str = ""
    agency: str = ""  # code; "" when none, or not sure
    line: tuple[str, ...] = ()  # codes of that agency and of those above it
    confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """`seen_at`: when our hub first got the file (now, at the command line); `now`: when it is judged.

    `max_age`: how long an answer without nextUpdate is in force. `weak`: "warn" or "invalid".
    """

    seen_at: int
    now: int
    hierarchies: Mapping[str, Hierarchy]  # by the root's SHA-256
    document: DocumentWords | None = None
    signers: Mapping[str, KnownSigner] = field(default_factory=dict)  # by the certificate's SHA-256
    sender_agencies: tuple[str, ...] = ()  # codes: the sender's agency and those above it
    sender: str = ""  # the address in From, for S/MIME
    weak: str = "warn"
    max_age: int = 7 * DAY
