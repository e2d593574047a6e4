"""Facts as rows keep them: everything comes back, nothing is named, and of a secret only the bare facts stay."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.policy.facts import (
    AttachmentFacts,
    DocumentFacts,
    DocumentIssuer,
    Facts,
    MailClass,
    MessageFacts,
    Origin,
    Proof,
    RecipientFacts,
    SenderFacts,
)
from mailhub.screening.records import codec

pytestmark = pytest.mark.unit

WORDS = st.text(max_size=12)
SETS = st.frozensets(WORDS, max_size=3)
LEVELS = st.tuples(WORDS) | st.just(())
RECIPIENTS = st.builds(
    RecipientFacts, mail_class=st.sampled_from(MailClass), domain=WORDS, agencies=LEVELS, relation=SETS,
    same_agency=st.booleans(), redirected=st.booleans(),
)  # fmt: skip
FACTS = st.builds(
    Facts,
    message=st.builds(MessageFacts, origin=st.sampled_from(Origin), size=st.integers(0), links=SETS, groups=SETS),
    sender=st.builds(SenderFacts, address=WORDS, proof=st.sampled_from(Proof), agencies=LEVELS, imitates=SETS),
    recipients=st.dictionaries(WORDS, RECIPIENTS, max_size=5),
    documents=st.tuples(st.builds(DocumentFacts, issuer=WORDS, issuer_is=st.sampled_from(DocumentIssuer), labels=SETS)),
    attachments=st.tuples(st.builds(AttachmentFacts, type=WORDS, dangers=SETS, scan=st.booleans())),
    at=st.integers(0, 2**45),
    named=st.just({}),
)


@given(FACTS)
def test_what_was_kept_comes_back(facts: Facts) -> None:
    assert codec.load(codec.dump(facts)) == facts


@given(FACTS, st.frozensets(st.sampled_from(["relation", "same_agency"])))
def test_any_text_can_be_stored_and_what_was_not_looked_up_is_known(facts: Facts, missing: frozenset[str]) -> None:
    text = codec.dump(facts, missing=missing)
    assert text.isascii()
    assert "\x00" not in text
    assert codec.load_with_missing(text) == (facts, missing)


def test_recipients_with_equal_facts_stand_together_once() -> None:
    same = RecipientFacts(mail_class=MailClass.PRIVATE, domain="gmail.com")
    many = {f"a{number}@gmail.com": same for number in range(50)}
    row = json.loads(codec.dump(Facts(message=MessageFacts(), sender=SenderFacts(), recipients=many)))
    [[packed, addresses]] = row["r"]
    assert (packed, len(addresses)) == ({"mail_class": "private-mail", "domain": "gmail.com"}, 50)


def test_nothing_is_named() -> None:
    files = (AttachmentFacts(type="pdf", extension="pdf"), AttachmentFacts(type="zip", extension="họp kín ngày 3"))
    facts = Facts(
        message=MessageFacts(), sender=SenderFacts(), recipients={}, attachments=files,
        named={"document": "Kế hoạch nhân sự", "files": "nhan-su.pdf"},
    )  # fmt: skip
    text = codec.dump(facts)
    kept = codec.load(text)
    assert kept.named == {}
    assert [one.extension for one in kept.attachments] == ["pdf", "?"]
    assert "nhan-su" not in text


@pytest.mark.parametrize("where", ["message", "document"])
def test_of_a_secret_only_the_bare_facts_stay(where: str) -> None:
    level = "TỐI MẬT" if where == "document" else ""
    document = DocumentFacts(
        type="ke-hoach", issuer="Công an tỉnh", number="12/KH-CAT", labels=frozenset({"x"}), secrecy=level, by="ocr"
    )
    file = AttachmentFacts(type="pdf", extension="pdf", size=9, dangers=frozenset({"macro"}), scan=True)
    message = MessageFacts(size=99, secrecy="" if where == "document" else "MẬT", links=frozenset({"drive.example"}))
    given_facts = Facts(
        message=message, sender=SenderFacts(address="nva@tinh.gov.vn"), recipients={}, documents=(document,),
        attachments=(file,), at=5,
    )  # fmt: skip
    kept = codec.load(codec.dump(given_facts))
    assert kept.documents == (DocumentFacts(type="ke-hoach", secrecy=level, by="ocr"),)
    assert kept.attachments == (AttachmentFacts(type="pdf", size=9),)
    assert kept.message == replace(message, links=frozenset())
    assert (kept.at, kept.sender.address) == (5, "nva@tinh.gov.vn")


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"r": 1}', '{"m":{},"s":{},"r":[["x"]],"at":0}', "{"])
def test_what_is_no_row_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        codec.load(text)


def test_a_row_of_a_later_version_is_read_as_far_as_it_is_known() -> None:
    row = {"at": 7, "m": {"size": 3, "sentiment": "x"}, "s": {"address": "a@b.vn", "shoe": 43}, "r": [], "z": 1}
    kept = codec.load(json.dumps(row))
    assert (kept.at, kept.message.size, kept.sender.address) == (7, 3, "a@b.vn")
