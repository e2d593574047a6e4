"""`mailhub agency`: the tree of agencies."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

import click

from mailhub.accounts import service
from mailhub.accounts.organisation import AgencyChanges, TreeLine, domain_picture, find_agency_row
from mailhub.accounts.organisation.pools import Pool, pool_of
from mailhub.accounts.tree import code_of
from mailhub.cli.acting import (
    acting,
    day_type,
    dry_run_option,
    json_option,
    looking,
    print_json,
    read_day,
    reason_option,
)
from mailhub.cli.environment import Environment, pass_environment
from mailhub.clock import now_ms

# Words that groups by rule and the roster go by (accounts/sharing/rules.py); others may be added, marks are folded.
KINDS = "What it is: province, department (sở), commune (xã, phường, đặc khu), office (phòng, ban), or a word of yours."
LEVELS = "Its tier: tinh or xa (also written tỉnh, xã), or a word of yours."


@click.group()
def agency() -> None:
    """The tree of agencies.

    \b
    Examples:
      mailhub --dir DIR agency add snv --name "Sở Nội vụ" --identifier H44.15 --unit-address vanthu.snv@tinh.gov.vn
      mailhub --dir DIR agency tree snv
      mailhub --dir DIR agency end stttt --successor skhcn --reason "Nghị quyết 12/NQ-HĐND ngày 20/02/2025"
    """


@agency.command("add")
@click.argument("code")
@click.option("--name", required=True, help='Such as "Sở Nội vụ".')
@click.option("--parent", default="", metavar="CODE", help="The agency above it (default: the province itself).")
@click.option("--kind", default="", help=KINDS)
@click.option("--level", default="", help=f"{LEVELS} Default: as the agency above.")
@click.option("--identifier", default="", metavar="H44.15", help="Mã định danh by QĐ 20/2020/QĐ-TTg.")
@click.option("--former-identifier", default="", metavar="000.00.15.H44", help="The former one, QCVN 102:2016.")
@click.option("--block", is_flag=True, help="A block (the Party, the council): those above neither list nor read it.")
@click.option("--domain", default="", metavar="DOMAIN", help="Where its new addresses are made (default: as above).")
@click.option(
    "--unit-address", default="", metavar="ADDRESS", help="Where senders are sent when a mailbox of its has ended."
)
@click.option("--from", "from_", type=day_type, callback=read_day, help="Its first day.")
@dry_run_option
@pass_environment
def agency_add(
    environment: Environment,
    code: str,
    *,
    name: str,
    parent: str,
    kind: str,
    level: str,
    identifier: str,
    former_identifier: str,
    block: bool,
    domain: str,
    unit_address: str,
    from_: date | None,
    dry_run: bool,
) -> None:
    """Enter an agency.

    \b
    Example:
      mailhub --dir DIR agency add snv --name "Sở Nội vụ" --unit-address vanthu.snv@tinh.gov.vn
    """
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.add_agency(
            connection,
            actor,
            code,
            name,
            parent=parent,
            kind=kind,
            level=level,
            identifier=identifier,
            former_identifier=former_identifier,
            block=block,
            domain=domain,
            unit_address=unit_address,
            starts_on=from_,
        )
    click.echo(f"Đã thêm đơn vị {code}: {name}")


@agency.command("change")
@click.argument("code")
@click.option("--name", help="Its new name.")
@click.option("--kind", help=KINDS)
@click.option("--level", help=LEVELS)
@click.option("--identifier", metavar="H44.15", help="Mã định danh by QĐ 20/2020/QĐ-TTg; '' for none.")
@click.option("--former-identifier", metavar="000.00.15.H44", help="The former one; '' for none.")
@click.option(
    "--block/--no-block", default=None, help="Whether it is a block, which those above neither list nor read."
)
@click.option("--domain", metavar="DOMAIN", help="Where its new addresses are made; '' = as above.")
@click.option(
    "--unit-address", metavar="ADDRESS", help="Where senders are sent when a mailbox has ended; '' = as above."
)
@click.option("--from", "from_", type=day_type, callback=read_day, help="Its first day.")
@click.option("--staff", type=click.IntRange(0), help="Its posts (biên chế), with the units below; 0 = not known.")
@reason_option(required=False)
@dry_run_option
@pass_environment
def agency_change(
    environment: Environment,
    code: str,
    *,
    name: str | None,
    kind: str | None,
    level: str | None,
    identifier: str | None,
    former_identifier: str | None,
    block: bool | None,
    domain: str | None,
    unit_address: str | None,
    from_: date | None,
    staff: int | None,
    reason: str,
    dry_run: bool,
) -> None:
    """Rename an agency, or change what is known of it. Its code stays."""
    changes = AgencyChanges(
        name=name,
        kind=kind,
        level=level,
        identifier=identifier,
        former_identifier=former_identifier,
        block=block,
        domain=domain,
        unit_address=unit_address,
        starts_on=from_,
        staff=staff,
    )
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.change_agency(connection, actor, code, changes, reason=reason)
    click.echo(f"Đã thay đổi đơn vị {code}")


@agency.command("move")
@click.argument("code")
@click.option("--parent", required=True, metavar="CODE", help="The agency that it comes under; '' = the province.")
@reason_option(required=False)
@dry_run_option
@pass_environment
def agency_move(environment: Environment, code: str, *, parent: str, reason: str, dry_run: bool) -> None:
    """Put an agency, with all below it, under another one. Addresses stay."""
    size = environment.settings.mailboxes.quota_mib
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.move_agency(connection, actor, code, parent, reason=reason, default_quota_mib=size)
    click.echo(f"Đã chuyển đơn vị {code} về {parent or 'tỉnh'}")


@agency.command("pool")
@click.argument("code")
@click.argument("mib", type=click.IntRange(0))
@reason_option(required=False)
@dry_run_option
@pass_environment
def agency_pool(environment: Environment, code: str, mib: int, *, reason: str, dry_run: bool) -> None:
    """Say how many MiB the mailboxes of the agency and of those below may hold together; 0 = no bound of its own."""
    size = environment.settings.mailboxes.quota_mib
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.set_pool(connection, actor, code, mib or None, reason=reason, default_quota_mib=size)
    click.echo(f"Dung lượng chung của {code}: {f'{mib} MiB' if mib else 'không giới hạn riêng'}")


@agency.command("end")
@click.argument("code")
@click.option("--on", "on", type=day_type, callback=read_day, help="The first day without it (default: today).")
@click.option("--successor", default="", metavar="CODE", help="Takes over units, people, mailboxes and lists.")
@reason_option(required=True)
@dry_run_option
@pass_environment
def agency_end(
    environment: Environment, code: str, *, on: date | None, successor: str, reason: str, dry_run: bool
) -> None:
    """End an agency. Code and identifiers stay resolvable; addresses stay with their people."""
    size = environment.settings.mailboxes.quota_mib
    with acting(environment, dry_run=dry_run) as (connection, actor):
        done = service.end_agency(
            connection, actor, code, reason=reason, ends_on=on, successor=successor, default_quota_mib=size
        )
    day = "" if on is None else f" từ ngày {on:%d/%m/%Y}"
    click.echo(f"Đã ghi việc kết thúc hoạt động của đơn vị {code}{day}")
    if done.agencies or done.accounts or done.people:
        click.echo(
            f"{successor} tiếp nhận: {len(done.agencies)} đơn vị, {done.people} người, {len(done.accounts)} hộp thư, "
            f"{len(done.groups)} nhóm thư"
        )


@agency.command("reopen")
@click.argument("code")
@reason_option(required=True)
@dry_run_option
@pass_environment
def agency_reopen(environment: Environment, code: str, *, reason: str, dry_run: bool) -> None:
    """Call an agency's end off. What a successor took over stays there."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.reopen_agency(connection, actor, code, reason=reason)
    click.echo(f"Đơn vị {code} tiếp tục hoạt động")


