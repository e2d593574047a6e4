"""`mailhub join`: a domain whose agencies become ours, by a map of its addresses: plan, apply, cut over, undo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

import click
from sqlalchemy import Connection

from mailhub.accounts.organisation.domains import list_domains
from mailhub.accounts.rights import Actor
from mailhub.cli.acting import acting, dry_run_option, json_option, looking, print_json, reason_option
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.roster_running import in_batches, read_list
from mailhub.cli.roster_views import (
    counts_json,
    faults_csv,
    import_json,
    import_text,
    number,
    plan_json,
    results_text,
    row_json,
    row_text,
    show_text,
)
from mailhub.queue.received import addresses_with_mail
from mailhub.roster import applying, undoing
from mailhub.roster.cutting_over import cut_over
from mailhub.roster.deciding import RowAct
from mailhub.roster.joining import Joining, JoinPlan, make_join_plan
from mailhub.roster.keeping import JOIN, ImportRow, RowState, check_readable, count_states, find_import, list_imports
from mailhub.store.sealing import open_sealer

_TOLD = {
    RowAct.CREATE: "+ {} tài khoản mới",
    RowAct.CHANGE: "~ {} người đã có hộp thư ở đây",
    RowAct.SAME: "= {} không phải làm gì",
    RowAct.WRONG: "! {} lỗi",
}


@click.group()
def join() -> None:
    """Agencies that join with a domain of their own: a map of addresses is planned, applied, cut over, undone."""


@join.command()
@click.argument("file", type=click.Path())
@click.option("--domain", required=True, help="The domain that joins; it becomes ours when the map is applied.")
@click.option("--agency", default="", help="Code of the agency below which the map's agencies are.")
@click.option("--home", default="", metavar="HOME", help="The server with its mailboxes: smtp://host:port.")
@click.option("--column", "columns", multiple=True, metavar="LABEL=FIELD", help="What a column is.")
@click.option(
    "--faults",
    type=click.File("w", encoding="utf-8-sig", lazy=False),  # opened before root becomes the owner of DIR
    default=None,
    help="Write the faulty rows here, as CSV.",
)
@json_option
@dry_run_option
@pass_environment
def plan(
    environment: Environment,
    file: str,
    *,
    domain: str,
    agency: str,
    home: str,
    columns: tuple[str, ...],
    faults: TextIO | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Compare the map FILE with the directory and keep what it would do under a code; nothing else changes.

    Its columns: Địa chỉ cũ, Họ và tên, and where known Địa chỉ mới, Đơn vị or Mã đơn vị, Chức vụ, Số định danh, Ngày
    sinh, Loại hộp thư (cá nhân, đơn vị). Who is here already, by the personal identifier, gets the old address as
    another name; everybody else a new account, whose mail goes on to HOME until it is cut over.

    \b
    Example:
      mailhub --dir DIR join plan yenbai.xlsx --domain yenbai.gov.vn --home smtp://mail.yenbai.gov.vn:25
    """
    given = read_list(environment, file, columns)
    joining = Joining(domain=domain, home=home)
    with acting(environment, dry_run=dry_run) as (connection, actor):
        if not dry_run:
            given.keep(environment)
        settings = environment.settings.accounts
        sealer = open_sealer(environment.settings.keys_directory)
        made = make_join_plan(connection, actor, agency, given.source, joining, settings=settings, sealer=sealer)
    if faults is not None:
        faults.write(faults_csv(made.plan))
    if not as_json:
        click.echo("\n".join(_plan_text(made, dry_run=dry_run)))
        return
    print_json(plan_json(made.plan, dry_run=dry_run) | {"domain": made.domain, "home": made.home, "adds": made.adds})
    for row in made.plan.rows:
        print_json(row_json(row))


def _plan_text(made: JoinPlan, *, dry_run: bool) -> Iterator[str]:
    plan, counts = made.plan, made.plan.counts
    code = "" if dry_run else f"   Mã: {plan.code}"
    rows = number(len(plan.rows))
    yield f"Tệp: {plan.source.name} ({rows} dòng)   Tên miền gia nhập: {made.domain}{code}"
    yield " " + "   ".join(words.format(number(counts[one])) for one, words in _TOLD.items())
    if made.adds:
        yield f" · {made.domain} trở thành tên miền của tỉnh khi áp dụng"
    if made.home:
        yield f" · thư của tài khoản mới chuyển về {made.home} cho đến khi chuyển hộp thư (mailhub join cut-over)"
    if made.home and not made.relays:
        yield f" ⚠ thư đến địa chỉ {made.domain} không có trong bảng sẽ bị từ chối (mailhub domain home … --relay)"
    if plan.doubts:
        yield f" ⚠ {plan.doubts} người nghi trùng: không áp dụng cho đến khi có người quyết định"
    if plan.table.unknown:
        yield f" Cột không dùng: {', '.join(plan.table.unknown)} (chỉ rõ bằng --column 'TIÊU ĐỀ=trường')"
    for row in plan.rows:
        yield from row_text(row)
    if not dry_run and counts[RowAct.CREATE] + counts[RowAct.CHANGE]:
        yield f"Áp dụng: mailhub join apply {plan.code}"


