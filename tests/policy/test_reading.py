"""Reading `policy.toml`: what stands there, and what is refused with its line and what would be right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailhub.policy.rules.errors import BookErrors, Problem
from mailhub.policy.rules.reading import read_book
from mailhub.policy.rules.rule import Action, Asked, ReplyBy, RuleBook, Stage
from tests.policy.made import HEAD, SPEAKS, book, rule_text

pytestmark = pytest.mark.unit

WHOLE = """# comments are allowed everywhere
[[rule]]
id = "van-ban-den-hop-thu-ca-nhan"
title = "Văn bản công vụ gửi đến hộp thư cá nhân"
because = { clause = "Chỉ thị 77/2014/CT-UBND, khoản 1a", article = "Điều 5" }
stage = "hold"
promotions = [
  { on = 2027-01-01, stage = "block" },  # the year begins
]
agencies.SYT = { stage = "warn", promotions = [], agreed = "Công văn 12/SYT-VP" }
action = "refuse"
reply = "reject"
asks = "desk"
reason_needed = false
hours = 48
message = { vi = "Kèm {document} gửi {recipients}", en = "{count} files" }
[rule.when]
message.origin = "own"
recipient.class = ["private-mail"]
document = { state = ["draft", "unknown"] }
attachment.size = { at_least = 1000, at_most = 2000 }
[[rule.unless]]
recipient.relation = ["wrote-first", "named"]
document.state = "issued"
[[rule.unless]]
sender.domain = { like = "*.vn" }

