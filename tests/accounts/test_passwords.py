"""The rules of passwords (QCVN 12:2026/BCA 3.7.2.6.4) and their hashes."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from mailhub.accounts.errors import WeakPassword
from mailhub.accounts.passwords import faults, hasher_for, new_hash
from tests.support.accounts import PASSWORD, Passwords

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ("Ab-3456", "cần ít nhất 8 ký tự"),
        ("ABC-12345", "thiếu chữ thường"),
        ("abc-12345", "thiếu chữ hoa"),
        ("Abc-defgh", "thiếu chữ số"),
        ("Abcd12345", "thiếu ký tự đặc biệt"),
        ("Abcd 1234", "thiếu ký tự đặc biệt"),
        ("Ab-1\n2345", "có ký tự điều khiển"),
        ("Nva.snv-2026", "chứa tên đăng nhập"),
        ("Aa1-Aa1-", "lặp lại quá ít ký tự"),
        ("Aa1-xyz" * 50, "dài quá 256 ký tự"),
    ],
)
def test_a_password_that_breaks_one_rule_is_told_which(secret: str, why: str) -> None:
    assert faults(secret, "nva.snv@tinh.gov.vn", minimum=8) == (why,)
    with pytest.raises(WeakPassword, match=why):
        new_hash(Passwords(), secret, "nva.snv@tinh.gov.vn")


@pytest.mark.parametrize("secret", [PASSWORD, "Mật-khẩu.2026", "a B c-1 d2", "N-va.2026!"])
def test_a_password_that_keeps_the_rules_is_taken(secret: str) -> None:
    assert faults(secret, "nva@tinh.gov.vn", minimum=8) == ()
    stored = new_hash(Passwords(), secret, "nva@tinh.gov.vn")
    assert stored.startswith("$argon2id$")
    assert hasher_for(Passwords()).verify(stored, secret)


@pytest.mark.parametrize(
    "secret",
    [
        "Matkhau@123",
        "Mat-Khau@2026",
        "P@ssw0rd2026",
        "Vietnam@2026",
        "Hanoi#123",
        "Abcd@1234",
        "Qwerty!2345",
        "Admin@123",
        "1qaz@WSX3edc",
        "TuyenQuang@2026",
        "Abc@123456",
    ],
)
def test_a_password_that_keeps_the_rules_and_is_everybodys_is_refused(secret: str) -> None:
    assert faults(secret, "nva@tinh.gov.vn", minimum=8) == ("là mật khẩu thông dụng, ai cũng đoán được",)


def test_fewer_kinds_can_be_asked_for() -> None:
    assert faults("songlo12345", "nva@tinh.gov.vn", minimum=8, kinds=2) == ()
    assert faults("songlochay", "nva@tinh.gov.vn", minimum=8, kinds=0) == ()
    assert len(faults("abcdefghi", "nva@tinh.gov.vn", minimum=8, kinds=2)) == 1


@pytest.mark.parametrize("stored", [None, "", "garbage", "$argon2id$v=19$m=8,t=1,p=1$broken"])
def test_what_is_no_hash_matches_nothing(stored: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = hasher_for(Passwords())
    assert not hasher.verify(stored, PASSWORD)
    monkeypatch.setattr(hasher, "_dummy", hasher.hash("guessed"))
    assert not hasher.verify(stored, "guessed")


def test_no_more_are_computed_at_once_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = hasher_for(replace(Passwords(), concurrent=2, parallelism=2, memory_kib=16))
    inside, most, lock = 0, 0, threading.Lock()

    class Slow:
        def verify(self, _stored: str, _secret: bytes) -> bool:
            nonlocal inside, most
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.02)  # long enough that a third would be seen inside
            with lock:
                inside -= 1
            return True

    monkeypatch.setattr(hasher, "_argon2", Slow())
    threads = [threading.Thread(target=hasher.verify, args=("x", "y")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert most == 2
