"""`mailhub domain rename|canonical`: what happens to domains when provinces merge. (Attached in cli/domain.py.)"""

from __future__ import annotations

from datetime import date

import click

from mailhub.accounts.organisation.merging import make_canonical, rename_domain
from mailhub.cli.acting import acting, day_type, dry_run_option, read_day, reason_option
from mailhub.cli.environment import Environment, pass_environment


@click.command("rename")
@click.argument("name")
@click.argument("to")
@click.option("--receives-until", type=day_type, callback=read_day, help="The last day on which it receives.")
@reason_option(required=True)
@dry_run_option
@pass_environment
def domain_rename(
    environment: Environment, name: str, to: str, *, receives_until: date | None, reason: str, dry_run: bool
) -> None:
    """Let what is sent from NAME say TO; NAME goes on receiving, to a last day that postmaster@ is reminded of.

    \b
    Example:
      mailhub --dir DIR domain rename yenbai.gov.vn laocai.gov.vn --receives-until 2030-06-30 \\
          --reason "NQ 202/2025/QH15"
    """
    with acting(environment, dry_run=dry_run) as (connection, actor):
        rename_domain(connection, actor, name, to, reason=reason, receives_until=receives_until)
    until = "" if receives_until is None else f", nhận thư đến hết ngày {receives_until:%d/%m/%Y}"
    click.echo(f"Thư gửi đi từ {name} ghi địa chỉ {to}; {name} vẫn nhận thư{until}")


@click.command("canonical")
@click.argument("name")
@reason_option(required=True)
@dry_run_option
@pass_environment
def domain_canonical(environment: Environment, name: str, *, reason: str, dry_run: bool) -> None:
    """Make NAME the domain that the hub's own mail comes from."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        make_canonical(connection, actor, name, reason=reason)
    click.echo(f"Tên miền chính: {name}")
