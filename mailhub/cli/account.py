"""`mailhub account`: open and look at accounts; passwords; and why somebody cannot log in."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import click

from mailhub.accounts import service
from mailhub.accounts.act import need_reason
from mailhub.accounts.login.changing import new_password
from mailhub.accounts.models import MailboxKind, Rank
from mailhub.accounts.passwords import faults, new_hash
from mailhub.accounts.people.person import NewPerson
from mailhub.accounts.reading import AccountLine, Only
from mailhub.cli.account_acts import hold, plan_end, restore, revoke, suspend, unhold, words_of
from mailhub.cli.account_life import back, change, leave, move
from mailhub.cli.account_sending import allow_sending
from mailhub.cli.account_views import (
    STATES,
    line_json,
    line_text,
    report_json,
    report_text,
    story_json,
    story_text,
)
from mailhub.cli.acting import acting, dry_run_option, json_option, looking, print_json, read_password, reason_option
from mailhub.cli.closing import proof
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.recovery import redeem
from mailhub.cli.unlock import import_hash, unlock
from mailhub.clock import now_ms

_PAGE = 1000
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
@click.option("--rank", type=words_of(Rank), help="What the post counts as (default: as the post says).")
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
    rank: str | None,
    kind: str,
    password_stdin: bool,
    home: str | None,
    quota_mib: int | None,
    dry_run: bool,
) -> None:
    """Open an account, usable at once. Without a password nobody logs in until `account passwd`.

    Agencies ask for accounts with `request new`; a slip for the newcomer comes from `slip make`.

    \b
    Example:
      echo 'Song-Lo.2026' | mailhub --dir DIR account create nva@tinh.gov.vn --name "Nguyễn Văn An" --password-stdin
    """
    secret = new_hash(environment.settings.passwords, read_password(), address) if password_stdin else None
    personal = kind == MailboxKind.PERSONAL
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.create_account(
            connection,
            actor,
            address,
            name,
            agency=agency,
            kind=MailboxKind(kind),
            title="" if personal else title,
            person=NewPerson(title=title, rank=None if rank is None else Rank(rank)) if personal else None,
            password_hash=secret,
            home=home,
            quota_mib=quota_mib,
            default_quota_mib=environment.settings.mailboxes.quota_mib,
            may_login=kind != MailboxKind.ROLE,
        )
    click.echo(f"Đã cấp {address}")


@account.command("list")
@click.argument("words", nargs=-1)
@click.option("--agency", default="", metavar="CODE", help="Only this agency and those below it.")
@click.option("--state", type=click.Choice(list(STATES)), help="Only accounts in this state.")
@click.option("--kind", type=words_of(MailboxKind), help="Only mailboxes of this kind.")
@click.option("--idle", "only", flag_value=Only.IDLE, multiple=True, help="Only those closed because nobody used them.")
@click.option("--away", "only", flag_value=Only.AWAY, multiple=True, help="Only those on leave.")
@click.option("--ending", "only", flag_value=Only.ENDING, multiple=True, help="Only those whose end is announced.")
@click.option("--no-password", "only", flag_value=Only.NO_PASSWORD, multiple=True, help="Only those without one yet.")
@click.option("--held", "only", flag_value=Only.HELD, multiple=True, help="Only those that an order holds.")
@click.option("--after", default="", metavar="ADDRESS", help="Begin behind this address.")
@click.option("--limit", type=click.IntRange(1), help="At most so many.")
@json_option
@pass_environment
def list_(
    environment: Environment,
    words: tuple[str, ...],
    *,
    agency: str,
    state: str | None,
    kind: str | None,
    only: tuple[str, ...],
    after: str,
    limit: int | None,
    as_json: bool,
) -> None:
    """List accounts in the order of their addresses; WORDS of name, address or post, with or without marks.

    \b
    Examples:
      mailhub --dir DIR account list nguyen van an
      mailhub --dir DIR account list --agency snv --state suspended --json
      mailhub --dir DIR account list --agency snv --no-password
    """
    wanted = {"agency": agency, "state": state or "", "kind": kind or "", "text": " ".join(words)}
    for line in _lines(environment, wanted, tuple(Only(one) for one in only), after, limit):
        if as_json:
            print_json(line_json(line))
        else:
            click.echo(line_text(line))


@account.command()
@click.argument("address")
@json_option
@pass_environment
def show(environment: Environment, address: str, *, as_json: bool) -> None:
    """Show one account in full."""
    with looking(environment) as (connection, actor):
        report = service.show_account(connection, actor, address, at=now_ms())
    if as_json:
        print_json(report_json(report))
        return
    for line in report_text(report):
        click.echo(line)


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
    password_hash = new_password(environment.database, address, secret, settings=rules)
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.set_password(connection, actor, address, password_hash, reason=reason)
    click.echo(f"Đã đặt mật khẩu cho {address}" + (f": {secret}" if generate else ""))


@account.command()
@click.argument("address")
@reason_option(required=False)
@json_option
@pass_environment
def why(environment: Environment, address: str, *, reason: str, as_json: bool) -> None:
    """Tell why an account is as it is: where it stands, each step with its reason, the last tries in words.

    With --reason the look is noted in the audit log.
    """
    with looking(environment) as (connection, actor):
        story = service.why(connection, actor, address, settings=environment.settings.passwords)
    if reason:
        with acting(environment) as (connection, actor):
            service.note_reading(connection, actor, address, reason=need_reason(reason))
    if as_json:
        print_json(story_json(story))
        return
    for line in story_text(story):
        click.echo(line)


_OTHERS = (suspend, revoke, restore, plan_end, hold, unhold, change, move, leave, back, proof, redeem)
for _command in (*_OTHERS, allow_sending, unlock, import_hash):
    account.add_command(_command)


def _lines(
    environment: Environment, wanted: dict[str, str], only: tuple[Only, ...], after: str, limit: int | None
) -> Iterator[AccountLine]:
    left = limit
    while left is None or left > 0:
        page = _PAGE if left is None else min(_PAGE, left)
        with looking(environment) as (connection, actor):
            lines = service.list_accounts(
                connection, actor, after=after, limit=page, only=only,
                agency=wanted.get("agency", ""), state=wanted.get("state", ""), kind=wanted.get("kind", ""),
                text=wanted.get("text", ""),
            )  # fmt: skip
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
