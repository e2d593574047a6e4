"""`mailhub report schedule`: reports that come by mail, one's own."""

from __future__ import annotations

from typing import Any

import click

from mailhub.cli.acting import acting, dry_run_option, json_option, looking, print_json, tell_empty
from mailhub.cli.environment import Environment, pass_environment
from mailhub.clock import iso_time, now_ms, time_words
from mailhub.i18n import texts
from mailhub.reports.mailing.service import EVERY, NewSchedule, Schedule, add_schedule, end_schedule, list_schedules
from mailhub.reports.periods import PeriodKind
from mailhub.reports.rendering import Format
from mailhub.reports.values import ReportKind


@click.group()
def schedule() -> None:
    """Reports by mail: to the mailbox of who asks (--as ADDRESS), on the day after the closing day.

    What is sent is what the mailbox's owner may read at that moment.

    \b
    Examples:
      mailhub --as nmoanh@tinh.gov.vn report schedule add usage --every quarter --format docx --format xlsx
      mailhub --as nmoanh@tinh.gov.vn report schedule list
    """


@schedule.command("add")
@click.argument("kind", type=click.Choice([one.value for one in ReportKind]))
@click.option("--every", type=click.Choice([one.value for one in EVERY]), default="month", show_default=True)
@click.option("--agency", default="", metavar="CODE", help="With all below it (default: as far as your right reaches).")
@click.option("--format", "formats", multiple=True, type=click.Choice([one.value for one in Format]), default=("docx",))
@click.option("--lang", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
@click.option("--public", is_flag=True, help="The public version: nobody named, small numbers suppressed.")
@dry_run_option
@pass_environment
def add(environment: Environment, /, kind: str, *, dry_run: bool, **wanted: Any) -> None:
    """Have the report KIND sent from the next closing day on."""
    asked = NewSchedule(
        kind=ReportKind(kind),
        agency=wanted["agency"],
        every=PeriodKind(wanted["every"]),
        formats=tuple(Format(one) for one in wanted["formats"]),
        language=wanted["lang"],
        public=wanted["public"],
    )
    closing = environment.settings.reports.closing_day
    with acting(environment, dry_run=dry_run) as (connection, actor):
        made = add_schedule(connection, actor, asked, closing_day=closing, at=now_ms())
    click.echo(f"{made.id}: gửi {made.owner}, lần đầu ngày {made.next_due_on:%d/%m/%Y}")


@schedule.command("list")
@click.option("--ended", is_flag=True, help="With those that have ended.")
@json_option
@pass_environment
def list_(environment: Environment, *, ended: bool, as_json: bool) -> None:
    """List one's own reports by mail, with what became of the last one."""
    with looking(environment) as (connection, actor):
        found = list_schedules(connection, actor, ended=ended)
    for one in found:
        print_json(_json(one)) if as_json else click.echo(_words(one))
    tell_empty(found, as_json=as_json)


@schedule.command("end")
@click.argument("number", type=click.IntRange(1))
@dry_run_option
@pass_environment
def end(environment: Environment, number: int, *, dry_run: bool) -> None:
    """Send the report NUMBER no more."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        over = end_schedule(connection, actor, number, at=now_ms())
    click.echo(f"{over.id}: đã thôi gửi")


def _words(one: Schedule) -> str:
    words = texts("vi")
    parts = [
        str(one.id),
        words(f"web.reports.kind.{one.kind.value}"),
        one.agency,
        words(f"web.reports.every.{one.every.value}"),
        ",".join(form.value for form in one.formats),
    ]
    if one.ended_at is not None:
        parts.append(f"đã thôi gửi {time_words(one.ended_at)}")
    else:
        parts.append(words("web.reports.schedule.next", day=f"{one.next_due_on:%d/%m/%Y}"))
    if one.trouble is not None:
        parts.append(words(f"web.reports.trouble.{one.trouble.value}"))
    elif one.sent_at is not None:
        parts.append(f"đã gửi {one.sent_period} lúc {time_words(one.sent_at)}")
    return "  ".join(parts)


def _json(one: Schedule) -> dict[str, Any]:
    return {
        "id": one.id,
        "owner": one.owner,
        "kind": one.kind.value,
        "agency": one.agency,
        "every": one.every.value,
        "formats": [form.value for form in one.formats],
        "language": one.language,
        "public": one.public,
        "next_due_on": one.next_due_on.isoformat(),
        "sent_at": None if one.sent_at is None else iso_time(one.sent_at),
        "sent_period": one.sent_period,
        "trouble": None if one.trouble is None else one.trouble.value,
        "ended_at": None if one.ended_at is None else iso_time(one.ended_at),
    }
