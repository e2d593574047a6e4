"""`mailhub opening`: reading somebody's mailbox by order."""

from __future__ import annotations

import click

from mailhub.accounts.control import opening as orders
from mailhub.accounts.control.opening import Order
from mailhub.cli.acting import acting, dry_run_option, reason_option
from mailhub.cli.environment import Environment, pass_environment


@click.group()
def opening() -> None:
    """Opening somebody's mailbox: a written decision, two people, named days, reading only.

    \b
    Examples:
      mailhub --dir DIR --as an@tinh.gov.vn opening propose nva@tinh.gov.vn --reader an@tinh.gov.vn \\
          --decision "QĐ 45/QĐ-UBND ngày 20/11/2026" --days 7 --reason "xác minh đơn thư"
      mailhub --dir DIR --as ttb@tinh.gov.vn --prove proposal approve 7K4-QW2-M9
      mailhub --dir DIR --as an@tinh.gov.vn opening begin 7K4-QW2-M9 --reason "xác minh đơn thư"
    """


@opening.command()
@click.argument("mailbox")
@click.option("--reader", required=True, metavar="ADDRESS", help="Whose own login opens it.")
@click.option("--decision", required=True, help='The written order: "QĐ 45/QĐ-UBND ngày 20/11/2026".')
@click.option("--days", type=click.IntRange(1, orders.MOST_DAYS), required=True, help="For how many days.")
@click.option("--secret", is_flag=True, help="The order forbids that the owner is told.")
@reason_option(required=True)
@dry_run_option
@pass_environment
def propose(
    environment: Environment,
    mailbox: str,
    *,
    reader: str,
    decision: str,
    days: int,
    secret: bool,
    reason: str,
    dry_run: bool,
) -> None:
    """Ask for the second person."""
    order = Order(mailbox=mailbox, reader=reader, decision=decision, days=days, secret=secret)
    hours = environment.settings.accounts.proposal_hours
    with acting(environment, dry_run=dry_run) as (connection, actor):
        code = orders.propose_opening(connection, actor, order, reason=reason, hours=hours)
    click.echo(f"Đã đề nghị mở hộp thư {mailbox}; cần người thứ hai đồng ý. Mã {code}")


@opening.command()
@click.argument("code")
@reason_option(required=True)
@dry_run_option
@pass_environment
def begin(environment: Environment, code: str, *, reason: str, dry_run: bool) -> None:
    """Open what the second person agreed to."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        mailbox, reader, until = orders.open_mailbox(connection, actor, code, reason=reason)
    click.echo(f"{reader} được đọc hộp thư {mailbox} đến hết ngày {orders.last_day(until):%d/%m/%Y}.")
    click.echo(f"Đăng nhập bằng tên {mailbox}*{reader} và mật khẩu của {reader}.")