[[exception]]
rule = "van-ban-den-hop-thu-ca-nhan"
who = "NVA@tinh.gov.vn"
to = "*"
why = "Trả lời cử tri"
until = 2027-03-31
by = "Giám đốc Sở Y tế"
"""


def problems(text: str) -> list[str]:
    with pytest.raises(BookErrors) as caught:
        read_book(text, "policy.toml")
    return caught.value.lines()


def test_a_whole_rule_is_read() -> None:
    (rule,) = read_book(WHOLE, "policy.toml").rules
    assert (rule.id, rule.line, rule.action, rule.reply, rule.asks) == (
        "van-ban-den-hop-thu-ca-nhan", 2, Action.REFUSE, ReplyBy.REJECT, Asked.DESK,
    )  # fmt: skip
    assert (rule.because.clause, rule.because.article) == ("Chỉ thị 77/2014/CT-UBND, khoản 1a", "Điều 5")
    assert (rule.hours, rule.reason_needed) == (48, False)
    assert rule.stage.on(date(2026, 12, 31)) is Stage.HOLD
    assert rule.stage.on(date(2027, 1, 1)) is Stage.BLOCK
    assert rule.stage_of(("SYT.KHTH", "SYT"), date(2027, 1, 1)) is Stage.WARN
    assert rule.agencies["SYT"].agreed == "Công văn 12/SYT-VP"
    assert [(test.fact, test.operator, test.values, test.line) for test in rule.when.tests] == [
        ("message.origin", "is", ("own",), 18),
        ("recipient.class", "is", ("private-mail",), 19),
        ("document.state", "is", ("draft", "unknown"), 20),
        ("attachment.size", "at_least", (1000,), 21),
        ("attachment.size", "at_most", (2000,), 21),
    ]
    assert [len(clause.tests) for clause in rule.unless] == [2, 1]
    assert rule.message == {"vi": "Kèm {document} gửi {recipients}", "en": "{count} files"}


def test_an_exception_is_read() -> None:
    (entry,) = read_book(WHOLE, "policy.toml").exemptions
    assert (entry.rule, entry.who, entry.to, entry.until, entry.line) == (
        "van-ban-den-hop-thu-ca-nhan", "nva@tinh.gov.vn", "*", date(2027, 3, 31), 28,
    )  # fmt: skip


def test_an_empty_book_is_one() -> None:
    assert read_book("# nothing yet\n", "policy.toml") == RuleBook(())


def test_what_notepad_writes_is_read() -> None:
    assert read_book("\ufeff" + WHOLE.replace("\n", "\r\n"), "policy.toml") == read_book(WHOLE, "policy.toml")


def test_decomposed_letters_are_one_spelling() -> None:
    """macOS writes NFD; the facts are NFC."""
    text = rule_text('[rule.when]\nmessage.secrecy = "MA\u0323\u0302T"', stage="block", action="secret")
    assert book(text).rules[0].when.tests[0].values == ("MẬT",)


def test_rules_that_only_count_or_allow_need_no_stage_and_no_message() -> None:
    text = HEAD + 'action = "count"\n[rule.when]\nmessage.night = true\n'
    assert book(text).rules[0].stage.stage is Stage.SHADOW


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('stage = "hold"', 'stagee = "hold"', r':6: .*"stagee" is not known here: did you mean stage\?'),
        ('stage = "hold"', "", r":2: .*stage is missing: write one of shadow, warn, hold, block"),
        ('stage = "hold"', 'stage = "block!"', r':6: .*stage = "block!" is not known: did you mean block\?'),
        ('action = "refuse"', 'action = "refus"', r":11: .*did you mean refuse\?"),
        ('action = "refuse"', 'action = "tag"', r":2: .*folder and action do not fit together: write folder"),
        ('action = "refuse"', 'action = "allow"', r':2: .*over and action do not fit together: write over = \["…"\]'),
        ("reply", 'folder = "Rác"\nreply', r":2: .*folder and action do not fit together: only action = \"tag\""),
        ("reply", 'over = ["x"]\nreply', r":2: .*over and action do not fit together"),
        ('id = "van-ban-den-hop-thu-ca-nhan"', 'id = "Văn bản"', r":3: .*must be 3 to 80 of a-z, 0-9 and -"),
        ('id = "van-ban-den-hop-thu-ca-nhan"', "", r":2: rule: id is missing"),
        ('clause = "Chỉ thị 77/2014/CT-UBND, khoản 1a"', 'clause = ""', r":5: .*because: clause is missing"),
        ('because = { clause = "Chỉ thị 77/2014/CT-UBND, khoản 1a", article = "Điều 5" }', "",
         r":2: .*because is missing, and no rule holds without the article it stands on"),
        ("article =", "articel =", r':5: .*"articel" is not known here: did you mean article\?'),
        ("on = 2027-01-01,", 'on = "2027-01-01",', r':8: .*on = "2027-01-01" must be a date: without quotes'),
        ("on = 2027-01-01,", "on = 2027-01-01T00:00:00,", r":8: .*must be a date"),
        ("  { on = 2027-01-01", '  { on = 2028-01-01, stage = "warn" },\n  { on = 2027-01-01',
         r":9: .*on = 2027-01-01 does not come after 2028-01-01"),
        ("promotions = []", "promotion = []", r':10: .*agencies.SYT: "promotion" is not known here'),
        ("agencies.SYT = {", "agencies.SYT = 5 # {", r":10: .*SYT = 5 must be a table"),
        ("hours = 48", "hours = 721", r":15: .*hours = 721 must be a whole number from 0 to 720"),
        ("hours = 48", "hours = true", r":15: .*must be a whole number"),
        ("reason_needed = false", 'reason_needed = "no"', r":14: .*must be true or false, without quotes"),
        ("{document}", "{documnt}", r":16: .*vi: \{documnt\} is not known here: did you mean document\?"),
        ("{document}", "{document.x}", r":16: .*is not known here"),
        ("{document}", "{document!r}", r":16: .*is not known here"),
        ("{document}", "{document", r":16: .*vi: "),
        ("{document}", "{}", r":16: .*is not known here"),
        (', en = "{count} files"', "", r":16: .*en must be the text that people read"),
        ("en =", "fr =", r':16: .*"fr" is not known here'),
        ("message.origin", "message.orign", r":18: .*there is no fact message.orign: did you mean origin\?"),
        ("message.origin", "origin", r':18: .*"origin" is not something to ask about: did you mean message.origin\?'),
        ("message.origin", "message.rank", r":18: .*there is no fact message.rank: did you mean sender.rank\?"),
        ('message.origin = "own"', 'message = "own"', r":18: .*message = \"own\" must name a fact: as message.origin"),
        ('message.origin = "own"', 'message.origin = "owm"',
         r':18: .*message.origin cannot be "owm": did you mean own\?'),
        ('message.origin = "own"', "message.origin = 5", r":18: .*message.origin cannot be 5: it is text in quotes"),
        ('message.origin = "own"', "message.origin = []", r":18: .*fits nothing"),
        ('message.origin = "own"', 'message.origin = ""', r':18: .*message.origin cannot be ""'),
        ('message.origin = "own"', 'message.origin = { like = "o*" }', r':18: .*"like" cannot be asked of it'),
        ('message.origin = "own"', "message.origin = {}", r":18: .*asks for nothing"),
        ('message.origin = "own"', 'message.night = "yes"',
         r':18: .*message.night cannot be "yes": it is true or false'),
        ('message.origin = "own"', "message.night = { not = true }", r":18: .*write message.night = true, or false"),
        ('"draft", "unknown"', '"drafft"', r':20: .*document.state cannot be "drafft": did you mean draft\?'),
        ("at_least = 1000", "at_leats = 1000", r':21: .*"at_leats" cannot be asked of it: did you mean at_least\?'),
        ("at_least = 1000", 'at_least = "1000"', r":21: .*it is a whole number, 0 or more"),
        ("at_least = 1000", "at_least = -1", r":21: .*attachment.size cannot be -1"),
        ("at_least = 1000", "at_least = [1, 2]", r":21: .*must be one value"),
        ("at_least = 1000", "at_least = 3000", r":21: .*can never fit: no number is at least 3000 and at most 2000"),
        ("[rule.when]", "[rule.wenn]", r':17: .*"wenn" is not known here: did you mean when\?'),
        ('like = "*.vn"', 'like = ""', r":26: .*sender.domain cannot be"),
        ('rule = "van-ban', 'rule = "van-bann', r":28: exception from .*, which is no rule: did you mean van-ban-den"),
        ("until = 2027-03-31", "", r":28: exception: until is missing: write until = 2027-03-31"),
        ('why = "Trả lời cử tri"', "", r":28: exception: why is missing"),
        ('by = "Giám đốc Sở Y tế"', "bye = 1", r':34: exception: "bye" is not known here: did you mean by\?'),
        ("NVA@tinh.gov.vn", "NVA@", r":28: exception: who = 'nva@' is no address"),
        ("NVA@tinh.gov.vn", "*", r":28: exception: it exempts everybody to everybody"),
        ('to = "*"', 'to = "*.vn"', r":28: exception: to = '\*.vn' is no pattern"),
        ("[[exception]]", "[[exceptions]]", r':28: "exceptions" is not known here: a rule|rules begin'),
        ("[[rule]]", "[[0rule]]", r":17: rule must be tables: write \[\[rule\]\] for each"),
        ("[[exception]]", "[exception]", r":28: .*exception must be tables: write \[\[exception\]\] for each"),
        ("hours = 48", "hours = 48\nhours = 49", r":16: is not TOML: .*the same name stands further up"),
        ('asks = "desk"', "asks = desk", r":13: is not TOML: .*with text in quotes"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line_and_what_would_be_right(old: str, new: str, said: str) -> None:
    assert old in WHOLE
    lines = problems(WHOLE.replace(old, new, 1))
    assert any(re.search(said, line) for line in lines), lines
    assert all(line.startswith("policy.toml:") for line in lines)


def test_everything_wrong_is_named_at_once_in_the_order_of_the_file() -> None:
    text = WHOLE.replace("stage =", "stagee =").replace("orign", "x").replace('"draft"', '"drat"').replace("why", "whi")
    lines = problems(text)
    assert len(lines) >= 4
    places = [int(line.split(":")[1]) for line in lines]
    assert places == sorted(places)


def test_ids_are_not_there_twice() -> None:
    (line,) = problems(rule_text("") + rule_text(""))
    assert re.search(r':11: rule "a-rule": the id is there twice: another id; the other stands in line 1', line)


def test_over_names_rules_that_are_there() -> None:
    allow = HEAD.replace("a-rule", "allows") + 'action = "allow"\nover = ["a-rul"]\n[rule.when]\nmessage.reply = true\n'
    (line,) = problems(rule_text("") + allow)
    assert 'over names "a-rul", which is no rule: did you mean a-rule?' in line
    (line,) = problems(rule_text("") + allow.replace("a-rul", "allows"))
    assert "which allows too" in line


def test_a_rule_for_everything_is_none() -> None:
    (line,) = problems(HEAD + 'stage = "warn"\naction = "refuse"\n' + SPEAKS)
    assert "when is missing" in line
    (line,) = problems(HEAD + 'stage = "warn"\naction = "refuse"\n' + SPEAKS + "[rule.when]\n")
    assert "when: it asks for nothing" in line


@pytest.mark.parametrize(
    "when",
    [
        "message.size = { at_least = 10, at_most = 9 }",
        "message.size = { is = [5, 6], at_least = 7 }",
        "message.size = { at_most = 1, not = [0, 1] }",
        'document.state = { is = "draft", not = ["draft", "issued"] }',
        'sender.domain = { is = "x.vn", not = "x.vn" }',
        'document.state = { not = ["draft", "issued", "unknown"] }',
        'recipient.relation = { is = "named", not = ["named", "known"] }',
        'message.origin = "own"\nsender.class = "private-mail"',
        'message.origin = "own"\n[[rule.unless]]\nmessage.origin = ["own", "outside"]',
        "message.size = { at_least = 10 }\n[[rule.unless]]\nmessage.size = { at_least = 5 }",
        'document.state = "draft"\n[[rule.unless]]\ndocument.state = { not = "issued" }',
    ],
)
def test_a_rule_that_can_never_fit_is_refused(when: str) -> None:
    (line,) = problems(rule_text(f"[rule.when]\n{when}"))
    assert "can never fit" in line
    assert re.match(r"policy\.toml:(9|10|11|12):", line)


@pytest.mark.parametrize(
    "when",
    [
        "message.size = { at_least = 10, at_most = 10 }",
        "message.size = { at_most = 2, not = [0, 1] }",
        'sender.domain = { not = "x.vn", like = "*.vn" }',
        'recipient.relation = { is = ["named", "known"], not = "known" }',
        'document.state = "draft"\n[[rule.unless]]\ndocument.state = "issued"',  # of two documents, one may be each
        'message.origin = ["own", "outside"]\n[[rule.unless]]\nmessage.origin = "own"',
        'message.origin = "own"\n[[rule.unless]]\nmessage.origin = "own"\nmessage.reply = true',
        "message.size = { at_least = 5 }\n[[rule.unless]]\nmessage.size = { at_least = 10 }",
        'message.origin = ["own", "outside"]\nsender.class = "private-mail"',
    ],
)
def test_a_rule_that_may_fit_is_taken(when: str) -> None:
    assert book(rule_text(f"[rule.when]\n{when}")).rules


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("[]{}=\"'\n.,#*-@ abcrule0159\t\u1ead\ufeff"), max_size=200), st.integers(0, 1_200))
def test_no_file_breaks_the_reader(noise: str, at: int) -> None:
    """Whatever stands there: a book, or problems each with a line."""
    for text in (noise, WHOLE[:at] + noise + WHOLE[at:]):
        problems: Sequence[Problem] = ()
        try:
            read_book(text, "policy.toml")
        except BookErrors as error:
            problems = error.problems
            assert problems
        assert all(problem.line and "\n" not in problem.at("policy.toml") for problem in problems)


_PATHS = ("a" + ".a" * 30_000 + "=1", "[[x]]\n[" + ' "\\"" .' * 30_000 + "a]", "a={" + "'a'." * 30_000 + "a=1}")


@pytest.mark.parametrize(
    "text", ["a=" + "[" * 5000 + "]" * 5000, "a=" + "{a=" * 3000 + "1" + "}" * 3000, "a=" + "9" * 5000, *_PATHS]
)
def test_what_no_reader_can_take_in_is_a_problem_like_others(text: str) -> None:
    with pytest.raises(BookErrors, match="too deep"):
        read_book(text, "policy.toml")
