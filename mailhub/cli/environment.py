"""What every command that works on a hub has at hand: its directory, its settings, its database."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import click

from mailhub.serve.preload import preload_data
from mailhub.settings import SETTINGS_FILE, Settings, load
from mailhub.store.database import Database, open_database


def who_types() -> str:
    """The operating system's name for whoever runs this, behind sudo as well."""
    behind = os.environ.get("SUDO_USER")
    if behind:
        return behind
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


@dataclass
class Environment:
    """`--dir DIR`, read when first needed, so that `--help` works anywhere."""

    directory: Path
    # Who typed the command, for the audit log; asked before root steps down.
    os_user: str = field(default_factory=who_types)

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

    def step_down(self) -> None:
        """When root works on somebody's directory, do it as that somebody."""
        owner = (self.directory / SETTINGS_FILE).stat()
        if os.geteuid() == 0 and owner.st_uid != 0:
            preload_data()
            os.setgroups([])
            os.setresgid(owner.st_gid, owner.st_gid, owner.st_gid)
            os.setresuid(owner.st_uid, owner.st_uid, owner.st_uid)


pass_environment = click.make_pass_decorator(Environment)
