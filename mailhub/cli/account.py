"""`mailhub account`: open, look at, suspend, revoke, restore; passwords; and why somebody cannot log in."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import click

from mailhub.accounts import service
from mailhub.accounts.act import need_reason
from mailhub.accounts.models import MailboxKind
from mailhub.accounts.passwords import faults, new_hash
from mailhub.accounts.reading import AccountLine, AccountReport, Story
from mailhub.accounts.rights import console
from mailhub.cli.acting import acting, dry_run_option, json_option, print_json, read_password, reason_option
from mailhub.cli.environment import Environment, pass_environment
from mailhub.clock import iso_time, local_time, now_ms

STATES = {"active": "Đang sử dụng", "suspended": "Tạm khóa", "ended": "Đã thu hồi (còn lưu)"}
_PAGE = 1000
_SESSIONS_END = "các phiên gửi và IMAP đang mở kết thúc trong vòng 5 giây"
_ALPHABET = "abcdefghjkmnpqrstwxyzABCDEFGHJKMNPQRSTWXYZ23456789"


@click.group()
def account() -> None:
    """Officials' accounts and mailboxes.

    \b
    Examples:
      mailhub --dir DIR account create nva@tinh.gov.vn --name "Nguyễn Văn An" --agency snv --password-stdin
      mailhub --dir DIR account suspend nva@tinh.gov.vn --reason "nghỉ chờ hưu"
      mailhub --dir DIR account why nva@tinh.gov.vn
    """


@account.command()
@click.argument("address")
@click.option("--name", required=True, help='Full name, such as "Nguyễn Văn An".')
@click.option("--agency", default="", metavar="CODE", help="The agency's code; the province itself when left out.")
@click.option("--title", default="", help='Post, such as "Chuyên viên".')
@click.option("--kind", type=click.Choice(["personal", "role", "service"]), default="personal", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input (first line).")
@click.option(
    "--home", metavar="HOME", help="Where the mailbox lives: here, or smtp://host:port (default: the domain's)."
)
@click.option("--quota-mib", type=click.IntRange(1), help="Size of the mailbox (default: the setting's).")
@dry_run_option
@pass_environment
def create(
    environment: Environment,
    address: str,
    *,
    name: str,
    agency: str,
    title: str,
    kind: str,
    password_stdin: bool,
    home: str | None,
    quota_mib: int | None,
    dry_run: bool,
) -> None:
    """Open an account, usable at once. Without a password nobody logs in until `account passwd`.

    \b
    Example:
      echo 'Song-Lo.2026' | mailhub --dir DIR account create nva@tinh.gov.vn --name "Nguyễn Văn An" --password-stdin
    """
    secret = new_hash(environment.settings.passwords, read_password(), address) if password_stdin else None
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.create_account(
            connection,
            actor,
            address,
            name,
            agency=agency,
            kind=MailboxKind(kind),
            title=title,
            password_hash=secret,
            home=home,
            quota_mib=quota_mib,
            may_login=kind != MailboxKind.ROLE,
        )
    click.echo(f"Đã cấp {address}")


@account.command("list")
@click.option("--agency", default="", metavar="CODE", help="Only this agency and those below it.")
@click.option("--state", type=click.Choice(list(STATES)), help="Only accounts in this state.")
@click.option("--after", default="", metavar="ADDRESS", help="Begin behind this address.")
@click.option("--limit", type=click.IntRange(1), help="At most so many.")
@json_option
@pass_environment
def list_(
    environment: Environment, *, agency: str, state: str | None, after: str, limit: int | None, as_json: bool
) -> None:
    """List accounts in the order of their addresses.

    \b
    Example:
      mailhub --dir DIR account list --agency snv --state suspended --json
    """
    for line in _lines(environment, agency, state or "", after, limit):
        if as_json:
            print_json(_line_json(line))
        else:
            click.echo(f"{line.address:<40} {STATES[line.state]:<22} {line.agency:<16} {line.name}")


@account.command()
@click.argument("address")
@json_option
@pass_environment
def show(environment: Environment, address: str, *, as_json: bool) -> None:
    """Show one account in full."""
    with environment.database.read() as connection:
        report = service.show_account(connection, console(environment.os_user), address, at=now_ms())
    shown = _report_json(report)
    if as_json:
        print_json(shown)
        return
    for key, value in shown.items():
        text = ", ".join(value) if isinstance(value, list) else _plain(value)
        click.echo(f"{key:<16} {text}")


@account.command()
@click.argument("address")
@reason_option(required=True)
@click.option("--refuse-mail", is_flag=True, help="Refuse mail as well; otherwise it still arrives.")
@dry_run_option
@pass_environment
def suspend(environment: Environment, address: str, *, reason: str, refuse_mail: bool, dry_run: bool) -> None:
    """Close login and sending; mail still arrives. Undo it with `account restore`.

    \b
    Example:
      mailhub --dir DIR account suspend nva@tinh.gov.vn --reason "mất điện thoại"
    """
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.suspend_account(connection, actor, address, reason=reason, refuse_mail=refuse_mail)
    click.echo(f"Đã tạm khóa {address}; {_SESSIONS_END}")


@account.command()
@click.argument("address")
@reason_option(required=True)
@click.option("--unit-address", default="", metavar="ADDRESS", help="Whom senders are sent to (default: the agency's).")
@dry_run_option
@pass_environment
def revoke(environment: Environment, address: str, *, reason: str, unit_address: str, dry_run: bool) -> None:
    """End the account: no login, no sending, mail is refused with the unit's address. The mailbox is kept.

    \b
    Example:
      mailhub --dir DIR account revoke nva@tinh.gov.vn --reason "nghỉ hưu, QĐ 156/QĐ-SNV"
    """
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.end_account(connection, actor, address, reason=reason, unit_address=unit_address)
    click.echo(f"Đã thu hồi {address}; {_SESSIONS_END}")


@account.command()
@click.argument("address")
@reason_option(required=False)
@dry_run_option
@pass_environment
def restore(environment: Environment, address: str, *, reason: str, dry_run: bool) -> None:
    """Give back what `suspend` or `revoke` took, and no more."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.restore_account(connection, actor, address, reason=reason)
    click.echo(f"Đã khôi phục {address}")


