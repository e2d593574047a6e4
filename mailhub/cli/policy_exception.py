"""`mailhub policy exception`: who need not keep to a rule, until when, by whose word."""

from __future__ import annotations

from datetime import date

import click

from mailhub.accounts.directory import Directory
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
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.policy_putting import check_file_is_in_force, put_file, tell_activated
from mailhub.cli.policy_words import exemption_line, exemption_object
from mailhub.clock import local_time, now_ms
from mailhub.policy.rules.rule import Exemption
from mailhub.screening.rules import editing


@click.group()
def exception() -> None:
    """Exceptions from rules: they end by themselves, and `mailhub doctor` tells two weeks before.

    \b
    Examples:
      mailhub --dir DIR policy exception add --rule du-thao-den-hop-thu-ca-nhan --who nva@tinh.gov.vn \\
        --until 31/03/2027 --why "trả lời công dân qua Gmail" --by "Giám đốc Sở Y tế"
      mailhub --dir DIR policy exception list
    """


@exception.command()
@click.option("--rule", required=True, help="The rule's id (`policy show` lists them).")
@click.option("--who", required=True, help='Who writes: an address, an agency\'s code (with all below it), or "*".')
@click.option("--to", default="*", show_default=True, help='To whom: an address, a domain, or "*".')
@click.option("--until", type=day_type, callback=read_day, required=True, help="The last day, such as 31/03/2027.")
@click.option("--why", required=True, help="Why; it is shown wherever the exception is used.")
@click.option("--by", required=True, help="Who decided it, such as a director with the number of the letter.")
@dry_run_option
@json_option
@pass_environment
def add(
    environment: Environment,
    *,
    rule: str,
    who: str,
    to: str,
    until: date,
    why: str,
    by: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make an exception: at the end of policy.toml, and in force at once as a new version.

    \b
    Example:
      mailhub --dir DIR policy exception add --rule du-thao-den-hop-thu-ca-nhan --who SYT --to benhvien.example \\
        --until 2027-03-31 --why "bệnh viện chưa có hộp thư công vụ" --by "Công văn 12/SYT-VP"
    """
    check_file_is_in_force(environment)
    one = Exemption(rule=rule, who=who, to=to, why=why, until=until, by=by)
    with acting(environment, dry_run=dry_run) as (connection, actor):
        done = editing.add_exception(connection, actor, one)
    _warn_of_unknown(environment, who, to)
    tell_activated(done, as_json=as_json, dry_run=dry_run)
    if not dry_run:
        put_file(environment, done.text)


def _warn_of_unknown(environment: Environment, *addresses: str) -> None:
    """An address in a domain of ours that leads nowhere is a slip of the pen, or belongs to somebody yet to come."""
    directory = Directory(environment.database)
    try:
        for address in addresses:
            found = directory.resolve(address) if "@" in address else None
            if found is not None and found.kind == "unknown":
                click.echo(f"Lưu ý: không có địa chỉ {address}; ngoại lệ này chưa dùng cho ai được.", err=True)
    finally:
        directory.close()


@exception.command("list")
@click.option("--rule", default="", help="Only from this rule.")
@click.option("--who", default="", help="Only for this address, or this agency's code.")
@json_option
@pass_environment
def list_(environment: Environment, *, rule: str, who: str, as_json: bool) -> None:
    """List the exceptions in force, and those that have ended and still stand in policy.toml.

    \b
    Example:
      mailhub --dir DIR policy exception list --rule du-thao-den-hop-thu-ca-nhan
    """
    with looking(environment) as (connection, actor):
        found = editing.list_exceptions(connection, actor, rule=rule, who=who)
    today = local_time(now_ms()).date()
    for one in found:
        if as_json:
            print_json(exemption_object(one, today))
        else:
            click.echo(exemption_line(one, today))
    tell_empty(found, as_json=as_json)


@exception.command()
@click.option("--rule", required=True, help="The rule's id.")
@click.option("--who", required=True, help="For whom, as `list` shows it.")
@click.option("--to", default="", help="Only the one to this address or domain; else all for WHO.")
@reason_option(required=True)
@dry_run_option
@json_option
@pass_environment
def end(environment: Environment, *, rule: str, who: str, to: str, reason: str, dry_run: bool, as_json: bool) -> None:
    """End an exception now: its last day becomes yesterday, in policy.toml and in a new version.

    \b
    Example:
      mailhub --dir DIR policy exception end --rule du-thao-den-hop-thu-ca-nhan --who SYT --reason "đã có hộp thư"
    """
    check_file_is_in_force(environment)
    with acting(environment, dry_run=dry_run) as (connection, actor):
        done = editing.end_exception(connection, actor, rule=rule, who=who, to=to, reason=reason)
    tell_activated(done, as_json=as_json, dry_run=dry_run)
    if not dry_run:
        put_file(environment, done.text)
