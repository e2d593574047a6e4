"""The MX over the wire: what SPF, DKIM and DMARC prove, and what becomes of mail that says it is from us."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from mailhub.mail.dkim import BodyHasher, public_record
from mailhub.mail.headers import read_fields, unfold
from tests.integration.conftest import Province, refusal
from tests.support.dkim_keys import signing_key
from tests.support.fakedns import FakeDNS
from tests.support.hub import RunningHub, transaction, wait_until

AN, BINH = "nva@tinh.gov.vn", "ttb@tinh.gov.vn"
PRINTER, OWN_SERVER, STRANGER = "127.9.9.9", "127.0.0.7", "127.0.0.66"
HOST = "mx.tinh.gov.vn"


@pytest.fixture(scope="module")
def more_settings() -> dict[str, dict[str, Any]]:
    return {"trusted": {"networks": ["127.9.9.0/24"]}}


@pytest.fixture(scope="module")
def outside(hub: RunningHub, province: Province, dns: FakeDNS) -> RunningHub:
    """The hub; the name server knows our own records and those of the domains that write to us."""
    province.act("add_domain", "tinhcu.gov.vn", alias_of="tinh.gov.vn")
    texts = {"tinh.gov.vn": f"v=spf1 ip4:{OWN_SERVER} -all", "evil.example": f"v=spf1 ip4:{STRANGER} -all"}
    for domain, (spf, dmarc) in DOMAINS.items():
        if spf:
            texts[domain] = spf
        if dmarc:
            texts[f"_dmarc.{domain}"] = dmarc
    for key in SIGNERS:
        texts[f"{key.selector}._domainkey.{key.domain}"] = public_record(key)
    dns.records.update({(name, "TXT"): [text] for name, text in texts.items()})
    dns.fail |= {"dns-kaput.example", "_dmarc.dmarc-kaput.example", "tinhcu.gov.vn"}
    return hub


HERE, ELSEWHERE = "v=spf1 ip4:127.0.0.1 -all", "v=spf1 ip4:192.0.2.1 -all"
# From's domain: its SPF and its DMARC record.
DOMAINS = {
    "good.example": (HERE, "v=DMARC1; p=reject"),
    "forged.example": (ELSEWHERE, "v=DMARC1; p=reject"),
    "suspect.example": (ELSEWHERE, "v=DMARC1; p=quarantine"),
    "lenient.example": (ELSEWHERE, "v=DMARC1; p=none"),
    "soft.example": ("v=spf1 ~all", ""),
    "nothing.example": ("", ""),
    "broken.example": ("v=spf1 ip4:999 -all", ""),
    "signs.example": (ELSEWHERE, "v=DMARC1; p=reject"),
    "dns-kaput.example": ("", "v=DMARC1; p=reject"),
    "dmarc-kaput.example": (ELSEWHERE, ""),
    "tinhkhac.gov.vn": (ELSEWHERE, "v=DMARC1; p=none; sp=reject"),
    "tinhban.gov.vn": (HERE, "v=DMARC1; p=reject"),
    "strict.example": (HERE, "v=DMARC1; p=reject; aspf=s"),
}
SIGNERS = [
    signing_key("rsa", "tinh.gov.vn"), signing_key("ed25519", "so.tinh.gov.vn"), signing_key("rsa", "signs.example"),
    signing_key("ed25519", "evil.example"),
]  # fmt: skip


@contextmanager
def client(hub: RunningHub, source: str = "127.0.0.1", helo: str = "mail.outside.test") -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", hub.port("mx"), helo, 60, source_address=(source, 0)) as session:
        session.ehlo()
        yield session


_numbers = iter(range(10_000))


def written(author: str, *, above: str = "", body: str = "Xin chao.") -> tuple[str, bytes]:
    """A mark that is in the message only, and the message."""
    mark = f"dau-{next(_numbers)}-{time.time_ns()}"
    head = f"{above}From: {author}\r\nTo: {AN}\r\nSubject: {mark}\r\nDate: Sun, 22 Nov 2026 08:00:00 +0700\r\n"
    return mark, f"{head}Message-ID: <{mark}@outside.test>\r\n\r\n{body}\r\n".encode()


def signed(message: bytes, domain: str) -> bytes:
    key = next(key for key in SIGNERS if key.domain == domain)
    head, _, body = message.partition(b"\r\n\r\n")
    hasher = BodyHasher()
    hasher.update(body)
    return key.sign(read_fields(head + b"\r\n\r\n"), hasher.digest(), at=int(time.time())) + message


def arrived(hub: RunningHub, mark: str, *, folder: str = "INBOX", to: str = AN) -> bytes:
    """The message with `mark`, as it lies in the mailbox."""

    def look() -> bytes:
        with hub.imap(to) as box:
            box.select(folder, readonly=True)
            _, found = box.search(None, "SUBJECT", mark)
            for number in found[0].split():
                part = box.fetch(number.decode(), "(BODY.PEEK[])")[1][0]
                assert isinstance(part, tuple)
                return bytes(part[1])
            return b""

    return wait_until(look, f"{mark} in {folder}", seconds=15)


def results(mail: bytes) -> list[str]:
    """The values of its Authentication-Results fields, unfolded."""
    head = mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    named = [field for field in read_fields(head) if field.name.lower() == b"authentication-results"]
    return [" ".join(unfold(field.raw).decode("ascii", "replace").split()) for field in named]


# ------------------------------------------------------- what is proved, and what is done

VECTORS = {
    # From's domain, source, signed by, folder ("" = refused), what our field says
    "all in order": ("good.example", "127.0.0.1", "", "INBOX", "spf=pass dmarc=pass"),
    "a sub-domain, aligned": ("mail.good.example", "127.0.0.1", "good", "INBOX", "dmarc=pass"),
    "forged, policy reject": ("forged.example", "127.0.0.1", "", "", "dmarc-reject"),
    "forged, policy quarantine": ("suspect.example", "127.0.0.1", "", "Junk", "spf=fail dmarc=fail"),
    "forged, policy none": ("lenient.example", "127.0.0.1", "", "INBOX", "spf=fail dmarc=fail"),
    "no policy, softfail": ("soft.example", "127.0.0.1", "", "INBOX", "spf=softfail dmarc=none"),
    "no records at all": ("nothing.example", "127.0.0.1", "", "INBOX", "spf=none dmarc=none"),
    "a broken SPF record": ("broken.example", "127.0.0.1", "", "INBOX", "spf=permerror dmarc=none"),
    "signed, SPF fails": ("signs.example", "127.0.0.1", "signs.example", "INBOX", "spf=fail dkim=pass dmarc=pass"),
    "not signed, SPF fails": ("signs.example", "127.0.0.1", "", "", "dmarc-reject"),
    "signed by somebody else": ("forged.example", "127.0.0.1", "evil.example", "", "dmarc-reject"),
    "DNS of the policy fails": ("dmarc-kaput.example", "127.0.0.1", "", "INBOX", "spf=fail dmarc=temperror"),
    "a province's third level": ("so.tinhkhac.gov.vn", "127.0.0.1", "", "", "dmarc-reject"),
    "a province's second level": ("tinhkhac.gov.vn", "127.0.0.1", "", "INBOX", "spf=fail dmarc=fail"),
    "a neighbour below gov.vn": ("tinhban.gov.vn", "127.0.0.1", "", "INBOX", "spf=pass dmarc=pass"),
}


@pytest.mark.parametrize("case", VECTORS)
def test_vectors(outside: RunningHub, province: Province, case: str) -> None:
    domain, source, signer, folder, expected = VECTORS[case]
    mark, message = written(f"ai@{domain}")
    sender = f"ai@{domain}" if signer != "good" else "ai@good.example"
    if "." in signer:
        message = signed(message, signer)
    with client(outside, source) as session:
        if not folder:
            reply = refusal(session, sender, [AN], message)
            assert reply.startswith("550 5.7.1")
            assert domain in reply
            assert province.refusal(reply) == expected
            return
        transaction(session, sender, [AN], message)
    (ours,) = results(arrived(outside, mark, folder=folder))
    assert ours.startswith(f"{HOST}; ")
    assert all(word in ours for word in expected.split()), ours


def test_one_provinces_spf_proves_nothing_for_another(outside: RunningHub, province: Province) -> None:
    """gov.vn is no organisation: tinhban.gov.vn may not write as so.tinhkhac.gov.vn."""
    _, message = written("ai@so.tinhkhac.gov.vn")
    with client(outside) as session:
        reply = refusal(session, "ai@tinhban.gov.vn", [AN], message)
    assert province.refusal(reply) == "dmarc-reject"


def test_an_altered_signed_message_is_refused(outside: RunningHub, province: Province) -> None:
    _, message = written("ai@signs.example", body="Chuyen 10 dong.")
    changed = signed(message, "signs.example").replace(b"10 dong", b"90 dong")
    with client(outside) as session:
        assert province.refusal(refusal(session, "ai@signs.example", [AN], changed)) == "dmarc-reject"


def test_spf_that_cannot_be_looked_up_loses_nothing(outside: RunningHub) -> None:
    mark, message = written("ai@dns-kaput.example")
    with client(outside) as session:
        try:
            transaction(session, "ai@dns-kaput.example", [AN], message)
        except smtplib.SMTPResponseException as error:
            assert error.smtp_code // 100 == 4, error.smtp_error  # noqa: PT017 - a 250 is right as well
            return
    assert "spf=temperror" in results(arrived(outside, mark))[0]


def test_a_silent_name_server_loses_nothing(outside: RunningHub, dns: FakeDNS) -> None:
    mark, message = written("ai@im-lang.example")
    dns.silent = True
    try:
        with client(outside) as session:
            start = time.monotonic()
            try:
                transaction(session, "ai@im-lang.example", [AN], message)
            except smtplib.SMTPResponseException as error:
                assert error.smtp_code // 100 == 4, error.smtp_error  # noqa: PT017 - a 250 is right as well
                return
            assert time.monotonic() - start < 20
        assert "temperror" in results(arrived(outside, mark))[0]
    finally:
        dns.silent = False


# ------------------------------------------------------- our own domain, from outside

SPOOFS = {
    "nothing proved": (AN, AN, STRANGER, "", "own-domain-spoofed"),
    "in capitals": ("nva@TINH.GOV.VN", "x@evil.example", STRANGER, "", "own-domain-spoofed"),
    "a domain of a merged province": (
        "nva@tinhcu.gov.vn", "x@evil.example", STRANGER, "evil.example", "own-domain-spoofed",
    ),
    "SPF pass of the spoofer's own domain": (AN, "x@evil.example", STRANGER, "", "own-domain-spoofed"),
    "DKIM pass of the spoofer's own domain": (AN, "x@evil.example", STRANGER, "evil.example", "own-domain-spoofed"),
    "in the envelope alone": ("x@evil.example", AN, STRANGER, "evil.example", "own-domain-spoofed"),
    "the null path": (AN, "", STRANGER, "", "own-domain-spoofed"),
    "as one of two authors": (f"x@evil.example, {AN}", "x@evil.example", STRANGER, "", "own-domain-spoofed"),
    "with a second From": (f"x@evil.example\r\nFrom: {AN}", "x@evil.example", STRANGER, "", "from-several"),
    "From with a space before its colon": (f"x@e.example\r\nFrom : {AN}", "x@e.vn", STRANGER, "", "from-ambiguous"),
    "an encoded address": ("=?utf-8?q?nva=40tinh.gov.vn?=", "x@evil.example", STRANGER, "", "from-ambiguous"),
    "angle brackets twice": (f"<x@evil.example> <{AN}>", "x@evil.example", STRANGER, "", "from-ambiguous"),
}  # fmt: skip


@pytest.mark.parametrize("case", SPOOFS)
def test_our_own_domain_from_outside_needs_proof(outside: RunningHub, province: Province, case: str) -> None:
    author, sender, source, signer, kind = SPOOFS[case]
    _, message = written(author)
    with client(outside, source) as session:
        reply = refusal(session, sender, [BINH], signed(message, signer) if signer else message)
    assert province.refusal(reply) == kind
    if kind == "own-domain-spoofed":
        assert reply.startswith("550 5.7.26")
        assert all(word in reply for word in ("DKIM", "SPF", "mang tin cay"))


PROVED = {
    "our SPF": (AN, OWN_SERVER, ""),
    "our signature": ("thu@lists.example", STRANGER, "tinh.gov.vn"),
    "a signature of one of our offices": ("thu@lists.example", STRANGER, "so.tinh.gov.vn"),
    "a printer in a trusted network": ("", PRINTER, ""),
}


@pytest.mark.parametrize("case", PROVED)
def test_our_own_domain_from_outside_with_proof(outside: RunningHub, case: str) -> None:
    sender, source, signer = PROVED[case]
    mark, message = written(AN)
    with client(outside, source) as session:
        transaction(session, sender, [BINH], signed(message, signer) if signer else message)
    found = results(arrived(outside, mark, to=BINH))
    if source == PRINTER:
        assert found == []
    else:
        assert ("dkim=pass" if signer else "spf=pass") in found[0]


def test_a_proof_that_dns_cannot_confirm_now_is_asked_for_again(outside: RunningHub, province: Province) -> None:
    _, message = written("nva@tinhcu.gov.vn")
    with client(outside, OWN_SERVER) as session:
        reply = refusal(session, "nva@tinhcu.gov.vn", [BINH], message)
    assert reply.startswith("451 4.4.3")
    assert province.refusal(reply) == "dns-trouble"


# ------------------------------------------------------- what strangers write in our name

FORGED = [
    "Authentication-Results: mx.tinh.gov.vn; dkim=pass header.d=tinh.gov.vn",
    "authentication-results: MX.TINH.GOV.VN 1; spf=pass",
    'Authentication-Results: "mx.tinh.gov.vn"; dmarc=pass',
    "Authentication-Results: (x)\r\n\tmx.tinh.gov.vn; dmarc=pass",
    "X-Mailhub-Junk: no",
    "x-mailhub-anything: yes\r\n and more",
]
KEPT = ["Authentication-Results: other.example; dkim=pass", "X-Other: 1", "X-Mailhubble: 1"]


def test_fields_in_our_name_are_taken_out_and_nothing_else(outside: RunningHub) -> None:
    above = "".join(f"{line}\r\n" for pair in zip(FORGED, [*KEPT, *KEPT], strict=True) for line in pair)
    mark, message = written("ai@good.example", above=above)
    with client(outside) as session:
        transaction(session, "ai@good.example", [AN], message)
    mail = arrived(outside, mark)
    found = results(mail)
    assert [value for value in found if value.startswith(HOST)] == [found[0]]
    assert "dkim=pass" not in found[0]
    assert found[1:] == ["other.example; dkim=pass"] * 2
    wanted = "".join(f"{line}\r\n" for line in [*KEPT, *KEPT]).encode() + message[len(above.encode()) :]
    assert mail.endswith(wanted)


def test_an_official_forges_no_results_either(outside: RunningHub) -> None:
    mark, message = written(AN, above=FORGED[0] + "\r\n" + FORGED[4] + "\r\n")
    outside.submit(AN, [BINH], message)
    mail = arrived(outside, mark, to=BINH)
    assert results(mail) == []
    assert b"X-Mailhub" not in mail


# ------------------------------------------------------- recipients


def test_unknown_and_ended_recipients_are_refused_at_rcpt(outside: RunningHub, province: Province) -> None:
    province.people("daveve")
    unit = "vanthu@tinh.gov.vn"
    province.act("add_role_mailbox", unit, "Văn thư")
    province.act("end_account", "daveve@tinh.gov.vn", reason="nghỉ hưu", unit_address=unit)
    with client(outside) as session:
        session.mail("ai@good.example")
        code, text = session.rcpt("khongco@tinh.gov.vn")
        assert (code, text[:5]) == (550, b"5.1.1")
        assert province.refusal(text) == "unknown-recipient"
        code, text = session.rcpt("daveve@tinh.gov.vn")
        assert (code, text[:5]) == (550, b"5.1.6")
        assert unit.encode() in text
        assert province.refusal(text) == "ended"
        assert session.rcpt(AN)[0] == 250


@pytest.mark.parametrize(
    "address", ["postmaster", "Postmaster@tinh.gov.vn", "abuse@tinh.gov.vn", "abuse@tinhcu.gov.vn"]
)
def test_postmaster_and_abuse_always_take_mail(outside: RunningHub, address: str) -> None:
    with client(outside) as session:
        session.mail("ai@good.example")
        assert session.rcpt(address)[0] == 250


def test_a_full_mailbox_is_refused_for_now(outside: RunningHub, province: Province) -> None:
    province.people("day", quota_mib=1)
    full = "day@tinh.gov.vn"
    mark, message = written("ai@good.example", body=("x" * 76 + "\r\n") * 12_000)
    with client(outside) as session:
        transaction(session, "ai@good.example", [full], message)
        arrived(outside, mark, to=full)
        session.mail("ai@good.example", [f"size={len(message)}"])
        code, text = session.rcpt(full)
        assert (code, text[:5]) == (452, b"4.2.2")
        assert province.refusal(text) == "quota"
        assert session.rcpt(AN)[0] == 250


@pytest.mark.parametrize(("hops", "taken"), [(50, True), (51, False)])
def test_mail_that_goes_round_in_circles_is_cut(
    outside: RunningHub, province: Province, hops: int, taken: bool
) -> None:
    above = "".join(f"Received: from a by b{number}.example; Sun, 22 Nov 2026\r\n" for number in range(hops))
    mark, message = written("ai@good.example", above=above)
    with client(outside) as session:
        if taken:
            transaction(session, "ai@good.example", [AN], message)
            arrived(outside, mark)
        else:
            reply = refusal(session, "ai@good.example", [AN], message)
            assert reply.startswith("554 5.4.6")
            assert province.refusal(reply) == "too-many-hops"
