"""`mailhub second-factor`: codes from an application on the phone, beside the password."""

from __future__ import annotations

import io

import click
import segno

from mailhub.accounts.login import second_factor as service
from mailhub.cli.acting import acting, dry_run_option, json_option, looking, print_json, reason_option
from mailhub.cli.environment import Environment, pass_environment
from mailhub.clock import iso_time, local_time, now_ms
from mailhub.store.sealing import open_sealer


@click.group("second-factor")
def second_factor() -> None:
    """The second factor: codes from an authenticator application (TOTP), and recovery codes.

    \b
    Examples:
      mailhub --dir DIR second-factor set-up nva@tinh.gov.vn
      mailhub --dir DIR second-factor confirm nva@tinh.gov.vn 123456
      mailhub --dir DIR second-factor reset nva@tinh.gov.vn --reason "mất điện thoại"
    """


@second_factor.command("set-up")
@click.argument("address")
@dry_run_option
@pass_environment
def set_up(environment: Environment, address: str, *, dry_run: bool) -> None:
    """Make a key and show it as a QR code, this once. It counts after `confirm`.

    \b
    Example:
      mailhub --dir DIR --as nva@tinh.gov.vn second-factor set-up nva@tinh.gov.vn
    """
    settings = environment.settings
    with acting(environment, dry_run=dry_run) as (connection, actor):
        sealer = open_sealer(settings.keys_directory)
        made = service.set_up(connection, actor, address, sealer, issuer=settings.hub.domain)
    if dry_run:
        return
    click.echo(_picture(made.uri))
    click.echo(f"Khóa nhập tay: {made.key}")
    click.echo(f"Quét mã bằng ứng dụng xác thực, rồi xác nhận: mailhub second-factor confirm {made.address} MÃ")


@second_factor.command()
@click.argument("address")
@click.argument("code")
@dry_run_option
@pass_environment
def confirm(environment: Environment, address: str, code: str, *, dry_run: bool) -> None:
    """Prove with the first code that the phone has the key; prints the recovery codes, this once.

    From then on mail clients need app passwords.
    """
    with acting(environment, dry_run=dry_run) as (connection, actor):
        sealer = open_sealer(environment.settings.keys_directory)
        codes = service.confirm(connection, actor, address, code, sealer)
    if dry_run:
        return
    click.echo(f"Đã bật xác thực hai lớp cho {address}; ứng dụng thư cần mật khẩu ứng dụng.")
    click.echo("Mã dự phòng, mỗi mã dùng một lần, chỉ hiện lần này:")
    for one in codes:
        click.echo(f"  {one}")


@second_factor.command("list")
@json_option
@pass_environment
def list_(environment: Environment, *, as_json: bool) -> None:
    """List who has a second factor, and who lacks one that a role demands."""
    with looking(environment) as (connection, actor):
        lines = service.list_second_factors(connection, actor, environment.settings.passwords, at=now_ms())
    for line in lines:
        since = line.confirmed_at
        if as_json:
            confirmed = None if since is None else iso_time(since)
            print_json(
                {
                    "address": line.address,
                    "name": line.name,
                    "confirmed": confirmed,
                    "demanded": line.demanded,
                    "recovery_codes": line.recovery_codes,
                    "passkeys": line.passkeys,
                }
            )
            continue
        stands = "CHƯA thiết lập, vai trò bắt buộc" if since is None else f"đã bật {local_time(since):%H:%M %d/%m/%Y}"
        if line.passkeys:
            stands = f"{line.passkeys} khóa (passkey)" + ("" if since is None else f"; {stands}")
        left = "" if since is None and not line.passkeys else f"; còn {line.recovery_codes} mã dự phòng"
        click.echo(f"{line.address:<40} {stands}{left}")


@second_factor.command()
@click.argument("address")
@reason_option(required=True)
@dry_run_option
@pass_environment
def reset(environment: Environment, address: str, *, reason: str, dry_run: bool) -> None:
    """Take the second factor away: the phone is lost. The owner gets a letter, and sets up a new one.

    \b
    Example:
      mailhub --dir DIR second-factor reset nva@tinh.gov.vn --reason "mất điện thoại, đã gặp trực tiếp"
    """
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.reset(connection, actor, address, reason=reason)
    click.echo(f"Đã gỡ xác thực hai lớp của {address}")


def _picture(uri: str) -> str:
    """A QR code of letters, for a terminal."""
    out = io.StringIO()
    segno.make_qr(uri).terminal(out, compact=True)
    return out.getvalue().rstrip("\n")