@join.command()
@click.argument("code")
@reason_option(required=False)
@dry_run_option
@pass_environment
def apply(environment: Environment, code: str, *, reason: str, dry_run: bool) -> None:
    """Carry out the map CODE, or go on where it was interrupted: the old addresses are received here from now on.

    \b
    Example:
      mailhub --dir DIR join apply 7K4-QW2-M9 --reason "NQ 202/2025/QH15"
    """
    rules = environment.settings.accounts
    with acting(environment, dry_run=dry_run) as (connection, actor):
        one = applying.begin(connection, actor, _join(connection, code).code, rules=rules, reason=reason)
    if dry_run:
        click.echo(import_text(one))
        return
    in_batches(environment, code, lambda c, a: applying.apply_batch(c, a, code, rules=rules), applying.WRITING)
    with acting(environment) as (connection, actor):
        counts = applying.finish(connection, actor, code)
    click.echo(f"Bảng {code}: {results_text(counts)}")
    if counts.get("failed") or counts.get("conflict") or counts.get("doubt"):
        click.echo(f"Xem các dòng còn lại: mailhub roster rows {code} --open", err=True)
    if one.options["home"]:
        click.echo(f"Khi hộp thư đã chuyển xong về đây: mailhub join cut-over {code}")


@join.command("cut-over")
@click.argument("code")
@click.option("--home", default="here", show_default=True, metavar="HOME", help="here, or smtp://host:port to go back.")
@click.option("--agency", default="", help="Only accounts of this agency and below.")
@click.option("--account", "accounts", multiple=True, metavar="ADDRESS", help="Only this one; may be repeated.")
@dry_run_option
@pass_environment
def cut_over_(
    environment: Environment, code: str, *, home: str, agency: str, accounts: tuple[str, ...], dry_run: bool
) -> None:
    """Let the mail of the map's new accounts stay here, once their boxes were brought over.

    First here, and then on the old server, which passes on what still comes to it: the other way round mail would go
    in circles.

    \b
    Examples:
      mailhub --dir DIR join cut-over 7K4-QW2-M9 --agency snv
      mailhub --dir DIR join cut-over 7K4-QW2-M9 --account nva@yenbai.gov.vn
    """
    moved, after, only = 0, 0, frozenset(accounts)
    while True:
        with acting(environment, dry_run=dry_run) as (connection, actor):
            more, after = cut_over(
                connection, actor, code, home, agency=agency, addresses=only, after=after
            )  # fmt: skip
        moved += more
        if not after:
            break
    where = "tại đây" if home == "here" else f"ở {home}"
    click.echo(f"Bảng {code}: {number(moved)} hộp thư nay {where}")


@join.command()
@click.argument("code")
@reason_option(required=True)
@dry_run_option
@pass_environment
def undo(environment: Environment, code: str, *, reason: str, dry_run: bool) -> None:
    """Take back the map CODE, within [accounts] undo_hours, or go on taking it back.

    Kept, and told, are accounts that were logged in to, have mail here, or that somebody changed. The domain goes too,
    if it came with the map and nothing of it is left: let its mail go to the old server again before.

    \b
    Example:
      mailhub --dir DIR join undo 7K4-QW2-M9 --reason "nhầm bảng của tỉnh khác"
    """
    rules = environment.settings.accounts
    with acting(environment, dry_run=dry_run) as (connection, actor):
        one = undoing.begin_undo(connection, actor, _join(connection, code).code, rules=rules, reason=reason)
    if dry_run:
        click.echo(import_text(one))
        return

    def step(connection: Connection, actor: Actor) -> int:
        return undoing.undo_batch(connection, actor, code, has_mail=addresses_with_mail)

    in_batches(environment, code, step, applying.WRITING, states=(RowState.DONE,))
    with acting(environment) as (connection, actor):
        counts = undoing.finish_undo(connection, actor, code)
        name = one.options["domain"]
        stays = any(row["name"] == name for row in list_domains(connection))
    click.echo(f"Bảng {code}: {results_text(counts)}")
    click.echo(f"Tên miền {name} " + ("vẫn là tên miền của tỉnh" if stays else "không còn là tên miền của tỉnh"))
    if counts["kept"]:
        click.echo(f"Xem các dòng giữ lại: mailhub roster rows {code} --state kept", err=True)


@join.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@json_option
@pass_environment
def list_(environment: Environment, *, limit: int, as_json: bool) -> None:
    """List the maps of domains that joined, the newest first."""
    with looking(environment) as (connection, actor):
        for one in list_imports(connection, actor, limit=limit, kind=JOIN):
            if as_json:
                print_json(_json(one))
            else:
                click.echo(f"{one.options['domain']:<24} {import_text(one)}")


@join.command()
@click.argument("code")
@json_option
@pass_environment
def show(environment: Environment, code: str, *, as_json: bool) -> None:
    """Show one map: what it does, how far it has come. Its rows: mailhub roster rows CODE."""
    with looking(environment) as (connection, actor):
        one = _join(connection, code)
        check_readable(connection, actor, one)
        states = count_states(connection, one.id)
    if as_json:
        print_json(_json(one) | {"rows": counts_json(states)})
        return
    click.echo(f"Tên miền gia nhập: {one.options['domain']}   máy chủ cũ: {one.options['home'] or 'không có'}")
    click.echo("\n".join(show_text(one, states)))


def _join(connection: Connection, code: str) -> ImportRow:
    one = find_import(connection, code)
    if one.kind != JOIN:
        raise click.UsageError(f"{code} là danh sách cán bộ: dùng mailhub roster")
    return one


def _json(one: ImportRow) -> dict[str, object]:
    return import_json(one) | {"domain": one.options["domain"], "home": one.options["home"]}
