"""`make run`: a province from nothing, one công văn sent and received, its trace, and how to look around.

Everything is done as a person would do it: by `mailhub` on the command line, by SMTP and by IMAP. The directory
is kept and used again the next time. `--once` stops the server after the show, for tests.
"""

from __future__ import annotations

import argparse
import asyncio
import email
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
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from types import FrameType
from typing import Any

from mailhub.clock import local_time, mail_date, now_ms
from mailhub.errors import MailhubError
from mailhub.ids import new_id
from mailhub.ops.demo import PASSWORD
from mailhub.ops.documents import OfficialLetter, as_docx, as_pdf, sample_letter
from mailhub.ops.roundtrip import Inbox, submit
from mailhub.ops.serving import serving_processes
from mailhub.serve.privileges import die_with_parent
from mailhub.settings import SETTINGS_FILE, STANDARD_PORTS, Settings, load

DOMAIN = "tinh.gov.vn"
PROVINCE = "Tỉnh Minh Họa"
SENDING_OFFICE = "vanthu.snv"
RECEIVING_AGENCY = "STC"
BASE_PORT = 20_000
READY_SECONDS = 60.0
ARRIVAL_SECONDS = 30.0
STOP_SECONDS = 45.0
_MAILHUB = (sys.executable, "-m", "mailhub")
_DOCX = ("application", "vnd.openxmlformats-officedocument.wordprocessingml.document")
_LOG_LINES = 15


class ShowFailed(MailhubError):
    """A step of the show did not succeed."""


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
        say("", f"$ mailhub --dir {self.directory} trace {sent.code}", self._mailhub("trace", sent.code).rstrip())
        say(*mail_client_lines(settings, recipient, clerk), *look_around_lines(self.directory, recipient))

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
        words = ("--domain", DOMAIN, "--province", PROVINCE, "--base-port", str(base_port), "--demo")
        self._command("init", str(unfinished), *words)
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
        attachments = {f"{letter.file_stem}.docx": as_docx(letter), f"{letter.file_stem}.pdf": as_pdf(letter)}
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
            if got.get(name) != content:
                raise ShowFailed(f"tệp {name} không còn nguyên vẹn")
            say(f"  {name}: {grouped(len(content))} byte, nguyên vẹn từng byte / byte for byte")
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


def compose(
    letter: OfficialLetter, attachments: dict[str, bytes], sender: dict[str, Any], recipient: dict[str, Any]
) -> tuple[bytes, str]:
    """The message in its wire form and its Message-ID. `sender` and `recipient` have `name` and `address`."""
    message = EmailMessage(policy=SMTP)
    message["From"] = _named(sender)
    message["To"] = _named(recipient)
    message["Subject"] = f"Công văn số {letter.number_symbol} {letter.subject.replace(chr(10), ' ')}"
    message["Date"] = mail_date(now_ms())
    message["Message-ID"] = f"<{new_id()}@minhhoa.{DOMAIN}>"
    message.set_content(
        f"Kính gửi {letter.addressee},\n\n{sender['name']} gửi Công văn số {letter.number_symbol}, "
        "tệp DOCX và PDF kèm theo.\n\nTrân trọng.\n"
    )
    for name, content in attachments.items():
        maintype, subtype = _DOCX if name.endswith(".docx") else ("application", "pdf")
        message.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    return message.as_bytes(), str(message["Message-ID"])


def _named(account: dict[str, Any]) -> str:
    return f'"{account["name"]}" <{account["address"]}>'


def attached_files(message: bytes) -> dict[str, bytes]:
    """The attachments of a message by file name, decoded."""
    parts = [part for part in email.message_from_bytes(message).walk() if part.get_filename()]
    contents = [(str(part.get_filename()), part.get_payload(decode=True)) for part in parts]
    return {name: content for name, content in contents if isinstance(content, bytes)}


async def _fetch(settings: Settings, address: str, message_id: str) -> bytes:
    async with Inbox(settings, address, PASSWORD) as inbox:
        return await inbox.wait_for(message_id, seconds=ARRIVAL_SECONDS)


def mail_client_lines(settings: Settings, recipient: dict[str, Any], clerk: dict[str, Any]) -> list[str]:
    """What to type into Thunderbird."""
    base = settings.hub.base_port
    return [
        "",
        "Thunderbird (Tài khoản mới > Cấu hình thủ công / New account > Configure manually):",
        f"  Họ tên, địa chỉ    {recipient['name']} <{recipient['address']}>",
        f"                     hoặc/or văn thư Sở Nội vụ: {clerk['held_by'][0]}",
        f"  Mật khẩu           {PASSWORD}   (mọi tài khoản minh họa / every demo account)",
        f"  IMAP               127.0.0.1, cổng/port {base + STANDARD_PORTS['imaps']}, SSL/TLS, Normal password",
        f"  SMTP               127.0.0.1, cổng/port {base + STANDARD_PORTS['submission']}, STARTTLS, Normal password",
        "  Tên đăng nhập      là cả địa chỉ / user name: the whole address",
        "  Chứng thư TLS do máy chủ tự cấp: chấp nhận ngoại lệ khi được hỏi.",
        "  The certificate is self-made: confirm the exception when asked.",
    ]


def look_around_lines(directory: Path, recipient: dict[str, Any]) -> list[str]:
    """The commands to try next."""
    command = f"{Path(sys.executable).parent / 'mailhub'} --dir {directory}"
    return [
        "",
        "Xem thêm / look around:",
        f"  {command} trace --to {recipient['address']}",
        f"  {command} account list --agency {RECEIVING_AGENCY}",
        f"  {command} queue list",
        f"  {command} doctor",
    ]


def grouped(number: int) -> str:
    """`101.810`, as Vietnamese writes thousands."""
    return f"{number:,}".replace(",", ".")


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
