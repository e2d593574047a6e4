"""`mailhub document`: which documents have passed, what was read in them, and people's better answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import click

from mailhub.cli.acting import acting, dry_run_option, json_option, looking, print_json, reason_option
from mailhub.cli.document_views import (
    COMES_BACK,
    ERASED,
    ERASES,
    WOULD_ERASE,
    correction_json,
    correction_text,
    line_json,
    line_text,
    report_json,
    report_text,
)
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.trace import read_since
from mailhub.cli.trace_signatures import verdict_json, verdict_text
from mailhub.documents.grammar.recognition import State
from mailhub.registry import service as registry
from mailhub.registry.closed import in_its_spelling
from mailhub.registry.records import DocumentLine
from mailhub.registry.secret import LEVELS, is_level
from mailhub.registry.values import CORRECTABLE
from mailhub.signatures.showing import show_verdicts

_PAGE = 500


class _Level(click.ParamType[str]):
    """A level of secrecy, with or without its marks."""

    name = "level"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        level = in_its_spelling("secrecy", str(value))
        if not level:
            self.fail(f"{value!r} is none of {', '.join(LEVELS)}", param, ctx)
        return level


@click.group()
def document() -> None:
    """Official documents that were recognised in mail.

    \b
    Examples:
      mailhub --dir DIR document search "quyet dinh 15 dong nai"
      mailhub --dir DIR document show 15/QĐ-UBND
      mailhub --dir DIR document correct 15/QĐ-UBND --field signer --value "Nguyễn Văn An" --reason "dấu che tên"
    """


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--limit", type=click.IntRange(1), help="At most so many."),
        click.option("--message", "code", default="", metavar="CODE", help="Only those that this message brought."),
        click.option("--unsure", is_flag=True, help="Only those of which something was left in doubt."),
        click.option("--numbered/--unnumbered", default=None, help="Only those with, or without, a number."),
        click.option("--secrecy", type=_Level(), default=None, help="Only incidents of this level: MẬT, or mat."),
        click.option("--urgency", default="", help='Only with this mark, such as "HỎA TỐC", or hoa toc.'),
        click.option("--state", type=click.Choice([s.value for s in State]), default=None, help="Issued or draft."),
        click.option("--issuer", default="", help="Only from this issuer; words of its name suffice."),
        click.option("--until", default="", metavar="DATE", help="Only issued on this day or before."),
        click.option(
            "--from",
            "since",
            default="",
            metavar="DATE",
            help="Only issued since this day (22/11/2026).",
        ),
        click.option("--type", "doc_type", default="", help='Only of this type: QĐ, CV, GM, or "Quyết định".'),
    ):
        command = option(command)
    return command


@document.command("list")
@_filters
@json_option
@pass_environment
def list_(environment: Environment, /, *, limit: int | None, as_json: bool, **filters: Any) -> None:
    """List documents, what was seen last first.

    \b
    Example:
      mailhub --dir DIR document list --type QĐ --from 2026-11-01 --json
    """
    _print(environment, _wanted("", filters, full_text=False), limit, as_json=as_json)


@document.command()
@click.argument("words", nargs=-1, required=True)
@_filters
@click.option("--text", "full_text", is_flag=True, help="In the full text of what passed a desk as well.")
@json_option
@pass_environment
def search(
    environment: Environment,
    /,
    *,
    words: tuple[str, ...],
    full_text: bool,
    limit: int | None,
    as_json: bool,
    **filters: Any,
) -> None:
    """Find documents by words of their headers, with or without diacritics, the best fits first.

    A number that fits exactly comes first; the last word, and each with a *, may go on.

    \b
    Examples:
      mailhub --dir DIR document search 15/QĐ-UBND
      mailhub --dir DIR document search "ubnd tinh lao cai 2026" --type KH
      mailhub --dir DIR document search "kinh phi" --text --limit 20
    """
    _print(environment, _wanted(" ".join(words), filters, full_text=full_text), limit or 100, as_json=as_json)


@document.command()
@click.argument("name")
@json_option
@pass_environment
def show(environment: Environment, name: str, *, as_json: bool) -> None:
    """Show one document: each field with its evidence, where it was seen, what belongs to it, corrections.

    NAME is its id (as lists print it, # or not), the SHA-256 of its file (12 digits suffice), or its number and symbol.

    \b
    Example:
      mailhub --dir DIR document show 15/QĐ-UBND
    """
    with acting(environment) as (connection, actor):
        report = registry.show(connection, actor, name)
        verdicts = show_verdicts(connection, actor, str(report.line.id))
    if as_json:
        print_json(report_json(report) | {"signatures": [verdict_json(one) for one in verdicts]})
    else:
        click.echo("\n".join([*report_text(report), *map(verdict_text, verdicts)]))


@document.command()
@click.argument("name")
@click.option("--field", required=True, type=click.Choice(CORRECTABLE), help="Which field.")
@click.option("--value", required=True, help="What it is; '' when the document does not show it.")
@reason_option(required=False)
@dry_run_option
@json_option
@pass_environment
def correct(
    environment: Environment, name: str, *, field: str, value: str, reason: str, dry_run: bool, as_json: bool
) -> None:
    """Say what a field is. What was recognised stays beside it, and later mail with the same file is told as you say.

    By its number all files of the one document are corrected; by id or hash one. Where several documents have the
    number, their ids are printed and nothing is changed.

    A level of secrecy takes the document's words away FOR GOOD, so that it needs a --reason (without words of the
    document: the audit log keeps it). Taken back with --value '', the words are there again only after the same file
    was sent once more.

    \b
    Examples:
      mailhub --dir DIR document correct 15/QĐ-UBND --field issue_date --value 20/11/2026 --reason "đọc nhầm tháng"
      mailhub --dir DIR document correct '#250112345678' --field secrecy --value MẬT --reason "có dấu MẬT, chữ mờ"
    """
    level = in_its_spelling("secrecy", value) if field == "secrecy" else ""
    if level and not reason.strip():
        raise click.UsageError(f"đánh dấu {level} xóa nội dung đã ghi của văn bản, phải có lý do: --reason is required")
    if level:
        click.echo(ERASES.format(level=level), err=True)
    with acting(environment, dry_run=dry_run) as (connection, actor):
        lines = registry.correct(connection, actor, name, field, value, reason)
    for line in lines:
        if as_json:
            print_json({**correction_json(line), "dry_run": dry_run})
        else:
            click.echo(correction_text(line))
    if level:
        click.echo(WOULD_ERASE if dry_run else ERASED, err=True)
    elif field == "secrecy" and any(is_level(line.before) for line in lines):
        click.echo(COMES_BACK, err=True)


@document.command()
@click.option("--since", default="3650d", show_default=True, help="Corrected since: 2026-11-20, 24h or 7d.")
@pass_environment
def export(environment: Environment, *, since: str) -> None:
    """Print corrected documents as labelled data, a JSON object a line.

    null says that the document does not show the field. A secret's line has "withheld": true and no other fields than
    type, level and state: leave it out where you train or measure.

    \b
    Example:
      mailhub --dir DIR document export --since 30d > labels.jsonl
    """
    moment = read_since(since)
    with acting(environment) as (connection, actor):
        for line in registry.export_labels(connection, actor, moment):
            click.echo(line)


def _wanted(words: str, filters: dict[str, Any], *, full_text: bool) -> registry.Search:
    given: dict[str, Any] = {
        name: "" if value is None and name != "numbered" else value for name, value in filters.items()
    }
    return registry.Search(words=words, full_text=full_text, **given)


def _print(environment: Environment, wanted: registry.Search, limit: int | None, *, as_json: bool) -> None:
    found = False
    for line in _lines(environment, wanted, limit):
        found = True
        if as_json:
            print_json(line_json(line))
        else:
            click.echo(line_text(line))
    if not found:
        click.echo("Không tìm thấy văn bản nào / nothing fits", err=True)


def _lines(environment: Environment, wanted: registry.Search, limit: int | None) -> Iterator[DocumentLine]:
    """Page by page, so that mail may be accepted meanwhile."""
    cursor, left = "", limit
    while left is None or left > 0:
        size = _PAGE if left is None else min(left, _PAGE)
        # The first page leaves a row in the audit log.
        with acting(environment) if not cursor else looking(environment) as (connection, actor):
            page = registry.search(connection, actor, wanted, cursor=cursor, limit=size)
        yield from page.lines
        left = None if left is None else left - len(page.lines)
        cursor = page.cursor
        if not cursor:
            return
