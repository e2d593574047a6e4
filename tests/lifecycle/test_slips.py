"""Slips: what stands on the paper, who gets one, and that the codes are nowhere else."""

from __future__ import annotations

import stat
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest
import segno
from click.testing import CliRunner, Result
from sqlalchemy import select, update

from mailhub.accounts import service
from mailhub.accounts.login import codes
from mailhub.accounts.login.code_form import read_code
from mailhub.accounts.login.slip_lists import Slip, candidates, issue_slips, list_slips
from mailhub.accounts.models import Mailbox, MailboxState
from mailhub.accounts.records import AuditRow, Credential
from mailhub.accounts.rights import Actor, Role
from mailhub.cli.environment import Environment
from mailhub.cli.recovery import recovery, redeem
from mailhub.cli.slip import slip
from mailhub.clock import DAY, now_ms
from mailhub.errors import MailhubError
from mailhub.lifecycle.slips import SlipFileExists, SlipHub, as_pdf, hub_of, private_file, qr_text
from mailhub.settings import Settings
from mailhub.settings.sections import Hub
from mailhub.store.database import Database
from tests.support.accounts import ROOT, make_account

AT = 1_800_000_000_000
HUB = SlipHub(
    province="Tỉnh Minh Họa",
    host="thu.tinh.gov.vn",
    support="Phòng CNTT, 0214 3840 111",
    imaps=993,
    imap=143,
    submissions=465,
    submission=0,
    client_days=3,
)
AN = Slip(
    address="annv@tinh.gov.vn",
    name="Nguyễn Văn Ấn",
    title="Chuyên viên",
    agency="Sở Nội vụ",
    code="8F3K-22QX-M4TD-9WHB",
    until=AT + 14 * DAY,
)
ODD = Slip(
    address="oyen.d'arc@tinh.gov.vn", name='#[x] $a$ "Ế" \\ <b>', title="", agency="Ủy ban", code=AN.code, until=AT
)