@agency.command("list")
@json_option
@pass_environment
def agency_list(environment: Environment, *, as_json: bool) -> None:
    """List the agencies in the order of their codes."""
    after = ""
    codes: dict[int, str] = {}
    while True:
        with looking(environment) as (connection, actor):
            if not codes:
                codes = {line.id: line.code for line in service.tree(connection, actor, ended=True, at=now_ms())}
            rows = service.list_agencies(connection, actor, after=after)
        for row in rows:
            if as_json:
                numbers = {key: row[key] and str(row[key]) for key in ("id", "parent_id", "successor_id")}
                print_json({**domain_picture(row), **numbers})
            else:
                click.echo(f"{row['code']:<24} {codes.get(row['parent_id'], ''):<16} {row['name']}")
        if not rows:
            return
        after = rows[-1]["code"]


@agency.command("tree")
@click.argument("code", default="")
@click.option("--depth", type=click.IntRange(0), help="How many levels down (default: all).")
@click.option("--ended", is_flag=True, help="Agencies that are no more as well.")
@json_option
@pass_environment
def agency_tree(environment: Environment, code: str, *, depth: int | None, ended: bool, as_json: bool) -> None:
    """Show an agency (the province when left out) and what lies below it, with the number of mailboxes."""
    with looking(environment) as (connection, actor):
        lines = service.tree(connection, actor, code, depth=depth, ended=ended, at=now_ms())
    for line in lines:
        if as_json:
            numbers = {"id": str(line.id), "parent_id": None if line.parent_id is None else str(line.parent_id)}
            print_json({**asdict(line), **numbers})
        else:
            click.echo(_in_tree(line))


