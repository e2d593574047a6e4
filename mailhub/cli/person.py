"""`mailhub person`: what is known of whoever an account belongs to, and who may be one and the same."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

import click

from mailhub.accounts import service
from mailhub.accounts.people.duplicates import Pair, Strength, Suspect, all_suspects
from mailhub.accounts.people.identity import identifier_digest
from mailhub.accounts.people.people import PersonFacts, PersonReport
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
from mailhub.cli.environment import Environment, ask_secret, pass_environment
from mailhub.store.sealing import open_sealer

STRENGTHS = {
    Strength.CERTAIN: "chắc chắn",
    Strength.STRONG: "rất có thể",
    Strength.LIKELY: "có thể",
    Strength.WEAK: "cần kiểm tra",
}
RANKS = {"leader": "lãnh đạo", "head": "trưởng phòng và tương đương", "staff": "nhân viên"}
EMPLOYMENTS = {
    "": "chưa ghi",
    "can-bo": "cán bộ",
    "cong-chuc": "công chức",
    "vien-chuc": "viên chức",
    "hop-dong": "hợp đồng",
}


@click.group()
def person() -> None:
    """The people behind the accounts.

    \b
    Examples:
      mailhub --dir DIR person show annv@tinh.gov.vn
      mailhub --dir DIR person change annv@tinh.gov.vn --birth-date 02/09/1985 --identifier-stdin
      mailhub --dir DIR person duplicates
    """


@person.command("show")
@click.argument("address")
@json_option
@pass_environment
def person_show(environment: Environment, address: str, *, as_json: bool) -> None:
    """Show whose account ADDRESS is. Of the identifier and the recovery address only that they are kept."""
    with looking(environment) as (connection, actor):
        report = service.show_person(connection, actor, address)
    if as_json:
        print_json(asdict(report))
        return
    for words, value in _shown(report):
        click.echo(f"{words:<24} {value}")


@person.command("change")
@click.argument("address")
@click.option("--birth-date", type=day_type, callback=read_day, help="Day of birth.")
@click.option(
    "--identifier-stdin", is_flag=True, help="Read the CCCD or CMND from standard input; only a digest stays."
)
@click.option("--phone", help="Telephone; '' for none.")
@click.option("--recovery", metavar="ADDRESS", help="A private address for recovery; '' for none.")
@click.option("--consent", is_flag=True, help="With --recovery: the person agreed that it is kept.")
@reason_option(required=False)
@dry_run_option
@pass_environment
def person_change(
    environment: Environment,
    address: str,
    *,
    birth_date: date | None,
    identifier_stdin: bool,
    phone: str | None,
    recovery: str | None,
    consent: bool,
    reason: str,
    dry_run: bool,
) -> None:
    """Change what is known of a person. (Name, post and rank: `mailhub account change`.)"""
    digest = None
    if identifier_stdin:
        sealer = open_sealer(environment.settings.keys_directory)
        digest = identifier_digest(sealer, ask_secret("Số định danh cá nhân (CCCD/CMND)"))
    facts = PersonFacts(
        birth_date=birth_date, identifier_digest=digest, phone=phone, recovery_address=recovery, consent=consent
    )
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.change_person(connection, actor, address, facts, reason=reason)
    click.echo(f"Đã thay đổi thông tin của {address}")


@person.command("duplicates")
@click.option("--weak", is_flag=True, help="Also those who only share a name.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=1000, show_default=True)
@json_option
@pass_environment
def person_duplicates(environment: Environment, *, weak: bool, limit: int, as_json: bool) -> None:
    """List pairs of people who may be one, the strongest suspicion first."""
    with looking(environment) as (connection, actor):
        pairs = all_suspects(connection, actor, minimum=Strength.WEAK if weak else Strength.LIKELY, limit=limit)
    for pair in pairs:
        if as_json:
            print_json(_pair_json(pair))
        else:
            click.echo(f"{STRENGTHS[pair.strength]}: {pair.because.words}")
            click.echo(f"  {_one(pair.first)}\n  {_one(pair.second)}")
    if not pairs:
        click.echo("Không có ai nghi trùng.", err=True)


def _shown(report: PersonReport) -> list[tuple[str, str]]:
    return [
        ("Họ và tên", report.name),
        ("Địa chỉ", report.address),
        ("Đơn vị", report.agency),
        ("Chức vụ", report.title or "–"),
        ("Xếp loại lưu giữ", RANKS[report.rank]),
        ("Diện", EMPLOYMENTS[report.employment]),
        ("Ngày sinh", f"{report.birth_date:%d/%m/%Y}" if report.birth_date else "chưa ghi"),
        ("Điện thoại", report.phone or "chưa ghi"),
        ("Số định danh cá nhân", "đã ghi" if report.has_identifier else "chưa ghi"),
        ("Địa chỉ khôi phục", "đã ghi" if report.has_recovery else "chưa ghi"),
    ]


def _one(suspect: Suspect) -> str:
    return f"{suspect.name} – {suspect.address or 'chưa có hộp thư'} – {suspect.agency}"


def _pair_json(pair: Pair) -> dict[str, object]:
    people = [
        {"name": one.name, "address": one.address, "agency": one.agency, "state": one.state}
        for one in (pair.first, pair.second)
    ]
    return {"strength": pair.strength.name.lower(), "sign": pair.because.sign, "people": people}
