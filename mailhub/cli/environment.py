"""What every command that works on a hub has at hand: its directory, its settings, its database."""

from __future__ import annotations

import getpass
import os
import pwd
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click
import sqlalchemy
from sqlalchemy import Connection

import mailhub
from mailhub.accounts.control.grants import actor_of
from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.rights import Actor, console
from mailhub.clock import now_ms
from mailhub.settings import SETTINGS_FILE, Settings, load
from mailhub.store.database import Database, open_database

if TYPE_CHECKING:  # at run time where it is needed: most commands check no password, and each starts faster
    from mailhub.accounts.authenticate import Accepted, Rejected


def who_types() -> str:
    """The operating system's name for whoever runs this, behind sudo as well."""
    behind = os.environ.get("SUDO_USER")
    if behind:
        return behind
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def ask_secret(prompt: str) -> str:
    """A secret from the terminal without showing it, or else the first line of standard input."""
    if sys.stdin.isatty():
        return getpass.getpass(prompt + ": ")
    return sys.stdin.readline().rstrip("\r\n")


@dataclass
class Environment:
    """`--dir DIR`, read when first needed, so that `--help` works anywhere."""

    directory: Path
    # Who typed the command, for the audit log; asked before root steps down.
    os_user: str = field(default_factory=who_types)
    # `--as ADDRESS`: act with this account's rights, which are fewer than the console's. '' = as the console.
    as_address: str = ""
    # `--prove`: the account's password is read first, so that it counts as a person of its own.
    prove_it: bool = False
    _proved: bool = field(default=False, init=False)

    @cached_property
    def settings(self) -> Settings:
        """The settings of DIR.

        Raises:
            SettingsError: there is no such file, or it is wrong.
        """
        return load(self.directory / SETTINGS_FILE)

    @cached_property
    def database(self) -> Database:
        """The database of DIR. Root becomes the owner of DIR first, so that no file of root's is left behind."""
        database = open_database(self.settings.database_url)
        self.step_down()
        return database

    def actor(self, connection: Connection) -> Actor:
        """Whoever acts: the operating-system user at the console, or the account that `--as` names.

        Raises:
            NoSuchAccount
        """
        if not self.as_address:
            return self.console
        mailbox = find_mailbox(connection, self.as_address)
        return actor_of(connection, mailbox, at=now_ms(), via=self.console.name, proved=self._proved)

    @property
    def console(self) -> Actor:
        """The operating-system user at the console, whatever `--as` says: `actor` is what commands ask."""
        return console(self.os_user)

    def prove(self) -> None:
        """With `--prove`: ask for the password of `--as` (and the second factor's code), once.

        Raises:
            NotAllowed: they are wrong, or the account may not log in. Whoever types here may read the directory, so
                that a right password that does not do is told apart from a wrong one.
        """
        if not self.prove_it or self._proved:
            return
        if not self.as_address:
            raise click.UsageError("--prove needs --as ADDRESS")
        from mailhub.accounts.authenticate import Accepted, Rejected

        secret = ask_secret(f"Mật khẩu của {self.as_address}")
        verdict = self._authenticate(secret, "")
        if isinstance(verdict, Rejected) and verdict.wants_code:
            code = ask_secret("Mã xác thực hai lớp").strip()
            if not code:
                raise NotAllowed(
                    f"thiếu mã xác thực hai lớp của {self.as_address}: nhập mã khi được hỏi, hoặc ghi mã ở dòng "
                    "thứ hai của đầu vào (dòng thứ nhất là mật khẩu)"
                )
            verdict = self._authenticate(secret, code)
        if not isinstance(verdict, Accepted):
            raise NotAllowed(self._why_not())
        self._proved = True

    def _why_not(self) -> str:
        """What was missing, as the account's last try has it."""
        from mailhub.accounts.attempts import WORDS, Cause, last_attempts

        told = {Cause.SECOND_FACTOR_MISSING, Cause.WRONG_CODE, Cause.PASSWORD_EXPIRED, Cause.BLOCKED}
        with self.database.read() as connection:
            mailbox = find_mailbox(connection, self.as_address)
            tries = [one for one in last_attempts(connection, mailbox.id) if one.service == "console"]
        if not tries or tries[0].cause not in told:
            return f"the password of {self.as_address} is wrong, or the account may not log in"
        why = f"{self.as_address}: {WORDS[tries[0].cause]}"
        if tries[0].cause == Cause.SECOND_FACTOR_MISSING:
            why += f" (mailhub second-factor set-up {self.as_address}, rồi second-factor confirm)"
        return why

    def _authenticate(self, secret: str, code: str) -> Accepted | Rejected:
        from mailhub.accounts.authenticate import authenticate

        return authenticate(
            self.database,
            self.as_address,
            secret,
            service="console",
            ip="",
            at=now_ms(),
            settings=self.settings,
            code=code,
        )

    @property
    def steps_down(self) -> bool:
        """Whether root types, and the directory is somebody else's.

        Raises:
            SettingsError: DIR has no settings.
        """
        assert self.settings
        file = self.directory / SETTINGS_FILE
        return os.geteuid() == 0 and file.exists() and file.stat().st_uid != 0

    def step_down(self) -> None:
        """When root works on somebody's directory, do it as that somebody."""
        owner = (self.directory / SETTINGS_FILE).stat()
        if os.geteuid() == 0 and owner.st_uid != 0:
            _load_what_nobody_else_reads()
            os.setgroups([])
            os.setresgid(owner.st_gid, owner.st_gid, owner.st_gid)
            os.setresuid(owner.st_uid, owner.st_uid, owner.st_uid)


def _load_what_nobody_else_reads() -> None:
    """The program's files, when they lie where only root reads them; otherwise they are read when they are needed."""
    files = [Path(module.__file__ or "/") for module in (mailhub, sqlalchemy)]
    modes = [(0o004, file) for file in files] + [(0o005, folder) for file in files for folder in file.parents]
    if all(path.stat().st_mode & needed == needed for needed, path in modes):
        return
    from mailhub.serve.preload import preload_data

    preload_data()


pass_environment = click.make_pass_decorator(Environment)
