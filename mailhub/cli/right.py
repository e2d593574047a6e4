"""`mailhub right`: who administers what."""

from __future__ import annotations

from datetime import datetime

import click
from sqlalchemy import Connection

from mailhub.accounts.control import grants
from mailhub.accounts.control.role_words import ROLE_WORDS
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.login.rule import StandingSettings, standing_of
from mailhub.accounts.rights import Role
from mailhub.cli.acting import (
    acting,
    day_type,
    dry_run_option,
    json_option,
    looking,
    print_json,
    reason_option,
    tell_empty,
)
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.periods import end_of
from mailhub.clock import iso_time, local_time, now_ms

_NO_FACTOR = """\
Lưu ý: vai trò này phải có xác thực hai lớp, {address} chưa thiết lập.
Từ bây giờ mật khẩu chính của tài khoản không mở được hộp thư; ứng dụng thư cần mật khẩu ứng dụng. Việc cần làm:
  mailhub second-factor set-up {address}
  mailhub second-factor confirm {address} MÃ
  mailhub app-password make {address} --device "Outlook ở cơ quan\""""


@click.group()
def right() -> None:
    """Who administers what, for which agency and those below it.

    \b
    Roles: system_admin, agency_admin, approver, help_desk, security_officer, clerk, manager, auditor
    Examples:
      mailhub --dir DIR right grant nva@tinh.gov.vn agency_admin --agency snv --reason "QĐ 12/QĐ-SNV"
      mailhub --dir DIR right revoke nva@tinh.gov.vn agency_admin --agency snv --reason "chuyển công tác"
      mailhub --dir DIR right list
    """


_role = click.Choice([role.value for role in grants.GIVEN])
_agency = click.option("--agency", default="", metavar="CODE", help="Its sub-tree (default: the whole province).")


@right.command("grant")
@click.argument("address")
@click.argument("role", type=_role)
@_agency
@click.option("--until", type=day_type, help="The last day (default: until further notice).")
@reason_option(required=True)
@dry_run_option
@pass_environment
def grant_(
    environment: Environment,
    address: str,
    role: str,
    *,
    agency: str,
    until: datetime | None,
    reason: str,
    dry_run: bool,
) -> None:
    """Give ADDRESS a role. Nobody gives themselves one.

    \b
    Example:
      mailhub --dir DIR right grant ttb@tinh.gov.vn auditor --until 2026-12-31 --reason "Kế hoạch kiểm tra 45/KH-TTr"
    """
    passwords = environment.settings.passwords
    with acting(environment, dry_run=dry_run) as (connection, actor):
        grants.grant_role(connection, actor, address, Role(role), agency=agency, reason=reason, until_at=end_of(until))
        lacks = lacks_factor(connection, address, role, passwords, at=now_ms())
    click.echo(f"Đã giao cho {address}: {ROLE_WORDS[Role(role)]} ({agency or 'toàn tỉnh'})")
    if lacks:
        click.echo(_NO_FACTOR.format(address=address), err=True)


def lacks_factor(connection: Connection, address: str, role: str, settings: StandingSettings, *, at: int) -> bool:
    """Whether the role asks for a second factor that the account has not set up."""
    if role not in settings.second_factor_roles:
        return False
    return not standing_of(connection, find_mailbox(connection, address).id, None, settings, at=at).has_factor


@right.command("revoke")
@click.argument("address")
@click.argument("role", type=_role)
@_agency
@reason_option(required=True)
@dry_run_option
@pass_environment
def revoke_(environment: Environment, address: str, role: str, *, agency: str, reason: str, dry_run: bool) -> None:
    """Take a role back, at once.

    \b
    Example:
      mailhub --dir DIR right revoke nva@tinh.gov.vn help_desk --agency snv --reason "chuyển công tác"
    """
    with acting(environment, dry_run=dry_run) as (connection, actor):
        grants.take_role(connection, actor, address, Role(role), agency=agency, reason=reason)
    click.echo(f"Đã thôi giao cho {address}: {ROLE_WORDS[Role(role)]} ({agency or 'toàn tỉnh'})")


@right.command("list")
@click.option("--account", default="", metavar="ADDRESS", help="Only this account's.")
@click.option("--past", is_flag=True, help="Those that are over as well.")
@json_option
@pass_environment
def list_(environment: Environment, *, account: str, past: bool, as_json: bool) -> None:
    """List who holds which role."""
    with looking(environment) as (connection, actor):
        rows = grants.list_grants(connection, actor, account=account, past=past)
    tell_empty(rows, as_json=as_json)
    for row in rows:
        until = "" if row.until_at is None else local_time(row.until_at - 1).strftime("đến %d/%m/%Y")
        if as_json:
            times = {"from": iso_time(row.from_at), "until": None if row.until_at is None else iso_time(row.until_at)}
            print_json({"account": row.account, "name": row.name, "role": row.role, "agency": row.agency, **times})
        else:
            words = ROLE_WORDS[Role(row.role)]
            click.echo(f"{row.account:<36} {words:<28} {row.agency or 'toàn tỉnh':<16} {until}".rstrip())
