"""Writes what was rendered into its folder and lets Dovecot read it before anything is started."""

from __future__ import annotations

import os
from pathlib import Path

from mailhub.mailboxes.errors import MailboxesError
from mailhub.mailboxes.leftovers import clear_leftovers
from mailhub.mailboxes.plan import DovecotPlan
from mailhub.mailboxes.render import RenderedFile, configuration_syntax, render
from mailhub.mailboxes.tools import find_program, run_tool


def install(plan: DovecotPlan, program: str) -> None:
    """Render for the Dovecot that is installed, write, check.

    Raises:
        MailboxesError: no Dovecot that we can configure, or it refuses the configuration.
        OSError: a folder or file cannot be written.
    """
    rendered = render(plan, syntax=configuration_syntax(run_tool(plan, [program, "--version"])))
    for folder in (plan.directory, plan.directory / "state", plan.run_directory, plan.mail_directory):
        _make_folder(folder, plan)
    for name, file in rendered.items():
        target = plan.directory / name
        _make_folder(target.parent, plan)
        _write(target, file, plan)
    clear_leftovers(plan)
    run_tool(plan, [find_program("doveconf"), "-n", "-c", str(plan.configuration)])
    run_tool(plan, [find_program("sievec"), "-c", str(plan.configuration), str(plan.directory / "sieve")])


def _make_folder(folder: Path, plan: DovecotPlan) -> None:
    if folder.is_symlink():
        raise MailboxesError(f"{folder} is a symbolic link; Dovecot's folders are real ones")
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True)
        if os.geteuid() == 0:
            os.chown(folder, plan.uid, plan.gid)


def _write(target: Path, file: RenderedFile, plan: DovecotPlan) -> None:
    """Replace `target` in one step: a Dovecot that reads meanwhile sees the old file or the new one."""
    fresh = target.with_name(f".{target.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, file.mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        os.fchmod(descriptor, file.mode)
        if os.geteuid() == 0:
            os.fchown(descriptor, plan.uid, plan.gid)
        stream.write(file.text)
        stream.flush()
        os.fsync(descriptor)
    fresh.rename(target)
