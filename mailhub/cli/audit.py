"""`mailhub audit`: who changed or looked at what, and whether the log of it is whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from mailhub.accounts.control.heads import Head, broken_head, kept_heads, open_signer, read_heads
from mailhub.accounts.control.log_reading import LogFilter, note_log_read, read_log
from mailhub.accounts.reading import verify_chain
from mailhub.cli.acting import acting, json_option, looking, print_json
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.tables import print_csv
from mailhub.cli.trace import read_since
from mailhub.clock import iso_time, local_time
from mailhub.errors import MailhubError
from mailhub.text.plain import plain_line

MOST_ROWS = 1000
_COLUMNS = (
    "number", "time", "actor", "actor_ip", "action", "object_kind", "object", "reason", "before", "after", "hash",
)  # fmt: skip


class ChainBroken(MailhubError):
    """The log was changed by somebody else than mailhub."""


@click.group()
def audit() -> None:
    """The log of who changed or looked at what; its rows are chained by hashes, its head is signed every day.

    \b
    Examples:
      mailhub --dir DIR audit verify
      mailhub --dir DIR audit verify --head thu-da-luu.eml
      mailhub --dir DIR audit list --object nva@tinh.gov.vn --since 30d
      mailhub --dir DIR audit export --since 365d --format csv > nhat-ky.csv
    """


@audit.command()
@click.option(
    "--head",
    "files",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A witness's saved mail with signed heads; may be given again.",
)
@click.option("--key", default="", help="The public key that the heads must be signed with (see `audit key`).")
@json_option
@pass_environment
def verify(environment: Environment, files: tuple[Path, ...], *, key: str, as_json: bool) -> None:
    """Recompute every hash and check the signed heads; exit code 1 names the first row that does not fit."""
    given = [head for file in files for head in _read(file)]
    with acting(environment) as (connection, actor):
        note_log_read(connection, actor, "verify")
    hub = environment.settings.hub.domain
    with environment.database.read() as connection:
        report = verify_chain(connection)
        broken = broken_head(connection, hub, [*kept_heads(connection, hub), *given], trusted=key)
    if as_json:
        told = None if broken is None else broken.day
        print_json(
            {
                "ok": report.ok and broken is None,
                "rows": report.rows,
                "first_bad": report.first_bad,
                "broken_head": told,
                "heads_given": len(given),
            }
        )
    if not report.ok:
        raise ChainBroken(f"the audit log does not fit from row {report.first_bad} on: it was changed outside mailhub")
    if broken is not None:
        raise ChainBroken(
            f"row {broken.row} is not the one whose hash was signed on {broken.day}: the log was rewritten"
        )
    if not as_json:
        click.echo(f"Nguyên vẹn: {report.rows} dòng" + (f", {len(given)} đầu nhật ký đã đối chiếu" if given else ""))


@audit.command("list")
@click.option("--object", "name", default="", help="Only acts on this address, domain or agency.")
@click.option("--actor", "who", default="", help="Only acts of this actor, such as console:root.")
@click.option("--action", default="", help="Only this act, such as account.end, or a family of them: account.")
@click.option("--since", default="30d", show_default=True, help="2026-11-20, 2026-11-20T08:00, 24h or 7d.")
@click.option("--limit", type=click.IntRange(1), help="At most so many, the newest.")
@json_option
@pass_environment
def list_(
    environment: Environment, *, name: str, who: str, action: str, since: str, limit: int | None, as_json: bool
) -> None:
    """List acts, oldest first.

    \b
    Example:
      mailhub --dir DIR audit list --actor console:root --since 24h --json
    """
    name = name.casefold()
    wanted = LogFilter(object=name, actor=who, action=action, since=read_since(since))
    _note(environment, name or who or action or "list")
    with looking(environment) as (connection, actor):
        for row in read_log(connection, actor, wanted, newest=limit or MOST_ROWS):
            if as_json:
                print_json(_object(row))
            else:
                reason = f"  ({row['reason']})" if row["reason"] else ""
                when = local_time(row["at"]).strftime("%d/%m/%Y %H:%M:%S")
                click.echo(f"{when}  {row['actor']}  {_act(row)}  {row['object']}{reason}")


@audit.command()
@click.option("--object", "name", default="", help="Only acts on this address, domain or agency.")
@click.option("--since", default="365d", show_default=True, help="2026-01-01, 24h or 7d.")
@click.option("--until", default="", help="Up to this moment.")
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
@pass_environment
def export(environment: Environment, *, name: str, since: str, until: str, form: str) -> None:
    """Write every act with what was before and after to standard output, for inspectors.

    \b
    Example:
      mailhub --dir DIR audit export --since 2026-01-01 --format csv > nhat-ky-2026.csv
    """
    end = read_since(until) if until else None
    wanted = LogFilter(object=name.casefold(), since=read_since(since), until=end)
    _note(environment, f"export {name}".strip())
    with looking(environment) as (connection, actor):
        rows = (_object(row) for row in read_log(connection, actor, wanted))
        if form == "json":
            for row in rows:
                print_json(row)
        else:
            print_csv(_COLUMNS, (_cells(row) for row in rows))


@audit.command("key")
@pass_environment
def key_(environment: Environment) -> None:
    """Print the public key of the signed heads, for witnesses to keep."""
    environment.database  # noqa: B018 - root steps down before a key file is made
    click.echo(open_signer(environment.settings.keys_directory).public)


def _act(row: dict[str, Any]) -> str:
    """The act, and how it went where one name stands for several: `word.give released`, `word.give refused (late)`."""
    after = row["after"] if isinstance(row["after"], dict) else {}
    said, why = plain_line(str(after.get("act") or "")), plain_line(str(after.get("why") or ""))
    return " ".join([row["action"], *([said] if said else []), *([f"({why})"] if said and why else [])])


def _note(environment: Environment, what: str) -> None:
    with acting(environment) as (connection, actor):
        note_log_read(connection, actor, what)


def _read(file: Path) -> Sequence[Head]:
    heads = read_heads(file.read_text("utf-8", "replace"))
    if not heads:
        raise ChainBroken(f"{file}: no signed head in it")
    return heads


def _cells(row: dict[str, Any]) -> list[str]:
    pictures = {key: json.dumps(row[key], ensure_ascii=False) for key in ("before", "after")}
    return [str(value) for value in {**row, **pictures}.values()]


def _object(row: dict[str, Any]) -> dict[str, Any]:
    names = ("actor", "actor_ip", "action", "object_kind", "object", "reason", "before", "after", "hash")
    return {"number": row["id"], "time": iso_time(row["at"]), **{name: row[name] for name in names}}
