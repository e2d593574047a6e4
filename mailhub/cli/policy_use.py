"""`mailhub policy use`: how much private mail there is in public work."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import cast

import click

from mailhub.cli.acting import day_type, json_option, looking, print_json, read_day, tell_empty
from mailhub.cli.environment import Environment, pass_environment
from mailhub.clock import local_time, now_ms
from mailhub.screening.records.usage import By, Figure, figures

_DAYS = 30
_BY = {"agency": "đơn vị", "person": "người", "provider": "nhà cung cấp", "month": "tháng"}
_WORDS = {
    "sent": "gửi đến hộp thư cá nhân {} thư",
    "own_private": "trong đó {} thư gửi đến hộp thư cá nhân của chính mình",
    "official_private": "trong đó {} thư gửi đến hộp thư cá nhân của cán bộ khác",
    "received": "nhận từ hộp thư cá nhân {} thư",
    "forwarded": "chuyển tiếp đến hộp thư cá nhân {} thư",
    "documents": "kèm {} văn bản",
    "links": "{} thư có đường dẫn chia sẻ tệp",
    "issued": "{} văn bản của đơn vị đến từ hộp thư cá nhân",
}


@click.command()
@click.option("--from", "since", type=day_type, callback=read_day, help=f"First day; {_DAYS} days back when left out.")
@click.option("--to", "until", type=day_type, callback=read_day, help="Last day, counted too; today when left out.")
@click.option("--agency", default="", help="Only this agency (its code) and those below it.")
@click.option("--people", is_flag=True, help="By name, for those entitled to it; the same as --by person.")
@click.option(
    "--by", type=click.Choice(["agency", "person", "provider", "month"]), default="agency", show_default=True,
    help="What a line is about.",
)  # fmt: skip
@json_option
@pass_environment
def use(
    environment: Environment,
    *,
    since: date | None,
    until: date | None,
    agency: str,
    people: bool,
    by: str,
    as_json: bool,
) -> None:
    """Count mail to, from and by way of private mailboxes (gmail.com, …): by agency, provider, month, or by name.

    Messages are counted, not recipients; what was tried counts as well as what went out.

    \b
    Examples:
      mailhub --dir DIR policy use --from 01/11/2026 --to 30/11/2026
      mailhub --dir DIR policy use --agency SYT --people
      mailhub --dir DIR policy use --by provider --json
    """
    last = until or local_time(now_ms()).date()
    first = since or last - timedelta(days=_DAYS)
    if first > last:
        raise click.UsageError("ngày --from sau ngày --to (--from lies after --to)")
    chosen = cast("By", "person" if people else by)
    with looking(environment) as (connection, actor):
        found = figures(connection, actor, first, last, by=chosen, agency=agency)
    if not as_json:
        click.echo(f"Hộp thư cá nhân trong công vụ, từ {first:%d/%m/%Y} đến hết {last:%d/%m/%Y}, theo {_BY[chosen]}:")
    for one in found:
        if as_json:
            print_json({"key": one.key, "name": one.name, "agency": one.agency, **asdict(one.counts)})
        else:
            click.echo(figure_line(one))
    tell_empty(found, as_json=as_json)


def figure_line(one: Figure) -> str:
    """A line of figures as people read it; what is nought is left out."""
    who = one.key or f"(tên không còn lưu, đơn vị {one.agency})"
    name = f" {one.name}" if one.name and one.name != one.key else ""
    counts = asdict(one.counts)
    told = [words.format(counts[name]) for name, words in _WORDS.items() if counts.get(name)]
    return f"{who}{name}: {'; '.join(told) or 'không có'}"
