"""`mailhub domain`: what officials send from. (`alias` is in addresses.py.)"""

from __future__ import annotations

from datetime import date

import click

from mailhub.accounts import service
from mailhub.accounts.organisation import domain_picture, is_official
from mailhub.cli.acting import acting, day_type, dry_run_option, json_option, print_json, read_day, reason_option
from mailhub.cli.addresses import alias
from mailhub.cli.domain_merging import domain_canonical, domain_rename
from mailhub.cli.environment import Environment, pass_environment

__all__ = ["alias", "domain"]


@click.group()
def domain() -> None:
    """The domains that officials send from and receive at.

    \b
    Examples:
      mailhub --dir DIR domain add hoabinh.gov.vn --until 2027-06-30
      mailhub --dir DIR domain home hoabinh.gov.vn smtp://mail-cu.hoabinh.gov.vn:25 --relay
    """


@domain.command("add")
@click.argument("name")
@click.option("--from", "from_", type=day_type, callback=read_day, help="First day on which it is official.")
@click.option("--until", type=day_type, callback=read_day, help="Last day on which it is official.")
@click.option(
    "--alias-of", metavar="DOMAIN", help="It is another name of this domain: same local parts, same mailboxes."
)
@click.option("--home", default="", metavar="HOME", help="Where its mailboxes live: here, or smtp://host:port.")
@click.option("--relay", is_flag=True, help="Its mailboxes are not listed here: pass everything on to its home.")
@dry_run_option
@pass_environment
def domain_add(
    environment: Environment,
    name: str,
    *,
    from_: date | None,
    until: date | None,
    alias_of: str | None,
    home: str,
    relay: bool,
    dry_run: bool,
) -> None:
    """Enter a domain, with postmaster@ and abuse@ on it."""
    if relay and home in ("", "here"):
        raise click.UsageError("--relay needs --home smtp://host:port")
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.add_domain(
            connection,
            actor,
            name,
            official_from=from_,
            official_until=until,
            alias_of=alias_of,
            home=home,
            relay=relay,
        )
    click.echo(f"Đã thêm tên miền {name}")


@domain.command("list")
@json_option
@pass_environment
def domain_list(environment: Environment, *, as_json: bool) -> None:
    """List the domains, the canonical one first."""
    with environment.database.read() as connection:
        rows = service.list_domains(connection)
    for row in rows:
        official = is_official(row)
        if as_json:
            print_json({**domain_picture(row), "official": official})
        else:
            use = "đang dùng" if official else "không dùng để gửi"
            receives = "nhận thư" if row["receives"] else "không nhận thư"
            renamed = f"  đổi thành {row['renamed_to']}" if row["renamed_to"] else ""
            last = row["receives_until"]
            renamed += "" if last is None else f"  nhận thư đến hết {last:%d/%m/%Y}"
            click.echo(f"{row['name']:<32} {use:<18} {receives:<16} {row['home'] or 'tại đây'}{renamed}")


@domain.command("end")
@click.argument("name")
@click.option(
    "--until", type=day_type, callback=read_day, help="Last day on which officials send from it (default: it ends now)."
)
@click.option("--refuse-mail", is_flag=True, help="Refuse mail to it as well; otherwise it still receives.")
@reason_option(required=True)
@dry_run_option
@pass_environment
def domain_end(
    environment: Environment, name: str, *, until: date | None, refuse_mail: bool, reason: str, dry_run: bool
) -> None:
    """Say until when officials send from the domain. It goes on receiving, and stays ours."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.end_domain(connection, actor, name, reason=reason, until=until, receives=not refuse_mail)
    click.echo(f"Đã ghi ngày ngừng dùng tên miền {name}")


@domain.command("home")
@click.argument("name")
@click.argument("home")
@click.option("--relay/--listed", default=None, help="Whether its mailboxes are unknown here (default: as before).")
@dry_run_option
@pass_environment
def domain_home(environment: Environment, name: str, home: str, *, relay: bool | None, dry_run: bool) -> None:
    """Say where the domain's mailboxes live: HOME is `here` or smtp://host:port. One mailbox: NAME is its address.

    \b
    Examples:
      mailhub --dir DIR domain home tinh.gov.vn smtp://mail-cu.tinh.gov.vn:25
      mailhub --dir DIR domain home nva@tinh.gov.vn here
    """
    with acting(environment, dry_run=dry_run) as (connection, actor):
        if "@" in name:
            service.set_home(connection, actor, name, None if home == "domain" else home)
        else:
            service.set_domain_home(connection, actor, name, home, relay=relay)
    click.echo(f"Hộp thư của {name}: {'tại đây' if home == 'here' else home}")


@domain.command("postmaster")
@click.argument("name")
@click.argument("address")
@dry_run_option
@pass_environment
def domain_postmaster(environment: Environment, name: str, address: str, *, dry_run: bool) -> None:
    """Say who reads postmaster@ and abuse@ of the domain (RFC 2142): ADDRESS is an account of ours.

    \b
    Example:
      mailhub --dir DIR domain postmaster tinh.gov.vn quantri@tinh.gov.vn
    """
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.ensure_system_addresses(connection, actor, name, admin=address)
    click.echo(f"Thư gửi postmaster@{name}, abuse@{name}: {address}")


domain.add_command(domain_rename)
domain.add_command(domain_canonical)
