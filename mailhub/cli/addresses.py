"""`mailhub alias`: other names of mailboxes."""

from __future__ import annotations

import click

from mailhub.accounts import service
from mailhub.cli.acting import acting, dry_run_option
from mailhub.cli.environment import Environment, pass_environment


@click.group()
def alias() -> None:
    """Other names of mailboxes (địa chỉ phụ)."""


@alias.command("add")
@click.argument("alias")
@click.argument("address")
@dry_run_option
@pass_environment
def alias_add(environment: Environment, alias: str, address: str, *, dry_run: bool) -> None:
    """Give the mailbox ADDRESS the other name ALIAS."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.add_alias(connection, actor, alias, address)
    click.echo(f"Đã thêm địa chỉ phụ {alias} cho {address}")


@alias.command("remove")
@click.argument("alias")
@dry_run_option
@pass_environment
def alias_remove(environment: Environment, alias: str, *, dry_run: bool) -> None:
    """Take the other name ALIAS away."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.remove_alias(connection, actor, alias)
    click.echo(f"Đã bỏ địa chỉ phụ {alias}")