@agency.command("show")
@click.argument("code")
@json_option
@pass_environment
def agency_show(environment: Environment, code: str, *, as_json: bool) -> None:
    """Show one agency in full, with its quota pool."""
    size = environment.settings.mailboxes.quota_mib
    with looking(environment) as (connection, actor):
        line = service.tree(connection, actor, code, depth=0, ended=True, at=now_ms())[0]
        row = find_agency_row(connection, line.code)
        pool = pool_of(connection, line.id, size)
        above = code_of(connection, row["parent_id"])
        heir = code_of(connection, row["successor_id"])
    shown = {key: value for key, value in domain_picture(row).items() if key not in ("id", "folded")}
    shown |= {"parent_id": above, "successor_id": heir, "accounts": line.accounts, "below": line.below}
    if as_json:
        print_json({**shown, "pool": None if pool is None else asdict(pool)})
        return
    for key, words in _WORDS.items():
        value = shown[key]
        if value not in (None, "", False):
            click.echo(f"{words:<34} {'có' if value is True else value}")
    click.echo(f"{'Hộp thư (của đơn vị / cả cấp dưới)':<34} {line.accounts} / {line.below}")
    if pool is not None:
        click.echo(f"{'Dung lượng chung':<34} {_pool(pool)}")


_WORDS = {
    "code": "Mã đơn vị",
    "name": "Tên",
    "kind": "Loại",
    "level": "Cấp",
    "parent_id": "Trực thuộc",
    "identifier": "Mã định danh (QĐ 20/2020/QĐ-TTg)",
    "former_identifier": "Mã định danh cũ (QCVN 102:2016)",
    "block": "Khối riêng",
    "domain": "Tên miền cấp địa chỉ mới",
    "unit_address": "Hộp thư đơn vị",
    "staff": "Số biên chế (cả cấp dưới)",
    "starts_on": "Hoạt động từ",
    "ends_on": "Kết thúc từ",
    "successor_id": "Đơn vị tiếp nhận",
}


def _in_tree(line: TreeLine) -> str:
    marks = [mark for mark, there in (("khối riêng", line.block), ("đã kết thúc", line.ended)) if there]
    more = f" ({', '.join(marks)})" if marks else ""
    return f"{'  ' * line.depth}{line.name} [{line.code}]{more}: {line.below} hộp thư"


def _pool(pool: Pool) -> str:
    return f"{pool.given_mib} / {pool.pool_mib} MiB ({pool.code})"
