"""What people read of a closing: each door, when it closed, how that was checked, and what is still missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailhub.accounts.life.closings import DOORS, RESTORE, DoorLine, Proof
from mailhub.accounts.life.models import DoorState
from mailhub.cli.closing import DOORS as NAMES
from mailhub.cli.closing import proof_json, proof_text

pytestmark = pytest.mark.unit

AT = 1_795_334_733_000  # 22/11/2026 15:05:33 in Vietnam
LINES = (
    DoorLine("login", DoorState.CLOSED, AT + 300, "Đọc lại tài khoản", 1),
    DoorLine("app-passwords", DoorState.ABSENT, AT + 300, "Không có mật khẩu ứng dụng nào", 1),
    DoorLine("imap-sessions", DoorState.CLOSED, AT + 1_250, "doveadm who", 2),
)
PROOF = Proof(1, "nva@tinh.gov.vn", "suspend", 7, AT, AT + 1_250, LINES)


def test_every_door_has_a_name() -> None:
    assert set(NAMES) == set(DOORS)


def test_a_finished_proof() -> None:
    first, *doors, last = proof_text(PROOF)
    assert first == "Tạm khóa nva@tinh.gov.vn lúc 22/11/2026 15:05:33"
    assert [line.split("  ")[1].strip() for line in doors] == ["Đăng nhập", "Mật khẩu ứng dụng", "Phiên IMAP"]
    assert "sau 0,3 s" in doors[0]
    assert "không có" in doors[1]
    assert "sau 1,2 s" in doors[2]
    assert last == "Đã đóng và kiểm tra đủ 3 cửa sau 1,2 s"


def test_what_is_missing_is_said_with_what_to_do() -> None:
    still = DoorLine("imap-sessions", DoorState.CLOSING, None, "Dovecot chưa trả lời; đang thử lại", 3)
    *_, door, last = proof_text(replace(PROOF, done_at=None, doors=(*LINES[:2], still)))
    assert "chưa xong" in door
    assert "Dovecot chưa trả lời" in door
    assert last == "Chưa xong hết; máy chủ đang thử lại. Xem lại: mailhub account proof nva@tinh.gov.vn"


def test_a_restoration_claims_no_closed_doors() -> None:
    line = DoorLine("queued-mail", DoorState.REOPENED, AT + 10, "Đã trả lại hàng đợi 2 lượt gửi", 1)
    first, door = proof_text(replace(PROOF, act=RESTORE, doors=(line,)))
    assert first.startswith("Khôi phục nva@tinh.gov.vn")
    assert "đã mở lại" in door


def test_json_counts_seconds_from_the_act() -> None:
    shown = proof_json(PROOF)
    doors = shown["doors"]
    assert isinstance(doors, list)
    assert [door["seconds"] for door in doors] == [0.3, 0.3, 1.25]
    assert (shown["account"], shown["done_at"]) == ("nva@tinh.gov.vn", AT + 1_250)
