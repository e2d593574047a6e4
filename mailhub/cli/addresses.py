"""`mailhub alias`, `group`, `role`: other names, addresses for several, mailboxes of an office."""

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


@click.group()
def group() -> None:
    """Addresses that stand for several: a unit, a list."""


@group.command("add")
@click.argument("address")
@click.option("--name", default="", help="What people read.")
@click.option("--agency", default="", metavar="CODE", help="Whose it is (default: the province itself).")
@dry_run_option
@pass_environment
def group_add(environment: Environment, address: str, *, name: str, agency: str, dry_run: bool) -> None:
    """Open a group address."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.add_group(connection, actor, address, name, agency=agency)
    click.echo(f"Đã thêm nhóm {address}")


@group.command("add-member")
@click.argument("address")
@click.argument("members", nargs=-1, required=True)
@dry_run_option
@pass_environment
def group_add_member(environment: Environment, address: str, members: tuple[str, ...], *, dry_run: bool) -> None:
    """Put mailboxes or other groups into the group ADDRESS; all of them or none."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        for member in members:
            service.add_member(connection, actor, address, member)
    click.echo(f"Đã thêm {len(members)} thành viên vào {address}")


@group.command("remove-member")
@click.argument("address")
@click.argument("member")
@dry_run_option
@pass_environment
def group_remove_member(environment: Environment, address: str, member: str, *, dry_run: bool) -> None:
    """Take a member out of the group ADDRESS."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.remove_member(connection, actor, address, member)
    click.echo(f"Đã đưa {member} ra khỏi {address}")


@click.group()
def role() -> None:
    """Mailboxes of an office (văn thư, bộ phận một cửa), held by officials in turn."""


@role.command("add")
@click.argument("address")
@click.option("--name", required=True, help='Such as "Văn thư Sở Nội vụ".')
@click.option("--agency", default="", metavar="CODE", help="Whose it is (default: the province itself).")
@dry_run_option
@pass_environment
def role_add(environment: Environment, address: str, *, name: str, agency: str, dry_run: bool) -> None:
    """Open the mailbox of an office."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.add_role_mailbox(connection, actor, address, name, agency=agency)
    click.echo(f"Đã thêm hộp thư đơn vị {address}")


@role.command("hold")
@click.argument("address")
@click.argument("holder")
@dry_run_option
@pass_environment
def role_hold(environment: Environment, address: str, holder: str, *, dry_run: bool) -> None:
    """Let HOLDER send as the role mailbox ADDRESS from now on."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.hold_role(connection, actor, address, holder)
    click.echo(f"{holder} phụ trách {address}")


@role.command("release")
@click.argument("address")
@click.argument("holder")
@dry_run_option
@pass_environment
def role_release(environment: Environment, address: str, holder: str, *, dry_run: bool) -> None:
    """HOLDER no longer holds the role mailbox ADDRESS."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.release_role(connection, actor, address, holder)
    click.echo(f"{holder} thôi phụ trách {address}")
