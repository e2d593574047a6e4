"""Our verdicts on signatures made by dkimpy, by ourselves and by the RFCs; dkimpy judges the same messages."""

from __future__ import annotations

import base64
import random
import re
import time

import dkim
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.mail.dkim import public_record
from mailhub.mail.dkim_key import choose_key, read_key
from mailhub.mail.dkim_verify import BodyHashes, DkimResult, check_signatures, parse_signatures
from mailhub.mail.headers import read_fields
from tests.mail.test_dkim import AT, BODIES, HEAD, HEADS, hashed
from tests.support.dkim_keys import dkimpy_dns, dkimpy_private, signing_key
from tests.support.names import Names

pytestmark = pytest.mark.unit

KEY_NAME = "s1._domainkey.tinh.gov.vn"
BODY = BODIES["usual"]


def published(record: str | None = None) -> Names:
    return Names({(KEY_NAME, "TXT"): [public_record(signing_key("rsa")) if record is None else record]})


async def verify(message: bytes, names: Names | None = None, *, at: int = AT + 10, chunk: int = 7) -> list[DkimResult]:
    head, _, body = message.partition(b"\r\n\r\n")
    fields = read_fields(head + b"\r\n\r\n")
    signatures = parse_signatures(fields)
    hashes = BodyHashes(signatures)
    for start in range(0, len(body), max(chunk, len(body) // 50)):
        hashes.update(body[start : start + max(chunk, len(body) // 50)])
    return await check_signatures(fields, signatures, hashes.finish(), names or published(), at=at)


def signed(head: bytes = HEAD, body: bytes = BODY, algorithm: str = "rsa") -> bytes:
    return signing_key(algorithm).sign(read_fields(head + b"\r\n"), hashed(body), at=AT) + head + b"\r\n" + body


def signed_by_dkimpy(head: bytes, body: bytes, canon: bytes, algorithm: str = "rsa", **more: object) -> bytes:
    key = signing_key(algorithm)
    field = dkim.sign(
        head + b"\r\n" + body, b"s1", b"tinh.gov.vn", dkimpy_private(key),
        canonicalize=tuple(canon.split(b"/")), signature_algorithm=algorithm.encode() + b"-sha256", **more,
    )  # fmt: skip
    return bytes(field) + head + b"\r\n" + body


DKIMPY_HEADS = {name: head for name, head in HEADS.items() if name != "signed-before"}


@pytest.mark.parametrize("canon", [b"simple/simple", b"simple/relaxed", b"relaxed/simple", b"relaxed/relaxed"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("head", DKIMPY_HEADS.values(), ids=DKIMPY_HEADS)
async def test_a_signature_of_dkimpy_passes(head: bytes, body: bytes, canon: bytes) -> None:
    message = signed_by_dkimpy(head, body, canon)
    assert await verify(message) == [DkimResult("tinh.gov.vn", "s1", "pass", "", "rsa-sha256", 2048)]


async def test_an_ed25519_signature_of_dkimpy_passes() -> None:
    names = published(public_record(signing_key("ed25519")))
    message = signed_by_dkimpy(HEAD, BODY, b"relaxed/relaxed", "ed25519")
    assert await verify(message, names) == [DkimResult("tinh.gov.vn", "s1", "pass", "", "ed25519-sha256", 256)]


@pytest.mark.parametrize("head", [*HEADS.values(), b"From : a@tinh.gov.vn\r\nSubject\t: x\r\n"])
async def test_our_own_signature_passes(head: bytes) -> None:
    assert (await verify(signed(head)))[0].result == "pass"


@pytest.mark.parametrize("canon", [b"simple/simple", b"relaxed/relaxed"])
async def test_dkimpy_and_we_agree_on_messages_changed_at_random(canon: bytes) -> None:
    message = signed_by_dkimpy(HEAD, BODY, canon)
    dns = dkimpy_dns(signing_key("rsa"))
    chance = random.Random(6376)
    refused = 0
    for _ in range(400):
        at = chance.randrange(len(message))
        mutated = message[:at] + bytes([chance.choice(b" \taZ=;:/+0")]) + message[at + chance.randint(0, 1) :]
        try:
            theirs = dkim.verify(mutated, dnsfunc=dns)
        except dkim.MessageFormatError:
            continue  # dkimpy gives up on the whole message; the signature may still be good
        results = await verify(mutated)
        ours = bool(results) and results[0].result == "pass"
        # We are stricter in places, so dkimpy may pass more; what it refuses, we must refuse.
        assert theirs or not ours, mutated[max(0, at - 20) : at + 20]
        refused += not ours
        if theirs and not ours:
            assert results[0].result in ("permerror", "policy"), (results, mutated[max(0, at - 20) : at + 20])
    assert refused > 100


@pytest.mark.parametrize(
    "change",
    [(b"Subject:", b"Subject: x"), (b"\r\n\r\nKinh", b"\r\n\r\nkinh"), (b"To: a@", b"To: b@"), (b"From:", b"From: x")],
)
async def test_a_changed_message_fails(change: tuple[bytes, bytes]) -> None:
    message = signed()
    assert message.count(change[0]) >= 1
    head, sep, rest = message.partition(b"\r\nReceived:")
    assert (await verify(head + sep + rest.replace(*change, 1)))[0].result == "fail"


async def test_the_examples_of_rfc_8463_pass() -> None:
    message = b"""\
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
""".replace(b"\n", b"\r\n")
    ed25519 = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    rsa_key = (
        "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY"
        "/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G"
        "+2kryOTIKT+l/K4w3QIDAQAB"
    )
    names = Names(
        {
            ("brisbane._domainkey.football.example.com", "TXT"): [ed25519],
            ("test._domainkey.football.example.com", "TXT"): [rsa_key],
        }
    )
    results = await verify(message, names)
    assert [(each.result, each.key_bits) for each in results] == [("pass", 256), ("pass", 1024)]


def resigned(change: tuple[bytes, bytes], head: bytes = HEAD) -> bytes:
    """A message whose signature field was changed after signing: only what is refused before RSA can be seen."""
    field, rest = signed(head).split(b"\r\nReceived:", 1)
    assert re.search(change[0], field), field
    return re.sub(change[0], change[1], field, count=1) + b"\r\nReceived:" + rest


@pytest.mark.parametrize(
    ("change", "result"),
    [
        ((rb"v=1;", b"v=2;"), "permerror"),
        ((rb"v=1;", b""), "permerror"),
        ((rb"a=rsa-sha256", b"a=rsa-sha1"), "permerror"),
        ((rb"a=rsa-sha256", b"a=rsa-md5"), "permerror"),
        ((rb"a=rsa-sha256", b"a=ed25519-sha256"), "permerror"),
        ((rb"a=rsa-sha256;", b""), "permerror"),
        ((rb"d=tinh.gov.vn;", b""), "permerror"),
        ((rb"d=tinh.gov.vn;", b"d=tinh..vn;"), "permerror"),
        ((rb"d=tinh.gov.vn;", b"d=t\xe1\xbb\x89nh.vn;"), "permerror"),
        ((rb"s=s1;", b""), "permerror"),
        ((rb"s=s1;", b"s=;"), "permerror"),
        ((rb"h=From:From:", b"h="), "permerror"),
        ((rb"bh=[^;]*;", b""), "permerror"),
        ((rb"bh=[^;]*;", b"bh=***;"), "permerror"),
        ((rb"b=[^;]*\Z", b"b="), "permerror"),
        ((rb"b=[^;]*\Z", b"b=A"), "permerror"),
        ((rb"c=relaxed/simple", b"c=relaxed/exotic"), "permerror"),
        ((rb"c=relaxed/simple", b"c=simple/simple"), "fail"),
        ((rb"t=\d+;", b"t=soon;"), "permerror"),
        ((rb"t=\d+;", b"t=%d; x=%d;" % (AT, AT - 1)), "permerror"),
        ((rb"t=\d+;", b"t=%d; x=%d;" % (AT, AT + 1)), "fail"),
        ((rb"t=\d+;", b"t=%d; t=1;" % AT), "permerror"),
        ((rb"t=\d+;", b"l=1;"), "policy"),
        ((rb"t=\d+;", b"l=0;"), "policy"),
        ((rb"t=\d+;", b"l=99999;"), "fail"),
        ((rb"t=\d+;", b"l=-1;"), "permerror"),
        ((rb"t=\d+;", b"i=@gov.vn;"), "permerror"),
        ((rb"t=\d+;", b"i=@xtinh.gov.vn;"), "permerror"),
        ((rb"t=\d+;", b"i=tinh.gov.vn;"), "permerror"),
        ((rb"t=\d+;", b"q=http;"), "permerror"),
        ((rb"t=\d+;", b"=;"), "permerror"),
        ((rb"t=\d+;", b"nonsense;"), "permerror"),
        ((rb"t=\d+;", b"t=%d; x=%d;" % (AT, AT + 1000)), "fail"),  # not expired, but not what was signed
    ],
)
async def test_a_signature_field_that_was_tampered_with(change: tuple[bytes, bytes], result: str) -> None:
    (verdict,) = await verify(resigned(change))
    assert verdict.result == result
    assert verdict.reason
    assert verdict.reason.isascii()


async def test_an_expired_signature_and_a_revoked_key_are_called_so() -> None:
    message = resigned((rb"t=\d+;", b"t=%d; x=%d;" % (AT, AT + 10)))
    assert (await verify(message, at=AT + 10))[0].reason == "signature did not verify"
    assert (await verify(message, at=AT + 11))[0].reason == "signature expired"
    assert (await verify(signed(), published("v=DKIM1; p=")))[0].reason == "key revoked"


async def test_tags_of_dkimpy_such_as_identity_and_length_are_read() -> None:
    message = signed_by_dkimpy(HEAD, BODY, b"relaxed/relaxed", identity=b"x@so.tinh.gov.vn", length=True)
    assert (await verify(message))[0].result == "pass"
    assert (await verify(message + b"an advertisement\r\n"))[0] == DkimResult(
        "tinh.gov.vn", "s1", "policy", "only part of the body is signed", "rsa-sha256", 0
    )


RSA = public_record(signing_key("rsa"))
P = RSA.partition("p=")[2]


@pytest.mark.parametrize(
    ("record", "result"),
    [
        (f"p={P}", "pass"),
        (f"k=rsa; p={P};", "pass"),
        (f"v=DKIM1; h=sha1:sha256; s=*; t=y; n=note; p={P[:40]} {P[40:]}", "pass"),
        (f"v=DKIM1;s=email;t=s:y;p={P}", "pass"),
        ("v=DKIM1; p=", "permerror"),
        ("v=DKIM1; k=rsa", "permerror"),
        (f"v=DKIM2; p={P}", "permerror"),
        (f"k=rsa; v=DKIM1; p={P}", "permerror"),
        (f"v=DKIM1; h=sha1; p={P}", "permerror"),
        (f"v=DKIM1; s=tlsrpt; p={P}", "permerror"),
        (f"v=DKIM1; k=ed25519; p={P}", "permerror"),
        (f"v=DKIM1; k=dsa; p={P}", "permerror"),
        (f"v=DKIM1; p={P}; p={P}", "permerror"),
        ("v=DKIM1; p=***", "permerror"),
        ("v=DKIM1; p=AAAA", "permerror"),
        ("v=spf1 -all", "permerror"),
        ("", "permerror"),
        (public_record(signing_key("ed25519")), "permerror"),
        (public_record(signing_key("rsa", "other.vn")), "fail"),
        ("TEMPERROR", "temperror"),
    ],
    ids=map(str, range(20)),  # the keys are new in each process; xdist wants the same ids in all
)
async def test_key_records(record: str, result: str) -> None:
    (verdict,) = await verify(signed(), published(record))
    assert verdict.result == result, verdict


async def test_no_key_at_all_is_permanent_and_a_key_beside_other_text_is_found() -> None:
    assert (await verify(signed(), Names({})))[0].result == "permerror"
    assert (await verify(signed(), Names({(KEY_NAME, "TXT"): ["v=spf1 -all", RSA]})))[0].result == "pass"


async def test_a_strict_key_refuses_an_identity_below_the_domain() -> None:
    message = signed_by_dkimpy(HEAD, BODY, b"relaxed/relaxed", identity=b"x@so.tinh.gov.vn")
    assert (await verify(message, published(f"v=DKIM1; t=s; p={P}")))[0].result == "permerror"


def test_rsa_keys_under_1024_bits_are_not_used() -> None:
    # 768 bits, made with openssl genrsa.
    short = (
        "p=MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhAJ3isIU3kSQegvtm1SpGiM1ZP12sZ1LGgrcSf44y5VfKlas9NbE/jH53/vuMfNxI29J1nQV8z"
        "w2X/dcCy8Jyh/PQodydBXd/ZJPVQKQaiGeRmaEf4w2VYGVvCwQsjDzhZQIDAQAB"
    )
    key = read_key(short)
    assert (key.weak, key.bits) == (True, 768)


async def test_a_second_from_that_is_not_signed_is_not_vouched_for() -> None:
    key = signing_key("rsa")
    head = b"From: a@tinh.gov.vn\r\n"
    message = head + b"\r\n" + BODY
    field = bytes(dkim.sign(message, b"s1", b"tinh.gov.vn", dkimpy_private(key), include_headers=[b"from"]))
    assert b"h=from;" in field
    assert (await verify(field + message))[0].result == "pass"
    assert (await verify(field + b"From: boss@tinh.gov.vn\r\n" + message))[0].result == "policy"


async def test_only_five_signatures_are_looked_at() -> None:
    field = signed().split(b"\r\nReceived:")[0] + b"\r\n"
    names = published()
    results = await verify(field * 9 + HEAD + b"\r\n" + BODY, names)
    assert len(results) == 5
    assert sum(names.asked.values()) == 5


async def test_a_changed_body_costs_no_lookup() -> None:
    names = published()
    assert (await verify(signed() + b"more\r\n", names))[0].reason == "body hash did not verify"
    assert not names.asked


@pytest.mark.parametrize("piece", [b"; ", b" ", b"b", b";b ", b"a=b;", b"h=from:", b"\r\n "])
async def test_a_huge_signature_field_costs_little(piece: bytes) -> None:
    filler = piece * (60_000 // len(piece))
    head = signed().replace(b" v=1;", b" v=1; z=" + filler.replace(b";", b",") + b";", 1)
    began = time.process_time()
    await verify(head)
    await verify(b"DKIM-Signature: v=1; " + filler + b"\r\n" + HEAD + b"\r\n" + BODY)
    assert time.process_time() - began < 3


async def test_an_unsigned_message_has_no_result() -> None:
    assert await verify(HEAD + b"\r\n" + BODY) == []


@given(value=st.binary(max_size=200))
async def test_no_signature_field_raises(value: bytes) -> None:
    fields = read_fields(b"DKIM-Signature: " + value.replace(b"\r", b"").replace(b"\n", b"\r\n ") + b"\r\n\r\n")
    await check_signatures(fields, parse_signatures(fields), {}, Names({}), at=AT)


TAGS = st.lists(
    st.tuples(
        st.sampled_from(["v", "a", "b", "bh", "c", "d", "h", "i", "l", "q", "s", "t", "x", "", "é", "\r\n "]),
        st.one_of(st.text(max_size=12), st.sampled_from(["1", "rsa-sha256", "a.vn", "from", "AAAA", "relaxed"])),
    ),
    max_size=14,
)


@given(tags=TAGS)
async def test_no_tag_list_raises(tags: list[tuple[str, str]]) -> None:
    text = "v=1; a=rsa-sha256; d=tinh.gov.vn; s=s1; " + ";".join(f"{name}={value}" for name, value in tags)
    fields = read_fields(b"DKIM-Signature:" + text.encode("utf-8", "replace") + b"\r\nFrom: a@b\r\n\r\n")
    signatures = parse_signatures(fields)
    results = await check_signatures(fields, signatures, BodyHashes(signatures).finish(), published(), at=AT)
    assert all(each.result != "pass" for each in results)


@given(record=st.text(max_size=100), binary=st.binary(max_size=120))
def test_no_key_record_raises(record: str, binary: bytes) -> None:
    encoded = base64.b64encode(binary).decode()
    choose_key([record, f"p={record}", f"p={encoded}", f"k=ed25519; p={encoded}"])
