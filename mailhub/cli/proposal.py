"""`mailhub proposal`: acts that wait for a second person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click
from sqlalchemy import Connection

from mailhub.accounts.action_words import plain_who
from mailhub.accounts.control import proposals
from mailhub.accounts.control.proposals import ProposalKind, ProposalRow
from mailhub.cli.acting import acting, dry_run_option, json_option, looking, print_json, reason_option, tell_empty
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.policy_words import change_lines
from mailhub.cli.trust_words import proposal_lines as trust_lines
from mailhub.clock import iso_time, local_time, now_ms
from mailhub.policy.rules.comparing import differences
from mailhub.policy.rules.rule import RuleBook
from mailhub.roster.ends import Ending, endings_of
from mailhub.screening.rehearsal.proposing import proposed_trial
from mailhub.screening.rules import versions
from mailhub.screening.rules.policy_file import POLICY_FILE

KIND_WORDS = {
    ProposalKind.MASS_END: "Thu hồi nhiều tài khoản",
    ProposalKind.TRUST: "Thay đổi gốc tin cậy",
    ProposalKind.OPEN_MAILBOX: "Mở hộp thư của người khác",
    ProposalKind.OPEN_SECRET: "Mở nội dung niêm phong",
    ProposalKind.MISTAKEN_SECRET: "Xác định nhận diện nhầm",
    ProposalKind.POLICY: "Quy tắc chặt hơn",
}
STANDS_WORDS = {
    "waiting": "chờ người thứ hai",
    "approved": "đã đồng ý",
    "refused": "không đồng ý",
    "used": "đã thực hiện",
    "lapsed": "quá hạn",
}


@click.group()
def proposal() -> None:
    """Acts that two people decide: mass ends, trust, opening somebody's mailbox, stricter rules from the web.

    \b
    The second person proves to be another one with the own password:
      mailhub --dir DIR proposal list --waiting
      mailhub --dir DIR --as ttb@tinh.gov.vn --prove proposal approve 7K4-QW2-M9
    """


@proposal.command("list")
@click.option("--waiting", is_flag=True, help="Only those that nobody decided yet.")
@json_option
@pass_environment
def list_(environment: Environment, *, waiting: bool, as_json: bool) -> None:
    """List proposals, the newest first."""
    with looking(environment) as (connection, actor):
        rows = proposals.list_proposals(connection, actor, waiting=waiting)
    tell_empty(rows, as_json=as_json)
    for row in rows:
        if as_json:
            print_json(_object(row))
        else:
            stands = STANDS_WORDS[row.stands(now_ms())]
            click.echo(
                f"{row.code}  {KIND_WORDS[row.kind]:<28} {row.subject:<30} {stands:<18} {plain_who(row.proposed_by)}"
            )


@proposal.command()
@click.argument("code")
@json_option
@pass_environment
def show(environment: Environment, code: str, *, as_json: bool) -> None:
    """Show what exactly is proposed."""
    with looking(environment) as (connection, actor):
        row = proposals.show(connection, actor, code)
        ends, count = _endings(connection, row)
        changes = _rule_changes(connection, row)
    if as_json:
        listed = {"accounts": [one.address for one in ends]} if row.kind is ProposalKind.MASS_END else {}
        print_json(_object(row) | listed)
        return
    click.echo(f"{row.code}  {KIND_WORDS[row.kind]}: {row.subject}")
    click.echo(
        f"Đề nghị: {plain_who(row.proposed_by)}, {local_time(row.proposed_at):%d/%m/%Y %H:%M}. Lý do: {row.reason}"
    )
    for line in _what(row, ends, count, changes):
        click.echo(f"  {line}")
    decided = f": {plain_who(row.decided_by)}" if row.decided_by else ""
    click.echo(f"{STANDS_WORDS[row.stands(now_ms())]}{decided}")


@proposal.command()
@click.argument("code")
@reason_option(required=False)
@dry_run_option
@pass_environment
def approve(environment: Environment, code: str, *, reason: str, dry_run: bool) -> None:
    """Agree, as a second person. The act is then done by whoever proposed it."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        proposals.decide(connection, actor, code, agree=True, reason=reason)
    click.echo(f"Đã đồng ý {code}")


@proposal.command()
@click.argument("code")
@reason_option(required=True)
@dry_run_option
@pass_environment
def refuse(environment: Environment, code: str, *, reason: str, dry_run: bool) -> None:
    """Disagree: the act is not done."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        proposals.decide(connection, actor, code, agree=False, reason=reason)
    click.echo(f"Không đồng ý {code}")


def _endings(connection: Connection, row: ProposalRow) -> tuple[Sequence[Ending], int]:
    return endings_of(connection, row.payload["import"]) if row.kind is ProposalKind.MASS_END else ((), 0)


def _rule_changes(connection: Connection, row: ProposalRow) -> Sequence[str]:
    """What other rules change against those that they were tried against."""
    trial = proposed_trial(connection, row) if row.kind is ProposalKind.POLICY else None
    if trial is None:
        return ()
    before = versions.text_of(connection, trial.version)
    old = RuleBook(()) if before is None else versions.read_all(before, f"version {trial.version}")
    return list(change_lines(differences(old, versions.read_all(trial.text, POLICY_FILE))))


def _what(row: ProposalRow, ends: Sequence[Ending], count: int, changes: Sequence[str]) -> Iterator[str]:
    """What exactly is agreed to, in words."""
    facts = row.payload
    match row.kind:
        case ProposalKind.MASS_END:
            yield f"Thu hồi {facts['ends']} tài khoản theo danh sách nhân sự {facts['import']}:"
            yield from (f"– {one.address}  {one.name}" for one in ends)
            if count > len(ends):
                yield f"– và {count - len(ends)} tài khoản khác: mailhub roster show {facts['import']}"
        case ProposalKind.OPEN_MAILBOX:
            yield f"{facts['reader']} được đọc hộp thư {row.subject} trong {facts['days']} ngày"
            yield f"Căn cứ: {facts['decision']}"
            yield "Không báo cho chủ hộp thư" if facts["secret"] else "Chủ hộp thư được báo"
        case ProposalKind.OPEN_SECRET:
            yield f"Mở nội dung đã niêm phong của sự cố {row.subject}, bằng khóa của cán bộ phụ trách an toàn thông tin"
        case ProposalKind.TRUST:
            yield from trust_lines(facts)
        case ProposalKind.POLICY:
            yield from changes or ["nội dung chạy thử không còn được lưu: đề nghị lại"]
        case _:
            yield from (f"{key}: {value}" for key, value in facts.items() if key != "subject")


def _object(row: ProposalRow) -> dict[str, object]:
    return {
        "code": row.code,
        "kind": row.kind.value,
        "subject": row.subject,
        "payload": {key: value for key, value in row.payload.items() if key != "subject"},
        "reason": row.reason,
        "proposed_by": row.proposed_by,
        "proposed_at": iso_time(row.proposed_at),
        "expires_at": iso_time(row.expires_at),
        "decided_by": row.decided_by,
        "state": row.stands(now_ms()),
    }
