"""`mailhub account unlock` and `import-hash`: the help desk's way past a lock, and passwords of an older system."""

from __future__ import annotations

import click

from mailhub.accounts.credentials import unlock_account
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.idle import is_idle, reopen
from mailhub.accounts.login.changing import import_hash as take_over
from mailhub.cli.acting import acting, dry_run_option, read_password, reason_option
from mailhub.cli.environment import Environment, pass_environment


@click.command()
@click.argument("address")
@reason_option(required=False)
@dry_run_option
@pass_environment
def unlock(environment: Environment, address: str, *, reason: str, dry_run: bool) -> None:
    """Let an account log in again at once, after too many wrong passwords or too long without a login.

    \b
    Example:
      mailhub --dir DIR account unlock nva@tinh.gov.vn --reason "đã gọi lại xác minh"
    """
    with acting(environment, dry_run=dry_run) as (connection, actor):
        number = unlock_account(connection, actor, address, reason=reason)
        if is_idle(find_mailbox(connection, address)):
            reopen(connection, actor, address, reason=reason)
            number += 1
    click.echo(f"Đã mở khóa đăng nhập {address}" if number else f"{address} không bị khóa đăng nhập")


@click.command("import-hash")
@click.argument("address")
@reason_option(required=True)
@dry_run_option
@pass_environment
def import_hash(environment: Environment, address: str, *, reason: str, dry_run: bool) -> None:
    """Take over the hash of an older system's password from standard input ({SSHA}, {SSHA256}, {SSHA512}, {CRYPT}).

    \b
    Example:
      mailhub --dir DIR account import-hash nva@tinh.gov.vn --reason "chuyển từ hệ thống cũ" < hash.txt
    """
    line = read_password()
    with acting(environment, dry_run=dry_run) as (connection, actor):
        take_over(connection, actor, address, line, reason=reason)
    click.echo(f"Đã nhận mật khẩu của {address} từ hệ thống cũ")
