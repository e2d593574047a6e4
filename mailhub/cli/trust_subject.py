"""`mailhub trust subject`: whom certificates were issued to, as people know it."""

from __future__ import annotations

import click

from mailhub.accounts.action_words import plain_who
from mailhub.cli.acting import acting, dry_run_option, json_option, looking, print_json, reason_option, tell_empty
from mailhub.cli.environment import Environment, pass_environment
from mailhub.clock import iso_time, local_time
from mailhub.signatures import subscribers
from mailhub.signatures.verdict import Subscriber

WORDS = {Subscriber.PERSON: "cá nhân", Subscriber.AGENCY: "cơ quan"}


@click.group()
def subject() -> None:
    """Say whether a certificate is a person's or an agency's, and of which agency it is.

    \b
    `mailhub verify --json FILE` prints the certificate's fingerprint:
      mailhub trust subject confirm FINGERPRINT --agency SYT --as-agency --name "Sở Y tế" --reason "văn bản cấp"
    """


@subject.command()
@click.argument("certificate", metavar="FINGERPRINT")
@click.option("--as-person", "subscriber", flag_value=Subscriber.PERSON.value, help="A person's certificate.")
@click.option("--as-agency", "subscriber", flag_value=Subscriber.AGENCY.value, help="An agency's certificate.")
@click.option("--name", required=True, help="Whose it is.")
@click.option("--agency", default="", help="The code of our agency that it belongs to.")
@reason_option(required=True)
@dry_run_option
@pass_environment
def confirm(
    environment: Environment,
    certificate: str,
    *,
    subscriber: str | None,
    name: str,
    agency: str,
    reason: str,
    dry_run: bool,
) -> None:
    """Confirm whom a certificate belongs to; verdicts say so from then on."""
    if subscriber is None:
        raise click.UsageError("--as-person or --as-agency")
    kind = Subscriber(subscriber)
    with acting(environment, dry_run=dry_run) as (connection, actor):
        subscribers.confirm_subscriber(connection, actor, certificate, kind, name, agency=agency, reason=reason)
    click.echo(f"Đã xác nhận: {name} ({WORDS[kind]})")


@subject.command()
@click.argument("certificate", metavar="FINGERPRINT")
@reason_option(required=True)
@dry_run_option
@pass_environment
def forget(environment: Environment, certificate: str, *, reason: str, dry_run: bool) -> None:
    """Take back what was confirmed."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        subscribers.forget_subscriber(connection, actor, certificate, reason=reason)
    click.echo("Đã bỏ xác nhận")


@subject.command("list")
@json_option
@pass_environment
def list_(environment: Environment, *, as_json: bool) -> None:
    """List what was confirmed."""
    with looking(environment) as (connection, actor):
        rows = subscribers.list_subscribers(connection, actor)
    tell_empty(rows, as_json=as_json)
    for row in rows:
        if as_json:
            told = {"certificate": row.certificate, "subscriber": row.subscriber.value, "name": row.name}
            told |= {"agency": row.agency, "confirmed_by": row.confirmed_by, "reason": row.reason}
            print_json(told | {"confirmed": iso_time(row.confirmed_at)})
            continue
        who = f"{plain_who(row.confirmed_by)}, {local_time(row.confirmed_at):%d/%m/%Y}"
        click.echo(f"{row.certificate[:16]}  {WORDS[row.subscriber]:<8} {row.agency:<12} {row.name} ({who})")