@account.command()
@click.argument("address")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input (first line).")
@click.option("--generate", is_flag=True, help="Make one up and print it.")
@reason_option(required=False)
@dry_run_option
@pass_environment
def passwd(
    environment: Environment, address: str, *, password_stdin: bool, generate: bool, reason: str, dry_run: bool
) -> None:
    """Set a new password; failures counted against the old one are forgotten.

    \b
    Example:
      mailhub --dir DIR account passwd nva@tinh.gov.vn --generate
    """
    if password_stdin == generate:
        raise click.UsageError("give either --password-stdin or --generate")
    rules = environment.settings.passwords
    secret = _generated(rules.minimum_length) if generate else read_password()
    password_hash = new_hash(rules, secret, address)
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.set_password(connection, actor, address, password_hash, reason=reason)
    click.echo(f"Đã đặt mật khẩu cho {address}" + (f": {secret}" if generate else ""))


@account.command()
@click.argument("address")
@reason_option(required=False)
@json_option
@pass_environment
def why(environment: Environment, address: str, *, reason: str, as_json: bool) -> None:
    """Tell why somebody cannot log in: the state, the last changes, the last tries in words.

    With --reason the look is noted in the audit log.
    """
    with environment.database.read() as connection:
        story = service.why(connection, console(environment.os_user), address)
    if reason:
        with acting(environment) as (connection, actor):
            service.note_reading(connection, actor, address, reason=need_reason(reason))
    if as_json:
        print_json(_story_json(story))
        return
    mailbox = story.mailbox
    login = "đăng nhập được" if mailbox.logs_in else "không đăng nhập được"
    receives = "nhận thư" if mailbox.takes_mail else "không nhận thư"
    click.echo(f"{mailbox.address}: {STATES[mailbox.state]}, {login}, {receives}")
    since = "chưa đặt" if story.password_set_at is None else f"đặt lúc {_moment(story.password_set_at)}"
    click.echo(f"Mật khẩu: {since}")
    for change in story.changes:
        click.echo(
            f"{_moment(change.at)}  {change.action}  {change.actor}" + (f"  ({change.reason})" if change.reason else "")
        )
    for attempt in story.attempts:
        click.echo(f"{_moment(attempt.at)}  {attempt.service}  {attempt.ip}  {attempt.words()}")


def _lines(environment: Environment, agency: str, state: str, after: str, limit: int | None) -> Iterator[AccountLine]:
    actor, left = console(environment.os_user), limit
    while left is None or left > 0:
        page = _PAGE if left is None else min(_PAGE, left)
        with environment.database.read() as connection:
            lines = service.list_accounts(connection, actor, after=after, limit=page, agency=agency, state=state)
        yield from lines
        if len(lines) < page:
            return
        after, left = lines[-1].address, None if left is None else left - page


def _line_json(line: AccountLine) -> dict[str, object]:
    return {
        "id": str(line.id),
        "address": line.address,
        "name": line.name,
        "kind": line.kind,
        "agency": line.agency,
        "state": line.state,
    }


def _report_json(report: AccountReport) -> dict[str, object]:
    mailbox = report.mailbox
    return {
        "id": str(mailbox.id),
        "address": mailbox.address,
        "name": mailbox.name,
        "kind": mailbox.kind,
        "agency": report.agency,
        "state": mailbox.state,
        "login": mailbox.logs_in,
        "sending": mailbox.sends,
        "receives": mailbox.takes_mail,
        "aliases": list(report.aliases),
        "groups": list(report.groups),
        "holds": list(report.holds),
        "held_by": list(report.held_by),
        "home": mailbox.home,
        "quota_mib": mailbox.quota_mib,
        "password_set": None if report.password_set_at is None else iso_time(report.password_set_at),
        "created": iso_time(mailbox.created_at),
        "ended": None if mailbox.ended_at is None else iso_time(mailbox.ended_at),
    }


def _story_json(story: Story) -> dict[str, object]:
    mailbox = story.mailbox
    return {
        "address": mailbox.address,
        "state": mailbox.state,
        "login": mailbox.logs_in,
        "sending": mailbox.sends,
        "receives": mailbox.takes_mail,
        "password_set": None if story.password_set_at is None else iso_time(story.password_set_at),
        "changes": [
            {"time": iso_time(change.at), "action": change.action, "actor": change.actor, "reason": change.reason}
            for change in story.changes
        ],
        "attempts": [
            {
                "time": iso_time(attempt.at),
                "service": attempt.service,
                "ip": attempt.ip,
                "cause": attempt.cause,
                "hints": list(attempt.hints),
                "words": attempt.words(),
            }
            for attempt in story.attempts
        ],
    }


def _plain(value: object) -> str:
    words = {None: "-", True: "có", False: "không"}
    return words[value] if value is None or isinstance(value, bool) else STATES.get(str(value), str(value))


def _moment(at: int) -> str:
    return local_time(at).strftime("%H:%M:%S %d/%m/%Y")


def _generated(length: int) -> str:
    """Four groups that can be read out, with all kinds of character."""
    size = max(4, -(-length // 4))
    while True:
        secret = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(size)) for _ in range(4))
        if not faults(secret, "", minimum=length):
            return secret
