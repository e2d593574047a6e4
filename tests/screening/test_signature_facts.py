"""What signatures amount to for rules."""

from __future__ import annotations

from typing import Any

import pytest

from mailhub.files.facts import FileFacts
from mailhub.files.signed.facts import Signed
from mailhub.intake.inspection import Inspection
from mailhub.mail.parts import Structure
from mailhub.policy.facts import SIGNATURES
from mailhub.policy.rules.vocabulary import FACTS
from mailhub.screening.facts.signatures import Signatures
from mailhub.signatures.keeping import JudgedFile
from mailhub.signatures.verdict import Caution, Hierarchy, JudgedDocument, JudgedSignature, Level, Signer, Verdict

pytestmark = pytest.mark.unit

SHA = b"s" * 32
PDF = FileFacts("qd.pdf", "pdf", 10, SHA.hex())


def judged(verdict: Verdict, hierarchy: Hierarchy = Hierarchy.OFFICIAL, **more: Any) -> JudgedDocument:
    one = JudgedSignature(signer=Signer(name="A"), verdict=verdict, hierarchy=hierarchy)
    return JudgedDocument(verdict=verdict, level=Level.CARE, signatures=(one,), **more)


def seen(*files: JudgedDocument, path: str = "2", verified: bool = True) -> Signatures:
    found = tuple(JudgedFile(path=path, sha256=SHA, signed=Signed(), judged=one) for one in files)
    return Signatures(Inspection(Structure(()), signatures=found, verified=verified))


@pytest.mark.parametrize(
    ("document", "word"),
    [
        (judged(Verdict.VALID, complete="both"), "valid"),
        (judged(Verdict.VALID, complete="person"), "person"),
        (judged(Verdict.VALID, complete="agency"), "agency"),
        (judged(Verdict.VALID, complete="none"), "person"),  # whose it is nobody knows: never both
        (judged(Verdict.VALID, Hierarchy.PUBLIC, complete="agency"), "public"),
        (judged(Verdict.INVALID, complete="both"), "invalid"),
        (judged(Verdict.UNTRUSTED), "untrusted"),
        (judged(Verdict.UNKNOWN), "unverified"),
    ],
)
def test_a_document_has_the_word_of_its_verdict(document: JudgedDocument, word: str) -> None:
    assert seen(document).of(PDF) == word
    assert word in SIGNATURES


def test_none_is_said_only_where_somebody_looked() -> None:
    word = FileFacts("qd.docx", "docx", 10, SHA.hex())
    assert seen().of(PDF) == "none"
    assert seen(verified=False).of(PDF) == "unknown"
    assert seen().of(word) == "unknown"  # its signatures are of kinds that we do not read


def test_the_messages_own_signature_is_a_fact_of_the_message() -> None:
    assert seen().own == "none"
    assert seen(judged(Verdict.VALID, complete="person"), path="").own == "valid"
    assert seen(judged(Verdict.INVALID), path="").own == "invalid"
    by_another = judged(Verdict.VALID, complete="person", warnings=(Caution.OTHER_SENDER,))
    assert seen(by_another, path="").own == "other-sender"
    assert {"none", "valid", "invalid", "other-sender"} <= set(FACTS["message.signature"].values)
