"""Whose document a file is, before an agency's signature is put on it."""

from __future__ import annotations

import pytest

from mailhub.documents.grammar.recognition import Evidence, Found, Recognition
from mailhub.files.facts import FileFacts
from mailhub.registry.matching import Agencies
from mailhub.sealing.papers import paper_of
from mailhub.sealing.switching import SealingDesk
from mailhub.signatures.verdict import Subscriber, Verdict
from tests.sealing.parts import judged

pytestmark = pytest.mark.unit
AGENCIES = Agencies([(1, "UBND", "tinh.gov.vn", None), (2, "SNV", "Sở Nội vụ", 1), (3, "STC", "Sở Tài chính", 1)])
DESK = SealingDesk(mailbox_id=9, desk="vanthu.snv@tinh.gov.vn", agency_id=2, agency="SNV", on_at=1, by="x")


def headed(issuer: str) -> Recognition:
    values = {"doc_type": "CV", "issuer": issuer, "parent_issuer": "UBND TỈNH MINH HỌA"}
    return Recognition(fields={name: Found(value, 0.9, Evidence("test")) for name, value in values.items()})


@pytest.mark.parametrize(
    ("issuer", "ours"), [("SỞ NỘI VỤ", True), ("SỞ TÀI CHÍNH", False), ("BAN CHỈ ĐẠO CHUYỂN ĐỔI SỐ", True)]
)
def test_another_agencys_document_is_not_ours_though_our_own_leader_signed_it(issuer: str, ours: bool) -> None:
    """The agency above is printed by a name that the organisation does not have (`tinh.gov.vn`)."""
    facts = FileFacts(name="cv.pdf", type="pdf", size=1, recognition=headed(issuer))
    by_ours = judged(Verdict.VALID, Subscriber.PERSON, agency="SNV")
    assert paper_of(facts, by_ours, DESK, AGENCIES).ours is ours
