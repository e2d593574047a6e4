"""`mailhub web`: where an account is logged in on the web, and its programs' tokens; to see them and to end them.

They are made on the web alone, by their owner.
"""

from __future__ import annotations

import click

from mailhub.accounts.web import listing, tokens
from mailhub.cli.acting import acting, dry_run_option, json_option, print_json, reason_option, tell_empty
from mailhub.cli.environment import Environment, pass_environment
from mailhub.clock import iso_time, local_time, now_ms
from mailhub.text.plain import plain_line


@click.group("web")
def web() -> None:
    """Browsers that are logged in, and tokens of programs.

    \b
    Examples:
      mailhub --dir DIR web sessions nva@tinh.gov.vn
      mailhub --dir DIR web end nva@tinh.gov.vn --reason "mất máy tính"
      mailhub --dir DIR web tokens nva@tinh.gov.vn
      mailhub --dir DIR web revoke nva@tinh.gov.vn --all --reason "phần mềm thôi sử dụng"
    """


@web.command()
@click.argument("address")
@json_option
@pass_environment
def sessions(environment: Environment, address: str, *, as_json: bool) -> None:
    """List the account's open sessions, the one used last first; the audit log keeps that somebody looked."""
    settings = environment.settings
    with acting(environment) as (connection, actor):
        rows = listing.list_sessions(connection, actor, address, settings=settings, at=now_ms())
    tell_empty(rows, as_json=as_json)
    for row in rows:
        if as_json:
            print_json(
                {
                    "id": row.id,
                    "stage": row.stage,
                    "factor": row.factor,
                    "opened": iso_time(row.created_at),
                    "used": iso_time(row.seen_at),
                    "ip": row.ip,
                    "agent": row.agent,
                }
            )
        else:
            since = f"từ {_moment(row.created_at)}, dùng lần cuối {_moment(row.seen_at)}"
            click.echo(f"{row.id:<20} {since} {row.ip:<16} {row.agent[:60]}")


@web.command()
@click.argument("address")
@click.option("--session", type=int, help="One session alone, by the number that `sessions` shows.")
@reason_option(required=True)
@dry_run_option
@pass_environment
def end(environment: Environment, address: str, *, session: int | None, reason: str, dry_run: bool) -> None:
    """End the account's sessions, or one of them: the browser is asked for a login at its next request.

    \b
    Example:
      mailhub --dir DIR web end nva@tinh.gov.vn --reason "mất máy tính"
    """
    number = 1
    with acting(environment, dry_run=dry_run) as (connection, actor):
        if session is None:
            number = listing.end_all(connection, actor, address, at=now_ms(), reason=reason)
        else:
            listing.end_one(connection, actor, address, session, at=now_ms(), reason=reason)
    click.echo(f"Đã kết thúc {number} phiên trên trang web của {address}")


@web.command("tokens")
@click.argument("address")
@click.option("--revoked", is_flag=True, help="Those that were revoked as well.")
@json_option
@pass_environment
def tokens_(environment: Environment, address: str, *, revoked: bool, as_json: bool) -> None:
    """List the account's tokens: name, areas, until when, used last when and where. Never the secret."""
    with acting(environment) as (connection, actor):
        rows = tokens.list_tokens(connection, actor, address, revoked=revoked, at=now_ms())
    tell_empty(rows, as_json=as_json)
    for row in rows:
        if as_json:
            times = {"made": row.made_at, "until": row.expires_at, "used": row.last_used_at, "revoked": row.revoked_at}
            told = {name: None if at is None else iso_time(at) for name, at in times.items()}
            print_json({"id": row.id, "prefix": row.prefix, "name": row.name, "scopes": row.scopes, **told})
        else:
            used = (
                "chưa dùng" if row.last_used_at is None else f"dùng lần cuối {_moment(row.last_used_at)} {row.last_ip}"
            )
            state = "đã thu hồi" if row.revoked_at is not None else f"đến {_moment(row.expires_at)}"
            click.echo(f"{row.id:<20} {plain_line(row.name):<32} {' '.join(row.scopes)}; {state}; {used}")


@web.command()
@click.argument("address")
@click.option("--token", type=int, help="One token alone, by the number that `tokens` shows.")
@click.option("--all", "everything", is_flag=True, help="All of the account's.")
@reason_option(required=True)
@dry_run_option
@pass_environment
def revoke(
    environment: Environment, address: str, *, token: int | None, everything: bool, reason: str, dry_run: bool
) -> None:
    """Take tokens back: the program is refused at its next request.

    \b
    Example:
      mailhub --dir DIR web revoke nva@tinh.gov.vn --all --reason "phần mềm thôi sử dụng"
    """
    if (token is None) != everything:
        raise click.UsageError("give either --token or --all")
    with acting(environment, dry_run=dry_run) as (connection, actor):
        number = tokens.revoke_tokens(connection, actor, address, token, reason=reason, at=now_ms())
    click.echo(f"Đã thu hồi {number} mã truy cập của {address}")


def _moment(at: int) -> str:
    return local_time(at).strftime("%H:%M %d/%m/%Y")
