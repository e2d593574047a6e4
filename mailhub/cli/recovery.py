"""`mailhub recovery`, and `account redeem`: back into an account whose password is lost, and into a new one."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path

import click

from mailhub.accounts.login import recovery as service
from mailhub.accounts.login.code_door import set_password_by_code
from mailhub.accounts.login.slip_lists import slip_of
from mailhub.cli.acting import acting, dry_run_option, reason_option
from mailhub.cli.environment import Environment, ask_secret, pass_environment
from mailhub.clock import DAY, now_ms
from mailhub.store.sealing import open_sealer


@click.group()
def recovery() -> None:
    """Help for who lost the password: a code to the registered channel, or a slip by hand.

    \b
    Examples:
      mailhub --dir DIR recovery request nva@tinh.gov.vn
      mailhub --dir DIR recovery finish nva@tinh.gov.vn
      mailhub --dir DIR recovery hand-over nva@tinh.gov.vn --reason "đã xác minh tại bàn" --out phieu.pdf
    """


@recovery.command()
@click.argument("address")
@dry_run_option
@pass_environment
def request(environment: Environment, address: str, *, dry_run: bool) -> None:
    """Have a code sent to the channel that the person registered. The answer never says whether there is one.

    \b
    Example:
      mailhub --dir DIR recovery request nva@tinh.gov.vn
    """
    settings = environment.settings
    with acting(environment, dry_run=dry_run) as (connection, _):
        sealer = open_sealer(settings.keys_directory)
        service.request(connection, address, ip="", at=now_ms(), settings=settings.accounts, sealer=sealer)
    click.echo("Nếu tài khoản có kênh khôi phục đã đăng ký, mã được gửi đến kênh đó trong ít phút.")


@recovery.command("hand-over")
@click.argument("address")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The PDF, a new file.")
@reason_option(required=True)
@dry_run_option
@pass_environment
def hand_over(environment: Environment, address: str, *, out: Path, reason: str, dry_run: bool) -> None:
    """Print a fresh slip for somebody who has come in person and whom you know.

    \b
    Example:
      mailhub --dir DIR recovery hand-over nva@tinh.gov.vn --reason "đã xác minh tại bàn" --out phieu.pdf
    """
    from mailhub.lifecycle.slips import as_pdf, hub_of, private_file

    at, rules = now_ms(), environment.settings.accounts
    with nullcontext(None) if dry_run else private_file(out) as write:
        with acting(environment, dry_run=dry_run) as (connection, actor):
            code = service.hand_over(connection, actor, address, at=at, settings=rules, reason=reason)
            slip = slip_of(connection, address, code, until=at + rules.slip_days * DAY)
        if write is not None:
            write(as_pdf([slip], hub_of(environment.settings), at=at, lists=False))
    click.echo("Sẽ lập 1 phiếu." if dry_run else f"Đã lập phiếu: {out}. In xong, đề nghị xóa tệp này.")


@recovery.command()
@click.argument("address")
@dry_run_option
@pass_environment
def finish(environment: Environment, address: str, *, dry_run: bool) -> None:
    """Set the password by the code that was sent: asks for the code, then for the new password.

    \b
    Example:
      mailhub --dir DIR recovery finish nva@tinh.gov.vn
    """
    use_code(environment, address, dry_run=dry_run)


@click.command()
@click.argument("address")
@dry_run_option
@pass_environment
def redeem(environment: Environment, address: str, *, dry_run: bool) -> None:
    """Set the person's own password by a slip's code: asks for the code, then for the new password.

    From a pipe the first line is the code, the second the password.

    \b
    Example:
      mailhub --dir DIR account redeem nva@tinh.gov.vn
    """
    use_code(environment, address, dry_run=dry_run)


def use_code(environment: Environment, address: str, *, dry_run: bool) -> None:
    """Read code and password, and set it. With `dry_run` both are judged and nothing is kept.

    Raises:
        CodeRefused, WeakPassword.
    """
    code, password = ask_secret("Mã trên phiếu"), ask_secret("Mật khẩu mới")
    if sys.stdin.isatty() and ask_secret("Nhập lại mật khẩu mới") != password:
        raise click.UsageError("the two passwords differ")
    database, at = environment.database, now_ms()
    set_password_by_code(
        database, address, code, password, ip="", at=at, settings=environment.settings, dry_run=dry_run
    )
    click.echo(f"Đã đặt mật khẩu cho {address}; mã đã hết hiệu lực." if not dry_run else "Mã và mật khẩu hợp lệ.")
