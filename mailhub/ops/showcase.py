"""`make run`: a province from nothing, one công văn sent and received, its trace, and how to look around.

Everything is done as a person would do it: by `mailhub` on the command line, by SMTP and by IMAP. The directory
is kept and used again the next time. `--once` stops the server after the show, for tests.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from mailhub.clock import local_time, now_ms
from mailhub.errors import MailhubError
from mailhub.ops.demo import PASSWORD
from mailhub.ops.documents import as_docx, as_pdf, sample_letter
from mailhub.ops.errors import ShowFailed
from mailhub.ops.roundtrip import Inbox, submit
from mailhub.ops.serving import serving_processes
from mailhub.ops.showcase_mail import attached_files, compose
from mailhub.ops.showcase_signing import signed_by_leader, what_arrived
from mailhub.ops.showcase_words import grouped, look_around_lines, mail_client_lines, web_lines
from mailhub.serve.privileges import die_with_parent
from mailhub.settings import SETTINGS_FILE, STANDARD_PORTS, Settings, load

DOMAIN = "tinh.gov.vn"
PROVINCE = "Tỉnh Minh Họa"
REGULATION = "Quy chế quản lý thư công vụ kèm Quyết định 12/2026/QĐ-UBND ngày 05/5/2026 của UBND Tỉnh Minh Họa"
SENDING_OFFICE = "vanthu.snv"
RECEIVING_AGENCY = "STC"
BASE_PORT = 20_000
READY_SECONDS = 60.0
ARRIVAL_SECONDS = 30.0
STOP_SECONDS = 45.0
_MAILHUB = (sys.executable, "-m", "mailhub")
_LOG_LINES = 15


class _Stopped(Exception):
    """Ctrl-C, or SIGTERM."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The message on its way: what was attached, and how to find it again."""

    code: str
    message_id: str
    attachments: dict[str, bytes]


