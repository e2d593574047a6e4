"""`mailhub app-password`: passwords for one device's mail client each."""

from __future__ import annotations

import click

from mailhub.accounts.login.app_passwords import (
    AppPasswordRow,
    list_app_passwords,
    make_app_password,
    revoke_app_passwords,
)
from mailhub.cli.acting import acting, dry_run_option, json_option, looking, print_json, reason_option, tell_empty
from mailhub.cli.environment import Environment, pass_environment
from mailhub.clock import iso_time, local_time, now_ms


@click.group("app-password")
def app_password() -> None:
    """Passwords for mail clients, one a device; each is shown once and can be revoked alone.

    \b
    Examples:
      mailhub --dir DIR app-password make nva@tinh.gov.vn --device "Điện thoại"
      mailhub --dir DIR app-password list nva@tinh.gov.vn
      mailhub --dir DIR app-password revoke nva@tinh.gov.vn --device "Điện thoại" --reason "mất điện thoại"
    """


@app_password.command()
@click.argument("address")
@click.option("--device", required=True, help='What it is for, such as "Điện thoại" or "Outlook ở cơ quan".')
@click.option("--days", type=click.IntRange(1, 3650), help="Good for so many days only.")
@dry_run_option
@pass_environment
def make(environment: Environment, address: str, *, device: str, days: int | None, dry_run: bool) -> None:
    """Make an app password and print it, this once. The owner gets a letter.

    \b
    Example:
      mailhub --dir DIR app-password make nva@tinh.gov.vn --device "Điện thoại"
    """
    rules = environment.settings.passwords
    with acting(environment, dry_run=dry_run) as (connection, actor):
        secret = make_app_password(connection, actor, address, device, settings=rules, days=days)
    if not dry_run:
        click.echo(f"Mật khẩu ứng dụng của {address} cho {device} (chỉ hiện một lần): {secret}")


@app_password.command("list")
@click.argument("address")
@click.option("--revoked", is_flag=True, help="Those that were revoked as well.")
@json_option
@pass_environment
def list_(environment: Environment, address: str, *, revoked: bool, as_json: bool) -> None:
    """List an account's app passwords: device, since when, used last when and where. Never the secret."""
    with looking(environment) as (connection, actor):
        rows = list_app_passwords(connection, actor, address, revoked=revoked)
    tell_empty(rows, as_json=as_json)
    for row in rows:
        if as_json:
            print_json(_object(row))
        else:
            click.echo(f"{row.prefix:<10} {row.device:<32} {_use(row)}{_end(row)}")


@app_password.command()
@click.argument("address")
@click.option("--device", help="The device, or the beginning that `list` shows.")
@click.option("--all", "everything", is_flag=True, help="All of the account's.")
@reason_option(required=True)
@dry_run_option
@pass_environment
def revoke(
    environment: Environment, address: str, *, device: str | None, everything: bool, reason: str, dry_run: bool
) -> None:
    """Take app passwords back: the device no longer gets in.

    \b
    Example:
      mailhub --dir DIR app-password revoke nva@tinh.gov.vn --all --reason "mất máy tính"
    """
    if (device is None) != everything:
        raise click.UsageError("give either --device or --all")
    with acting(environment, dry_run=dry_run) as (connection, actor):
        number = revoke_app_passwords(connection, actor, address, device, reason=reason)
    click.echo(f"Đã thu hồi {number} mật khẩu ứng dụng của {address}")


def _object(row: AppPasswordRow) -> dict[str, object]:
    times = {"made": row.made_at, "until": row.expires_at, "used": row.last_used_at, "revoked": row.revoked_at}
    return {
        "prefix": row.prefix,
        "device": row.device,
        **{name: None if at is None else iso_time(at) for name, at in times.items()},
        "ip": row.last_ip,
        "service": row.last_service,
    }


def _use(row: AppPasswordRow) -> str:
    if row.last_used_at is None:
        return "chưa dùng"
    return f"dùng lần cuối {_moment(row.last_used_at)} {row.last_service} {row.last_ip}".rstrip()


def _end(row: AppPasswordRow) -> str:
    if row.revoked_at is not None:
        return f"; đã thu hồi {_moment(row.revoked_at)}"
    if row.expires_at is None:
        return ""
    return f"; {'hết hạn' if row.expires_at <= now_ms() else 'có hiệu lực đến'} {_moment(row.expires_at)}"


def _moment(at: int) -> str:
    return local_time(at).strftime("%H:%M %d/%m/%Y")
