"""Facts of signatures for tests: a good one, to be spoilt by `replace`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mailhub.clock import DAY, HOUR
from mailhub.files.signed.facts import (
    CertificateFacts,
    ChainFacts,
    ChainState,
    Changes,
    Coverage,
    Ess,
    Form,
    RevocationAnswer,
    SignatureFacts,
    Signed,
    Status,
    TimestampFacts,
)
from mailhub.signatures.context import Context, DocumentWords
from mailhub.signatures.verdict import Hierarchy

SIGNED_AT = 1_775_377_800_000  # 2026-04-05 15:30 in Vietnam
SEEN_AT = SIGNED_AT + 2 * DAY
ROOT, SUB, PUBLIC_ROOT, TEST_ROOT, TSA_ROOT = "0a" * 32, "0b" * 32, "0c" * 32, "0d" * 32, "0e" * 32
HIERARCHIES = {ROOT: Hierarchy.OFFICIAL, PUBLIC_ROOT: Hierarchy.PUBLIC, TEST_ROOT: Hierarchy.TEST}
LEADER = "Trần Thị Mẫu"
HEALTH = "Sở Y tế tỉnh Thử Nghiệm"
PROVINCE = "ỦY BAN NHÂN DÂN TỈNH THỬ NGHIỆM"
DOCUMENT = DocumentWords(issuer="SỞ Y TẾ", parent=PROVINCE, number="87/SYT-VP", state=True)


def certificate(name: str, sha256: str, **changed: Any) -> CertificateFacts:
    """Valid from a year before signing to two years after."""
    facts = CertificateFacts(
        sha256=sha256,
        serial=sha256[:8],
        subject=f"CN={name}",
        issuer="CN=CA",
        common_name=name,
        organisation=PROVINCE,
        not_before=SIGNED_AT - 365 * DAY,
        not_after=SIGNED_AT + 730 * DAY,
        key="RSA 2048",
        key_usage=("digital_signature", "non_repudiation"),
    )
    return replace(facts, **changed)


def chain(
    name: str, sha256: str, *, root: str = ROOT, state: ChainState = ChainState.TRUSTED, **leaf: Any
) -> ChainFacts:
    """Leaf, pinned intermediate, pinned root."""
    sub = certificate("CA phục vụ các cơ quan Nhà nước G2", SUB, pinned="intermediate", key_usage=("key_cert_sign",))
    top = certificate("RootCA chuyên dùng Chính phủ G2", root, pinned="root", key_usage=("key_cert_sign",))
    return ChainFacts(state=state, certificates=(certificate(name, sha256, **leaf), sub, top))


def signature(name: str = LEADER, sha256: str = "01" * 32, *, root: str = ROOT, **changed: Any) -> SignatureFacts:
    """A good one, without a timestamp."""
    facts = SignatureFacts(
        field_name=f"of {name}",
        sub_filter="ETSI.CAdES.detached",
        coverage=Coverage.FILE,
        changes=Changes.NONE,
        ess=Ess.MATCHES,
        digest="sha256",
        chain=chain(name, sha256, root=root),
        claimed_at=SIGNED_AT,
    )
    return replace(facts, **changed)


LEADERS = signature()
AGENCYS = signature(HEALTH, "02" * 32)


def stamp(at: int = SIGNED_AT, **changed: Any) -> TimestampFacts:
    """A timestamp that is believed; its authority stands right below the root."""
    tsa = certificate("Dịch vụ dấu thời gian", "05" * 32, extended_key_usage=("time_stamping",))
    top = certificate("RootCA", ROOT, pinned="root")
    path = ChainFacts(state=ChainState.TRUSTED, certificates=(tsa, top))
    return replace(TimestampFacts(at=at, valid=True, chain=path), **changed)


def answer(
    of: SignatureFacts | TimestampFacts = LEADERS, status: Status = Status.GOOD, **changed: Any
) -> RevocationAnswer:
    """What the issuer says of a leaf when the file comes, in force for an hour."""
    leaf, issuer = of.chain.certificates[:2]
    facts = RevocationAnswer(
        issuer=issuer.sha256, serial=leaf.serial, status=status, this_update=SEEN_AT, next_update=SEEN_AT + HOUR
    )
    return replace(facts, **changed)


def revoked(of: SignatureFacts, at: int, reason: str = "superseded", **changed: Any) -> RevocationAnswer:
    """Revoked at `at`."""
    return answer(of, Status.REVOKED, revoked_at=at, reason=reason, **changed)


GOOD = (answer(LEADERS), answer(AGENCYS), answer(stamp()))


def signed(*signatures: SignatureFacts, **changed: Any) -> Signed:
    return replace(Signed(signatures=signatures or (LEADERS, AGENCYS), trust="v1"), **changed)


def context(**changed: Any) -> Context:
    """The file came two days after it was signed; it is a letter of the Sở Y tế."""
    return replace(Context(seen_at=SEEN_AT, now=SEEN_AT, hierarchies=HIERARCHIES, document=DOCUMENT), **changed)


__all__ = ["AGENCYS", "DOCUMENT", "GOOD", "LEADERS", "SEEN_AT", "SIGNED_AT", "Form"]
