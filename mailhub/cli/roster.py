"""`mailhub roster`: staff lists of agencies, planned, applied, undone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import click
from sqlalchemy import Connection

from mailhub.accounts.control.errors import NeedsSecondPerson
from mailhub.accounts.control.proposals import find as find_proposal
from mailhub.accounts.rights import Actor
from mailhub.cli.acting import acting, dry_run_option, json_option, looking, print_json, reason_option
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.roster_running import imports_folder, in_batches, read_list
from mailhub.cli.roster_views import (
    counts_json,
    faults_csv,
    import_json,
    import_text,
    kept_json,
    kept_text,
    number,
    plan_json,
    plan_text,
    results_text,
    row_json,
    show_text,
)
from mailhub.clock import now_ms
from mailhub.lifecycle.slips import private_file
from mailhub.queue.received import addresses_with_mail
from mailhub.roster import applying, undoing
from mailhub.roster.deciding import RowAct
from mailhub.roster.keeping import (
    ImportState,
    RowState,
    check_readable,
    count_states,
    every_row,
    find_import,
    list_imports,
)
from mailhub.roster.planning import Plan, make_plan
from mailhub.roster.source import read_original
from mailhub.store.sealing import open_sealer


@click.group()
def roster() -> None:
    """Staff lists of agencies (.xlsx, .xls, .ods, .csv, pasted from Excel): plan, apply, undo."""


@roster.command()
@click.argument("file", type=click.Path())
@click.option("--agency", default="", help="Code of the agency that the list is about, with all below it.")
@click.option("--complete", is_flag=True, help="The list is whole: whoever is not in it ends.")
@click.option("--column", "columns", multiple=True, metavar="LABEL=FIELD", help="What a column is; kept for next time.")
@click.option(
    "--faults",
    # Opened before root becomes the owner of DIR; Excel knows UTF-8 by its mark only.
    type=click.File("w", encoding="utf-8-sig", lazy=False),
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
    agency: str,
    complete: bool,
    columns: tuple[str, ...],
    faults: TextIO | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Compare FILE with the directory and keep what it would change under a code; nothing else changes. - is what was
    pasted from Excel.

    FIELD is name, family, given, title, unit, unit-code, birth, identifier, address, private, consent, phone,
    employment, ends, note or none. The file is opened in the sandbox only; the original is kept with its SHA-256.

    \b
    Examples:
      mailhub --dir DIR roster plan danh-sach-T10.xlsx --agency snv --complete
      mailhub --dir DIR roster plan snv.csv --agency snv --column "Hộp thư CQ=address" --faults loi.csv
    """
    given = read_list(environment, file, columns, complete=complete)
    with acting(environment, dry_run=dry_run) as (connection, actor):
        if not dry_run:
            given.keep(environment)
        settings = environment.settings.accounts
        sealer = open_sealer(environment.settings.keys_directory)
        made = make_plan(connection, actor, agency, given.source, settings=settings, sealer=sealer)
    if faults is not None:
        faults.write(faults_csv(made))
    _print_plan(made, as_json=as_json, dry_run=dry_run)


def _print_plan(made: Plan, *, as_json: bool, dry_run: bool) -> None:
    if not as_json:
        click.echo("\n".join(plan_text(made, now_ms(), dry_run=dry_run)))
        return
    print_json(plan_json(made, dry_run=dry_run))
    for row in made.rows:
        print_json(row_json(row))


@roster.command()
@click.argument("code")
@reason_option(required=False)
@dry_run_option
@pass_environment
def apply(environment: Environment, code: str, *, reason: str, dry_run: bool) -> None:
    """Carry out the plan CODE, or go on where it was interrupted. New accounts wait for their slips (mailhub slip).

    A list that ends more accounts than [accounts] roster_limit_percent is proposed to a second person first; once
    they agreed (mailhub proposal), apply it again. What goes wrong with one row is told, and the others are done.

    \b
    Example:
      mailhub --dir DIR roster apply 7K4-QW2-M9 --reason "QĐ 156/QĐ-SNV"
    """
    rules = environment.settings.accounts
    if dry_run:
        with acting(environment, dry_run=True) as (connection, actor):
            _check_second(environment, connection, code)
            started = applying.begin(connection, actor, code, rules=rules, reason=reason)
            rows = count_states(connection, started.id)
        click.echo("\n".join(show_text(started, rows)))
        return
    _propose_if_needed(environment, code, reason)
    with acting(environment) as (connection, actor):
        applying.begin(connection, actor, code, rules=rules, reason=reason)
    _carry_out(environment, code)


