"""`mailhub account`: open, look at, suspend, revoke, restore; passwords; and why somebody cannot log in."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import click

from mailhub.accounts import service
from mailhub.accounts.act import need_reason
from mailhub.accounts.models import MailboxKind
from mailhub.accounts.passwords import faults, new_hash
from mailhub.accounts.reading import AccountLine
from mailhub.accounts.rights import console
from mailhub.cli.account_views import STATES, line_json, plain, report_json, story_json, story_text
from mailhub.cli.acting import acting, dry_run_option, json_option, print_json, read_password, reason_option
from mailhub.cli.environment import Environment, pass_environment
from mailhub.clock import now_ms

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
            print_json(line_json(line))
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
    shown = report_json(report)
    if as_json:
        print_json(shown)
        return
    for key, value in shown.items():
        text = ", ".join(value) if isinstance(value, list) else plain(value)
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
        print_json(story_json(story))
        return
    for line in story_text(story):
        click.echo(line)


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


def _generated(length: int) -> str:
    """Four groups that can be read out, with all kinds of character."""
    size = max(4, -(-length // 4))
    while True:
        secret = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(size)) for _ in range(4))
        if not faults(secret, "", minimum=length):
            return secret
