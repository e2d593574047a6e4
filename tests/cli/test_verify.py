"""`mailhub verify` on real files: the cases of reference/signatures § 6, by the whole way from octets to words."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from mailhub.settings import SETTINGS_FILE, load
from mailhub.store.database import open_database
from mailhub.store.schema import METADATA
from tests.support import commands
from tests.support.cms_samples import on_disk, openssl
from tests.support.pdfs import LETTER, picture_of, scan, typeset
from tests.support.pki import AFTER, BEFORE, Pki, pem, pki
from tests.support.revocation import pin_official
from tests.support.signed_pdfs import LEADER_BOX, NUMBER_BOX, sign, signature_image, stamped, with_validation

__all__ = ["pki"]

KEYS = ["file", "verdict", "reasons", "warnings", "signatures"]
OF_A_SIGNATURE = ["signer", "kind", "chain", "time", "revocation", "covers", "changes"]
HUB = '[hub]\ndomain = "sonha.example"\nhostname = "mx.sonha.example"\n'
ENTITY = b"Content-Type: text/plain; charset=utf-8\r\n\r\nK\xc3\xadnh g\xe1\xbb\xadi S\xe1\xbb\x9f Y t\xe1\xba\xbf.\r\n"


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return mailhub("verify", *words)


def mailhub(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return commands.run([str(word) for word in words], timeout=120)


def letter() -> bytes:
    """Of the Sở Y tế, whose certificate the test PKI has."""
    text = LETTER % {"number": "87", "day": "05", "gap": "14pt"}
    for before, after in (
        ("[ỦY BAN NHÂN DÂN],", "[UBND TỈNH THỬ NGHIỆM],"),
        ("[*XÃ THỬ NGHIỆM*]", "[*SỞ Y TẾ*]"),
        ("UBND-VX", "SYT-VP"),
        ("*TM. ỦY BAN NHÂN DÂN*\\ *CHỦ TỊCH*", "*GIÁM ĐỐC*"),
    ):
        assert before in text
        text = text.replace(before, after)
    return typeset(text)


def mail_with(pdf: bytes, name: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@x.gov.vn", "b@y.gov.vn", "Công văn"
    message.set_content("Kèm theo.")
    message.add_attachment(pdf, maintype="application", subtype="pdf", filename=name)
    return bytes(message)


def smime(pki: Pki, folder: Path, author: str) -> bytes:
    """Clear-signed by OpenSSL."""
    whole = openssl("-sign", *on_disk(folder, pki.official.identity("smime")), given=ENTITY)
    head = b"From: " + author.encode() + b"\nTo: b@y.gov.vn\nSubject: test\n"
    return (head + whole.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")


def samples(pki: Pki, folder: Path) -> dict[str, bytes]:
    official, plain = pki.official, letter()
    leader, agency = official.identity("leader"), official.identity("agency")

    def both(who: str, at: datetime = AFTER, **options: Any) -> bytes:
        first = sign(plain, official.identity(who), field="A", at=at, **options)
        return sign(first, agency, field="B", at=at)

    ahead = datetime.now(UTC) + timedelta(hours=6, minutes=50)
    by_leader = sign(plain, leader, field="A", image=signature_image(), box=LEADER_BOX)
    whole = sign(sign(by_leader, agency, field="N", box=NUMBER_BOX, text="87/SYT-VP"), agency, field="D")
    changed = bytearray(whole)
    changed[whole.index(b"stream") + 40] ^= 1
    proven: dict[str, Any] = {"timestamp": official, "ltv": official}
    lta = sign(sign(plain, leader, field="A", **proven), agency, field="B", **proven)
    lost = sign(sign(plain, official.identity("compromised"), field="A", at=BEFORE, timestamp=official), agency)
    state = pki.public.identity("state")
    return {
        "whole.pdf": whole,
        "changed.pdf": bytes(changed),
        "leader.pdf": by_leader,
        "public.pdf": sign(by_leader, state, field="B"),
        "before.pdf": both("revoked", BEFORE),
        "after.pdf": both("revoked", AFTER),
        "lost.pdf": both("compromised", BEFORE),
        "lost-proven.pdf": lost,
        "expired.pdf": both("expired"),
        "leaf-only.pdf": both("leader", leaf_only=True),
        "forged.pdf": sign(plain, pki.forged.identity("leader")),
        "rogue.pdf": both("rogue"),
        "ahead.pdf": both("leader", ahead),
        "sha1.pdf": both("leader", digest="sha1"),
        "lta.pdf": stamped(lta, official),
        "lt-plain.pdf": with_validation(by_leader, leader, official),
        "scan.pdf": scan(picture_of(plain)),
        "number.pdf": sign(by_leader, agency, field="N", box=NUMBER_BOX, text="88/SYT-VP"),
        "mail.eml": mail_with(by_leader, "cong-van.pdf"),
        "smime.eml": smime(pki, folder, "anlv.syt@thunghiem.gov.vn"),
        "other.eml": smime(pki, folder, "khac@thunghiem.gov.vn"),
        "broken.eml": smime(pki, folder, "anlv.syt@thunghiem.gov.vn").replace(b"text/plain;", b"text/html;"),
    }


@pytest.fixture(scope="module")
def folder(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("verify")
    (place / "files").mkdir()
    for name, octets in samples(pki, place).items():
        (place / "files" / name).write_bytes(octets)
    for name, authority in (("official", pki.official), ("public", pki.public)):
        (place / f"{name}.pem").write_bytes(pem(authority.root) + pem(authority.sub))
        (place / f"{name}-root.crl").write_bytes(authority.crl("root"))
        (place / f"{name}-sub.crl").write_bytes(authority.crl("sub"))
    return place


@pytest.fixture(scope="module")
def told(folder: Path) -> dict[str, dict[str, Any]]:
    """Every sample judged in one go, with lists that are in force."""
    trusted = [word for name in ("official", "public") for word in ("--trust", folder / f"{name}.pem")]
    lists = [word for path in sorted(folder.glob("*.crl")) for word in ("--revocation", path)]
    done = run("--json", *trusted, *lists, folder / "files")
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {Path(one["file"]).name: one for one in found}


NO_AGENCY, LATER = "no agency's signature", "revoked later"


@pytest.mark.parametrize(
    ("name", "verdict", "reasons", "warnings"),
    [
        ("whole.pdf", "VALID", [], {"no timestamp"}),
        ("changed.pdf", "INVALID", ["changed", "changed after"], {"no timestamp"}),
        ("leader.pdf", "VALID", [], {"no timestamp", NO_AGENCY}),
        ("public.pdf", "VALID", [], {"no timestamp"}),  # by --trust a root is `khác`, whatever it is called
        ("before.pdf", "VALID", [], {"no timestamp", LATER}),
        ("after.pdf", "INVALID", ["revoked"], {"no timestamp"}),
        ("lost.pdf", "UNKNOWN", ["revoked, no proof of time"], {"no timestamp"}),
        ("lost-proven.pdf", "VALID", [], {"no timestamp", LATER}),
        ("expired.pdf", "INVALID", ["expired"], {"no timestamp"}),
        ("leaf-only.pdf", "VALID", [], {"no timestamp"}),
        ("forged.pdf", "UNTRUSTED", ["untrusted"], {"no timestamp", NO_AGENCY}),
        ("rogue.pdf", "INVALID", ["chain broken"], {"no timestamp"}),
        ("ahead.pdf", "VALID", [], {"no timestamp", "time off"}),
        ("sha1.pdf", "VALID", [], {"no timestamp", "weak algorithm"}),
        ("lta.pdf", "VALID", [], set()),
        ("scan.pdf", "NOT_SIGNED", [], set()),
        ("number.pdf", "VALID", [], {"no timestamp", "number differs"}),
        ("mail.eml", "VALID", [], {"no timestamp", NO_AGENCY}),
        ("smime.eml", "VALID", [], {"no timestamp"}),
        ("other.eml", "VALID", [], {"no timestamp", "other sender"}),
        ("broken.eml", "INVALID", ["changed"], {"no timestamp"}),
    ],
)
def test_the_reference_s_samples(
    told: dict[str, dict[str, Any]], name: str, verdict: str, reasons: list[str], warnings: set[str]
) -> None:
    found = told[name]
    assert (found["verdict"], found["reasons"]) == (verdict, reasons)
    assert set(found["warnings"]) == warnings


def test_the_contract_s_keys_come_first_and_each_signature_has_its_own(told: dict[str, dict[str, Any]]) -> None:
    found = told["whole.pdf"]
    assert list(found)[: len(KEYS)] == KEYS
    assert [one["signer"] for one in found["signatures"]] == ["Trần Thị Mẫu"] + ["Sở Y tế tỉnh Thử Nghiệm"] * 2
    assert all(list(one)[: len(OF_A_SIGNATURE)] == OF_A_SIGNATURE for one in found["signatures"])
    assert found["complete"] == "both"


def test_what_lies_in_a_message_is_named(told: dict[str, dict[str, Any]]) -> None:
    (member,) = told["mail.eml"]["members"]
    assert (member["file"], member["verdict"]) == ("cong-van.pdf", "VALID")


def test_without_word_of_its_issuer_nothing_is_valid_but_what_the_file_proves(folder: Path) -> None:
    files = [folder / "files" / name for name in ("whole.pdf", "lta.pdf", "lt-plain.pdf")]
    others = ("--revocation", folder / "public-sub.crl")  # a list of another issuer proves nothing
    done = run("--json", "--trust", folder / "official.pem", *others, *files)
    assert [json.loads(line)["verdict"] for line in done.stdout.splitlines()] == ["UNKNOWN", "VALID", "UNKNOWN"]


def test_without_trust_in_the_test_root_nothing_is_trusted(folder: Path) -> None:
    found = json.loads(run("--json", folder / "files" / "lta.pdf").stdout)
    assert (found["verdict"], {one["kind"] for one in found["signatures"]}) == ("UNTRUSTED", {"khác"})


def test_people_read_a_heading_a_reason_and_what_to_do(folder: Path) -> None:
    done = run(folder / "files" / "changed.pdf", folder / "files" / "scan.pdf")
    assert "KHÔNG HỢP LỆ" in done.stdout
    assert "Lý do: Nội dung đã bị sửa sau khi ký." in done.stdout
    assert "Cần làm: Đề nghị nơi gửi ký lại" in done.stdout
    assert "KHÔNG CÓ CHỮ KÝ SỐ" in done.stdout


def test_garbage_is_judged_and_never_valid_and_what_cannot_be_opened_is_said(tmp_path: Path) -> None:
    pieces = {
        "a.pdf": b"%PDF-1.7\n1 0 obj<</ByteRange [0 1 2 3]/Contents<00>>>\nendobj\n%%EOF",
        "b.pdf": b"",
        "c.p7m": b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" + b"\xa0\x80" * 400,
        "d.eml": b"Content-Type: multipart/signed; boundary=x\n\n--x\n\na\n--x\n"
        b"Content-Type: application/pkcs7-signature\n\nAAAA\n--x--\n",
    }
    for name, octets in pieces.items():
        (tmp_path / name).write_bytes(octets)
    done = run("--json", tmp_path, tmp_path / "none.pdf")
    assert done.returncode == 1
    assert "none.pdf" in done.stderr
    assert "Traceback" not in done.stderr
    verdicts = [json.loads(line)["verdict"] for line in done.stdout.splitlines()]
    assert len(verdicts) == len(pieces)
    assert set(verdicts) <= {"INVALID", "NOT_SIGNED", "UNTRUSTED"}


def test_a_hub_asks_the_authority_at_the_pinned_address_and_knows_whose_root_it_is(
    pki: Pki, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    closed = tmp_path / SETTINGS_FILE
    closed.write_text(f"{HUB}[signatures]\nonline = false\n")
    database = open_database(load(closed).database_url)
    with database.write() as connection:
        METADATA.create_all(connection)
    pin_official(database, pki)
    database.close()
    words = ("--dir", tmp_path, "verify", "--json", folder / "files" / "whole.pdf")
    assert json.loads(mailhub(*words).stdout)["verdict"] == "UNKNOWN"

    closed.write_text(f"{HUB}[signatures]\nocsp_seconds = 10\n")
    done = mailhub(*words)
    found = json.loads(done.stdout)
    assert (found["verdict"], done.stderr) == ("VALID", "")
    assert {one["kind"] for one in found["signatures"]} == {"chuyên dùng công vụ"}
    assert {one["revocation"] for one in found["signatures"]} == {"good"}
    assert found["said"]["vi"] == {"verdict": "Hợp lệ", "reason": ""}
