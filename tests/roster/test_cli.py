"""`mailhub roster` as an administrator types it: a file, a plan, a list applied and taken back."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hub import RunningHub
from tests.support.inspector import needs_sandbox
from tests.support.office import cell, xlsx

PASTED = "STT\tHọ và tên\tChức vụ\tSố CCCD\n1\tNguyễn Văn An\tTrưởng phòng\t1075000001\n2\tTrần Thị Bình\tVăn thư\t\n"


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    needs_sandbox()
    with RunningHub(start=False) as made:
        made.cli("agency", "add", "snv", "--name", "Sở Nội vụ")
        yield made


def code_of(plan: str) -> str:
    return str(json.loads(plan.splitlines()[0])["import"])


def test_a_list_is_planned_applied_shown_and_undone(hub: RunningHub, tmp_path: Path) -> None:
    words = ("roster", "plan", "-", "--agency", "snv")
    tried = hub.cli(*words, "--dry-run", stdin=PASTED)
    assert "+ 2 tạo mới" in tried.stdout
    assert hub.cli("roster", "list").stdout == ""
    planned = hub.cli(*words, "--json", stdin=PASTED)
    code = code_of(planned.stdout)
    digest = hashlib.sha256(PASTED.encode()).hexdigest()
    original = hub.directory / "data" / "imports" / digest
    assert b"tinh" not in original.read_bytes()
    assert "Nguy" not in original.read_bytes().decode("utf-8", "ignore")
    hub.cli("roster", "original", code, "--out", str(tmp_path / "goc.txt"))
    assert (tmp_path / "goc.txt").read_bytes() == PASTED.encode()
    assert "roster.original" in hub.cli("audit", "list").stdout
    assert original.stat().st_mode & 0o777 == 0o600
    assert "annv@tinh.gov.vn" in hub.cli("roster", "rows", code).stdout
    applied = hub.cli("roster", "apply", code).stdout
    assert "đã áp dụng: 2" in applied
    assert "mailhub slip make --agency snv --only-new --out phieu.pdf" in applied
    assert json.loads(hub.cli("roster", "show", code, "--json").stdout)["rows"] == {"create/done": 2}
    assert "= 2 không đổi" in hub.cli(*words, "--dry-run", stdin=PASTED).stdout

    shorter = "\n".join(PASTED.split("\n")[:2])
    ending = code_of(hub.cli(*words, "--complete", "--json", stdin=shorter).stdout)
    refused = hub.cli("roster", "apply", ending, check=False)
    assert refused.returncode == 1
    assert "cần người thứ hai" in refused.stderr
    waiting = hub.cli("proposal", "list", "--json").stdout
    assert "mass-end" in waiting
    shown = hub.cli("proposal", "show", json.loads(waiting.splitlines()[0])["code"]).stdout
    assert f"Thu hồi 1 tài khoản theo danh sách nhân sự {ending}:\n  – " in shown
    assert "@tinh.gov.vn" in shown
    assert "Đề nghị: quản trị máy chủ" in shown

    assert "đã hoàn tác: 2" in hub.cli("roster", "undo", code, "--reason", "thử").stdout
    assert "annv@" not in hub.cli("account", "list").stdout


def test_faulty_rows_are_written_as_a_table_that_can_be_mended_and_planned(hub: RunningHub, tmp_path: Path) -> None:
    rows = f"<row r='1'>{cell('A1', 'DANH SÁCH CÁN BỘ')}</row>"
    for number, texts in enumerate(
        (("STT", "Họ và tên", "Ngày sinh", "Email"), ("1", "Lê Cúc", "31/02/1990", ""), ("2", "Vũ Em", "", "ảo@x")), 3
    ):
        cells = "".join(cell(f"{'ABCD'[place]}{number}", text) for place, text in enumerate(texts))
        rows += f"<row r='{number}'>{cells}</row>"
    file, faults = tmp_path / "ds.xlsx", tmp_path / "loi.csv"
    file.write_bytes(xlsx({"DS": rows}))
    shown = hub.cli("roster", "plan", str(file), "--agency", "snv", "--dry-run", "--faults", str(faults)).stdout
    assert "! 2 lỗi" in shown
    assert "! dòng 4 (DS): Lê Cúc" in shown
    assert "cột C (Ngày sinh): “31/02/1990” không có trong lịch" in shown
    table = list(csv.reader(io.StringIO(faults.read_text("utf-8-sig"))))
    assert table[0] == ["Dòng", "STT", "Họ và tên", "Ngày sinh", "Email", "Nội dung cần sửa"]
    assert table[1][:4] == ["4", "1", "Lê Cúc", "31/02/1990"]
    faults.write_text(faults.read_text("utf-8-sig").replace("31/02", "28/02").replace("ảo@x", ""), "utf-8-sig")
    mended = hub.cli("roster", "plan", str(faults), "--agency", "snv", "--dry-run").stdout
    assert "+ 2 tạo mới" in mended
    assert "! 0 lỗi" in mended


@pytest.mark.parametrize(
    ("data", "told"),
    [(b"%PDF-1.7\n", "không phải bảng tính"), (b"a,b\n1,2\n", "không tìm thấy dòng tiêu đề"), (b"", "tệp rỗng")],
)
def test_what_is_no_list_says_what_to_do(hub: RunningHub, tmp_path: Path, data: bytes, told: str) -> None:
    file = tmp_path / "ds.csv"
    file.write_bytes(data)
    refused = hub.cli("roster", "plan", str(file), check=False)
    assert refused.returncode == 1
    assert told in refused.stderr
    assert refused.stderr.count("\n") == 1
