"""`mailhub account suspend`, `revoke`, `plan-end`, `restore`, `hold`, `unhold`: what closes an account."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum

import click

from mailhub.accounts import service
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.ending import announce, announced_end, call_off
from mailhub.accounts.life.holding import hold_account, release_hold
from mailhub.accounts.models import MailboxState
from mailhub.accounts.tree import unit_address as agency_unit_address
from mailhub.cli.account_views import STATES
from mailhub.cli.acting import F, acting, day_type, dry_run_option, read_day, reason_option
from mailhub.cli.closing import show_closing
from mailhub.cli.environment import Environment, pass_environment
from mailhub.clock import now_ms

because_option = click.option(
    "--because", default="", metavar="TEXT", help='The deciding document, such as "QĐ 156/QĐ-SNV ngày 20/11/2026".'
)
expect_option = click.option(
    "--expect", type=int, metavar="REVISION", help="Refuse when the account is no longer at this revision (see `show`)."
)
_HANDOVER = "The account that takes over the work."


def words_of(kinds: Iterable[StrEnum]) -> click.Choice[str]:
    """A choice among the values of an enumeration (click would take its names)."""
    return click.Choice([kind.value for kind in kinds])


def day_option(name: str, words: str, *, to: str = "", required: bool = False) -> Callable[[F], F]:
    """An option that reads 2026-12-01 and 01/12/2026; `to` is the argument's name."""
    return click.option(
        name, to or name.strip("-"), type=day_type, callback=read_day, metavar="DAY", required=required, help=words
    )


@click.command()
@click.argument("address")
@reason_option(required=True)
@because_option
@click.option("--refuse-mail", is_flag=True, help="Refuse mail as well; otherwise it still arrives.")
@expect_option
@dry_run_option
@pass_environment
def suspend(
    environment: Environment,
    address: str,
    *,
    reason: str,
    because: str,
    refuse_mail: bool,
    expect: int | None,
    dry_run: bool,
) -> None:
    """Close login and sending; mail still arrives. Undo it with `account restore`.

    \b
    Example:
      mailhub --dir DIR account suspend nva@tinh.gov.vn --reason "mất điện thoại"
    """
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.suspend_account(
            connection, actor, address, reason=reason, because=because, refuse_mail=refuse_mail, expect=expect
        )
    click.echo(f"Đã tạm khóa {address}")
    if not dry_run:
        show_closing(environment, address)


@click.command()
@click.argument("address")
@reason_option(required=True)
@because_option
@day_option("--on", "Announce it instead: the first day without the account.")
@click.option("--unit-address", default="", metavar="ADDRESS", help="Whom senders are sent to (default: the agency's).")
@click.option("--handover", default="", metavar="ADDRESS", help=_HANDOVER)
@expect_option
@dry_run_option
@pass_environment
def revoke(
    environment: Environment,
    address: str,
    *,
    reason: str,
    because: str,
    on: date | None,
    unit_address: str,
    handover: str,
    expect: int | None,
    dry_run: bool,
) -> None:
    """End the account: no login, no sending, mail is refused with the unit's address. The mailbox is kept by rank.

    \b
    Examples:
      mailhub --dir DIR account revoke nva@tinh.gov.vn --reason "nghỉ hưu" --because "QĐ 156/QĐ-SNV ngày 20/11/2026"
      mailhub --dir DIR account revoke nva@tinh.gov.vn --reason "nghỉ hưu" --on 01/12/2026 --handover ttb@tinh.gov.vn
    """
    if on is not None:
        _announce(environment, address, on, reason, because, handover, expect=expect, dry_run=dry_run)
        return
    with acting(environment, dry_run=dry_run) as (connection, actor):
        ended = service.end_account(
            connection,
            actor,
            address,
            reason=reason,
            because=because,
            unit_address=unit_address,
            handover=handover,
            settings=environment.settings.accounts,
            expect=expect,
        )
        whom = ended.unit_address or agency_unit_address(connection, ended.agency_id)
    kept = "" if ended.retained_until is None else f"; hộp thư được lưu giữ đến hết {ended.retained_until:%d/%m/%Y}"
    click.echo(f"Đã thu hồi {address}{kept}")
    _warn_of_no_unit(whom)
    if not dry_run:
        show_closing(environment, address)


def _warn_of_no_unit(whom: str) -> None:
    if not whom:
        click.echo(
            "⚠ Đơn vị (và các đơn vị cấp trên) chưa có địa chỉ tiếp nhận: người gửi chỉ được báo là hộp thư đã ngừng "
            "sử dụng. Đề nghị đặt địa chỉ: mailhub agency change MÃ --unit-address ĐỊA-CHỈ",
            err=True,
        )


