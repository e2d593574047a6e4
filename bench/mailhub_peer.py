"""mailhub as one of the servers: a hub of its own in a folder, configured by its command line and mailhub.toml.

Outgoing, the sink is the smarthost and the generator submits (STARTTLS, AUTH once a connection). Incoming, the
sink is the home of the official domain, and the outside's DNS is the fake one.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

from bench import processes
from bench.client import Target
from bench.processes import BenchError
from bench.scene import CLERK, OFFICIAL_DOMAIN, OFFICIALS, Direction, Scene

STANDARD_PORTS = (25, 465, 587, 143, 993, 4190, 80, 443)
READY = "mailhub ready"


class Mailhub:
    """A hub. `local` leaves the mailboxes here, in its own Dovecot, instead of at the sink."""

    name = "mailhub"

    def __init__(self, scene: Scene, *, local: bool = False) -> None:
        self._scene, self._local = scene, local
        self.home = scene.work / self.name
        self.base_port = processes.free_base_port(STANDARD_PORTS)
        self._password = f"Bench-1#{secrets.token_urlsafe(18)}"  # letters of both cases, a digit, a sign
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Create the hub and its accounts, and serve.

        Raises:
            BenchError: a command failed or the hub was not ready within a minute.
        """
        self._command("init", str(self.home), "--domain", OFFICIAL_DOMAIN, "--base-port", str(self.base_port))
        self._configure()
        for address in [CLERK, *OFFICIALS]:
            self._create(address)
        if self._scene.direction is Direction.INCOMING and not self._local:
            self._hub("domain", "home", OFFICIAL_DOMAIN, f"smtp://127.0.0.1:{self._scene.sink_port}")
        log = self.home.with_suffix(".log")
        self._process = processes.start([*_program(), "serve", str(self.home)], log)
        processes.wait_for(lambda: self._is_ready(log), "mailhub", log, seconds=60)

    def stop(self) -> None:
        """Drain and end."""
        if self._process is not None:
            processes.stop(self._process, grace_seconds=40)
            self._process = None

    @property
    def target(self) -> Target:
        """The submission door or the MX door."""
        if self._scene.direction is Direction.OUTGOING:
            return Target(port=self.base_port + 587, starttls=True, login=(CLERK, self._password))
        return Target(port=self.base_port + 25)

    @property
    def roots(self) -> list[int]:
        """The supervisor."""
        return [self._process.pid] if self._process is not None else []

    def _configure(self) -> None:
        file = self.home / "mailhub.toml"
        text = with_value(file.read_text(), "dns", "nameservers", '["127.0.0.1"]')
        for door in ("https", "http"):  # the relay is measured, without the web beside it
            text = with_value(text, "listen", door, '""')
        text = with_value(text, "dns", "port", str(self._scene.dns_port))
        text = with_value(text, "delivery", "smarthost", f'"127.0.0.1:{self._scene.sink_port}"')
        text = with_value(text, "signatures", "online", "false")  # a benchmark fetches no revocation lists
        # One RSA signature, as the peer makes it.
        text = re.sub(
            r'^\[\[dkim\.keys\]\]\n(?:[a-z]+ = [^\n]*\n)*?algorithm = "ed25519"\n(?:[a-z]+ = [^\n]*\n)*',
            "",
            text,
            flags=re.M,
        )
        file.write_text(text)

    def _create(self, address: str) -> None:
        name = f"Cán bộ {address.partition('@')[0]}"
        self._hub("account", "create", address, "--name", name, "--password-stdin", typed=self._password + "\n")

    def _hub(self, *arguments: str, typed: str = "") -> None:
        self._command("--dir", str(self.home), *arguments, typed=typed)

    def _command(self, *arguments: str, typed: str = "") -> None:
        done = subprocess.run(
            [*_program(), *arguments], input=typed, capture_output=True, text=True, check=False, timeout=120
        )
        if done.returncode:
            raise BenchError(f"mailhub {' '.join(arguments)}: {done.returncode} {done.stdout}{done.stderr}")

    def _is_ready(self, log: Path) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise BenchError(f"mailhub serve ended with {self._process.returncode}\n{log.read_text()[-3000:]}")
        return READY in log.read_text(errors="replace").splitlines()


def with_value(text: str, section: str, key: str, value: str) -> str:
    """The TOML `text` with `key` of `[section]` set to the literal `value`; comments and the rest stay.

    A value over several lines is not understood; the hub's own file has none for the keys set here.
    """
    line = f"{key} = {value}"
    header = re.search(rf"^\[{re.escape(section)}\][^\n]*\n", text, re.MULTILINE)
    if header is None:
        return f"{text.rstrip()}\n\n[{section}]\n{line}\n"
    following = re.search(r"^\[", text[header.end() :], re.MULTILINE)
    end = header.end() + following.start() if following else len(text)
    body = text[header.end() : end]
    body, replaced = re.subn(rf"^{re.escape(key)}\s*=[^\n]*", lambda _: line, body, count=1, flags=re.MULTILINE)
    return text[: header.end()] + ("" if replaced else line + "\n") + body + text[end:]


def _program() -> list[str]:
    """The `mailhub` beside this interpreter."""
    script = Path(sys.executable).parent / "mailhub"
    return [str(script)] if os.access(script, os.X_OK) else [sys.executable, "-m", "mailhub.cli.main"]
