"""What the commands that change accounts share: who acts, trying without doing, and how a result is printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, TypeVar

import click
from sqlalchemy import Connection

from mailhub.accounts.rights import Actor
from mailhub.cli.environment import Environment

F = TypeVar("F", bound=Callable[..., Any])

dry_run_option = click.option("--dry-run", is_flag=True, help="Check everything, change nothing.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON objects, one a line.")


class _Undone(Exception):
    """Leaves the transaction without committing it."""


def reason_option(*, required: bool) -> Callable[[F], F]:
    """`--reason`, kept in the audit log."""
    if required:
        return click.option("--reason", required=True, help="Why; kept in the audit log.")
    return click.option("--reason", default="", help="Why; kept in the audit log.")


@contextmanager
def acting(environment: Environment, *, dry_run: bool = False) -> Iterator[tuple[Connection, Actor]]:
    """One transaction as whoever acts (`Environment.actor`); undone at its end when `dry_run`."""
    environment.prove()  # argon2 does not belong into a transaction
    try:
        with environment.database.write() as connection:
            yield connection, environment.actor(connection)
            if dry_run:
                raise _Undone
    except _Undone:
        click.echo("(thử, chưa thay đổi gì / dry run, nothing changed)", err=True)


@contextmanager
def looking(environment: Environment) -> Iterator[tuple[Connection, Actor]]:
    """A connection to read on, and whoever looks."""
    environment.prove()
    with environment.database.read() as connection:
        yield connection, environment.actor(connection)


def tell_empty(found: Sized, *, as_json: bool) -> None:
    """Say that a list is empty, beside the output: nothing at all looks like a fault."""
    if not found and not as_json:
        click.echo("Không có kết quả.", err=True)


def print_json(value: object) -> None:
    """One object on one line."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


def read_password() -> str:
    """The password on standard input, up to the end of its first line.

    Raises:
        click.UsageError: there is nothing there, or it is not UTF-8.
    """
    try:
        line = sys.stdin.buffer.readline().decode("utf-8")
    except UnicodeDecodeError as error:
        raise click.UsageError("the password on standard input is not UTF-8") from error
    secret = line.removesuffix("\n").removesuffix("\r")
    if not secret:
        raise click.UsageError("no password on standard input")
    return secret


def read_day(_context: click.Context, _option: click.Parameter, value: datetime | None) -> date | None:
    """A click callback: the date of what `click.DateTime` read."""
    return None if value is None else value.date()


day_type = click.DateTime(["%Y-%m-%d", "%d/%m/%Y"])