def pages(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


def test_a_slip_says_whose_it_is_the_code_until_when_and_how_to_go_on() -> None:
    (text,) = pages(as_pdf([AN], HUB, at=AT, lists=False))
    for words in (
        "TỈNH MINH HỌA",
        "PHIẾU CẤP TÀI KHOẢN THƯ CÔNG VỤ",
        "Nguyễn Văn Ấn",
        "Chuyên viên",
        "Sở Nội vụ",
        "annv@tinh.gov.vn",
        "8F3K-22QX-M4TD-9WHB",
        "Mã đặt được mật khẩu một lần, đến 15 giờ 00 ngày 29/01/2027. Không chuyển mã cho người khác.",
        "Nếu Ông/Bà không yêu cầu, xin báo Phòng CNTT, 0214 3840 111.",
        "Hệ thống không bao giờ hỏi mật khẩu qua thư, điện thoại hay Zalo",
        "cổng 993 (SSL/TLS) hoặc cổng 143 (STARTTLS)",
        "3 ngày kể từ lần đầu",
        "XÁC NHẬN ĐÃ NHẬN PHIẾU",
        "Người nhận (ký, ghi rõ họ tên, ngày nhận)",
    ):
        assert words in text
    assert "cổng 587" not in text  # that door is closed
    assert "bạn" not in text.casefold().split()


def test_with_no_days_for_clients_the_slip_does_not_speak_of_them() -> None:
    hub = SlipHub(**{name: getattr(HUB, name) for name in HUB.__slots__} | {"client_days": 0})
    (text,) = pages(as_pdf([AN], hub, at=AT, lists=False))
    assert "kể từ lần đầu" not in text


def test_where_there_is_a_web_the_slip_leads_there() -> None:
    hub = replace(HUB, web="thu.tinh.gov.vn", client_days=0)
    (text,) = pages(as_pdf([AN], hub, at=AT, lists=False))
    assert "tự gõ thu.tinh.gov.vn/k, nhập địa chỉ thư và mã" in text
    assert "Quét để mở trang đặt mật khẩu" in text
    assert qr_text(AN, hub.web) == f"https://thu.tinh.gov.vn/k/{AN.code}#annv@tinh.gov.vn"
    assert qr_text(ODD, hub.web).endswith("#oyen.d%27arc@tinh.gov.vn")


def test_each_units_slips_come_behind_its_list_to_sign() -> None:
    text = pages(as_pdf([AN, AN, ODD], HUB, at=AT))
    assert ["DANH SÁCH KÝ NHẬN" in page for page in text] == [True, False, False, True, False]
    assert "STT Họ và tên Địa chỉ thư Ngày nhận Ký nhận" in text[0]
    assert "Tổng số: 2 phiếu" in text[0]
    assert AN.code not in text[0]
    assert "oyen.d'arc@tinh.gov.vn" in text[3].replace("\u2019", "'")


def test_names_are_never_taken_for_markup() -> None:
    (text,) = pages(as_pdf([ODD], HUB, at=AT, lists=False))
    assert "#[x] $a$" in text
    assert "<b>" in text


def test_a_list_longer_than_a_page_repeats_its_head() -> None:
    text = pages(as_pdf([AN] * 60, HUB, at=AT))
    lists = [page for page in text if "STT" in page]
    assert len(lists) > 1
    assert len(text) == len(lists) + 60


def test_the_qr_code_on_the_paper_is_the_one_that_was_meant() -> None:
    """Rendered, and read module by module against segno's own matrix for the text: quiet zone, size and every bit."""
    wanted = [list(row) for row in segno.make(qr_text(AN, ""), error="m", micro=False, encoding="utf-8").matrix]
    page = pypdfium2.PdfDocument(as_pdf([AN], HUB, at=AT, lists=False))[0]
    image = page.render(scale=6).to_pil().convert("L")
    image = image.crop((int(image.width * 0.7), int(image.height * 0.15), image.width, int(image.height * 0.35)))
    left, top, right, bottom = image.point(lambda value: 255 if value < 128 else 0).getbbox() or (0, 0, 0, 0)
    bottom = top + (right - left)  # square; the words below it are not part of it
    step = (right - left) / len(wanted)
    read = [
        [
            int(image.getpixel((int(left + (x + 0.5) * step), int(top + (y + 0.5) * step))) < 128)
            for x in range(len(wanted))
        ]
        for y in range(len(wanted))
    ]
    assert read == wanted
    assert qr_text(AN, "") == f"annv@tinh.gov.vn\n{AN.code}"
    assert bottom > top


def test_the_settings_say_hosts_and_ports(tmp_path: Path) -> None:
    hub = hub_of(Settings(directory=tmp_path, hub=Hub(domain="tinh.gov.vn", hostname="thu.tinh.gov.vn")))
    assert (hub.host, hub.imaps, hub.submissions, hub.client_days) == ("thu.tinh.gov.vn", 993, 465, 0)
    assert hub.web == "thu.tinh.gov.vn"
    assert hub.support == "postmaster@tinh.gov.vn"


def test_the_file_is_its_owners_alone_and_replaces_none(tmp_path: Path) -> None:
    path = tmp_path / "phieu.pdf"
    with private_file(path) as write:
        write(b"%PDF")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(SlipFileExists), private_file(path):
        pass
    assert path.read_bytes() == b"%PDF"
    with pytest.raises(ValueError, match="trip"), private_file(tmp_path / "other"):
        raise ValueError("trip")
    assert not (tmp_path / "other").exists()


def test_a_slip_does_not_show_its_code_in_a_traceback() -> None:
    assert AN.code not in repr(AN)


# --------------------------------------------------------------------------- who gets one


def test_only_those_without_a_password_when_asked_so(province: Database) -> None:
    make_account(province, "nva@tinh.gov.vn", agency="snv", password=None, name="Nguyễn Văn An")
    make_account(province, "ttb@tinh.gov.vn", agency="snv-vp", name="Trần Thị Bình")
    make_account(province, "syt@tinh.gov.vn", agency="syt", password=None)
    suspended = make_account(province, "khoa@tinh.gov.vn", agency="snv", password=None)
    with province.write() as c:
        service.add_role_mailbox(c, ROOT, "vanthu.snv@tinh.gov.vn", "Văn thư", agency="snv")
        c.execute(update(Mailbox).where(Mailbox.id == suspended).values(state=MailboxState.SUSPENDED.value))
    with province.read() as c:
        assert list(candidates(c, ROOT, "snv", only_new=True)) == ["nva@tinh.gov.vn"]
        assert set(candidates(c, ROOT, "snv", only_new=False)) == {"nva@tinh.gov.vn", "ttb@tinh.gov.vn"}
        agency = c.execute(select(Mailbox.agency_id).where(Mailbox.address == "syt@tinh.gov.vn")).scalar_one()
        desk = Actor(name="desk", role=Role.HELP_DESK, agency_id=agency)
        assert not candidates(c, desk, "snv", only_new=False)
        assert list(candidates(c, desk, "", only_new=True)) == ["syt@tinh.gov.vn"]


def test_who_gets_none_is_named_and_the_others_get_theirs(province: Database) -> None:
    make_account(province, "nva@tinh.gov.vn", agency="snv")
    with province.write() as c:
        rules = Settings(directory=Path(), hub=Hub(domain="x.vn", hostname="x.vn")).accounts
        made, left = issue_slips(c, ROOT, ["ai@tinh.gov.vn", "nva@tinh.gov.vn"], at=AT, settings=rules)
        assert [one.address for one in made] == ["nva@tinh.gov.vn"]
        assert [(one.address, "no account" in one.why) for one in left] == [("ai@tinh.gov.vn", True)]
        (row,) = list_slips(c, ROOT, at=AT + 1)
        assert (row.address, row.used_at, row.made_by) == ("nva@tinh.gov.vn", None, ROOT.name)
        assert not list_slips(c, ROOT, at=row.expires_at)
        codes.take_back(c, ROOT, "nva@tinh.gov.vn", at=AT + 2)
        assert not list_slips(c, ROOT, at=AT + 3)


# --------------------------------------------------------------------------- command line


Run = Callable[..., Result]


@pytest.fixture
def run(province: Database, tmp_path: Path) -> Run:
    """Runs a command line; what the command raises comes through."""
    settings = Settings(directory=tmp_path, hub=Hub(domain="tinh.gov.vn", hostname="thu.tinh.gov.vn"))
    settings.keys_directory.mkdir()
    environment = Environment(tmp_path, "quantri")
    environment.__dict__.update(database=province, settings=settings)
    trees = {"slip": slip, "recovery": recovery, "redeem": redeem}

    def typed(*words: str, stdin: str = "") -> Result:
        result = CliRunner().invoke(trees[words[0]], list(words[1:]), input=stdin, obj=environment)
        if isinstance(result.exception, MailhubError):
            raise result.exception
        return result

    return typed


def code_in(path: Path) -> str:
    words = " ".join(pages(path.read_bytes())).split()
    return next(word for word in words if len(word) == 19 and read_code(word))


def test_a_unit_is_printed_and_a_newcomer_sets_a_password_by_the_slip(
    run: Run, province: Database, tmp_path: Path
) -> None:
    make_account(province, "nva@tinh.gov.vn", agency="snv", password=None)
    make_account(province, "ttb@tinh.gov.vn", agency="snv", password=None, name="Trần Thị Bình")
    out = tmp_path / "phieu.pdf"
    tried = run("slip", "make", "--agency", "snv", "--only-new", "--out", str(out), "--dry-run")
    assert "Sẽ lập 2 phiếu" in tried.output
    assert not out.exists()
    done = run("slip", "make", "--agency", "snv", "--only-new", "--out", str(out))
    assert done.output.startswith("Đã lập 2 phiếu")
    assert len(pages(out.read_bytes())) == 3
    code = code_in(out)
    assert code not in done.output
    assert "chưa dùng, đến" in run("slip", "list").output
    assert '"used_at": null' in run("slip", "list", "--agency", "snv", "--json").output
    ask = ("redeem", "nva@tinh.gov.vn")
    assert "hợp lệ" in run(*ask, "--dry-run", stdin=f"{code}\nCau-Ham-Rong.26\n").output
    assert "Đã đặt mật khẩu" in run(*ask, stdin=f"{code.lower()}\nCau-Ham-Rong.26\n").output
    with province.read() as c:
        assert len(c.execute(select(Credential.id)).all()) == 1
        assert code not in str(c.execute(select(AuditRow.after, AuditRow.reason)).all())
    assert "Đã thu hồi phiếu" in run("slip", "take-back", "ttb@tinh.gov.vn", "--reason", "in nhầm").output
    assert "không có phiếu" in run("slip", "take-back", "ttb@tinh.gov.vn", "--reason", "in nhầm").output


def test_wrong_words_are_refused_before_anything_happens(run: Run, province: Database, tmp_path: Path) -> None:
    make_account(province, "nva@tinh.gov.vn", agency="snv")
    there = tmp_path / "there.pdf"
    there.write_text("x")
    with pytest.raises(SlipFileExists):
        run("slip", "make", "nva@tinh.gov.vn", "--out", str(there))
    assert run("slip", "make", "--out", str(tmp_path / "a.pdf")).exit_code == 2
    assert run("slip", "make", "nva@tinh.gov.vn", "--only-new", "--out", str(tmp_path / "a.pdf")).exit_code == 2
    missing = run("slip", "make", "ai@tinh.gov.vn", "--out", str(tmp_path / "a.pdf"))
    assert missing.exit_code == 1
    assert "Không lập phiếu cho ai@tinh.gov.vn" in missing.output
    assert not (tmp_path / "a.pdf").exists()
    with province.read() as c:
        assert not list_slips(c, ROOT, at=now_ms())


def test_recovery_from_the_command_line(run: Run, province: Database, tmp_path: Path) -> None:
    make_account(province, "nva@tinh.gov.vn", agency="snv")
    same = {run("recovery", "request", who).output for who in ("nva@tinh.gov.vn", "ai@tinh.gov.vn")}
    assert len(same) == 1
    out = tmp_path / "phieu.pdf"
    run("recovery", "hand-over", "nva@tinh.gov.vn", "--reason", "đã xác minh", "--out", str(out))
    assert len(pages(out.read_bytes())) == 1
    done = run("recovery", "finish", "nva@tinh.gov.vn", stdin=f"{code_in(out)}\nCau-Ham-Rong.26\n")
    assert "Đã đặt mật khẩu" in done.output


def test_letters_with_marks_are_drawn_as_one_glyph_and_strong_words_semibold() -> None:
    """typst's Libertinus Serif Bold draws ư badly; a decomposed letter would be put together from pieces."""
    slip = replace(AN, name=unicodedata.normalize("NFD", "Lữ Thị Hường"))
    pdf = as_pdf([slip], HUB, at=AT, lists=False)
    assert "Họ và tên: Lữ Thị Hường" in pages(pdf)[0]
    assert b"LibertinusSerif-Semibold" in pdf
    assert b"LibertinusSerif-Bold" not in pdf
