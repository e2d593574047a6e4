"""Who reads the files of a message for a command: the hub's own inspector when it runs, else one for the moment."""

from __future__ import annotations

from contextlib import AbstractContextManager

from mailhub.cli.environment import Environment
from mailhub.ops import inspecting
from mailhub.sandbox.pool import Inspector
from mailhub.settings import SETTINGS_FILE


def inspector_of(environment: Environment) -> AbstractContextManager[Inspector]:
    """Enter it before the database is asked for: root builds the sandbox and lends it to whom it becomes.

    Raises:
        SandboxImpossible: this machine cannot shut a process in, and the hub's settings do not do without.
        SettingsError
    """
    owner = (environment.directory / SETTINGS_FILE).stat() if environment.steps_down else None
    lent_to = None if owner is None else (owner.st_uid, owner.st_gid)
    return inspecting.inspector_of(environment.settings, lent_to=lent_to)
