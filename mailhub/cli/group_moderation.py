"""`mailhub group waiting`, `approve`, `refuse`: what a group's moderators decide."""

from __future__ import annotations

from dataclasses import asdict

import click

from mailhub.cli.acting import acting, dry_run_option, json_option, looking, print_json, reason_option
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.group_views import waiting_words
from mailhub.queue import moderation

_group = click.option("--group", default="", metavar="ADDRESS", help="Only for this group.")


@click.command("waiting")
@_group
@json_option
@pass_environment
def waiting(environment: Environment, *, group: str, as_json: bool) -> None:
    """List the messages that wait for a moderator, oldest first."""
    with looking(environment) as (connection, actor):
        rows = moderation.list_for_moderators(connection, actor, group=group)
    for row in rows:
        print_json(asdict(row)) if as_json else click.echo(waiting_words(row))
    if not rows:
        click.echo("Không có thư nào chờ duyệt / nothing waits", err=True)


@click.command("approve")
@click.argument("code")
@_group
@reason_option(required=False)
@dry_run_option
@pass_environment
def approve(environment: Environment, code: str, *, group: str, reason: str, dry_run: bool) -> None:
    """Let the message CODE go on to the group."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        number = moderation.approve(connection, actor, code, group=group, reason=reason)
    click.echo(f"Đã duyệt thư {code}: gửi tiếp đến {number} người")


@click.command("refuse")
@click.argument("code")
@_group
@reason_option(required=True)
@dry_run_option
@pass_environment
def refuse(environment: Environment, code: str, *, group: str, reason: str, dry_run: bool) -> None:
    """Keep the message CODE from the group; its sender is told the reason."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        moderation.refuse(connection, actor, code, group=group, reason=reason)
    click.echo(f"Đã từ chối thư {code}; người gửi được báo lý do")
