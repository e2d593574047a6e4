"""`mailhub request`: agencies ask for accounts, transfers, ends and passwords; others decide."""

from __future__ import annotations

from datetime import date

import click

from mailhub.accounts.life import deciding, requests
from mailhub.accounts.life.models import RequestKind, RequestState
from mailhub.accounts.life.moving import Move
from mailhub.accounts.life.newcomers import Newcomer
from mailhub.accounts.life.request_rows import list_requests, show_request
from mailhub.accounts.life.requests import Made
from mailhub.accounts.life.story_words import REQUESTS
from mailhub.accounts.models import Employment, Rank
from mailhub.accounts.people.identity import identifier_digest
from mailhub.accounts.people.naming import Naming, NamingRule
from mailhub.accounts.people.person import NewPerson
from mailhub.cli.account_acts import because_option, day_option, words_of
from mailhub.cli.account_life import EMPLOYMENTS
from mailhub.cli.acting import (
    acting,
    day_type,
    dry_run_option,
    json_option,
    looking,
    print_json,
    read_day,
    reason_option,
    tell_empty,
)
from mailhub.cli.closing import show_closing
from mailhub.cli.environment import Environment, ask_secret, pass_environment
from mailhub.cli.request_views import STATES, request_json, request_text
from mailhub.clock import local_time, now_ms
from mailhub.store.sealing import open_sealer

own_option = click.option("--own", is_flag=True, help="At the console: decide what was asked at the console.")


@click.group()
def request() -> None:
    """What agencies ask for, and what becomes of it.

    \b
    Examples:
      mailhub --dir DIR --as vanthu.snv@tinh.gov.vn request new --name "Nguyễn Văn An" --agency snv \\
        --title "Chuyên viên" --because "QĐ 156/QĐ-SNV ngày 20/11/2026"
      mailhub --dir DIR request list
      mailhub --dir DIR --as duyet@tinh.gov.vn request approve 7K4-QW2-M9
    """


@request.command()
@click.option("--name", required=True, help='Full name, such as "Nguyễn Văn An".')
@click.option("--agency", required=True, metavar="CODE", help="The agency that the person works for.")
@click.option("--address", default="", help="The address that is wished for (default: by the province's rule).")
@click.option("--title", default="", help='Post, such as "Chuyên viên".')
@click.option("--rank", type=words_of(Rank), help="What the post counts as (default: as the post says).")
@click.option("--employment", type=words_of(EMPLOYMENTS), help="By what law the person works.")
@click.option("--birth-date", type=day_type, callback=read_day, help="Day of birth; it tells namesakes apart.")
@click.option("--identifier-stdin", is_flag=True, help="Read the CCCD from standard input; only a digest stays.")
@click.option("--phone", default="", help="Telephone.")
@click.option("--other-person", default="", metavar="WHY", help="Why this is another than who looks the same.")
@because_option
@reason_option(required=False)
@dry_run_option
@pass_environment
def new(
    environment: Environment,
    *,
    name: str,
    agency: str,
    address: str,
    title: str,
    rank: str | None,
    employment: str | None,
    birth_date: date | None,
    identifier_stdin: bool,
    phone: str,
    other_person: str,
    because: str,
    reason: str,
    dry_run: bool,
) -> None:
    """Ask for an account for somebody new. The address is kept while the request waits."""
    person = NewPerson(
        title=title,
        rank=None if rank is None else Rank(rank),
        employment=Employment(employment or ""),
        birth_date=birth_date,
        identifier_digest=_identifier(environment) if identifier_stdin else None,
        phone=phone,
    )
    newcomer = Newcomer(name=name, agency=agency, address=address, person=person, override=other_person)
    rules = environment.settings.accounts
    size = environment.settings.mailboxes.quota_mib
    naming = Naming(NamingRule(rules.naming), rules.unit_suffix)
    with acting(environment, dry_run=dry_run) as (connection, actor):
        made = requests.request_new(
            connection, actor, newcomer, basis=because, naming=naming, reason=reason, default_quota_mib=size
        )
    _tell(made, "cấp mới tài khoản")


@request.command()
@click.argument("address")
@click.option("--to", "agency", required=True, metavar="CODE", help="The agency that takes the person.")
@click.option("--title", help="The new post.")
@click.option("--rank", type=words_of(Rank), help="What it counts as (default: as the post says).")
@click.option("--new-address", default="", metavar="ADDRESS", help="A new first address; the old one stays another.")
@because_option
@reason_option(required=True)
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
    because: str,
    reason: str,
    dry_run: bool,
) -> None:
    """Ask for a transfer: the agency that lets go, or the one that takes."""
    wanted = Move(
        agency=agency, title=title, rank=None if rank is None else Rank(rank), address=new_address, because=because
    )
    with acting(environment, dry_run=dry_run) as (connection, actor):
        made = requests.request_move(connection, actor, address, wanted, reason=reason)
    _tell(made, "chuyển đơn vị")


