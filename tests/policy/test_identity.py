"""Nobody writes as somebody else: the tricks, and the ordinary mail that must not suffer from them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mailhub.mail.headers import read_fields
from mailhub.policy import Refusal, Refused, judge_incoming, judge_sender, judge_submission
from mailhub.policy.identity import KINDS

pytestmark = pytest.mark.unit

AN = "an@tinh.gov.vn"
OWNED = frozenset(
    {AN, "an.nguyen@tinh.gov.vn", "vanthu.syt@tinh.gov.vn", "an@cu.gov.vn", "an@xn--tnh-dlz.vn", "nguyễn@tinh.gov.vn"}
)
OFFICIAL = frozenset({"tinh.gov.vn", "xn--tnh-dlz.vn"})  # cu.gov.vn is the merged province's, no longer in force


def submit(*lines: str | bytes, sender: str = AN) -> Refusal | None:
    head = b"".join((line.encode() if isinstance(line, str) else line) + b"\r\n" for line in lines)
    return judge_submission(
        read_fields(head + b"\r\n"), envelope_sender=sender, account_addresses=OWNED, official_domains=OFFICIAL
    )


OTHER = "chutich@tinh.gov.vn"
FROM = f"From: An <{AN}>"

SPOOFS: list[tuple[str, tuple[str | bytes, ...]]] = [
    # Another's address, plainly
    ("from-not-owned", (f"From: {OTHER}",)),
    ("from-not-owned", (f"From: Chủ tịch <{OTHER}>",)),
    ("from-not-owned", (f"FROM:{OTHER}",)),
    ("from-not-owned", (f"from:\r\n {OTHER}",)),
    ("from-not-owned", ("From: An <an@gmail.com>",)),
    ("from-not-owned", ("From: An <an@tinh.gov.vn.evil.com>",)),
    ("from-not-owned", ("From: An <an@sub.tinh.gov.vn>",)),
    ("from-not-owned", ("From: An <an@tinh-gov.vn>",)),
    ("from-not-owned", ("From: An <an+chutich@tinh.gov.vn>",)),
    ("from-not-owned", (f"From: {OTHER} (an@tinh.gov.vn)",)),
    ("from-not-owned", (f"From: (an@tinh.gov.vn) {OTHER}",)),
    ("from-not-owned", (f'From: "{AN}" <{OTHER}>',)),
    # Look-alikes of an own address
    ("from-not-owned", ("From: <аn@tinh.gov.vn>",)),  # Cyrillic а
    ("from-not-owned", ("From: <an@tịnh.gov.vn>",)),
    ("from-not-owned", ("From: <an@xn--tnh-0oa.gov.vn>",)),
    ("from-ambiguous", ("From: <an@ｔinh.gov.vn>",)),
    ("from-ambiguous", ("From: <a\u200bn@tinh.gov.vn>",)),
    ("from-not-owned", ("From: <vanthu.\u017fyt@tinh.gov.vn>",)),  # folds to vanthu.syt
    # Several authors
    ("from-several", (FROM, f"From: {OTHER}")),
    ("from-several", (f"From: {OTHER}", FROM)),
    ("from-several", (FROM, FROM)),
    ("from-several", (FROM, f"fRoM: {OTHER}")),
    ("from-several", (f"From: {AN}, {OTHER}",)),
    ("from-several", (f"From: {OTHER}, {AN}",)),
    ("from-several", ("From: an@tinh.gov.vn, an.nguyen@tinh.gov.vn",)),
    ("from-ambiguous", (f"From: {AN}; {OTHER}",)),
    # None
    ("from-missing", ("To: b@x.vn",)),
    ("from-missing", ("From:",)),
    ("from-missing", ("From: \t",)),
    ("from-ambiguous", ("From: An",)),
    ("from-ambiguous", ("From: <>",)),
    ("from-ambiguous", ("From: undisclosed-recipients:;",)),
    ("from-ambiguous", (f"From: An: {AN};",)),
    # Forms that programs read differently
    ("from-ambiguous", (f"From: {AN} <{OTHER}>",)),
    ("from-ambiguous", (f"From: {OTHER} <{AN}>",)),
    ("from-ambiguous", (f"From: <{AN}> <{OTHER}>",)),
    ("from-ambiguous", (f"From: <{AN}> {OTHER}",)),
    ("from-ambiguous", (f"From: <{OTHER}, <{AN}>",)),
    ("from-ambiguous", (f"From: <@tinh.gov.vn,@x.vn:{AN}>",)),
    ("from-ambiguous", (f"From: {OTHER}@x.vn <{AN}",)),
    ("from-ambiguous", (f'From: "{OTHER}"@tinh.gov.vn',)),
    ("from-ambiguous", (f"From: =?utf-8?q?chutich=40tinh.gov.vn=3E?= x@<{AN}>",)),
    ("from-ambiguous", ("From: =?utf-8?q?chutich?=@tinh.gov.vn",)),
    ("from-ambiguous", (f"From: (((((((((({OTHER})))))))))) {AN}",)),
    ("from-ambiguous", (f'From: "An <{AN}>',)),
    ("from-ambiguous", (b"From: \xff <an@tinh.gov.vn>",)),
    ("from-ambiguous", (f"From: {OTHER}\0 <{AN}>",)),
    ("from-ambiguous", (f"From: {AN}\rFrom: {OTHER}",)),
    ("from-ambiguous", ("From: an(x)@tinh.gov.vn",)),
    # Fields that only some programs take for From
    ("from-ambiguous", (FROM, f"From : {OTHER}")),
    ("from-ambiguous", (f"From : {AN}",)),
    ("from-ambiguous", (FROM, f"From\t: {OTHER}")),
    ("from-ambiguous", (FROM, f"Fr\0om: {OTHER}")),
    ("from-ambiguous", (f" From: {OTHER}", FROM)),
    ("from-ambiguous", (FROM, f"\u200bFrom: {OTHER}")),
    # Names that hold another address
    ("display-address", (f'From: "{OTHER}" <{AN}>',)),
    ("display-address", (f'From: "Chủ tịch {OTHER}" <{AN}>',)),
    ("display-address", (f'From: "Chủ tịch <{OTHER}>" <{AN}>',)),
    ("display-address", (f"From: {AN} ({OTHER})",)),
    ("display-address", (f"From: An ({OTHER}) <{AN}>",)),
    ("display-address", ("From: =?utf-8?q?chutich=40tinh=2Egov=2Evn?= <an@tinh.gov.vn>",)),
    ("display-address", ("From: =?utf-8?B?Y2h1dGljaEB0aW5oLmdvdi52bg==?= <an@tinh.gov.vn>",)),
    ("display-address", ("From: =?utf-8?q?chutich=40ti?= =?utf-8?q?nh.gov.vn?= <an@tinh.gov.vn>",)),
    ("display-address", ('From: "=?utf-8?q?chutich=40tinh.gov.vn?=" <an@tinh.gov.vn>',)),
    ("display-address", (f"From: chutich＠tinh.gov.vn <{AN}>",)),
    ("display-address", (f"From: chutich﹫tinh．gov．vn <{AN}>",)),
    ("display-address", (f"From: chutich\u200b＠\u200btinh。gov.vn <{AN}>",)),
    ("display-address", (f'From: "chutich @ tinh.gov.vn" <{AN}>',)),
    ("display-address", (f'From: "CHUTICH@TINH.GOV.VN" <{AN}>',)),
    ("display-address", (f'From: "thủtướng@chínhphủ.vn" <{AN}>',)),
    ("display-address", (f'From: "{AN} {OTHER}" <{AN}>',)),
    # Others beside the author
    ("sender-field-not-owned", (FROM, f"Sender: {OTHER}")),
    ("sender-field-not-owned", (FROM, f"Sender: {AN}", f"Sender: {OTHER}")),
    ("sender-field-not-owned", (FROM, f"Sender: {AN}, {OTHER}")),
    ("sender-field-not-owned", (FROM, "Sender: ")),
    ("sender-field-not-owned", (FROM, f"Sender: {AN} <{OTHER}>")),
    ("display-address", (FROM, f'Sender: "{OTHER}" <{AN}>')),
    ("resent-not-owned", (FROM, f"Resent-From: {OTHER}")),
    ("resent-not-owned", (FROM, f"Resent-From: {AN}", f"Resent-Sender: {OTHER}")),
    ("resent-not-owned", (FROM, f"resent-from: {AN}", f"Resent-From: {OTHER}")),
    ("resent-not-owned", (FROM, "Resent-From: x")),
    # A domain of yesterday
    ("from-not-official", ("From: an@cu.gov.vn",)),
]


@pytest.mark.parametrize(("kind", "lines"), SPOOFS)
def test_an_account_cannot_write_as_somebody_else(kind: str, lines: tuple[str | bytes, ...]) -> None:
    refusal = submit(*lines, "Subject: x")
    assert refusal is not None
    assert (refusal.rule, refusal.kind) == ("identity", kind)


@pytest.mark.parametrize(
    ("sender", "kind"),
    [
        (OTHER, "sender-not-owned"), ("an@gmail.com", "sender-not-owned"), ("an@cu.gov.vn", "sender-not-official"),
        ("an", "sender-not-owned"), ("an%tinh.gov.vn@x.vn", "sender-not-owned"), ("postmaster", "sender-not-owned"),
        ("an@tinh.gov.vn@x.vn", "sender-not-owned"), ("@x.vn:an@tinh.gov.vn", "sender-not-owned"),
    ],
)  # fmt: skip
def test_the_envelope_is_judged_too(sender: str, kind: str) -> None:
    refusal = submit(FROM, sender=sender)
    assert refusal is not None
    assert refusal.kind == kind
    assert judge_sender(sender, account_addresses=OWNED, official_domains=OFFICIAL) == refusal


@pytest.mark.parametrize(
    "line",
    [
        "From: an@tinh.gov.vn",
        "From:an@tinh.gov.vn",
        "from: <an@tinh.gov.vn>",
        "From: An@Tinh.GOV.vn",
        "From: Nguyen Van An <an@tinh.gov.vn>",
        'From: "Nguyen Van An" <an@tinh.gov.vn>',
        'From: "Nguyen, Van An" <an@tinh.gov.vn>',
        'From: "An \\"Ba\\" Nguyen" <an@tinh.gov.vn>',
        "From: =?UTF-8?B?Tmd1eeG7hW4gVsSDbiBBbg==?= <an@tinh.gov.vn>",
        "From: =?utf-8?Q?Nguy=E1=BB=85n_V=C4=83n_An?= <an@tinh.gov.vn>",
        "From: =?UTF-8?B?Tmd1eeG7hW4=?=\r\n =?UTF-8?B?IFbEg24gQW4=?= <an@tinh.gov.vn>",
        "From: =?windows-1258?Q?Nguy=EA=DEn?= <an@tinh.gov.vn>",
        'From: "=?utf-8?Q?Nguy=E1=BB=85n?=" <an@tinh.gov.vn>',
        "From: Nguyễn Văn An <an@tinh.gov.vn>",
        'From: "Sở Y tế - Phòng KH/TH (VP)" <an@tinh.gov.vn>',
        "From: Sở Y tế (Phòng KHTH) <an@tinh.gov.vn>",
        "From: TS. Nguyễn V. An <an@tinh.gov.vn>",
        "From: [UBND] An <an@tinh.gov.vn>",
        "From: an@tinh.gov.vn (Nguyen Van An)",
        "From: an.nguyen@tinh.gov.vn",
        'From: "an@tinh.gov.vn" <an@tinh.gov.vn>',
        'From: "AN@tinh.gov.vn" <an@tinh.gov.vn>',
        'From: "an@tinh.gov.vn" <vanthu.syt@tinh.gov.vn>',
        'From: "An @ Sở Y tế" <an@tinh.gov.vn>',
        'From: "Họp @ 14.30" <an@tinh.gov.vn>',
        'From: "Team@Work" <an@tinh.gov.vn>',
        "From: An <an@tỉnh.vn>",
        "From: \"'an@tỉnh.vn'\" <an@tỉnh.vn>",
        "From: <nguyễn@tinh.gov.vn>",
        "From: <nguye\u0302\u0303n@tinh.gov.vn>",
        'From: "" <an@tinh.gov.vn>',
        "From:\r\n\tAn\r\n\t<an@tinh.gov.vn>",
        "From: An <an@tinh.gov.vn> (vp)",
    ],
)
def test_ordinary_authors_pass(line: str) -> None:
    assert submit(line, "To: anybody@gmail.com", "Subject: From: x@y.vn") is None


def test_what_an_account_may_add() -> None:
    assert (
        submit(FROM, f"Sender: An <{AN}>", "Reply-To: ai@gmail.com", f"Resent-From: {AN}", "Resent-To: x@y.vn") is None
    )
    assert submit(FROM, sender="") is None  # a read receipt
    assert submit("From: chutich@tinh.gov.vn", sender="") is not None
    assert submit(FROM, sender="AN.Nguyen@tinh.gov.vn") is None
    assert submit(FROM, "X-From: x@y.vn", "From-Agency: x", "no colon, From x@y.vn") is None


def test_a_refusal_can_be_thrown() -> None:
    refusal = Refusal("identity", "from-not-owned", "x@y.vn\r\n250 OK")
    assert "\n" not in str(Refused(refusal))
    assert Refused(refusal).refusal is refusal


@dataclass
class Proof:
    domain: str
    result: str = "pass"


def arrive(
    *lines: str | bytes,
    sender: str = "x@evil.vn",
    trusted: bool = False,
    dkim: tuple[Proof, ...] = (),
    spf: Proof | None = None,
) -> str | None:
    head = b"".join((line.encode() if isinstance(line, str) else line) + b"\r\n" for line in lines)
    refusal = judge_incoming(
        read_fields(head + b"\r\n"),
        envelope_sender=sender,
        own_domains=OFFICIAL,
        client_trusted=trusted,
        dkim=dkim,
        spf=spf,
        same_organisation=lambda a, b: a.lower().split(".")[-3:] == b.split(".")[-3:],
    )
    return refusal.kind if refusal else None


OURS = "From: Chủ tịch <chutich@tinh.gov.vn>"


def test_an_own_domain_from_outside_needs_proof() -> None:
    assert arrive(OURS) == "own-domain-spoofed"
    assert arrive(OURS, spf=Proof("evil.vn")) == "own-domain-spoofed"
    assert arrive(OURS, dkim=(Proof("evil.vn"),)) == "own-domain-spoofed"
    assert arrive(OURS, dkim=(Proof("tinh.gov.vn", "fail"),), spf=Proof("evil.vn")) == "own-domain-spoofed"
    assert arrive(OURS, sender="x@tinh.gov.vn", spf=Proof("tinh.gov.vn", "softfail")) == "own-domain-spoofed"
    assert arrive("From: a@TINH.gov.vn") == "own-domain-spoofed"
    assert arrive("From: a@tỉnh.vn") == "own-domain-spoofed"
    assert arrive("From: a@evil.vn, a@tinh.gov.vn") == "own-domain-spoofed"


THEIRS = "From: a@x.vn"


def test_an_own_domain_in_the_envelope_needs_the_same_proof() -> None:
    """An official's automatic answer would go to whoever is named there."""
    assert arrive(THEIRS, sender="chutich@tinh.gov.vn") == "own-domain-spoofed"
    assert arrive(THEIRS, sender="chutich@TINH.gov.vn", dkim=(Proof("x.vn"),)) == "own-domain-spoofed"
    assert arrive(THEIRS, sender="a@tỉnh.vn") == "own-domain-spoofed"
    assert arrive(THEIRS, sender="chutich@tinh.gov.vn", spf=Proof("tinh.gov.vn", "softfail")) == "own-domain-spoofed"
    assert arrive(THEIRS, sender="chutich@tinh.gov.vn", spf=Proof("tinh.gov.vn")) is None
    assert arrive(THEIRS, sender="chutich@tinh.gov.vn", dkim=(Proof("tinh.gov.vn"),)) is None
    assert arrive(THEIRS, sender="chutich@tinh.gov.vn", trusted=True) is None
    assert arrive(THEIRS, sender="") is None


