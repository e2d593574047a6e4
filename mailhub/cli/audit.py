"""`mailhub audit`: who changed what, and whether the log of it is whole."""

from __future__ import annotations

import json

import click
from sqlalchemy import Connection, Row, select

from mailhub.accounts import audit as log
from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.reading import verify_chain
from mailhub.accounts.records import AuditRow
from mailhub.accounts.rights import Action, Actor, Subject, console, may
from mailhub.cli.acting import json_option, print_json
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.trace import read_since
from mailhub.clock import iso_time, local_time
from mailhub.errors import MailhubError

MOST_ROWS = 1000


class ChainBroken(MailhubError):
    """The log was changed by somebody else than mailhub."""


@click.group()
def audit() -> None:
    """The log of who changed or looked at what; its rows are chained by hashes.

    \b
    Examples:
      mailhub --dir DIR audit verify
      mailhub --dir DIR audit list --object nva@tinh.gov.vn --since 30d
    """


@audit.command()
@json_option
@pass_environment
def verify(environment: Environment, *, as_json: bool) -> None:
    """Recompute every hash; exit code 1 when a row was changed, taken out or put in."""
    actor = console(environment.os_user)
    with environment.database.write() as connection:
        _note(connection, actor, "verify")
    with environment.database.read() as connection:
        report = verify_chain(connection)
    if as_json:
        print_json({"ok": report.ok, "rows": report.rows, "first_bad": report.first_bad})
    elif report.ok:
        click.echo(f"Nguyên vẹn: {report.rows} dòng")
    if not report.ok:
        raise ChainBroken(f"the audit log does not fit from row {report.first_bad} on: it was changed outside mailhub")


@audit.command("list")
@click.option("--object", "name", default="", help="Only acts on this address, domain or agency.")
@click.option("--actor", "who", default="", help="Only acts of this actor, such as console:root.")
@click.option("--since", default="30d", show_default=True, help="2026-11-20, 2026-11-20T08:00, 24h or 7d.")
@click.option("--limit", type=click.IntRange(1), help="At most so many, the newest.")
@json_option
@pass_environment
def list_(environment: Environment, *, name: str, who: str, since: str, limit: int | None, as_json: bool) -> None:
    """List acts, oldest first.

    \b
    Example:
      mailhub --dir DIR audit list --actor console:root --since 24h --json
    """
    actor, moment, name = console(environment.os_user), read_since(since), name.casefold()
    with environment.database.write() as connection:
        _note(connection, actor, name or who or "list")
    with environment.database.read() as connection:
        rows = _rows(connection, name, who, moment, limit or MOST_ROWS)
    for row in rows:
        if as_json:
            print_json(_object(row))
        else:
            reason = f"  ({row.reason})" if row.reason else ""
            when = local_time(row.at).strftime("%d/%m/%Y %H:%M:%S")
            click.echo(f"{when}  {row.actor}  {row.action}  {row.object}{reason}")


def _note(connection: Connection, actor: Actor, what: str) -> None:
    """Reading the log is an act as well."""
    subject = Subject(kind="audit", name=what[:320])
    if not may(actor, Action.AUDIT_READ, subject):
        raise NotAllowed(f"{actor.name} may not read the audit log")
    log.record(connection, actor, Action.AUDIT_READ, subject)


def _rows(connection: Connection, name: str, who: str, since: int, limit: int) -> list[Row[tuple[object, ...]]]:
    table = AuditRow.__table__
    query = select(table).where(table.c.at >= since)
    if name:
        query = query.where(table.c.object == name)
    if who:
        query = query.where(table.c.actor == who)
    return list(reversed(connection.execute(query.order_by(table.c.id.desc()).limit(limit)).all()))


def _object(row: Row[tuple[object, ...]]) -> dict[str, object]:
    return {
        "number": row.id,
        "time": iso_time(row.at),
        "actor": row.actor,
        "actor_ip": row.actor_ip,
        "action": row.action,
        "object_kind": row.object_kind,
        "object": row.object,
        "reason": row.reason,
        "before": json.loads(row.before),
        "after": json.loads(row.after),
        "hash": row.hash,
    }