@request.command()
@click.argument("address")
@day_option("--on", "The first day without the account (default: at once when approved).")
@click.option("--handover", default="", metavar="ADDRESS", help="The account that takes over the work.")
@because_option
@reason_option(required=True)
@dry_run_option
@pass_environment
def end(
    environment: Environment,
    address: str,
    *,
    on: date | None,
    handover: str,
    because: str,
    reason: str,
    dry_run: bool,
) -> None:
    """Ask for the end of an account."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        made = requests.request_end(connection, actor, address, basis=because, reason=reason, on=on, handover=handover)
    _tell(made, "thu hồi tài khoản")


@request.command()
@click.argument("address")
@because_option
@reason_option(required=True)
@dry_run_option
@pass_environment
def password(environment: Environment, address: str, *, because: str, reason: str, dry_run: bool) -> None:
    """Ask for a new slip for somebody who cannot log in."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        made = requests.request_password(connection, actor, address, reason=reason, basis=because)
    _tell(made, "cấp lại mật khẩu")


@request.command("list")
@click.option(
    "--state", type=click.Choice([*(one.value for one in RequestState), "all"]), default="open", show_default=True
)
@click.option("--kind", type=words_of(RequestKind), help="Only requests of this kind.")
@click.option("--agency", default="", metavar="CODE", help="Only of this agency and those below it.")
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True, help="At most so many.")
@json_option
@pass_environment
def list_(environment: Environment, *, state: str, kind: str | None, agency: str, limit: int, as_json: bool) -> None:
    """List requests, the oldest first; those that wait when nothing else is said."""
    with looking(environment) as (connection, actor):
        rows = list_requests(
            connection,
            actor,
            state=None if state == "all" else RequestState(state),
            kind=None if kind is None else RequestKind(kind),
            agency=agency,
            limit=limit,
        )
    tell_empty(rows, as_json=as_json)
    for row in rows:
        if as_json:
            print_json(request_json(row))
        else:
            click.echo(f"{row.code}  {STATES[row.state]:<12} {REQUESTS[row.kind]:<20} {row.address:<36} {row.name}")


@request.command()
@click.argument("code")
@json_option
@pass_environment
def show(environment: Environment, code: str, *, as_json: bool) -> None:
    """Show one request."""
    with looking(environment) as (connection, actor):
        row = show_request(connection, actor, code)
    if as_json:
        print_json(request_json(row))
        return
    for line in request_text(row):
        click.echo(line)


@request.command()
@click.argument("code")
@click.option("--answer", default="", help="A word to who asked.")
@own_option
@dry_run_option
@pass_environment
def approve(environment: Environment, code: str, *, answer: str, own: bool, dry_run: bool) -> None:
    """Grant a request and do what it asks for."""
    settings = environment.settings
    with acting(environment, dry_run=dry_run) as (connection, actor):
        row = deciding.approve(
            connection,
            actor,
            code,
            answer=answer,
            own=own,
            settings=settings.accounts,
            default_quota_mib=settings.mailboxes.quota_mib,
        )
    click.echo(f"Đã duyệt {row.code}: {REQUESTS[row.kind]} {row.address}")
    if row.kind in (RequestKind.NEW, RequestKind.PASSWORD):
        click.echo(f"  Bước tiếp theo, in phiếu mật khẩu: mailhub slip make {row.address} --out phieu.pdf")
    today = local_time(now_ms()).date().isoformat()
    if row.kind is RequestKind.END and (row.details["on"] or today) <= today and not dry_run:
        show_closing(environment, row.address)


@request.command()
@click.argument("code")
@click.option("--answer", required=True, help="Why not; who asked reads it.")
@own_option
@dry_run_option
@pass_environment
def refuse(environment: Environment, code: str, *, answer: str, own: bool, dry_run: bool) -> None:
    """Do not grant a request. A newcomer's address becomes free again."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        row = deciding.refuse(connection, actor, code, answer=answer, own=own)
    click.echo(f"Không duyệt {row.code}: {REQUESTS[row.kind]} {row.address}")


@request.command()
@click.argument("code")
@reason_option(required=False)
@dry_run_option
@pass_environment
def withdraw(environment: Environment, code: str, *, reason: str, dry_run: bool) -> None:
    """Take a request back."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        row = deciding.withdraw(connection, actor, code, reason=reason)
    click.echo(f"Đã rút {row.code}: {REQUESTS[row.kind]} {row.address}")


def _identifier(environment: Environment) -> bytes:
    sealer = open_sealer(environment.settings.keys_directory)
    return identifier_digest(sealer, ask_secret("Số định danh cá nhân (CCCD/CMND)"))


def _tell(made: Made, what: str) -> None:
    click.echo(f"Đã gửi đề nghị {made.code}: {what} {made.address}")