def _carry_out(environment: Environment, code: str) -> None:
    rules = environment.settings.accounts
    in_batches(environment, code, lambda c, a: applying.apply_batch(c, a, code, rules=rules), applying.WRITING)
    with acting(environment) as (connection, actor):
        counts = applying.finish(connection, actor, code)
        one = find_import(connection, code)
        created = count_states(connection, one.id).get((RowAct.CREATE, RowState.DONE), 0)
    click.echo(f"Danh sách {code}: {results_text(counts)}")
    if created:
        click.echo(f"Lập phiếu cho người mới: mailhub slip make --agency {one.agency} --only-new --out phieu.pdf")
    if counts.get("failed") or counts.get("conflict") or counts.get("doubt"):
        click.echo(f"Xem các dòng còn lại: mailhub roster rows {code} --open", err=True)


def _propose_if_needed(environment: Environment, code: str, reason: str) -> None:
    """Ask for a second person in a transaction of its own, so that the asking stays.

    Raises:
        NeedsSecondPerson: nobody has agreed yet.
    """
    with acting(environment) as (connection, actor):
        one = find_import(connection, code)
        settings = environment.settings.accounts
        if one.state is not ImportState.PLANNED or not applying.needs_second_person(one, settings):
            return
        why = reason.strip() or f"Danh sách {one.file_name}"
        asked = applying.ask_second_person(connection, actor, code, reason=why, hours=settings.proposal_hours)
        stands = find_proposal(connection, asked).stands(now_ms())
    if stands != "approved":
        raise NeedsSecondPerson(_needs(one.summary.get("end", 0), asked, code))


def _check_second(environment: Environment, connection: Connection, code: str) -> None:
    one = find_import(connection, code)
    if one.state is ImportState.PLANNED and applying.needs_second_person(one, environment.settings.accounts):
        if one.proposal_code and find_proposal(connection, one.proposal_code).stands(now_ms()) == "approved":
            return
        raise NeedsSecondPerson(_needs(one.summary.get("end", 0), one.proposal_code or "", code))


def _needs(ends: int, proposal: str, code: str) -> str:
    agree = f"mailhub --as ADDRESS --prove proposal approve {proposal}" if proposal else "mailhub roster apply"
    return (
        f"danh sách thu hồi {ends} hộp thư, vượt ngưỡng: cần người thứ hai đồng ý ({agree}), "
        f"rồi chạy lại mailhub roster apply {code}"
    )


@roster.command()
@click.argument("code")
@reason_option(required=True)
@dry_run_option
@pass_environment
def undo(environment: Environment, code: str, *, reason: str, dry_run: bool) -> None:
    """Take back the list CODE, within [accounts] undo_hours, or go on taking it back.

    Accounts become exactly what they were. Kept, and told, are those that somebody changed since, and new ones that
    were logged in to or have mail.

    \b
    Example:
      mailhub --dir DIR roster undo 7K4-QW2-M9 --reason "nhầm tệp tháng 9"
    """
    rules = environment.settings.accounts
    with acting(environment, dry_run=dry_run) as (connection, actor):
        undoing.begin_undo(connection, actor, code, rules=rules, reason=reason)
    if dry_run:
        return

    def step(connection: Connection, actor: Actor) -> int:
        return undoing.undo_batch(connection, actor, code, has_mail=addresses_with_mail)

    in_batches(environment, code, step, applying.WRITING, states=(RowState.DONE,))
    with acting(environment) as (connection, actor):
        counts = undoing.finish_undo(connection, actor, code)
    click.echo(f"Danh sách {code}: {results_text(counts)}")
    if counts["kept"]:
        click.echo(f"Xem các dòng giữ lại: mailhub roster rows {code} --state kept", err=True)


