"""Every refusal has the right codes and one line of ASCII Vietnamese with a code to trace."""

from __future__ import annotations

import re

import pytest

from mailhub.errors import MailhubError, TemporaryError
from mailhub.ids import new_code
from mailhub.mail.address import PathError
from mailhub.policy import Refusal, Refused
from mailhub.policy.identity import KINDS
from mailhub.smtp.replies import REPLIES, one_ascii_line, reply, reply_for, reply_to

pytestmark = pytest.mark.unit

# Long, foreign, and trying to end the line.
ROUGH = "ễ{own}%s" * 200 + "\r\n250 2.0.0 OK\x1b"
DETAILS = dict.fromkeys(("own", "detail", "address", "unit", "domain", "limit_mib", "to"), ROUGH)


@pytest.mark.parametrize("kind", sorted(REPLIES))
@pytest.mark.parametrize("details", [{}, DETAILS], ids=["bare", "rough"])
def test_every_reply_is_one_ascii_line_with_its_code(kind: str, details: dict[str, str]) -> None:
    code = new_code()
    answer = reply(kind, code, **details)
    line = answer.line()
    assert line.isascii()
    assert line.isprintable()
    assert len(line) <= 500
    assert line.endswith(f". Ma {code}")
    assert "{" not in reply(kind, code).text
    assert re.match(r"[45]\d\d [45]\.\d\.\d{1,2} ", line)
    assert str(answer.code)[0] == answer.enhanced[0]


@pytest.mark.parametrize("kind", sorted(REPLIES))
def test_no_reply_says_mat_alone(kind: str) -> None:
    """Without its mark the word is "secret" or "lost"; "mat khau" is only the password, "bi mat" says what it means."""
    assert not re.search(r"(?<!\bbi )\bmat\b(?! khau)", reply(kind, "7K4-QW2-M9").text, re.IGNORECASE)


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("unknown-recipient", (550, "5.1.1")), ("ended", (550, "5.1.6")), ("relay-denied", (550, "5.7.1")),
        ("quota", (452, "4.2.2")), ("own-domain-spoofed", (550, "5.7.26")), ("dmarc-reject", (550, "5.7.1")),
        ("auth-required", (530, "5.7.0")), ("auth-failed", (535, "5.7.8")), ("account-suspended", (550, "5.7.1")),
        ("too-many-hops", (554, "5.4.6")), ("queue-full", (452, "4.3.1")), ("disk-full", (452, "4.3.1")),
        ("local-fault", (451, "4.3.0")), ("from-not-owned", (550, "5.7.1")), ("from-several", (550, "5.6.0")),
    ],
)  # fmt: skip
def test_codes(kind: str, codes: tuple[int, str]) -> None:
    answer = reply(kind, "7K4-QW2-M9")
    assert (answer.code, answer.enhanced) == codes


def test_the_words_of_the_list() -> None:
    said = reply("ended", "7K4-QW2-M9", unit="vanthu.snv@tinh.gov.vn").line()
    assert said == "550 5.1.6 Hop thu da ngung su dung. Xin gui den vanthu.snv@tinh.gov.vn. Ma 7K4-QW2-M9"
    assert reply("ended", "7K4-QW2-M9", unit="").text == "Hop thu da ngung su dung. Ma 7K4-QW2-M9"


def test_a_refused_author_hears_which_address_would_do() -> None:
    refusal = Refusal("identity", "from-not-owned", "chutich@tinh.gov.vn")
    text = reply_for(refusal, "7K4-QW2-M9", own="an@tinh.gov.vn").text
    assert text == (
        "Dia chi From khong thuoc tai khoan nay (chutich@tinh.gov.vn). Dia chi duoc dung: an@tinh.gov.vn. Ma 7K4-QW2-M9"
    )


def test_a_spoofed_domain_hears_all_three_ways_out() -> None:
    text = reply("own-domain-spoofed", "7K4-QW2-M9", detail="tinh.gov.vn").text
    assert all(word in text for word in ("tinh.gov.vn", "DKIM", "SPF", "mang tin cay"))


def test_every_refusal_of_policy_and_every_kind_of_path_has_a_reply() -> None:
    assert set(KINDS) <= set(REPLIES)
    assert {f"path-{kind}" for kind in ("syntax", "literal", "route", "percent", "utf8")} <= set(REPLIES)


def test_errors_become_replies_and_the_unforeseen_may_pass() -> None:
    assert reply_to(PathError("literal", "x"), "7K4-QW2-M9").enhanced == "5.1.3"
    assert reply_to(Refused(Refusal("identity", "display-address", "x@y.vn")), "7K4-QW2-M9").code == 550
    for error in (TemporaryError("disk"), MailhubError("what"), RuntimeError("secret"), OSError(28, "full")):
        answer = reply_to(error, "7K4-QW2-M9")
        assert (answer.code, answer.enhanced) == (451, "4.3.0")
        assert "secret" not in answer.text
    assert reply("nobody-knows", "7K4-QW2-M9").code == 451


def test_a_line_break_in_a_quoted_word_forges_no_reply() -> None:
    assert one_ascii_line("a\r\n250 OK\0é") == "a 250 OK?\\xe9"