class Showcase:
    """One show in `directory`."""

    def __init__(self, directory: Path, base_port: int) -> None:
        self.directory = directory
        self._base_port = base_port
        self._log = directory / "serve.log"
        self._server: subprocess.Popen[bytes] | None = None
        self._step = ""

    def run(self, *, once: bool) -> int:
        """The whole show; the exit code. Without `once` it serves on until somebody stops it."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _stop)
        try:
            self._play()
            if once:
                return 0
            say("", "Máy chủ đang chạy; nhấn Ctrl-C để dừng. / Serving; Ctrl-C stops it.")
            assert self._server is not None
            self._server.wait()
            raise ShowFailed(f"máy chủ tự dừng (mã {self._server.returncode})")
        except _Stopped:
            say("", "Đang dừng máy chủ… / stopping")
            return 0
        except (MailhubError, OSError, subprocess.SubprocessError) as error:
            self._explain(error)
            return 1
        finally:
            self._end()

    def _play(self) -> None:
        settings = self._prepare()
        self._serve()
        clerk, recipient = self._people(settings)
        sent = self._send(settings, clerk, recipient)
        self._receive(settings, recipient, sent)
        self._step = "Theo dõi thư / trace"
        self._trace(sent.code)
        say(
            *mail_client_lines(settings, recipient, clerk),
            *web_lines(settings, self._roles(recipient["address"])),
            *look_around_lines(self.directory, recipient, RECEIVING_AGENCY),
        )

    def _roles(self, official: str) -> list[tuple[str, str]]:
        """Whom to log in as: one of each role, then an official."""
        found: dict[str, str] = {}
        for line in self._mailhub("right", "list", "--json").splitlines():
            one = json.loads(line)
            found.setdefault(one["role"], one["account"])
        return [(address, role) for role, address in found.items()] + [(official, "official")]

    def _trace(self, code: str) -> None:
        """The story, and that of the sealed message which took its place."""
        say("", f"$ mailhub --dir {self.directory} trace {code}", self._mailhub("trace", code).rstrip())
        for line in self._mailhub("trace", code, "--json").splitlines():
            if sealed := json.loads(line)["facts"].get("sealed_as"):
                self._trace(sealed)

    # ------------------------------------------------------------------ steps

    def _begin(self, vietnamese: str, english: str) -> None:
        self._step = f"{vietnamese} / {english}"
        say(f"• {self._step}")

    def _prepare(self) -> Settings:
        running = serving_processes(self.directory / "run")
        if running:
            self._step = "Chuẩn bị / prepare"
            raise ShowFailed(
                f"{self.directory} đang được phục vụ (tiến trình {next(iter(running.values()))}): dừng trước"
            )
        if (self.directory / SETTINGS_FILE).exists():
            self._begin(f"Dùng lại {self.directory}", "using it again")
            self._move_ports_if_taken()
        else:
            base = self._free_base(self._base_port)
            self._begin(f"Tạo tỉnh minh họa tại {self.directory}", "making the demonstration province")
            self._make(base)
        return load(self.directory / SETTINGS_FILE)

    def _make(self, base_port: int) -> None:
        """Made beside its place and moved there whole: a show that was interrupted leaves no half of a hub."""
        unfinished = self.directory.with_name(f"{self.directory.name}.unfinished")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        words = ("--domain", DOMAIN, "--province", PROVINCE, "--regulation", REGULATION)
        self._command("init", str(unfinished), *words, "--base-port", str(base_port), "--demo")
        unfinished.rename(self.directory)

    def _move_ports_if_taken(self) -> None:
        path = self.directory / SETTINGS_FILE
        base = load(path).hub.base_port
        free = self._free_base(base)
        if free != base:
            text = re.sub(r"^base_port = \d+", f"base_port = {free}", path.read_text(), count=1, flags=re.M)
            path.write_text(text)

    def _free_base(self, wanted: int) -> int:
        for base in range(wanted, 60_000, 1_000):
            if all(_is_free(base + port) for port in STANDARD_PORTS.values()):
                if base != wanted:
                    say(f"  cổng {wanted} + … đã bị chiếm, dùng {base} + … / ports taken, using {base}")
                return base
        raise ShowFailed("không còn nghìn cổng nào trống / no free block of ports")

    def _serve(self) -> None:
        self._begin("Khởi động máy chủ", "starting `mailhub serve`")
        parent = os.getpid()
        with self._log.open("wb") as log:
            self._server = subprocess.Popen(
                [*_MAILHUB, "serve", str(self.directory)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us, who then end it in order
                preexec_fn=lambda: die_with_parent(parent, signal.SIGTERM),  # noqa: PLW1509 - no threads here
            )
        deadline = time.monotonic() + READY_SECONDS
        while "mailhub ready" not in self._log.read_text(errors="replace"):
            if self._server.poll() is not None:
                raise ShowFailed(f"máy chủ không khởi động được (mã {self._server.returncode})")
            if time.monotonic() > deadline:
                raise ShowFailed(f"máy chủ chưa sẵn sàng sau {READY_SECONDS:.0f} giây")
            time.sleep(0.05)

    def _people(self, settings: Settings) -> tuple[dict[str, Any], dict[str, Any]]:
        """The clerk who holds the sending office, and an official of another agency."""
        self._begin("Chọn người gửi, người nhận", "choosing a clerk and an official")
        office = json.loads(self._mailhub("account", "show", f"{SENDING_OFFICE}@{settings.hub.domain}", "--json"))
        if not office["held_by"]:
            raise ShowFailed(f"hộp thư {office['address']} chưa có người phụ trách")
        lines = self._mailhub("account", "list", "--agency", RECEIVING_AGENCY, "--state", "active", "--json")
        officials = [found for line in lines.splitlines() if (found := json.loads(line))["kind"] == "personal"]
        if not officials:
            raise ShowFailed(f"đơn vị {RECEIVING_AGENCY} chưa có tài khoản nào")
        say(f"  từ {office['address']} (đăng nhập: {office['held_by'][0]}) đến {officials[-1]['address']}")
        return office, officials[-1]

    def _send(self, settings: Settings, clerk: dict[str, Any], recipient: dict[str, Any]) -> Sent:
        self._begin("Văn thư gửi công văn kèm tệp DOCX, PDF", "sending over STARTTLS with a password")
        letter = sample_letter(local_time(now_ms()).date(), province=settings.hub.province or PROVINCE)
        signed = signed_by_leader(settings, letter, as_pdf(letter))
        attachments = {f"{letter.file_stem}.docx": as_docx(letter), f"{letter.file_stem}.pdf": signed}
        message, message_id = compose(letter, attachments, clerk, recipient)
        code = submit(
            settings,
            clerk["held_by"][0],
            PASSWORD,
            sender=clerk["address"],
            recipients=[recipient["address"]],
            message=message,
            seconds=ARRIVAL_SECONDS,
        )
        say(f"  máy chủ đã nhận, mã {code} ({grouped(len(message))} byte)")
        return Sent(code, message_id, attachments)

    def _receive(self, settings: Settings, recipient: dict[str, Any], sent: Sent) -> None:
        self._begin("Đợi thư vào hộp thư người nhận", "waiting for it over IMAP")
        started = time.monotonic()
        got = attached_files(asyncio.run(_fetch(settings, recipient["address"], sent.message_id)))
        for name, content in sent.attachments.items():
            say(f"  {name}: {what_arrived(name, content, got.get(name))}")
        say(f"  đã vào hộp thư sau {time.monotonic() - started:.1f} giây")

    # -------------------------------------------------------------- machinery

    def _mailhub(self, *words: str) -> str:
        return self._command("--dir", str(self.directory), *words)

    def _command(self, *words: str) -> str:
        done = subprocess.run([*_MAILHUB, *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ShowFailed(f"mailhub {' '.join(words)}: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def _explain(self, error: Exception) -> None:
        print(f"\nKhông thực hiện được bước / failed step: {self._step}\n  {error}", file=sys.stderr)
        if self._server is not None and self._log.exists():
            tail = self._log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
            print("\n".join([f"  {self._log}:", *(f"  | {line}" for line in tail)]), file=sys.stderr)

    def _end(self) -> None:
        if self._server is None or self._server.poll() is not None:
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # it is ending already
        self._server.send_signal(signal.SIGTERM)
        try:
            self._server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()


async def _fetch(settings: Settings, address: str, message_id: str) -> bytes:
    async with Inbox(settings, address, PASSWORD) as inbox:
        return await inbox.wait_for(message_id, seconds=ARRIVAL_SECONDS)


def say(*lines: str) -> None:
    """Print, at once even into a pipe."""
    print("\n".join(lines), flush=True)


def _is_free(port: int) -> bool:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _stop(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):  # make sends the signal on: once is enough
        signal.signal(number, signal.SIG_IGN)
    raise _Stopped


def demo_directory() -> Path:
    """$MAILHUB_DEMO_DIR, or a place that the hub's user can reach."""
    default = "/var/lib/mailhub-demo" if os.geteuid() == 0 else "~/mailhub-demo"
    return Path(os.environ.get("MAILHUB_DEMO_DIR") or default).expanduser().absolute()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m mailhub.ops.showcase", description=__doc__.partition("\n")[0])
    parser.add_argument("--once", action="store_true", help="stop the server after the show")
    options = parser.parse_args(arguments)
    base_port = os.environ.get("MAILHUB_DEMO_BASE_PORT") or str(BASE_PORT)
    if not base_port.isdigit() or not 1_000 <= int(base_port) <= 60_000:
        parser.error(f"MAILHUB_DEMO_BASE_PORT is a number from 1000 to 60000, not {base_port!r}")
    return Showcase(demo_directory(), int(base_port)).run(once=options.once)


if __name__ == "__main__":
    sys.exit(main())
