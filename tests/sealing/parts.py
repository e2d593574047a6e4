"""What the tests of sealing share: papers, verdicts, a signer that only appends, and a desk's mail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from mailhub.documents.grammar.recognition import Evidence, Found, Recognition, State
from mailhub.sealing.choosing import Paper
from mailhub.signatures.verdict import JudgedDocument, JudgedSignature, Level, Signer, Subscriber, Verdict
from mailhub.signer.orders import Sealed, SealOrder, SealRefused

DIGITS = 64  # hexadecimal places that the fake signer leaves
Answer = Sealed | SealRefused


def recognised(doc_type: str = "CV", number: str = "15/SYT-VP", issuer: str = "SỞ Y TẾ") -> Recognition:
    values = {"doc_type": doc_type, "number_symbol": number, "issuer": issuer}
    fields = {name: Found(value, 0.9, Evidence("test")) for name, value in values.items() if value}
    return Recognition(fields=fields, state=State.ISSUED)


def judged(verdict: Verdict = Verdict.VALID, *who: Subscriber, agency: str = "") -> JudgedDocument:
    signatures = tuple(
        JudgedSignature(signer=Signer(name=one.value, subscriber=one, agency=agency), verdict=verdict) for one in who
    )
    return JudgedDocument(verdict=verdict, level=Level.GOOD, signatures=signatures)


def paper(path: str = "2", **changes: Any) -> Paper:
    """A công văn that the leader signed."""
    values: dict[str, Any] = {
        "name": "cong-van.pdf",
        "type": "pdf",
        "recognition": recognised(),
        "judged": judged(Verdict.VALID, Subscriber.PERSON),
        "ours": True,
    }
    return Paper(path=path, **{**values, **changes})


@dataclass
class FakeSigner:
    """Appends an update with room for a signature; `refuses` answers instead, as long as there are answers."""

    refuses: list[SealRefused] = field(default_factory=list)
    orders: list[SealOrder] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    async def seal(self, order: SealOrder) -> Answer:
        self.orders.append(order)
        self.before()
        if self.refuses:
            return self.refuses.pop(0)
        start = len(order.original) + len(b"\n<")
        update = b"\n<" + b"0" * DIGITS + b">\n%%EOF\n"
        cms = sha256(order.original).digest()[:16]
        return Sealed(update=update, cms=cms, contents=(start, start + DIGITS), certificate="ab" * 32,
                      doc_type="CV", number_symbol="15/SYT-VP")  # fmt: skip


@dataclass
class FakeStamper:
    """`answer`: octets that are put behind the signature, or why there is no timestamp."""

    answer: bytes | str = b"T"

    async def stamp(self, cms: bytes, most_octets: int) -> bytes | str:
        assert most_octets == DIGITS // 2
        return self.answer if isinstance(self.answer, str) else cms + self.answer
