"""The table of required checks (reference/signatures § 4): each check × passed, failed, cannot be done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.clock import DAY
from mailhub.files.signed.facts import (
    ChainState,
    Coverage,
    Ess,
    Form,
    Problem,
    RevocationAnswer,
    SignatureFacts,
    Signed,
    Status,
)
from mailhub.signatures.context import DocumentWords
from mailhub.signatures.judging import beside, judge, wanted
from mailhub.signatures.verdict import (
    Caution,
    Hierarchy,
    JudgedDocument,
    Level,
    Subscriber,
    TimeSource,
    Verdict,
    Wanted,
)
from tests.signatures.checks import AGENCY_GOOD, CASES, INVALID, OLD, PUBLIC, UNKNOWN, UNTRUSTED, VALID, Case, leaf
from tests.signatures.made import (
    AGENCYS,
    GOOD,
    HEALTH,
    LEADERS,
    PROVINCE,
    SEEN_AT,
    SIGNED_AT,
    SUB,
    answer,
    certificate,
    chain,
    context,
    revoked,
    signature,
    signed,
    stamp,
)

pytestmark = pytest.mark.unit


def judged(case: Case) -> JudgedDocument:
    file = replace(signed(replace(LEADERS, **case.first), AGENCYS), **case.file)
    return judge(file, case.answers, context(**case.given))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.check)
def test_each_check_gives_the_verdict_that_the_reference_demands(case: Case) -> None:
    found = judged(case)
    assert (found.verdict, found.reasons) == (case.verdict, case.reasons)
    assert set(found.warnings) == set(case.warnings)


@pytest.mark.parametrize("number", range(1, 11))
def test_the_table_has_each_check_passed_failed_and_not_done(number: int) -> None:
    said = [case.check for case in CASES if case.check.startswith(f"{number} ")]
    assert all(any(outcome in one for one in said) for outcome in ("passed", "failed", "cannot be done"))


def test_the_worst_signature_decides() -> None:
    forged = replace(AGENCYS, problems=(Problem.FORGED,))
    stranger = replace(AGENCYS, chain=chain(HEALTH, "02" * 32, state=ChainState.UNTRUSTED))
    unasked: tuple[RevocationAnswer, ...] = (AGENCY_GOOD,)
    verdicts = {
        judge(signed(LEADERS, one), answers, context()).verdict: position
        for position, (one, answers) in enumerate(
            [(forged, unasked), (stranger, unasked), (AGENCYS, unasked), (AGENCYS, GOOD)]
        )
    }
    assert list(verdicts) == [INVALID, UNTRUSTED, UNKNOWN, VALID]


def test_nothing_signed_is_not_signed_and_a_timestamp_alone_signs_for_nobody() -> None:
    alone = replace(LEADERS, form=Form.PDF_TIMESTAMP, timestamp=stamp())
    for nothing in (None, Signed(), Signed(signatures=(alone,))):
        found = judge(nothing, (), context())
        assert (found.verdict, found.level) == (Verdict.NOT_SIGNED, Level.NONE)


def test_a_document_timestamp_counts_only_when_it_is_broken() -> None:
    top = replace(LEADERS, form=Form.PDF_TIMESTAMP, chain=chain("TSA", "05" * 32, state=ChainState.UNTRUSTED))
    assert judge(signed(LEADERS, AGENCYS, top), GOOD, context()).verdict is VALID
    broken = replace(top, problems=(Problem.CHANGED,))
    assert judge(signed(LEADERS, AGENCYS, broken), GOOD, context()).verdict is INVALID


def test_the_hierarchy_is_told_by_the_root_and_never_by_a_name() -> None:
    imitated = signature(root="ee" * 32)
    found = judge(signed(imitated), (answer(imitated),), context())
    assert found.signatures[0].hierarchy is Hierarchy.OTHER
    assert judge(signed(), GOOD, context()).signatures[0].hierarchy is Hierarchy.OFFICIAL


@pytest.mark.parametrize(
    ("signatures", "complete"),
    [
        ((LEADERS, AGENCYS), "both"),
        ((LEADERS,), "person"),
        ((AGENCYS,), "agency"),
        ((LEADERS, PUBLIC), "person"),  # a state document: chuyên dùng only
    ],
)
def test_a_document_is_complete_with_a_person_and_an_agency(
    signatures: tuple[SignatureFacts, ...], complete: str
) -> None:
    answers = [*GOOD, answer(PUBLIC)]
    assert judge(signed(*signatures), answers, context()).complete == complete


def test_an_unknown_signature_is_not_counted_for_completeness_but_is_not_missing_either() -> None:
    found = judge(signed(), (AGENCY_GOOD,), context())
    assert (found.complete, Caution.NO_PERSON in found.warnings) == ("agency", False)


def test_what_is_said_of_a_signature() -> None:
    one = judge(signed(replace(LEADERS, timestamp=stamp()), AGENCYS), GOOD, context()).signatures[0]
    assert (one.signer.name, one.signer.subscriber) == ("Trần Thị Mẫu", Subscriber.PERSON)
    assert (one.at, one.at_source, one.revocation) == (SIGNED_AT, TimeSource.TIMESTAMP, "good")
    assert (one.covers, one.changes, len(one.chain)) == ("entire file", "none", 3)


@pytest.mark.parametrize(
    ("address", "warned"),
    [("mautt@thunghiem.gov.vn", False), ("MauTT@thunghiem.gov.vn", False), ("khac@thunghiem.gov.vn", True)],
)
def test_a_mails_signer_has_to_be_who_stands_in_from(address: str, warned: bool) -> None:
    whose = chain("Trần Thị Mẫu", "01" * 32, email="mautt@thunghiem.gov.vn")
    mail = replace(LEADERS, form=Form.SMIME, chain=whose, coverage=Coverage.CONTENT, ess=Ess.ABSENT)
    found = judge(signed(mail), GOOD, context(document=None, sender=address))
    assert (Caution.OTHER_SENDER in found.warnings) is warned
    assert found.level is (Level.CARE if warned else Level.GOOD)


def test_levels() -> None:
    assert judge(signed(), GOOD, context()).level is Level.GOOD
    assert judge(signed(LEADERS), GOOD, context()).level is Level.CARE
    assert judge(signed(), (), context()).level is Level.CARE
    assert judge(signed(), (revoked(LEADERS, SIGNED_AT - DAY),), context()).level is Level.BAD


def test_what_has_to_be_asked_are_leaves_and_unpinned_intermediates_of_trusted_chains() -> None:
    stranger = signature("Ai Đó", "07" * 32, chain=chain("Ai Đó", "07" * 32, state=ChainState.UNTRUSTED))
    stamped_one = replace(LEADERS, timestamp=stamp())
    asked = wanted(signed(stamped_one, AGENCYS, stranger))
    tsa = stamp().chain.certificates
    assert asked == (
        Wanted(SUB, "01" * 4),
        Wanted(tsa[1].sha256, tsa[0].serial),
        Wanted(SUB, "02" * 4),
    )
    brought = certificate("CA", SUB)
    path = replace(LEADERS.chain, certificates=(LEADERS.chain.certificates[0], brought, LEADERS.chain.certificates[2]))
    assert Wanted(path.certificates[2].sha256, brought.serial) in wanted(signed(replace(LEADERS, chain=path)))
    assert Wanted(LEADERS.chain.certificates[2].sha256, SUB[:8]) in beside(signed())


def test_nobody_is_asked_what_the_file_itself_proves() -> None:
    whole = replace(LEADERS, timestamp=stamp(), answers=(OLD, answer(stamp(), this_update=SIGNED_AT)))
    assert wanted(signed(whole), context()) == ()
    unproven = replace(LEADERS, answers=(OLD,))
    assert wanted(signed(unproven), context()) == (Wanted(SUB, "01" * 4),)


def test_a_state_document_by_another_name_of_the_province() -> None:
    document = DocumentWords(issuer="UBND TỈNH THỬ NGHIỆM", state=True)
    theirs = signature("Ủy ban nhân dân tỉnh Thử Nghiệm", "03" * 32)
    found = judge(signed(LEADERS, theirs), (*GOOD, answer(theirs)), context(document=document))
    assert Caution.OTHER_AGENCY not in found.warnings
    assert PROVINCE


@given(
    answers=st.lists(st.sampled_from([*GOOD, OLD, revoked(LEADERS, SIGNED_AT - DAY), revoked(AGENCYS, SEEN_AT)])),
    spoilt=st.sampled_from(
        [
            {},
            {"problems": (Problem.CHANGED,)},
            leaf(state=ChainState.UNTRUSTED),
            leaf(not_after=SIGNED_AT - 1),
            {"coverage": Coverage.PART},
        ]
    ),
    proven=st.booleans(),
)
def test_valid_needs_a_good_word_on_every_signer_and_nothing_against_any(
    answers: list[RevocationAnswer], spoilt: dict[str, Any], proven: bool
) -> None:
    one = replace(LEADERS, timestamp=stamp() if proven else None, **spoilt)
    found = judge(signed(one, AGENCYS), answers, context())
    good = {told.serial for told in answers if told.status is Status.GOOD}
    bad = {told.serial for told in answers if told.status is Status.REVOKED and told.revoked_at <= SIGNED_AT}
    serials = {facts.chain.certificates[0].serial for facts in (LEADERS, AGENCYS)}
    if found.verdict is VALID:
        assert not spoilt
        assert LEADERS.chain.certificates[0].serial in good
        assert not serials & bad
    assert (found.level is Level.BAD) == (found.verdict is INVALID)
    assert bool(found.reasons) == (found.verdict is not VALID)
