"""A state secret sent from a client that autosaves its drafts: refused or sealed, and afterwards nowhere to be found.

Every file under the hub's folder is searched for the words, as they are and in every encoding that mail gives them.
"""

from __future__ import annotations

import imaplib
import io
import json
import smtplib
import sqlite3
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest

from mailhub.incidents import sealing
from tests.integration.conftest import CODE, Province
from tests.support.hub import PASSWORD, RunningHub, wait_until
from tests.support.papers import as_docx, as_pdf, as_scan, make_paper
from tests.support.searching import forms_of, forms_of_octets, found_under

AN, BINH, CUONG = "nva@tinh.gov.vn", "ttb@tinh.gov.vn", "lvc@tinh.gov.vn"
OFFICER, ADMIN = "attt@tinh.gov.vn", "qtht@tinh.gov.vn"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PASSPHRASE = "cụm từ dài của cán bộ phụ trách"


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    secrets = {"phone": "0214 3840 000", "contact": "Ông Lê Văn Cường, Trưởng phòng", "officers": [OFFICER]}
    with RunningHub(secrets=secrets, passwords={"second_factor_roles": []}) as running:
        yield running


@pytest.fixture(scope="module")
def province(hub: RunningHub) -> Iterator[Province]:
    found = Province(hub)
    found.people("nva", "ttb", "lvc", "attt", "qtht")
    yield found
    found.close()


