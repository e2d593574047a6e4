"""The file and the version in force, kept one: what is read, and what is written after an activation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from mailhub.cli.acting import print_json
from mailhub.cli.environment import Environment
from mailhub.cli.policy_words import activated_line, activated_object, change_lines
from mailhub.screening.rules import putting
from mailhub.screening.rules.errors import PolicyFileFault
from mailhub.screening.rules.policy_file import POLICY_FILE, read_text
from mailhub.screening.rules.versions import Activated

F = TypeVar("F", bound=Callable[..., Any])


def file_option(command: F) -> F:
    """FILE, or DIR/policy.toml."""
    return click.argument("file", required=False, type=click.Path(path_type=Path))(command)


def read_given(environment: Environment, file: Path | None) -> tuple[str, str]:
    """The text of FILE and the name its faults are told by; a relative FILE that is not here may lie in DIR. Before
    the database is asked for: root reads it.

    Raises:
        PolicyFileFault: there is none, or it cannot be read.
    """
    path = environment.directory / POLICY_FILE if file is None else file
    text = read_text(path)
    if text is None and not path.is_absolute():
        text = read_text(environment.directory / path)
    if text is None:
        raise PolicyFileFault(
            f"không có tệp {path}: ghi tên tệp, hoặc thư mục của hệ thống bằng --dir "
            f"({path} is not there: name a file, or a hub's directory with --dir)"
        )
    return text, POLICY_FILE if file is None else str(file)


def put_file(environment: Environment, text: str) -> None:
    """Make DIR/policy.toml say what is in force; what it said and never was in force lies beside it afterwards.

    Raises:
        FileNotWritten
    """
    kept = putting.put_file(environment.database, environment.directory, text)
    if kept is not None:
        click.echo(f"Nội dung cũ của {POLICY_FILE} chưa từng áp dụng, được giữ lại ở {kept}", err=True)


def check_file_is_in_force(environment: Environment) -> None:
    """Before a command that writes rules by itself.

    Raises:
        FileDiffers, PolicyFileFault
    """
    putting.check_file_is_in_force(environment.database, environment.directory)


def tell_activated(done: Activated, *, as_json: bool, dry_run: bool) -> None:
    """What an activation did, or would do."""
    if as_json:
        print_json(activated_object(done, dry_run=dry_run))
        return
    for line in change_lines(done.changes):
        click.echo(line)
    click.echo(activated_line(done, dry_run=dry_run))