def test_helo_proves_nothing_about_another_senders_mail() -> None:
    assert arrive(OURS, sender="x@evil.vn", spf=Proof("tinh.gov.vn")) == "own-domain-spoofed"
    assert arrive(OURS, sender="", spf=Proof("mail.tinh.gov.vn")) is None


def test_an_own_domain_passes_with_one_proof() -> None:
    assert arrive(OURS, dkim=(Proof("evil.vn"), Proof("tinh.gov.vn"))) is None
    assert arrive(OURS, dkim=(Proof("list.tinh.gov.vn"),)) is None
    assert arrive(OURS, sender="x@TINH.gov.vn", spf=Proof("tinh.gov.vn")) is None
    assert arrive(OURS, trusted=True) is None


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("from-missing", ("Subject: x",)),
        ("from-missing", ("From:",)),
        ("from-several", ("From: a@x.vn", "From: b@x.vn")),
        ("from-several", ("From: a@x.vn", OURS)),
        ("from-ambiguous", ("From: a@x.vn <chutich@tinh.gov.vn>",)),
        ("from-ambiguous", ("From: a@x.vn", "From : chutich@tinh.gov.vn")),
        ("from-ambiguous", ("From: chutich@tinh.gov.vn@x.vn",)),
    ],
)
def test_outside_mail_needs_one_clear_from_even_from_a_trusted_client(kind: str, lines: tuple[str, ...]) -> None:
    proofs = (Proof("x.vn"), Proof("tinh.gov.vn"))
    assert arrive(*lines, dkim=proofs) == kind
    assert arrive(*lines, trusted=True) == kind


def test_ordinary_mail_from_outside_passes_without_proof() -> None:
    assert arrive("From: Google <no-reply@accounts.google.com>", sender="") is None
    assert arrive("From: a@x.vn, b@y.vn", "Sender: a@x.vn") is None
    assert arrive("From: =?utf-8?b?xJHhurdj?= <a@sub.tinh.gov.vn>") is None
    assert arrive("From: a@x.vn", "Sender: chutich@tinh.gov.vn") is None


def test_every_kind_of_refusal_is_described_and_met_above() -> None:
    met = {kind for kind, _ in SPOOFS} | {"sender-not-owned", "sender-not-official", "own-domain-spoofed"}
    assert met == set(KINDS)
