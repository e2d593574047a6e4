"""`mailhub account change`, `move`, `leave`, `back`: what changes while the account goes on."""

from __future__ import annotations

from datetime import date

import click

from mailhub.accounts.control.role_words import ROLE_WORDS
from mailhub.accounts.life.changing import Change, change_account
from mailhub.accounts.life.leave import ACTING_RIGHTS, Leave, come_back, enter_leave
from mailhub.accounts.life.moving import Left, Move, transfer
from mailhub.accounts.models import DelegationRight, Employment, Listing, Rank
from mailhub.cli.account_acts import because_option, day_option, expect_option, words_of
from mailhub.cli.acting import acting, dry_run_option, reason_option
from mailhub.cli.environment import Environment, pass_environment
from mailhub.clock import local_time, now_ms
from mailhub.mail.login_name import shared_login

EMPLOYMENTS = [one for one in Employment if one]
_LEFT = {
    "offices": "Thôi phụ trách",
    "delegations": "Hết ủy quyền",
    "groups": "Ra khỏi nhóm",
    "rights": "Hết quyền quản trị",
}


@click.command()
@click.argument("address")
@click.option("--name", help="Full name.")
@click.option("--title", help="Post; it brings its rank unless --rank is given.")
@click.option("--rank", type=words_of(Rank), help="What the post counts as.")
@click.option("--employment", type=words_of(EMPLOYMENTS), help="By what law the person works.")
@click.option("--quota-mib", type=click.IntRange(0), help="Size of the mailbox; 0 = the setting's.")
@click.option("--listing", type=words_of(Listing), help="Who finds it in the directory.")
@click.option("--office", help="Which office a role mailbox is: van-thu, mot-cua, lanh-dao …; '' for none.")
@reason_option(required=False)
@because_option
@expect_option
@dry_run_option
@pass_environment
def change(
    environment: Environment,
    address: str,
    *,
    name: str | None,
    title: str | None,
    rank: str | None,
    employment: str | None,
    quota_mib: int | None,
    listing: str | None,
    office: str | None,
    reason: str,
    because: str,
    expect: int | None,
    dry_run: bool,
) -> None:
    """Change name, post, rank, size, or who finds the account.

    \b
    Example:
      mailhub --dir DIR account change nva@tinh.gov.vn --title "Trưởng phòng Tổ chức" --because "QĐ 9/QĐ-SNV"
    """
    wanted = Change(
        name=name,
        title=title,
        rank=None if rank is None else Rank(rank),
        employment=None if employment is None else Employment(employment),
        quota_mib=quota_mib,
        listing=None if listing is None else Listing(listing),
        office=office,
    )
    size = environment.settings.mailboxes.quota_mib
    with acting(environment, dry_run=dry_run) as (connection, actor):
        change_account(
            connection, actor, address, wanted, reason=reason, because=because, default_quota_mib=size, expect=expect
        )
    click.echo(f"Đã thay đổi {address}")


@click.command()
@click.argument("address")
@click.option("--to", "agency", required=True, metavar="CODE", help="The agency that takes the person.")
@click.option("--title", help="The new post.")
@click.option("--rank", type=words_of(Rank), help="What it counts as (default: as the post says).")
@click.option("--new-address", default="", metavar="ADDRESS", help="A new first address; the old one stays another.")
@reason_option(required=True)
@because_option
@expect_option
@dry_run_option
@pass_environment
def move(
    environment: Environment,
    address: str,
    *,
    agency: str,
    title: str | None,
    rank: str | None,
    new_address: str,
    reason: str,
    because: str,
    expect: int | None,
    dry_run: bool,
) -> None:
    """Transfer an account to another agency: the address stays, what the old unit gave ends.

    \b
    Example:
      mailhub --dir DIR account move nva@tinh.gov.vn --to syt --reason "điều động" --because "QĐ 20/QĐ-UBND"
    """
    wanted = Move(
        agency=agency,
        title=title,
        rank=None if rank is None else Rank(rank),
        address=new_address,
        because=because,
    )
    size = environment.settings.mailboxes.quota_mib
    with acting(environment, dry_run=dry_run) as (connection, actor):
        left = transfer(connection, actor, address, wanted, reason=reason, default_quota_mib=size, expect=expect)
    click.echo(f"Đã chuyển {address} đến {agency}")
    for line in left_text(left):
        click.echo(line)


@click.command()
@click.argument("address")
@day_option("--from", "First day away (default: today).", to="first")
@day_option("--until", "Last day away.", to="last", required=True)
@click.option("--acting", "deputy", default="", metavar="ADDRESS", help="Who acts meanwhile, with their own login.")
@click.option(
    "--right",
    type=words_of(ACTING_RIGHTS),
    default=DelegationRight.READ.value,
    show_default=True,
    help="What the acting person may do in the mailbox.",
)
@click.option("--keep-login", is_flag=True, help="Leave the login open meanwhile.")
@reason_option(required=False)
@because_option
@expect_option
@dry_run_option
@pass_environment
def leave(
    environment: Environment,
    address: str,
    *,
    first: date | None,
    last: date,
    deputy: str,
    right: str,
    keep_login: bool,
    reason: str,
    because: str,
    expect: int | None,
    dry_run: bool,
) -> None:
    """Enter a leave: mail keeps arriving, somebody acts, the login is closed for the time.

    \b
    Example:
      mailhub --dir DIR account leave nva@tinh.gov.vn --from 01/12/2026 --until 31/05/2027 --acting ttb@tinh.gov.vn \\
        --because "QĐ 7/QĐ-SNV"
    """
    first = first or local_time(now_ms()).date()
    wanted = Leave(
        from_on=first,
        until_on=last,
        acting=deputy,
        right=DelegationRight(right),
        closes_login=not keep_login,
        because=because,
    )
    with acting(environment, dry_run=dry_run) as (connection, actor):
        enter_leave(connection, actor, address, wanted, reason=reason, expect=expect)
    told = f"; {deputy} xử lý thay" if deputy else ""
    click.echo(f"{address} nghỉ từ {first:%d/%m/%Y} đến hết {last:%d/%m/%Y}{told}; thư đến vẫn được nhận")
    if deputy:
        click.echo(f"{deputy} mở hộp thư này trong phần mềm thư với tên đăng nhập {shared_login(address, deputy)}")


@click.command()
@click.argument("address")
@reason_option(required=False)
@expect_option
@dry_run_option
@pass_environment
def back(environment: Environment, address: str, *, reason: str, expect: int | None, dry_run: bool) -> None:
    """End a leave early, or call off one that has not begun."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        come_back(connection, actor, address, reason=reason, expect=expect)
    click.echo(f"{address} đã trở lại làm việc; đăng nhập được mở lại")


def _right_text(right: str) -> str:
    """`clerk (snv)` in words."""
    role, blank, where = right.partition(" ")
    return f"{ROLE_WORDS.get(role, role)}{blank}{where}"


def left_text(left: Left) -> list[str]:
    """What ended with a transfer, a line a kind."""
    ended = {name: getattr(left, name) for name in _LEFT} | {"rights": list(map(_right_text, left.rights))}
    found = ((words, ended[name]) for name, words in _LEFT.items())
    return [f"  {words}: {', '.join(names)}" for words, names in found if names]
