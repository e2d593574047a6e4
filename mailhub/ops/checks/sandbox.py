"""Can a file from outside do harm? A process in the sandbox tries, and says what it reached."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping

from mailhub.ops.findings import Check, Ground, Status, Verdict, broken, joined, look, ok
from mailhub.sandbox.errors import InspectorBusy, InspectorUnavailable
from mailhub.sandbox.jail import BUBBLEWRAP
from mailhub.sandbox.pool import Inspector
from mailhub.sandbox.wire import Tried
from mailhub.serve.inspectors import BACKLOG, QUICK_SOCKET, SLOW_SOCKET
from mailhub.settings import Settings
from mailhub.settings.values import STANDARD_PORTS, split_host_port

SECONDS = 8.0
_START = "khởi động: systemctl start mailhub mailhub-inspector (hoặc mailhub serve DIR), xem nhật ký"
_UNPROTECTED = 'đặt [inspector] sandbox = "bubblewrap" rồi khởi động lại; nếu thiếu: apt install bubblewrap'
_HOLE = "dừng mailhub-inspector, báo cho nhóm phát triển; thư vẫn được nhận, tệp đính kèm chờ đọc"
# What `sandbox/probe.py` tries, by name.
_WORDS: Mapping[str, str] = {
    "network.loopback": "mạng nội bộ (loopback)",
    "network.outside": "mạng ngoài (network)",
    "network.dns": "DNS",
    "network.interfaces": "thiết bị mạng (interfaces)",
    "files.shadow": "/etc/shadow",
    "files.hub": "thư mục và cơ sở dữ liệu (hub's files)",
    "files.write": "ghi ngoài /tmp (write)",
    "processes.others": "tiến trình khác (processes)",
    "processes.ptrace": "ptrace",
    "processes.kill": "kill",
    "rights.root": "quyền root (capabilities)",
    "rights.namespace": "namespace",
    "limits.processes": "quá số tiến trình (fork bomb)",
    "limits.memory": "quá bộ nhớ (memory)",
}


def sandbox_checks(_ground: Ground) -> list[Check]:
    """The walls, who waits before them, and the scanner for malware."""
    return [
        Check("sandbox", "Cách ly tệp đính kèm", check_sandbox, Status.BROKEN),
        Check("inspector", "Đọc tệp đính kèm", check_queue),
        Check("clamd", "Quét mã độc", check_clamd),
    ]


def check_sandbox(ground: Ground) -> Verdict:
    """A child of each kind of zygote tries to break out."""
    verdicts = [_probe(ground.settings, name) for name in (QUICK_SOCKET, SLOW_SOCKET)]
    if ground.settings.inspector.sandbox != BUBBLEWRAP:
        verdicts.append(look("cấu hình cho mở tệp không cách ly (unprotected)", _UNPROTECTED))
    return joined(verdicts)


def _probe(settings: Settings, name: str) -> Verdict:
    inspector = Inspector(settings.run_directory / name)
    ports = [address.port for service in STANDARD_PORTS if (address := settings.listen_address(service)) is not None]
    paths = [
        settings.directory,
        settings.run_directory,
        settings.directory / "data/mailhub.db",
        settings.keys_directory,
    ]
    try:
        tried = asyncio.run(inspector.probe([str(path) for path in paths], ports, timeout=SECONDS))
    except InspectorBusy:
        return look(f"{name}: bận, chưa thử được", "chạy lại khi máy chủ bớt tải")
    except InspectorUnavailable as error:
        return broken(f"{name} không trả lời: {error}", _START)
    return _judged(settings, tried)


def _judged(settings: Settings, tried: tuple[Tried, ...]) -> Verdict:
    """What was tried, in words; everything that there is to try must have been."""
    blocked = {one.what for one in tried if one.blocked}
    details = {one.what: one.detail for one in tried}
    holes = [
        f"{words} {details.get(what, 'chưa thử')}".strip() for what, words in _WORDS.items() if what not in blocked
    ]
    if not holes:
        return ok("đã chặn (blocked): " + ", ".join(_WORDS.values()))
    seen = "không chặn (NOT blocked): " + ", ".join(holes)
    return broken(seen, _HOLE) if settings.inspector.sandbox == BUBBLEWRAP else look(seen, _UNPROTECTED)


def check_queue(ground: Ground) -> Verdict:
    """How many messages wait to be read."""
    run = ground.settings.run_directory
    quick, slow = (asyncio.run(Inspector(run / name).queue_length()) for name in (QUICK_SOCKET, SLOW_SOCKET))
    seen = f"{quick} thư chờ, {slow} bản quét chờ"
    if max(quick, slow) >= BACKLOG // 2:
        return look(seen, "tăng [inspector] quick hoặc slow nếu máy còn lõi CPU rỗi")
    return ok(seen)


def check_clamd(ground: Ground) -> Verdict:
    """The scanner answers; without one that is said (clamd(8), PING)."""
    where = ground.settings.inspector.clamd
    if not where:
        return look("không có: tệp không được quét mã độc (no clamd)", "apt install clamav-daemon; [inspector] clamd")
    try:
        with _connect(where) as one:
            one.sendall(b"zPING\0")
            said = one.recv(100)
    except OSError as error:
        return broken(f"{where} không trả lời: {error}", "systemctl status clamav-daemon; thư vẫn được nhận")
    return ok(f"{where} trả lời") if said.startswith(b"PONG") else broken(f"{where}: {said!r}", "kiểm tra clamd")


def _connect(where: str) -> socket.socket:
    if not where.startswith("unix:"):
        return socket.create_connection(split_host_port(where), timeout=SECONDS)
    one = socket.socket(socket.AF_UNIX)
    one.settimeout(SECONDS)
    try:
        one.connect(where.removeprefix("unix:"))
    except OSError:
        one.close()
        raise
    return one
