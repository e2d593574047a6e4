"""DMARC: whose record counts, what is aligned, and what happens to a message that is not."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.mail.dkim_verify import DkimResult
from mailhub.mail.dmarc import DmarcResult, Policy, evaluate_dmarc, organizational_domain
from mailhub.mail.spf import SpfResult
from mailhub.mail.spf_record import Result
from tests.support.names import Names

pytestmark = pytest.mark.unit


def spf(domain: str, result: Result = "pass") -> SpfResult:
    return SpfResult(result, domain, "mfrom")


def dkim(domain: str, result: str = "pass") -> DkimResult:
    assert result in ("pass", "fail", "temperror", "permerror", "policy")
    return DkimResult(domain, "s1", result)  # type: ignore[arg-type]  # narrowed above


NO_SPF = SpfResult("none", "", "mfrom")


def at(domain: str, *records: str) -> Names:
    return Names({(f"_dmarc.{domain}", "TXT"): records})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tinh.gov.vn", "tinh.gov.vn"),
        ("so.tinh.gov.vn", "tinh.gov.vn"),
        ("a.b.tinh.gov.vn", "tinh.gov.vn"),
        ("snv.so.dongnai.gov.vn", "dongnai.gov.vn"),
        ("so.angiang.gov.vn", "angiang.gov.vn"),
        ("gov.vn", "gov.vn"),
        ("vn", "vn"),
        ("so.congty.com.vn", "congty.com.vn"),
        ("mail.example.com", "example.com"),
        ("host.local-only", "host.local-only"),
        ("", ""),
    ],
)
def test_the_organizational_domain(name: str, expected: str) -> None:
    assert organizational_domain(name) == expected


@pytest.mark.parametrize(
    ("author", "record_at", "record", "by_spf", "by_dkim", "result"),
    [
        ("tinh.gov.vn", "tinh.gov.vn", "v=DMARC1; p=reject", "tinh.gov.vn", "", "pass"),
        ("tinh.gov.vn", "tinh.gov.vn", "v=DMARC1; p=reject", "", "tinh.gov.vn", "pass"),
        ("tinh.gov.vn", "tinh.gov.vn", "v=DMARC1; p=reject", "", "", "fail"),
        ("so.tinh.gov.vn", "tinh.gov.vn", "v=DMARC1; p=reject", "tinh.gov.vn", "", "pass"),
        ("so.tinh.gov.vn", "tinh.gov.vn", "v=DMARC1; p=reject", "mail.tinh.gov.vn", "", "pass"),
        ("a.b.tinh.gov.vn", "tinh.gov.vn", "v=DMARC1; p=reject", "", "c.tinh.gov.vn", "pass"),
        ("tinh.gov.vn", "tinh.gov.vn", "v=DMARC1; p=reject", "khac.gov.vn", "khac.gov.vn", "fail"),
        ("tinh.gov.vn", "tinh.gov.vn", "v=DMARC1; p=reject", "gov.vn", "gov.vn", "fail"),
        ("tinh.gov.vn", "tinh.gov.vn", "v=DMARC1; p=reject", "xtinh.gov.vn", "evil.vn", "fail"),
        # Strict alignment, each for itself.
        ("so.tinh.gov.vn", "so.tinh.gov.vn", "v=DMARC1; p=none; aspf=s", "tinh.gov.vn", "", "fail"),
        ("so.tinh.gov.vn", "so.tinh.gov.vn", "v=DMARC1; p=none; aspf=s", "", "tinh.gov.vn", "pass"),
        ("so.tinh.gov.vn", "so.tinh.gov.vn", "v=DMARC1; p=none; adkim=s", "", "tinh.gov.vn", "fail"),
        ("so.tinh.gov.vn", "so.tinh.gov.vn", "v=DMARC1; p=none; adkim=S", "", "so.tinh.gov.vn", "pass"),
        ("so.tinh.gov.vn", "so.tinh.gov.vn", "v=DMARC1; p=none; adkim=s", "tinh.gov.vn", "", "pass"),
        # A third level does not speak for a fourth: only the domain itself and the organisation are asked.
        ("b.so.tinh.gov.vn", "so.tinh.gov.vn", "v=DMARC1; p=reject", "", "", "none"),
        ("tinh.gov.vn", "gov.vn", "v=DMARC1; p=reject", "", "", "none"),
        # Unusable records.
        ("tinh.gov.vn", "tinh.gov.vn", "v=DMARC1", "", "", "none"),
        ("tinh.gov.vn", "tinh.gov.vn", "v=DMARC1; p=perhaps", "", "", "none"),
        ("tinh.gov.vn", "tinh.gov.vn", "v=DMARC1; p=reject; sp=perhaps", "", "", "none"),
        ("tinh.gov.vn", "tinh.gov.vn", "v=DMARC1; p=reject; p=none", "", "", "none"),
        ("tinh.gov.vn", "tinh.gov.vn", "v=DMARC1; nonsense", "", "", "none"),
        ("tinh.gov.vn", "tinh.gov.vn", "v=dmarc1; p=reject", "", "", "none"),
        ("tinh.gov.vn", "tinh.gov.vn", "v=DMARC10; p=reject", "", "", "none"),
        ("tinh.gov.vn", "tinh.gov.vn", "p=reject; v=DMARC1", "", "", "none"),
        ("tinh.gov.vn", "tinh.gov.vn", "v=spf1 -all", "", "", "none"),
        ("tinh.gov.vn", "tinh.gov.vn", "v = DMARC1 ;p = REJECT ; x=1;", "", "", "fail"),
    ],
)
async def test_alignment(author: str, record_at: str, record: str, by_spf: str, by_dkim: str, result: str) -> None:
    signatures = [dkim(by_dkim)] if by_dkim else []
    answer = await evaluate_dmarc(author, spf(by_spf) if by_spf else NO_SPF, signatures, at(record_at, record))
    assert answer.result == result
    assert answer.domain == author
    if result == "pass":
        assert (answer.aligned_spf, answer.aligned_dkim) == (bool(by_spf), bool(by_dkim))
    else:
        assert (answer.aligned_spf, answer.aligned_dkim) == (False, False)


async def test_only_a_passing_check_counts() -> None:
    names = at("tinh.gov.vn", "v=DMARC1; p=reject")
    for failed in ("fail", "softfail", "neutral", "permerror"):
        assert failed in get_args(Result)
        signatures = [dkim("tinh.gov.vn", "fail"), dkim("tinh.gov.vn", "policy"), dkim("evil.vn")]
        answer = await evaluate_dmarc("tinh.gov.vn", spf("tinh.gov.vn", failed), signatures, names)
        assert (answer.result, answer.disposition) == ("fail", "reject")
    signatures.append(dkim("tinh.gov.vn"))
    assert (await evaluate_dmarc("tinh.gov.vn", NO_SPF, signatures, names)).result == "pass"


@pytest.mark.parametrize(
    ("author", "record", "policy"),
    [
        ("tinh.gov.vn", "v=DMARC1; p=quarantine; sp=reject", "quarantine"),
        ("so.tinh.gov.vn", "v=DMARC1; p=quarantine; sp=reject", "reject"),
        ("so.tinh.gov.vn", "v=DMARC1; p=reject", "reject"),
        ("so.tinh.gov.vn", "v=DMARC1; p=reject; sp=none", "none"),
        ("la.tinh.gov.vn", "v=DMARC1; p=none; np=reject", "reject"),
        ("la.tinh.gov.vn", "v=DMARC1; p=none; sp=quarantine", "quarantine"),
        ("so.tinh.gov.vn", "v=DMARC1; p=none; sp=quarantine; np=reject", "quarantine"),
        ("tinh.gov.vn", "v=DMARC1; p=oops; rua=mailto:x@tinh.gov.vn", "none"),
    ],
)
async def test_subdomains_and_absent_names_have_policies_of_their_own(author: str, record: str, policy: Policy) -> None:
    names = at("tinh.gov.vn", record)
    names.records[("so.tinh.gov.vn", "A")] = ["192.0.2.1"]
    assert await evaluate_dmarc(author, NO_SPF, [], names) == DmarcResult("fail", policy, policy, author)


@pytest.mark.parametrize(
    ("record", "sample", "disposition"),
    [
        ("p=reject; pct=20", 0.1, "reject"),
        ("p=reject; pct=20", 0.2, "quarantine"),
        ("p=quarantine; pct=20", 0.9, "none"),
        ("p=reject; pct=0", 0.0, "quarantine"),
        ("p=reject; pct=100", 0.999, "reject"),
        ("p=reject; pct=101", 0.999, "reject"),
        ("p=reject; pct=x", 0.999, "reject"),
        ("p=none; pct=0", 0.5, "none"),
    ],
)
async def test_a_percentage_spares_the_rest_by_one_step(record: str, sample: float, disposition: str) -> None:
    names = at("tinh.gov.vn", f"v=DMARC1; {record}")
    answer = await evaluate_dmarc("tinh.gov.vn", NO_SPF, [], names, sample=sample)
    assert (answer.result, answer.disposition) == ("fail", disposition)


async def test_several_records_are_none() -> None:
    names = at("tinh.gov.vn", "v=DMARC1; p=reject", "v=DMARC1; p=none")
    assert (await evaluate_dmarc("tinh.gov.vn", NO_SPF, [], names)).result == "none"
    names = at("tinh.gov.vn", "v=DMARC1; p=reject", "some other text")
    assert (await evaluate_dmarc("tinh.gov.vn", NO_SPF, [], names)).result == "fail"


async def test_dns_that_does_not_answer_refuses_nothing() -> None:
    names = at("tinh.gov.vn", "TEMPERROR")
    answer = await evaluate_dmarc("so.tinh.gov.vn", NO_SPF, [], names)
    assert (answer.result, answer.disposition) == ("temperror", "none")
    names = at("tinh.gov.vn", "v=DMARC1; p=reject")
    answer = await evaluate_dmarc("tinh.gov.vn", NO_SPF, [dkim("so.tinh.gov.vn", "temperror")], names)
    assert (answer.result, answer.policy, answer.disposition) == ("temperror", "reject", "none")
    answer = await evaluate_dmarc("tinh.gov.vn", spf("tinh.gov.vn", "temperror"), [], names)
    assert answer.result == "temperror"
    answer = await evaluate_dmarc("tinh.gov.vn", spf("evil.vn", "temperror"), [dkim("evil.vn", "temperror")], names)
    assert answer.result == "fail"


@pytest.mark.parametrize("author", ["", "localhost", "a..vn", "[192.0.2.1]", "a b.vn", "x" * 64 + ".vn", "\udcff.vn"])
async def test_an_author_without_a_domain_name_is_a_permanent_error(author: str) -> None:
    assert (await evaluate_dmarc(author, NO_SPF, [], Names({}))).result == "permerror"


async def test_letter_case_a_last_dot_and_unicode_make_no_difference() -> None:
    names = at("tinh.gov.vn", "v=DMARC1; p=reject")
    assert (await evaluate_dmarc("TINH.gov.vn.", spf("tinh.gov.vn"), [], names)).result == "pass"
    ascii_name = "tỉnh.vn".encode("idna").decode()
    names = at(ascii_name, "v=DMARC1; p=reject")
    assert (await evaluate_dmarc("tỉnh.vn", spf(ascii_name), [], names)).result == "pass"


@given(author=st.text(max_size=20), other=st.text(max_size=20), record=st.text(max_size=40))
async def test_no_text_raises(author: str, other: str, record: str) -> None:
    names = at("a.vn", "v=DMARC1; " + record)
    for domain in (author, author + ".a.vn", "a.vn"):
        await evaluate_dmarc(domain, spf(other), [dkim(other)], names)
    organizational_domain(author)
