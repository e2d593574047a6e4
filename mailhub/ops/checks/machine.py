"""The machine's clock, the program's parts, and what the settings leave unsaid."""

from __future__ import annotations

import ctypes
import functools
import importlib.metadata
import platform
import re
import subprocess

from mailhub.errors import MailhubError
from mailhub.mailboxes.tools import find_program
from mailhub.ops.findings import Check, Ground, Verdict, broken, joined, look, ok

LEAST_SQLITE = (3, 51, 3)  # older ones may corrupt a database in WAL mode
_TIME_ERROR = 5
_STA_UNSYNC = 0x0040


def machine_checks(_ground: Ground) -> list[Check]:
    """Clock, versions, texts."""
    return [
        Check("clock", "Đồng hồ", check_clock),
        Check("versions", "Phiên bản", check_versions),
        Check("settings.texts", "Thông tin của tỉnh", check_texts),
    ]


# ----------------------------------------------------------------------- clock


class _Timex(ctypes.Structure):
    """struct timex of adjtimex(2)."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),  # more than any architecture's
    )


def check_clock(_ground: Ground) -> Verdict:
    """The kernel says whether somebody (chrony, systemd-timesyncd, the host) keeps its clock right."""
    libc = ctypes.CDLL(None, use_errno=True)
    state = _Timex()
    answer = libc.adjtimex(ctypes.byref(state))
    if answer < 0:
        return look("không hỏi được nhân hệ điều hành", "kiểm tra bằng timedatectl")
    if answer == _TIME_ERROR or state.status & _STA_UNSYNC:
        return look("chưa đồng bộ theo NTP", "bật systemd-timesyncd hoặc chrony, kiểm tra bằng timedatectl")
    return ok("đồng bộ theo NTP")


# -------------------------------------------------------------------- versions


@functools.cache
def pinned_versions() -> dict[str, str]:
    """Packages that this program wants in one version only, by its own metadata."""
    found = {}
    for line in importlib.metadata.requires("mailhub") or ():
        if match := re.match(r"([A-Za-z0-9_.-]+)(?:\[[^]]*])?==([0-9.]+)", line):
            found[match[1]] = match[2]
    return found


@functools.cache
def installed_versions() -> dict[str, str]:
    """What is installed of those, and of mailhub itself."""
    found = {}
    for name in ("mailhub", *pinned_versions()):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "?"
    return found


def check_versions(ground: Ground) -> Verdict:
    """The interpreter, SQLite, Dovecot, and the packages whose inside is used."""
    import pysqlite3

    installed = installed_versions()
    verdicts = [ok(f"mailhub {installed['mailhub']}"), ok(f"Python {platform.python_version()}")]
    sqlite = str(pysqlite3.sqlite_version)
    old = tuple(int(part) for part in sqlite.split(".")) < LEAST_SQLITE
    least = ".".join(map(str, LEAST_SQLITE))
    remedy = "make install"
    verdicts.append(broken(f"SQLite {sqlite}, cần {least}", remedy) if old else ok(f"SQLite {sqlite}"))
    for name, wanted in pinned_versions().items():
        is_it = installed[name] == wanted
        verdicts.append(ok(f"{name} {wanted}") if is_it else broken(f"{name} {installed[name]}, cần {wanted}", remedy))
    if ground.settings.mailboxes.enabled:
        verdicts.append(_dovecot(ground.settings.mailboxes.dovecot))
    return joined(verdicts)


def _dovecot(program: str) -> Verdict:
    try:
        done = subprocess.run(
            [find_program(program), "--version"], capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError, MailhubError) as error:
        return broken(f"Dovecot: {error}", "make install")
    return ok(f"Dovecot {done.stdout.split()[0]}")


# ----------------------------------------------------------------------- texts


def check_texts(ground: Ground) -> Verdict:
    """What notices to officials need: căn cứ, đầu mối hỗ trợ, the province's name."""
    hub = ground.settings.hub
    missing = [
        name
        for name, value in (
            ("[hub] regulation (căn cứ)", hub.regulation),
            ("[hub] support (đầu mối, điện thoại)", hub.support),
            ("[hub] province (tên tỉnh)", hub.province),
        )
        if not value
    ]
    if missing:
        return look("chưa điền " + ", ".join(missing), "điền vào mailhub.toml, rồi systemctl reload mailhub")
    return ok("đã điền đủ")
