"""The Authentication-Results field: what we write, and whose claims we remove."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.mail.authres import Method, build, forged_ranges
from mailhub.mail.dkim_verify import DkimResult
from mailhub.mail.dmarc import DmarcResult
from mailhub.mail.headers import read_fields
from mailhub.mail.spf import SpfResult

pytestmark = pytest.mark.unit

ME = "mx.tinh.gov.vn"
OURS = {ME, "tinh.gov.vn"}


def test_the_results_stand_in_one_folded_field() -> None:
    field = build(
        ME,
        SpfResult("pass", "example.vn", "mfrom", "ip4:192.0.2.1"),
        [
            DkimResult("example.vn", "s1", "pass", "", "rsa-sha256", 2048),
            DkimResult("a.vn", "s2", "fail", "body hash did not verify", "ed25519-sha256"),
        ],
        DmarcResult("pass", "reject", "none", "example.vn", aligned_spf=True, aligned_dkim=True),
    )
    assert field.decode() == (
        "Authentication-Results: mx.tinh.gov.vn;\r\n"
        "\tspf=pass smtp.mailfrom=example.vn;\r\n"
        "\tdkim=pass header.d=example.vn header.s=s1 header.a=rsa-sha256;\r\n"
        '\tdkim=fail reason="body hash did not verify" header.d=a.vn header.s=s2\r\n'
        "\theader.a=ed25519-sha256;\r\n"
        "\tdmarc=pass header.from=example.vn policy.dmarc=reject\r\n"
    )


def test_without_results_it_says_none() -> None:
    assert build(ME) == b"Authentication-Results: mx.tinh.gov.vn; none\r\n"


def test_a_helo_and_a_login_are_named_as_such() -> None:
    field = build(ME, SpfResult("none", "mail.vn", "helo"), extra=[Method("auth", "pass", (("smtp.auth", "a@b.vn"),))])
    assert field == (
        b"Authentication-Results: mx.tinh.gov.vn;\r\n\tauth=pass smtp.auth=a@b.vn;\r\n\tspf=none smtp.helo=mail.vn\r\n"
    )


HOSTILE = st.one_of(
    st.text(max_size=300),
    st.sampled_from(
        ["a;dmarc=pass", 'a" dmarc=pass "', "a\r\nFrom: boss@tinh.gov.vn", "a\\", "(", ")", "a b", "\x00", "é"]
    ),
)


@given(domain=HOSTILE, selector=HOSTILE, reason=HOSTILE, login=HOSTILE)
def test_no_value_breaks_out_of_its_place(domain: str, selector: str, reason: str, login: str) -> None:
    field = build(
        ME,
        SpfResult("fail", domain, "mfrom", reason),
        [DkimResult(domain, selector, "fail", reason, selector)],
        DmarcResult("fail", "reject", "reject", domain),
        [Method("auth", "pass", (("smtp.auth", login),), reason), Method(login, reason, ((selector, domain),))],
    )
    text = field.decode("ascii")
    assert re.fullmatch(r"[\t\r\n -~]*", text)
    assert len(read_fields(field + b"\r\n")) == 1
    assert text.endswith("\r\n")
    assert re.fullmatch(r"[^\r\n]+(?:\r\n\t[^\r\n]+)*\r\n", text)
    assert max(map(len, text.split("\r\n"))) < 998
    # With quoted strings taken out, only our own words are left.
    outside = re.sub(r'"(?:[^"\\]|\\.)*"', "Q", text)
    assert '"' not in outside
    assert outside.count(";") == 5
    assert outside.count("dmarc=") == 1 + outside.count("policy.dmarc=")
    assert "(" not in outside


@pytest.mark.parametrize(
    "value",
    [
        "mx.tinh.gov.vn; spf=pass",
        " MX.Tinh.GOV.vn ;none",
        "tinh.gov.vn; dmarc=pass",
        "mx.tinh.gov.vn 1; spf=pass",
        "mx.tinh.gov.vn/1; spf=pass",
        "mx.tinh.gov.vn.; spf=pass",
        '"mx.tinh.gov.vn"; spf=pass',
        '"mx.tinh\\.gov.vn"; spf=pass',
        "(a comment) mx.tinh.gov.vn; spf=pass",
        "(a (nested \\) one)) mx.tinh.gov.vn (x); spf=pass",
        "mx.tinh.gov.vn(x)1; spf=pass",
        "mx.(x)tinh.gov.vn; spf=pass",
        "\r\n\tmx.tinh.gov.vn;\r\n\tspf=pass",
        "mx.tinh.gov.vn",
        "(unclosed mx.tinh.gov.vn; spf=pass",
        '"unclosed mx.tinh.gov.vn; spf=pass',
        "; mx.tinh.gov.vn; spf=pass",
        "=mx.tinh.gov.vn",
    ],
)
@pytest.mark.parametrize("name", ["Authentication-Results", "AUTHENTICATION-results", "Authentication-Results "])
def test_a_claim_to_be_ours_is_found(name: str, value: str) -> None:
    before, after = b"Received: x\r\n", b"From: a@b.vn\r\n\r\n"
    forged = f"{name}:{value}\r\n".encode()
    message = before + forged + after
    assert forged_ranges(read_fields(message), OURS) == [(len(before), len(before) + len(forged))]


@pytest.mark.parametrize(
    "field",
    [
        "Authentication-Results: mx.khac.gov.vn; spf=pass smtp.mailfrom=tinh.gov.vn",
        "Authentication-Results: xmx.tinh.gov.vn; spf=pass",
        "Authentication-Results: mx.tinh.gov.vn.evil.vn; spf=pass",
        "Authentication-Results: (mx.tinh.gov.vn) other.vn; spf=pass",
        "ARC-Authentication-Results: i=1; mx.tinh.gov.vn; spf=pass",
        "X-Authentication-Results: mx.tinh.gov.vn; spf=pass",
        "Authentication-Results:",
    ],
)
def test_the_claims_of_others_stay(field: str) -> None:
    assert forged_ranges(read_fields(field.encode() + b"\r\n\r\n"), OURS) == []


def test_our_own_field_would_be_found_again() -> None:
    field = build(ME, SpfResult("pass", "a.vn", "mfrom"))
    assert forged_ranges(read_fields(field + b"\r\n"), [ME]) == [(0, len(field))]


@given(value=st.one_of(st.binary(max_size=80), st.text(alphabet='()"\\; mx.tinhgov/1=', max_size=60).map(str.encode)))
def test_no_field_raises(value: bytes) -> None:
    forged_ranges(read_fields(b"Authentication-Results:" + value + b"\r\n\r\n"), OURS)
