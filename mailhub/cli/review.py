"""`mailhub review`: each agency confirms its list of accounts (rà soát)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import click

from mailhub.accounts.control.role_words import ROLE_WORDS
from mailhub.accounts.life import review as rounds
from mailhub.accounts.life.review import Answer
from mailhub.accounts.life.review_reading import Line, list_reviews, show_review
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
from mailhub.cli.tables import print_csv
from mailhub.clock import iso_time, local_time, now_ms
from mailhub.lifecycle.reviewing import Foreseen, close_round, foresee

ANSWER_WORDS = {
    Answer.NONE: "chưa xác nhận",
    Answer.KEPT: "tiếp tục sử dụng",
    Answer.ENDS: "đề nghị thu hồi",
    Answer.MOVED: "đã chuyển đơn vị",
    Answer.SUSPENDED: "tạm khóa do không xác nhận",
}
_PAGE = 1000


@click.group()
def review() -> None:
    """The quarterly review (rà soát): agencies confirm their accounts; what nobody confirms is suspended.

    \b
    Examples:
      mailhub --dir DIR review open 2026-Q4
      mailhub --dir DIR --as vanthu1@tinh.gov.vn review answer 2026-Q4 nva@tinh.gov.vn ends --note "nghỉ hưu"
      mailhub --dir DIR --as vanthu1@tinh.gov.vn review confirm 2026-Q4 --agency snv
      mailhub --dir DIR review show 2026-Q4 --open
    """


@review.command("open")
@click.argument("name")
@click.option("--due", type=day_type, help="The last day to answer (default: after [accounts] review_days).")
@dry_run_option
@pass_environment
def open_(environment: Environment, name: str, *, due: datetime | None, dry_run: bool) -> None:
    """Begin a round over every account in use; each agency is told."""
    days = environment.settings.accounts.review_days
    day = due.date() if due is not None else local_time(now_ms()).date() + timedelta(days=days)
    with acting(environment, dry_run=dry_run) as (connection, actor):
        count = rounds.open_review(connection, actor, name, day)
    click.echo(f"Đã mở đợt rà soát {name}: {count} tài khoản, hạn trả lời {day:%d/%m/%Y}")


@review.command("list")
@json_option
@pass_environment
def list_(environment: Environment, *, as_json: bool) -> None:
    """List the rounds, the newest first."""
    with looking(environment) as (connection, actor):
        found = list_reviews(connection, actor)
    tell_empty(found, as_json=as_json)
    for one in found:
        if as_json:
            closed = None if one.closed_at is None else iso_time(one.closed_at)
            counts = {"accounts": one.accounts, "open": one.open}
            print_json({"name": one.name, "due_on": one.due_on.isoformat(), "closed": closed, **counts})
        else:
            state = "đang mở" if one.closed_at is None else "đã đóng"
            counted = f"chưa xác nhận {one.open} / {one.accounts} tài khoản"
            click.echo(f"{one.name:<12} {state:<8} hạn {one.due_on:%d/%m/%Y}  {counted}")


@review.command()
@click.argument("name")
@click.option("--agency", default="", metavar="CODE", help="Only this agency and those below it.")
@click.option("--open", "only_open", is_flag=True, help="Only accounts that nobody answered for.")
@click.option("--csv", "as_csv", is_flag=True, help="As CSV, for the dossier.")
@json_option
@pass_environment
def show(environment: Environment, name: str, *, agency: str, only_open: bool, as_csv: bool, as_json: bool) -> None:
    """List the accounts of a round with their answers: the evidence of the review."""
    lines = _lines(environment, name, agency, only_open=only_open)
    if as_csv:
        columns = ("Địa chỉ", "Họ và tên", "Đơn vị", "Trả lời", "Người trả lời", "Lúc", "Ghi chú")
        print_csv(columns, (_cells(line) for line in lines))
        return
    for line in lines:
        if as_json:
            at = None if line.answered_at is None else iso_time(line.answered_at)
            about = {"address": line.address, "name": line.name, "agency": line.agency, "answer": line.answer}
            print_json({**about, "answered_by": line.answered_by, "answered_at": at, "note": line.note})
        else:
            words = ANSWER_WORDS[Answer(line.answer)]
            click.echo(f"{line.address:<36} {line.name:<26} {line.agency:<12} {words:<28} {line.note}".rstrip())


@review.command()
@click.argument("name")
@click.argument("address")
@click.argument("answer", type=click.Choice([Answer.KEPT.value, Answer.ENDS.value, Answer.MOVED.value]))
@click.option("--note", default="", help="What the information department should know.")
@dry_run_option
@pass_environment
def answer(environment: Environment, name: str, address: str, answer: str, *, note: str, dry_run: bool) -> None:
    """Answer for one account: kept, ends or moved."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        rounds.answer_for(connection, actor, name, address, Answer(answer), note=note)
    click.echo(f"{address}: {ANSWER_WORDS[Answer(answer)]}")


@review.command()
@click.argument("name")
@click.option("--agency", required=True, metavar="CODE", help="This agency and those below it.")
@dry_run_option
@pass_environment
def confirm(environment: Environment, name: str, *, agency: str, dry_run: bool) -> None:
    """Keep every account of the agency that has no answer yet."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        count = rounds.confirm_rest(connection, actor, name, agency)
    click.echo(f"Đã xác nhận {count} tài khoản của {agency}")


@review.command()
@click.argument("name")
@reason_option(required=True)
@click.option("--dry-run", is_flag=True, help="List whom it would suspend, change nothing.")
@pass_environment
def close(environment: Environment, name: str, *, reason: str, dry_run: bool) -> None:
    """Close the round before its day; whom nobody answered for is suspended ([accounts] review_suspends)."""
    with looking(environment) as (connection, actor):
        rounds.check_may_close(connection, actor, name)
        coming = foresee(connection, environment.settings, name, at=now_ms())
    for one in coming:
        if one.roles:
            _warn(one)
    if dry_run:
        for one in coming:
            click.echo(f"{one.address}: {'giữ lại' if one.kept else 'sẽ tạm khóa'}")
        return
    done = close_round(environment.database, environment.settings, actor, name, reason=reason, at=now_ms())
    for fault in done.faults:
        click.echo(fault, err=True)
    click.echo(f"Đã đóng đợt rà soát {name}; tạm khóa {len(done.suspended)} tài khoản")


def _warn(one: Foreseen) -> None:
    """Who administers something and would be suspended is named beforehand: it may be that nobody thought of them."""
    told = ", ".join(ROLE_WORDS[role] for role in one.roles)
    end = "giữ lại: quản trị hệ thống thư duy nhất còn lại" if one.kept else "sẽ bị tạm khóa nếu không xác nhận"
    click.echo(f"⚠ {one.address} đang giữ quyền quản trị ({told}), {end}", err=True)


def _cells(line: Line) -> tuple[str, ...]:
    when = "" if line.answered_at is None else local_time(line.answered_at).strftime("%d/%m/%Y %H:%M")
    words = ANSWER_WORDS[Answer(line.answer)]
    return (line.address, line.name, line.agency, words, line.answered_by, when, line.note)


def _lines(environment: Environment, name: str, agency: str, *, only_open: bool) -> Iterator[Line]:
    after, wanted = "", "" if only_open else None
    while True:
        with looking(environment) as (connection, actor):
            page = show_review(connection, actor, name, agency=agency, answer=wanted, after=after, limit=_PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].address
