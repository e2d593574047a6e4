"""`mailhub role`: mailboxes of an office, and who holds them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import click

from mailhub.accounts import service
from mailhub.accounts.sharing.holdings import Holding
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
from mailhub.cli.periods import end_of, first_moment, period_options, period_words
from mailhub.clock import iso_time, local_time, now_ms
from mailhub.mail.login_name import shared_login


@click.group()
def role() -> None:
    """Mailboxes of an office (văn thư, bộ phận một cửa), held by officials in turn.

    A holder reads it in any mail client under the name ROLE*OWN-ADDRESS with the own password.

    \b
    Examples:
      mailhub --dir DIR role add vanthu.snv@tinh.gov.vn --name "Văn thư Sở Nội vụ" --agency snv
      mailhub --dir DIR role hold vanthu.snv@tinh.gov.vn nva@tinh.gov.vn
      mailhub --dir DIR role hand-over vanthu.snv@tinh.gov.vn nva@tinh.gov.vn ttb@tinh.gov.vn --note "BB 12/BB-SNV"
      mailhub --dir DIR role list vanthu.snv@tinh.gov.vn --on 03/03/2026
    """


@role.command("add")
@click.argument("address")
@click.option("--name", required=True, help='Such as "Văn thư Sở Nội vụ".')
@click.option("--agency", default="", metavar="CODE", help="Whose it is (default: the province itself).")
@click.option(
    "--office",
    help="Which office it is, for groups by rule: van-thu, mot-cua, lanh-dao … (default: van-thu for vanthu…@).",
)
@dry_run_option
@pass_environment
def role_add(
    environment: Environment, address: str, *, name: str, agency: str, office: str | None, dry_run: bool
) -> None:
    """Open the mailbox of an office.

    \b
    Example:
      mailhub --dir DIR role add motcua.anlac@tinh.gov.vn --name "Một cửa xã An Lạc" --agency XAANLAC --office mot-cua
    """
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.add_role_mailbox(connection, actor, address, name, agency=agency, office=office)
    click.echo(f"Đã thêm hộp thư đơn vị {address}")


@role.command("hold")
@click.argument("address")
@click.argument("holder")
@period_options
@reason_option(required=False)
@dry_run_option
@pass_environment
def role_hold(
    environment: Environment,
    address: str,
    holder: str,
    *,
    from_: datetime | None,
    until: datetime | None,
    reason: str,
    dry_run: bool,
) -> None:
    """Let HOLDER read and send as the role mailbox ADDRESS.

    A time whose last day is over is put on record, for the question who held it then; it needs --from and --reason (the
    decision), opens nothing and sends no letter.

    \b
    Examples:
      mailhub --dir DIR role hold vanthu.snv@tinh.gov.vn nva@tinh.gov.vn --until 31/12/2026 --reason "QĐ 12/QĐ-SNV"
      mailhub --dir DIR role hold vanthu.snv@tinh.gov.vn ttb@tinh.gov.vn --from 01/03/2026 --until 30/05/2026 \\
          --reason "QĐ 5/QĐ-SNV ngày 27/02/2026"
    """
    begins, ends = first_moment(from_), end_of(until)
    if ends is not None and ends <= now_ms():
        _put_on_record(environment, address, holder, begins, ends, reason=reason, dry_run=dry_run)
        return
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.hold_role(connection, actor, address, holder, from_at=begins, until_at=ends, reason=reason)
    click.echo(f"{holder} phụ trách {address}; tên đăng nhập trong phần mềm thư: {shared_login(address, holder)}")


def _put_on_record(
    environment: Environment,
    address: str,
    holder: str,
    begins: int | None,
    ends: int,
    *,
    reason: str,
    dry_run: bool,
) -> None:
    if begins is None or not reason.strip():
        raise click.UsageError("a time that is over is put on record with --from and with its decision as --reason")
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.enter_past_holding(connection, actor, address, holder, from_at=begins, until_at=ends, reason=reason)
    click.echo(f"Đã ghi: {holder} phụ trách {address} {period_words(begins, ends)}; chỉ ghi lại, không mở quyền")


@role.command("release")
@click.argument("address")
@click.argument("holder")
@reason_option(required=False)
@dry_run_option
@pass_environment
def role_release(environment: Environment, address: str, holder: str, *, reason: str, dry_run: bool) -> None:
    """HOLDER no longer holds the role mailbox ADDRESS."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.release_role(connection, actor, address, holder, reason=reason)
    click.echo(f"{holder} thôi phụ trách {address}")


@role.command("hand-over")
@click.argument("address")
@click.argument("holder")
@click.argument("successor")
@click.option("--note", required=True, help="The record (biên bản): its number and date, or what was handed over.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]), help="The successor's last day.")
@dry_run_option
@pass_environment
def role_hand_over(
    environment: Environment,
    address: str,
    holder: str,
    successor: str,
    *,
    note: str,
    until: datetime | None,
    dry_run: bool,
) -> None:
    """HOLDER gives the role mailbox ADDRESS to SUCCESSOR, in one act.

    \b
    Example:
      mailhub --dir DIR role hand-over vanthu.snv@tinh.gov.vn nva@tinh.gov.vn ttb@tinh.gov.vn \\
          --note "Biên bản bàn giao số 12/BB-SNV ngày 20/11/2026"
    """
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.hand_over_role(connection, actor, address, holder, successor, reason=note, until_at=end_of(until))
    click.echo(f"Đã bàn giao {address} từ {holder} cho {successor}")


@role.command("list")
@click.argument("address")
@click.option("--now", "now_only", is_flag=True, help="Without those whose time is over.")
@click.option("--on", type=day_type, help="Only those who held it on this day.")
@json_option
@pass_environment
def role_list(environment: Environment, address: str, *, now_only: bool, on: datetime | None, as_json: bool) -> None:
    """Who holds the role mailbox ADDRESS, and who held it when: by which decision, entered when and by whom."""
    with looking(environment) as (connection, actor):
        found = service.list_holdings(connection, actor, address, past=not now_only)
    day = first_moment(on)
    if day is not None:
        found = [one for one in found if one.on_day(day)]
    tell_empty(found, as_json=as_json)
    for one in found:
        if as_json:
            print_json(_as_object(one))
        else:
            mark = "đang phụ trách" if one.now else ""
            click.echo(f"{one.holder:<36} {one.name:<28} {period_words(one.from_at, one.until_at)}  {mark}".rstrip())
            click.echo("".join(f"    {words}\n" for words in _entry_words(one)), nl=False)


def _as_object(one: Holding) -> dict[str, object]:
    until = None if one.until_at is None else iso_time(one.until_at)
    entered = None if one.entered_at is None else iso_time(one.entered_at)
    row = {"role": one.role, "holder": one.holder, "name": one.name, "now": one.now, "from": iso_time(one.from_at)}
    return row | {"until": until, "because": one.because, "entered": entered, "entered_by": one.entered_by}


def _entry_words(one: Holding) -> Iterator[str]:
    """Where the row comes from: its decision, and that it was entered later than its first day."""
    if one.because:
        yield f"căn cứ: {one.because}"
    if one.late and one.entered_at is not None:
        yield f"nhập ngày {local_time(one.entered_at):%d/%m/%Y}, {one.entered_by or 'không rõ người nhập'}"
