"""`mailhub trace`: where is that mail?"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import click

from mailhub.cli.acting import acting
from mailhub.cli.environment import Environment, pass_environment
from mailhub.clock import DAY, VIETNAM, iso_time, local_time, now_ms
from mailhub.errors import MailhubError
from mailhub.incidents.reading import Named, incidents_named
from mailhub.queue.timeline import Line, Waiting, trace_message, trace_recipient
from mailhub.telling.lines import tell
from mailhub.telling.rules import tells_secret


class NothingFound(MailhubError):
    """No event has that code, Message-ID or recipient."""


@click.command()
@click.argument("identifier", required=False)
@click.option("--to", "recipient", help="Everything to this address instead of one message.")
@click.option("--since", default="7d", show_default=True, help="With --to: 2026-11-20, 2026-11-20T08:00, 24h or 7d.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line: time, message, recipient, kind, facts.")
@pass_environment
def trace(
    environment: Environment, identifier: str | None, recipient: str | None, since: str, *, as_json: bool
) -> None:
    """Show what happened to a message, by the code in a reply or notice (7K4-QW2-M9) or by its Message-ID.

    \b
    Examples:
      mailhub trace 7K4-QW2-M9
      mailhub trace '<20261122.1@may.tinh.gov.vn>' --json
      mailhub trace --to nva@tinh.gov.vn --since 24h
    """
    if (identifier is None) == (recipient is None):
        raise click.UsageError("name a message, or use --to ADDRESS")
    with acting(environment) as (connection, actor):
        if recipient is not None:
            lines, waiting, cut = trace_recipient(connection, actor, recipient, since=read_since(since))
        else:
            lines, waiting, cut = trace_message(connection, actor, str(identifier))
        secrets = {line.message for line in lines if tells_secret(line.kind, line.facts)}
        named = incidents_named(connection, actor, secrets)
    if not lines:
        raise NothingFound(f"nothing is known of {recipient or identifier}")
    for line in lines:
        click.echo(as_object(line) if as_json else as_text(line, named.get(line.message)))
    if not as_json:
        for rest in waiting:
            click.echo(_still_waiting(rest))
    if cut:
        click.echo("Còn thư cũ hơn, chưa hiện hết / older messages are left out: narrow --since", err=True)


def as_object(line: Line) -> str:
    """A line of `--json`."""
    found: dict[str, Any] = {
        "time": iso_time(line.at),
        "message": line.message,
        "recipient": line.recipient,
        "kind": line.kind.value,
        "facts": line.facts,
    }
    return json.dumps(found, ensure_ascii=False)


def as_text(line: Line, named: Named | None = None) -> str:
    """`22/11 08:05:01  7K4-QW2-M9  Đã vào hộp thư  nva@tinh.gov.vn  250 2.0.0 …`."""
    told = tell(line, "vi", named=named)
    moment = local_time(told.at).strftime("%d/%m %H:%M:%S")
    parts = [moment, told.message, told.sentence, told.recipient, *told.details, told.reply]
    return "  ".join(part for part in parts if part)


def _still_waiting(rest: Waiting) -> str:
    due = "" if rest.due_at is None else f", lúc {local_time(rest.due_at).strftime('%d/%m %H:%M:%S')}"
    return f"Còn chờ: {rest.message}  {rest.recipient}  ({rest.state}{due})"


def read_since(text: str) -> int:
    """The moment that `24h`, `7d`, `2026-11-20` or `2026-11-20T08:00` means, in milliseconds.

    Raises:
        click.UsageError: none of these.
    """
    try:
        if text.endswith("h"):
            return now_ms() - int(timedelta(hours=int(text[:-1])).total_seconds() * 1000)
        if text.endswith("d"):
            return now_ms() - int(text[:-1]) * DAY
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"--since takes 24h, 7d, 2026-11-20 or 2026-11-20T08:00, not {text!r}") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=VIETNAM)
    return int(moment.timestamp() * 1000)
