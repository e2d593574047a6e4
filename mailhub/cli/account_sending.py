"""`mailhub account allow-sending`: opens what a rule closed, once somebody has spoken with the owner."""

from __future__ import annotations

import click

from mailhub.accounts.life import sending
from mailhub.cli.account_acts import expect_option
from mailhub.cli.acting import acting, dry_run_option, reason_option
from mailhub.cli.environment import Environment, pass_environment


@click.command("allow-sending")
@click.argument("address")
@reason_option(required=True)
@expect_option
@dry_run_option
@pass_environment
def allow_sending(environment: Environment, address: str, *, reason: str, expect: int | None, dry_run: bool) -> None:
    """Let an account send again that a rule stopped, and let go what waited. Speak with its owner first.

    \b
    Example:
      mailhub --dir DIR account allow-sending nva@tinh.gov.vn --reason "đã gọi điện xác minh, đã đổi mật khẩu"
    """
    with acting(environment, dry_run=dry_run) as (connection, actor):
        sending.allow_sending(connection, actor, address, reason=reason, expect=expect)
    click.echo(f"Đã cho {address} gửi thư trở lại; thư đang chờ được gửi tiếp")