class Client:
    """A mail client that saves the draft again and again while one writes, and puts what it sends into Sent first."""

    def __init__(self, hub: RunningHub, address: str) -> None:
        self.hub = hub
        self.address = address

    def write(self, subject: str, text: str, *files: tuple[str, str, bytes]) -> bytes:
        """Write a mail, saving drafts on the way; gives it as it is to be sent."""
        with self.hub.imap(self.address) as imap:
            imap.select("Drafts")
            for part in range(1, 4):
                lines = text.splitlines()
                shown = "\n".join(lines[: max(1, len(lines) * part // 3)])
                draft = self._mail(subject if part > 1 else "", shown, f"<nhap{part}.{abs(hash(subject))}@may>")
                self._save(imap, "Drafts", draft, "(\\Draft \\Seen)")
                imap.noop()
                imap.fetch("1:*", "(UID ENVELOPE BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (SUBJECT FROM)])")
                if part == 2:  # what a client throws away goes to Trash first
                    imap.copy("1", "Trash")
                    imap.store("1", "+FLAGS", "(\\Deleted)")
                    imap.expunge()
            mail = self._mail(subject, text, f"<gui.{abs(hash((subject, files)))}@may>", *files)
            self._save(imap, "Drafts", mail, "(\\Draft \\Seen)")
            self._save(imap, "Sent", mail, "(\\Seen)")
            for folder in ("Sent", "Trash"):
                imap.select(folder)
                imap.fetch("1:*", "(UID ENVELOPE BODYSTRUCTURE)")
        return mail

    def send(self, mail: bytes, *to: str) -> str:
        return self.hub.submit(self.address, list(to), mail)

    def count(self) -> int:
        with self.hub.imap(self.address) as imap:
            return sum(int(imap.select(name, readonly=True)[1][0] or 0) for name in ("Drafts", "Sent", "Trash"))

    def _save(self, imap: imaplib.IMAP4, folder: str, mail: bytes, flags: str) -> None:
        assert imap.append(folder, flags, None, mail)[0] == "OK"

    def _mail(self, subject: str, text: str, ident: str, *files: tuple[str, str, bytes]) -> bytes:
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"], message["Subject"], message["Message-ID"] = self.address, BINH, subject, ident
        message.set_content(text + "\n", cte="base64" if len(files) % 2 else "quoted-printable")
        for name, kind, data in files:
            main, _, sub = kind.partition("/")
            message.add_attachment(data, maintype=main, subtype=sub, filename=name)
        return message.as_bytes()


def incidents(hub: RunningHub) -> list[dict[str, Any]]:
    return [json.loads(line) for line in hub.cli("incident", "list", "--json").stdout.splitlines()]


def incident_of(hub: RunningHub, code: str) -> dict[str, Any]:
    """The incident of a message whose scan is read after its 250."""
    return wait_until(
        lambda: next((one for one in incidents(hub) if one["code"] == code), {}), hub.log()[-3000:], seconds=120
    )


def shown(hub: RunningHub, number: str) -> dict[str, Any]:
    return json.loads(hub.cli("incident", "show", number, "--json").stdout)  # type: ignore[no-any-return]


def searched(hub: RunningHub, number: str, *, copies: int = 0) -> dict[str, Any]:
    """The incident, once its sender's mailbox has been looked through, and so many copies were found in it."""

    def look() -> dict[str, Any]:
        row = shown(hub, number)
        done = row["searched"] and all(place["times"] for place in row["searched"])
        return row if done and row["copies_removed"] >= copies else {}

    return wait_until(look, f"the search of {number}\n{hub.log()[-2000:]}")


def nothing_left(hub: RunningHub, words: list[str], files: list[bytes]) -> list[str]:
    """Where the words, and a piece of the files' octets, still are."""
    forms = [forms_of(one) for one in words] + [forms_of_octets(piece_of(one)) for one in files]
    return [line for each in forms for line in found_under(hub.directory.parent, each)]


def piece_of(octets: bytes) -> bytes:
    """Some octets that no other file has: of a Word file those of its text."""
    if not octets.startswith(b"PK"):
        return octets[len(octets) // 2 :][:90]
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        return octets[archive.getinfo("word/document.xml").header_offset + 60 :][:90]


def gone(hub: RunningHub, words: list[str], files: list[bytes]) -> None:
    """Nothing is left, once the log was emptied as well."""
    left: list[str] = []

    def look() -> bool:
        left[:] = nothing_left(hub, words, files)
        return not left

    try:
        wait_until(look, "gone", seconds=20)
    except AssertionError:
        raise AssertionError("\n".join(left)) from None


def refused(client: Client, mail: bytes, *to: str) -> str:
    """The code of the refusal."""
    with pytest.raises(smtplib.SMTPDataError) as caught:
        client.send(mail, *to)
    text = caught.value.smtp_error
    assert isinstance(text, bytes)
    assert caught.value.smtp_code == 550
    assert b"5.7.1 Thu bi tu choi: co dau hieu bi mat nha nuoc. Khong gui lai, goi 0214 3840 000. Ma " in text
    found = CODE.search(text.decode())
    assert found is not None
    return found[1]


def test_the_search_finds_what_is_there(hub: RunningHub, province: Province) -> None:
    """So that the tests below can fail."""
    paper = as_docx(make_paper("BC", seed=3))
    client = Client(hub, CUONG)
    mail = client.write("Báo cáo thường Nậm Lúc", "Kính gửi anh,\nxin gửi báo cáo Nậm Lúc.", ("bc.docx", DOCX, paper))
    client.send(mail, BINH)
    hub.wait_for_mail(BINH)
    left = nothing_left(hub, ["Nậm Lúc", "Báo cáo thường Nậm Lúc"], [paper])
    assert {"mail", "spool"} <= {line.split("/")[2] for line in left if line.startswith("hub/data/")}
    assert any("mailhub.db" in line for line in left)
    assert any("dovecot.index.cache" in line for line in left)


@pytest.mark.parametrize(
    ("subject", "text", "where"),
    [
        ("Phương án Khe Sặt Đông", "Kính gửi anh,\nMẬT\nTổ trinh sát Khe Sặt Đông\ncó mặt trước ngày 3.", "body"),
        (
            "[TỐI MẬT] Lối mòn Tả Gia Khâu",
            "Kính gửi anh,\nngười dẫn lối mòn Tả Gia Khâu là ông Sùng\nđợi ở gốc cây gạo đầu bản Lùng Vai.",
            "subject",
        ),
    ],
)
def test_as_text(hub: RunningHub, province: Province, subject: str, text: str, where: str) -> None:
    client = Client(hub, AN)
    before = client.count()
    mail = client.write(subject, text)
    code = refused(client, mail, BINH, "x@so.example")
    row = next(one for one in incidents(hub) if one["code"] == code)
    assert where in row["found_in"]
    searched(hub, row["number"], copies=4)
    assert client.count() == before + 1  # the draft that says no more than its greeting
    gone(hub, [subject, text.splitlines()[-2], text.splitlines()[-1]], [])
    assert refused(client, mail, BINH) == code  # a phone sends it again from its Outbox
    # Looked through anew, which must be over before somebody writes of another secret there.
    assert searched(hub, row["number"])["times"] == 2


def test_as_a_word_file(hub: RunningHub, province: Province) -> None:
    paper = make_paper("BC", seed=11, secrecy="TỐI MẬT", subject="Về tuyến hầm Lùng Khấu Nhin")
    octets = as_docx(paper)
    client = Client(hub, AN)
    mail = client.write(
        "Gửi anh tài liệu Lùng Khấu Nhin", "Kính gửi anh,\nem gửi tệp.", ("ham-lung-khau-nhin.docx", DOCX, octets)
    )
    code = refused(client, mail, BINH)
    row = next(one for one in incidents(hub) if one["code"] == code)
    assert (row["level"], row["found_in"], row["kept"]) == ("TỐI MẬT", ["file"], "destroyed")
    searched(hub, row["number"])
    gone(hub, ["Lùng Khấu Nhin", "ham-lung-khau-nhin"], [octets])
    assert not [mail for mail in hub.mails(BINH) if b"khau-nhin" in mail]


def scan_of(seed: int, place: str) -> bytes:
    paper = make_paper("BC", seed=seed, secrecy="MẬT", subject=f"Về kho {place}")
    return as_scan(as_pdf(paper))


def test_as_a_scan_without_a_key_it_is_destroyed(hub: RunningHub, province: Province) -> None:
    octets = scan_of(21, "Mường Khương")
    client = Client(hub, AN)
    mail = client.write("Kho Mường Khương Hạ", "Kính gửi anh.", ("kho-muong-khuong.pdf", "application/pdf", octets))
    code = client.send(mail, BINH, CUONG)
    row = incident_of(hub, code)
    assert (row["found_in"], row["kept"]) == (["scan"], "destroyed")
    searched(hub, row["number"])
    gone(hub, ["Kho Mường Khương Hạ", "kho-muong-khuong"], [octets])
    kinds = [line.kind.value for line in province.trace(code)]
    assert "destroyed" in kinds
    assert not {"delivered", "relayed", "released"} & set(kinds)
    for address in (BINH, CUONG):
        assert not [mail for mail in hub.mails(address) if b"muong-khuong" in mail]
    again = client.write("Lần hai", "Kính gửi anh.", ("kho.pdf", "application/pdf", octets))
    assert refused(client, again, BINH) == code  # its reading is known by now
    released = hub.cli("queue", "release", code, "--reason", "x", check=False)
    assert released.returncode == 1


def test_as_a_scan_with_a_key_it_is_sealed_until_two_people_agree(hub: RunningHub, province: Province) -> None:
    out = hub.directory.parent.parent / f"officer-{hub.base_port}.key"
    opened = out.with_suffix(".eml")
    try:
        hub.cli("incident", "key", "make", "--out", str(out), stdin=PASSPHRASE + "\n")
        octets = scan_of(22, "Bản Phiệt")
        client = Client(hub, AN)
        mail = client.write("Kho Bản Phiệt Thượng", "Kính gửi anh.", ("kho-ban-phiet.pdf", "application/pdf", octets))
        code = client.send(mail, BINH)
        row = incident_of(hub, code)
        assert row["kept"] == "sealed"
        searched(hub, row["number"])
        gone(hub, ["Kho Bản Phiệt Thượng", "kho-ban-phiet"], [octets])
        _opened_by_two(hub, province, row["number"], out, opened)
        assert opened.read_bytes().replace(b"\r\n", b"\n") == mail.replace(b"\r\n", b"\n")
        assert shown(hub, row["number"])["kept"] == "opened"
        assert not list((hub.directory / "data" / "sealed").iterdir())
    finally:
        out.unlink(missing_ok=True)
        opened.unlink(missing_ok=True)


def _opened_by_two(hub: RunningHub, province: Province, number: str, key: Any, out: Any) -> None:
    """Nobody opens it alone: not without a proposal, not by agreeing with oneself."""
    del province
    hub.cli("right", "grant", ADMIN, "system_admin", "--reason", "thử")
    said = hub.cli("incident", "open", number, "--reason", "xác minh").stdout
    code = said.splitlines()[0].split()[-1]
    words = (
        "incident",
        "open",
        number,
        "--reason",
        "xác minh",
        "--proposal",
        code,
        "--key",
        str(key),
        "--out",
        str(out),
    )
    assert hub.cli(*words, stdin=PASSPHRASE + "\n", check=False).returncode == 1
    assert hub.cli("proposal", "approve", code, check=False).returncode == 1
    hub.cli("--as", ADMIN, "--prove", "proposal", "approve", code, stdin=PASSWORD + "\n")
    assert hub.cli(*words, stdin="một cụm từ khác\n", check=False).returncode == 1
    assert not out.exists()
    hub.cli(*words, stdin=PASSPHRASE + "\n")


def code_of_refusal(client: Client, text: str) -> str:
    """The code in the refusal of a mail with this text."""
    with pytest.raises(smtplib.SMTPDataError) as caught:
        client.send(client.write("Bài tập huấn", text), BINH)
    found = CODE.search(str(caught.value.smtp_error))
    assert found is not None
    return str(found[0])


def test_what_two_people_call_a_mistake_is_sent_again_and_nothing_else_is(hub: RunningHub, province: Province) -> None:
    del province
    hub.cli("right", "grant", ADMIN, "approver", "--reason", "thử")
    client = Client(hub, CUONG)
    text = "Kính gửi anh,\nTÀI LIỆU MẬT\nlà tên bài tập huấn sáng thứ Ba ở Bát Xát."
    told = code_of_refusal(client, text)
    number = shown(hub, told)["number"]
    words = ("incident", "close", number, "--mistaken", "--reason", "tên bài tập huấn")
    code = hub.cli(*words).stdout.splitlines()[0].split()[-1]
    assert code_of_refusal(client, text) == told
    hub.cli("--as", ADMIN, "--prove", "proposal", "approve", code, stdin=PASSWORD + "\n")
    assert "không phải báo cáo" in hub.cli(*words, "--proposal", code).stdout
    assert client.send(client.write("Bài tập huấn", text), BINH)
    assert code_of_refusal(client, text + " Mang theo bản đồ.") != told
    traced = hub.cli("trace", told).stdout
    assert f"sự cố {number}  quy tắc bi-mat-nha-nuoc (bản " in traced
    outsider = hub.cli("--as", BINH, "trace", told, check=False)
    assert number not in outsider.stdout


def test_the_officer_hears_once_and_the_sender_is_told_what_to_do(hub: RunningHub, province: Province) -> None:
    client = Client(hub, CUONG)
    mail = client.write("Thư riêng", "Kính gửi anh,\nTUYỆT MẬT\nĐiểm hẹn Sín Chéng lúc nửa đêm.")
    code = refused(client, mail, BINH)
    for _ in range(3):
        assert refused(client, mail, BINH) == code
    wait_until(lambda: [m for m in hub.mails(CUONG) if code.encode() in m], "the sender's letter")
    assert len([m for m in hub.mails(CUONG) if code.encode() in m]) == 1
    number = next(one["number"] for one in incidents(hub) if one["code"] == code)
    wait_until(lambda: [m for m in hub.mails(OFFICER) if number.encode() in m], "the officer's letter")
    assert len([m for m in hub.mails(OFFICER) if number.encode() in m]) == 1
    draft = hub.cli("incident", "report", number).stdout
    assert code in draft
    assert "Sín Chéng" not in draft
    hub.cli("incident", "report", number, "--text", "Đã báo cáo Công an tỉnh.")
    hub.cli("incident", "close", number, "--reason", "đã xử lý")
    assert shown(hub, number)["state"] == "closed"


def test_no_log_of_ours_names_it(hub: RunningHub) -> None:
    """Ran last: what all the tests before have left in the hub's own log, and in Dovecot's."""
    for word in ("Khe Sặt", "Tả Gia Khâu", "Lùng Khấu", "Mường Khương", "Bản Phiệt", "Sín Chéng"):
        assert word not in hub.log()
    assert sealing.officer_key(hub.directory / "keys") is not None
    assert sqlite3.sqlite_version
