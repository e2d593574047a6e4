"""What people and scripts are told, and that a verdict survives its row."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from mailhub.files.signed.facts import Changes, Coverage, Problem
from mailhub.files.values import BadAnswer
from mailhub.i18n import LANGUAGES, texts
from mailhub.signatures.codec import judged_from_json, judged_to_json
from mailhub.signatures.judging import judge
from mailhub.signatures.levels import MINOR
from mailhub.signatures.report import as_lines, as_object
from mailhub.signatures.verdict import (
    NOT_SIGNED,
    Caution,
    Hierarchy,
    JudgedDocument,
    JudgedSignature,
    Level,
    Reason,
    Signer,
    Subscriber,
    TimeSource,
    Verdict,
)
from mailhub.signatures.words import by_weight, heading, main_word, one_line, told
from tests.signatures.made import AGENCYS, GOOD, LEADERS, SIGNED_AT, context, revoked, signature, signed, stamp

pytestmark = pytest.mark.unit

FINE = judge(signed(), GOOD, context())
CHANGED = judge(signed(replace(LEADERS, problems=(Problem.CHANGED, Problem.NOT_LAST)), AGENCYS), GOOD, context())
UNKNOWN = judge(signed(), (), context())
ALTERED = replace(LEADERS, problems=(Problem.CHANGED,))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("word", [*Problem, *Reason, *Caution], ids=str)
def test_every_reason_and_caution_has_words(word: Problem | Reason | Caution, language: str) -> None:
    said = told(word, language)
    assert all((said.short, said.meaning, said.do))
    assert said.meaning.endswith(".")
    assert said.do.endswith(".")
    assert not said.short.endswith(".")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verdict", [*Verdict], ids=str)
def test_every_verdict_has_a_heading(verdict: Verdict, language: str) -> None:
    for level in Level:
        assert heading(JudgedDocument(verdict=verdict, level=level), language).short


def test_the_headings_are_those_of_the_wording() -> None:
    assert heading(FINE).short == "Hợp lệ"
    assert heading(replace(FINE, level=Level.CARE)).short == "Hợp lệ nhưng cần lưu ý"
    assert "không cần bản giấy" in heading(replace(FINE, complete="both")).do
    alone = heading(replace(FINE, complete="person"))  # nobody knows that it is no state document
    assert (alone.short, "không cần bản giấy" in alone.do, "cơ quan nhà nước" in alone.do) == ("Hợp lệ", False, True)
    assert heading(UNKNOWN).short == "Chưa xác minh được"
    assert heading(CHANGED).short == "Không hợp lệ"
    assert heading(replace(CHANGED, verdict=Verdict.UNTRUSTED)).short == "Chưa đủ tin cậy"
    assert heading(NOT_SIGNED).short == "Không có chữ ký số"


def test_one_reason_is_said_and_it_is_the_gravest() -> None:
    assert main_word(CHANGED) is Problem.CHANGED
    assert one_line(CHANGED) == "Không hợp lệ: nội dung đã bị sửa sau khi ký"
    assert one_line(CHANGED, "en") == "Not valid: changed after signing"
    assert main_word(FINE) is None
    assert one_line(FINE) == "Hợp lệ"


def test_of_a_good_signature_the_caution_that_matters_is_said_and_small_ones_stand_below() -> None:
    alone = judge(signed(LEADERS), GOOD, context())
    assert main_word(alone) is Caution.NO_AGENCY
    assert by_weight(alone) == (Caution.NO_AGENCY, Caution.NO_TIMESTAMP)
    assert Caution.NO_TIMESTAMP in MINOR


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_read_a_heading_one_reason_and_one_thing_to_do(language: str) -> None:
    lines = list(as_lines(CHANGED, language))
    assert lines[0] == heading(CHANGED, language).short.upper()
    assert told(Problem.CHANGED, language).short in lines[1]
    assert told(Problem.CHANGED, language).do in lines[2]
    assert not any("{" in line for line in lines)


def test_signatures_by_one_certificate_with_one_verdict_are_said_once() -> None:
    lines = list(as_lines(judge(signed(LEADERS, AGENCYS, AGENCYS, AGENCYS), GOOD, context())))
    assert [line.split()[0] for line in lines if re.match(r"  \d", line)] == ["1.", "2–4."]


def test_every_value_that_a_signature_may_have_can_be_printed() -> None:
    one = FINE.signatures[0]
    for changed in (
        *(replace(one, changes=changes.value) for changes in Changes),
        *(replace(one, covers=coverage.value) for coverage in Coverage),
        *(replace(one, hierarchy=hierarchy) for hierarchy in Hierarchy),
        *(replace(one, at_source=source) for source in TimeSource),
        *(replace(one, revocation=said, revoked_at=SIGNED_AT) for said in ("good", "revoked", "unknown", "not asked")),
        *(replace(one, signer=Signer(name="", subscriber=kind)) for kind in Subscriber),
        JudgedSignature(signer=Signer(name=""), verdict=Verdict.INVALID, changes="none"),
    ):
        for language in LANGUAGES:
            assert list(as_lines(replace(FINE, signatures=(changed,)), language))


def test_a_script_reads_the_words_of_the_contract() -> None:
    found = json.loads(json.dumps(as_object(judge(signed(replace(LEADERS, timestamp=stamp())), GOOD, context()))))
    assert (found["verdict"], found["reasons"]) == ("VALID", [])
    assert found["warnings"] == ["no agency's signature"]
    (one,) = found["signatures"]
    assert one["signer"] == "Trần Thị Mẫu"
    assert one["kind"] == "chuyên dùng công vụ"
    assert (one["time"], one["time_source"]) == ("2026-04-05T15:30:00.000+07:00", "timestamp")
    assert (one["revocation"], one["covers"], one["changes"]) == ("good", "entire file", "none")
    assert len(one["chain"]) == 3


@pytest.mark.parametrize(
    "judged",
    [
        FINE,
        CHANGED,
        UNKNOWN,
        NOT_SIGNED,
        judge(signed(signature(root="ee" * 32)), (revoked(LEADERS, 1, "key_compromise"),), context(document=None)),
        judge(signed(detail="trailing bytes", problems=(Problem.TRAILING,)), GOOD, context()),
    ],
)
def test_a_verdict_survives_its_row(judged: JudgedDocument) -> None:
    assert judged_from_json(judged_to_json(judged)) == judged


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", '{"verdict":"FINE","level":"good"}', '{"verdict":"VALID","level":"good","reasons":["x"]}'],
)
def test_a_row_that_is_no_verdict_is_refused(text: str) -> None:
    with pytest.raises(BadAnswer):
        judged_from_json(text)


def test_problems_and_reasons_have_distinct_values() -> None:
    assert {problem.value for problem in Problem}.isdisjoint(reason.value for reason in Reason)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_command_promises_no_second_asking_and_names_what_it_lacks(language: str) -> None:
    alone, asked = ("\n".join(as_lines(UNKNOWN, language, hub=hub)) for hub in (False, True))
    assert "--dir" in alone
    assert "mailhub revocation list" in asked
    assert told(Reason.REVOCATION_UNKNOWN, language).meaning not in alone + asked


def test_of_what_was_changed_it_is_not_said_that_nothing_came_after_it() -> None:
    assert texts("vi")("signature.label.changes") not in "\n".join(as_lines(judge(signed(ALTERED), GOOD, context())))