@click.command("plan-end")
@click.argument("address")
@reason_option(required=True)
@because_option
@day_option("--on", "The first day without the account.")
@click.option("--handover", default="", metavar="ADDRESS", help=_HANDOVER)
@click.option("--call-off", "off", is_flag=True, help="The announced end does not come.")
@expect_option
@dry_run_option
@pass_environment
def plan_end(
    environment: Environment,
    address: str,
    *,
    reason: str,
    because: str,
    on: date | None,
    handover: str,
    off: bool,
    expect: int | None,
    dry_run: bool,
) -> None:
    """Announce the end of an account, put it on another day, or call it off. The person hears 30, 7 and 1 days before.

    \b
    Examples:
      mailhub --dir DIR account plan-end nva@tinh.gov.vn --on 01/12/2026 --reason "hết hợp đồng"
      mailhub --dir DIR account plan-end nva@tinh.gov.vn --call-off --reason "gia hạn hợp đồng"
    """
    if off == (on is not None):
        raise click.UsageError("give either --on DAY or --call-off")
    if on is not None:
        _announce(environment, address, on, reason, because, handover, expect=expect, dry_run=dry_run)
        return
    with acting(environment, dry_run=dry_run) as (connection, actor):
        call_off(connection, actor, address, reason=reason, expect=expect)
    click.echo(f"Đã hủy việc ngừng sử dụng {address}; tài khoản tiếp tục được sử dụng")


@click.command()
@click.argument("address")
@reason_option(required=False)
@because_option
@expect_option
@dry_run_option
@pass_environment
def restore(
    environment: Environment, address: str, *, reason: str, because: str, expect: int | None, dry_run: bool
) -> None:
    """Give back what the last `suspend`, or `revoke` within retention, took, and no more."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        announced = announced_end(connection, find_mailbox(connection, address), at=now_ms())
        row = service.restore_account(connection, actor, address, reason=reason, because=because, expect=expect)
    state = "" if row.state is MailboxState.ACTIVE else f"; trạng thái: {STATES[row.state]}"
    click.echo(f"Đã khôi phục {address}{state}")
    if announced is not None:
        told = f"Ngày ngừng sử dụng đã thông báo trước đây ({announced:%d/%m/%Y}) không còn hiệu lực"
        click.echo(f"{told}; nếu vẫn ngừng, thông báo lại bằng: mailhub account plan-end {address} --on …")


@click.command()
@click.argument("address")
@click.option("--order", required=True, help='Number and day of the order, such as "QĐ 12/QĐ-CA ngày 03/11/2026".')
@reason_option(required=True)
@expect_option
@dry_run_option
@pass_environment
def hold(environment: Environment, address: str, *, order: str, reason: str, expect: int | None, dry_run: bool) -> None:
    """Let nothing of the account be destroyed while an order stands. Login and mail go on as they are.

    \b
    Example:
      mailhub --dir DIR account hold nva@tinh.gov.vn --order "QĐ 12/QĐ-CA ngày 03/11/2026" --reason "phục vụ điều tra"
    """
    with acting(environment, dry_run=dry_run) as (connection, actor):
        hold_account(connection, actor, address, order=order, reason=reason, expect=expect)
    click.echo(f"Đã giữ nguyên trạng {address} theo {order}")


@click.command()
@click.argument("address")
@click.option("--order", default="", help="Which order stands no longer, when there are several.")
@reason_option(required=True)
@expect_option
@dry_run_option
@pass_environment
def unhold(
    environment: Environment, address: str, *, order: str, reason: str, expect: int | None, dry_run: bool
) -> None:
    """The order that holds the account stands no longer."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        row = release_hold(connection, actor, address, reason=reason, order=order, expect=expect)
    rest = f"; còn: {row.legal_hold}" if row.legal_hold else ""
    click.echo(f"Đã thôi giữ nguyên trạng {address}{rest}")


def _announce(
    environment: Environment,
    address: str,
    on: date,
    reason: str,
    because: str,
    handover: str,
    *,
    expect: int | None,
    dry_run: bool,
) -> None:
    with acting(environment, dry_run=dry_run) as (connection, actor):
        ends = announce(
            connection, actor, address, on, reason=reason, because=because, handover=handover, expect=expect
        )
        whom = ends.unit_address or agency_unit_address(connection, ends.agency_id)
    click.echo(f"{address} sẽ ngừng sử dụng từ 00 giờ ngày {on:%d/%m/%Y}; cho đến lúc đó vẫn sử dụng bình thường")
    _warn_of_no_unit(whom)
