"""`mailhub report`: the four reports, as the web and the schedule make them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import click

from mailhub.cli.acting import day_type, read_day
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.output import output
from mailhub.cli.report_schedule import schedule
from mailhub.clock import local_time, now_ms
from mailhub.reports.periods import NoSuchPeriod, Period, PeriodKind, last_closed, of_days, read_period
from mailhub.reports.rendering import Format, letterhead_of, render
from mailhub.reports.service import Wanted, make_report
from mailhub.reports.values import ReportKind
from mailhub.store.whole_file import PRIVATE

_HELP = {
    ReportKind.USAGE: "Private mail in public work: to and from gmail.com, yahoo.com, …, forwards, file sharing.",
    ReportKind.ADOPTION: "Mailboxes issued against staff, regular use, targets, communes without one in use.",
    ReportKind.DOCUMENTS: "Documents exchanged by mail, by type, agency and month; what was validly signed.",
    ReportKind.RULES: "Rules and operations: decisions, what waited, exceptions that end, volumes, delays, incidents.",
}
_PAPER = (Format.DOCX, Format.PDF, Format.XLSX)  # nothing for a terminal


@click.group()
def report() -> None:
    """Make a report: private mail in public work, adoption, documents, rules and operations.

    Without a period, the last month that is closed. `--from` and `--to` are days, or one period: 2026-10, 2026-Q4,
    2026-H2, 2026, with the closing day of `[reports]`.

    \b
    Examples:
      mailhub --dir DIR report usage --period 2026-Q4 --format docx --out bao-cao.docx
      mailhub --dir DIR report adoption --agency snv
      mailhub --dir DIR report documents --from 01/10/2026 --to 31/10/2026 --format xlsx --out van-ban.xlsx
      mailhub --dir DIR report usage --period 2026 --public --format pdf --out cong-khai.pdf
    """


def _command(kind: ReportKind) -> click.Command:
    @click.option("--from", "since", type=day_type, callback=read_day, help="First day.")
    @click.option("--to", "until", type=day_type, callback=read_day, help="Last day, counted too; today if left out.")
    @click.option("--period", "name", default="", metavar="2026-Q4", help="A month, quarter, half-year or year.")
    @click.option("--agency", default="", metavar="CODE", help="That agency and those below it.")
    @click.option(
        "--public",
        is_flag=True,
        help="For publication: small numbers are not said, nobody is named. Closed periods, all agencies.",
    )
    @click.option(
        "--format",
        "form",
        type=click.Choice([one.value for one in Format]),
        default=Format.CSV.value,
        show_default=True,
        help="What to make.",
    )
    @click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The file; standard output if not.")
    @click.option("--language", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
    @pass_environment
    def make(environment: Environment, /, **given: Any) -> None:
        _make(environment, kind, **given)

    command: Callable[..., Any] = make
    return click.command(kind.value, help=_HELP[kind])(command)


def _make(
    environment: Environment,
    kind: ReportKind,
    *,
    since: date | None,
    until: date | None,
    name: str,
    agency: str,
    public: bool,
    form: str,
    out: Path | None,
    language: str,
) -> None:
    if out is None and form in _PAPER and sys.stdout.isatty():
        raise click.UsageError(f"{form} không hiện được trên màn hình; thêm --out FILE (name a file with --out)")
    settings = environment.settings
    period = _period(since, until, name, settings.reports.closing_day)
    wanted = Wanted(kind=kind, period=period, agency=agency, public=public, language=language)
    with output(environment) as write:
        environment.prove()
        with environment.database.read() as connection:
            actor = environment.actor(connection)
        made = make_report(environment.database, actor, wanted, settings=settings)
        with environment.database.read() as connection:
            head = letterhead_of(connection, made.agency, settings)
        content = render(made, form, head=head).content
        if out is not None:
            write(out, content, mode=PRIVATE)
            click.echo(f"Đã lập báo cáo: {out}", err=True)
            return
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def _period(since: date | None, until: date | None, name: str, closing_day: int) -> Period:
    today = local_time(now_ms()).date()
    try:
        if name:
            if since or until:
                raise click.UsageError("--period hoặc --from và --to, không dùng cả hai (not both)")
            return read_period(name, closing_day)
        if since is None and until is None:
            return last_closed(PeriodKind.MONTH, today, closing_day)
        if since is None:
            raise click.UsageError("thiếu --from (the first day is missing)")
        return of_days(since, until or today)
    except NoSuchPeriod as error:
        raise click.UsageError(str(error)) from error


for _kind in ReportKind:
    report.add_command(_command(_kind))
report.add_command(schedule)
