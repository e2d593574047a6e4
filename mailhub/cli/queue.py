"""`mailhub queue`: what waits, and what a person may do about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click
from sqlalchemy import Row

from mailhub.cli.acting import acting, looking
from mailhub.cli.environment import Environment, pass_environment
from mailhub.clock import iso_time, local_time
from mailhub.queue import acts
from mailhub.queue.acts import Selection
from mailhub.queue.errors import NotInQueue
from mailhub.queue.models import OPEN


@click.group()
def queue() -> None:
    """Mail that has not reached everybody yet.

    \b
    Examples:
      mailhub queue list --destination mx:example.org
      mailhub queue retry 7K4-QW2-M9
      mailhub queue drop --to old@tinh.gov.vn --reason "nhập sai địa chỉ" --dry-run
    """


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--state", type=click.Choice([s.value for s in OPEN]), default=None, help="Only in this state."),
        click.option("--destination", default="", help="Only for `local`, `mx:domain` or `smtp://host:port`."),
        click.option("--sender", default="", help="Only from this envelope sender."),
        click.option("--to", default="", help="Only to this recipient."),
        click.argument("codes", nargs=-1),
    ):
        command = option(command)
    return command


def _select(codes: tuple[str, ...], to: str, sender: str, destination: str, state: str | None) -> Selection:
    return Selection(codes=codes, to=to, sender=sender, destination=destination, state=state or "")


@queue.command("list")
@_filters
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line.")
@pass_environment
def list_(
    environment: Environment,
    codes: tuple[str, ...],
    to: str,
    sender: str,
    destination: str,
    state: str | None,
    *,
    as_json: bool,
) -> None:
    """List recipients that wait, oldest first."""
    selection = _select(codes, to, sender, destination, state)
    after = 0
    while True:
        with looking(environment) as (connection, actor):
            rows = acts.list_waiting(connection, actor, selection, after=after)
        for row in rows:
            click.echo(_object(row) if as_json else _text(row))
        if len(rows) < acts.MOST_ROWS:
            if not rows and not after:
                click.echo("Không có thư nào chờ / nothing waits", err=True)
            return
        after = rows[-1].id


@queue.command()
@click.argument("code")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line.")
@pass_environment
def show(environment: Environment, code: str, *, as_json: bool) -> None:
    """Show the recipients of one message that still wait."""
    with looking(environment) as (connection, actor):
        rows = acts.list_waiting(connection, actor, Selection(codes=(code,)))
    if not rows:
        raise NotInQueue(f"nobody waits for {code} (what became of it: mailhub trace {code})")
    for row in rows:
        click.echo(_object(row) if as_json else _text(row))


def _act(name: str, function: Callable[..., int], text: str, *, reason_required: bool) -> None:
    @queue.command(name, help=text)
    @_filters
    @click.option("--reason", required=reason_required, default="" if not reason_required else None, help="Why.")
    @click.option("--dry-run", is_flag=True, help="Only say whom it would touch.")
    @click.option("--json", "as_json", is_flag=True, help="A JSON object.")
    @pass_environment
    def command(
        environment: Environment,
        codes: tuple[str, ...],
        to: str,
        sender: str,
        destination: str,
        state: str | None,
        reason: str,
        *,
        dry_run: bool,
        as_json: bool,
    ) -> None:
        selection = _select(codes, to, sender, destination, state)
        if selection.is_empty():
            raise click.UsageError("say which: a code, --to, --sender, --destination or --state")
        with acting(environment, dry_run=dry_run) as (connection, actor):
            count = function(connection, actor, selection, reason=reason)
        if as_json:
            click.echo(json.dumps({"act": name, "recipients": count, "dry_run": dry_run}))
        else:
            click.echo(f"{name}: {count} người nhận{' (chạy thử, chưa làm gì)' if dry_run else ''}")


_act("hold", acts.hold, "Keep mail from being delivered until it is released.", reason_required=True)
_act("release", acts.release, "Let held mail go on.", reason_required=False)
_act("retry", acts.retry, "Try now instead of when it is due.", reason_required=False)
_act("drop", acts.drop, "Give mail up, without a notice to the sender.", reason_required=True)


def _object(row: Row[Any]) -> str:
    return json.dumps(
        {
            "message": row.code,
            "recipient": row.address,
            "sender": row.sender,
            "subject": row.subject,
            "destination": row.destination,
            "state": row.state,
            "attempts": row.attempts,
            "due": None if row.due_at is None else iso_time(row.due_at),
            "last_reply": row.last_reply,
            "received": iso_time(row.received_at),
            "size": row.size,
        },
        ensure_ascii=False,
    )


def _text(row: Row[Any]) -> str:
    due = "" if row.due_at is None else local_time(row.due_at).strftime("%d/%m %H:%M:%S")
    return (
        f"{row.code}  {row.state:<10}  {due:<14}  {row.sender or '<>'} → {row.address}  {row.last_reply or ''}".rstrip()
    )