@roster.command()
@click.argument("code")
@click.option("--line", "lines", type=int, multiple=True, help="Only this row of the file; may be repeated.")
@click.option("--conflicts", is_flag=True, help="Those too that somebody changed after the plan.")
@click.option("--doubts", is_flag=True, help="Those too that may be somebody who is there: create them.")
@dry_run_option
@pass_environment
def retry(
    environment: Environment, code: str, *, lines: tuple[int, ...], conflicts: bool, doubts: bool, dry_run: bool
) -> None:
    """Do rows again that failed, and go on applying.

    \b
    Examples:
      mailhub --dir DIR roster retry 7K4-QW2-M9
      mailhub --dir DIR roster retry 7K4-QW2-M9 --doubts --line 17
    """
    with acting(environment, dry_run=dry_run) as (connection, actor):
        again = applying.retry(connection, actor, code, lines=lines, conflicts=conflicts, doubts=doubts)
        state = find_import(connection, code).state
    click.echo(f"Danh sách {code}: {number(again)} dòng sẽ làm lại")
    if again and not dry_run and state is ImportState.APPLYING:
        _carry_out(environment, code)


@roster.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@json_option
@pass_environment
def list_(environment: Environment, *, limit: int, as_json: bool) -> None:
    """List the staff lists of your agencies, the newest first."""
    with looking(environment) as (connection, actor):
        for one in list_imports(connection, actor, limit=limit):
            if as_json:
                print_json(import_json(one))
            else:
                click.echo(import_text(one))


@roster.command()
@click.argument("code")
@json_option
@pass_environment
def show(environment: Environment, code: str, *, as_json: bool) -> None:
    """Show one list: what it changes, how far it has come."""
    with looking(environment) as (connection, actor):
        one = find_import(connection, code)
        check_readable(connection, actor, one)
        states = count_states(connection, one.id)
    if as_json:
        print_json(import_json(one) | {"rows": counts_json(states)})
    else:
        click.echo("\n".join(show_text(one, states)))


@roster.command()
@click.argument("code")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where to write it.")
@pass_environment
def original(environment: Environment, code: str, *, out: Path) -> None:
    """Write the file that was planned, byte for byte; the audit log notes who took it.

    \b
    Example:
      mailhub --dir DIR roster original 7K4-QW2-M9 --out danh-sach-T10.xlsx
    """
    with private_file(out) as write:
        with acting(environment) as (connection, actor):
            one = find_import(connection, code)
            check_readable(connection, actor, one, noted="roster.original")
        sealer = open_sealer(environment.settings.keys_directory)
        write(read_original(imports_folder(environment), one.file_digest, sealer))
    click.echo(f"Đã ghi tệp gốc {one.file_name}: {out}")


@roster.command()
@click.argument("code")
@click.option("--act", "acts", type=click.Choice([one.value for one in RowAct]), multiple=True)
@click.option("--state", "states", type=click.Choice([one.value for one in RowState]), multiple=True)
@click.option("--open", "open_", is_flag=True, help="Only rows that wait for somebody: failed, changed, in doubt.")
@json_option
@pass_environment
def rows(
    environment: Environment, code: str, *, acts: Sequence[str], states: Sequence[str], open_: bool, as_json: bool
) -> None:
    """Show the rows of one list, each with what it does and what became of it.

    \b
    Example:
      mailhub --dir DIR roster rows 7K4-QW2-M9 --act wrong
    """
    waiting = [RowState.FAILED, RowState.CONFLICT, RowState.DOUBT] if open_ else []
    with looking(environment) as (connection, actor):
        one = find_import(connection, code)
        check_readable(connection, actor, one)
        wanted = [RowState(name) for name in states] + waiting
        for row in every_row(connection, one.id, states=wanted, acts=[RowAct(name) for name in acts]):
            if as_json:
                print_json(kept_json(row))
            else:
                click.echo("\n".join(kept_text(row)))
