"""`mailhub directory`: who has which address; files of it, and the portal's page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import click

from mailhub.accounts.catalogue.csv_file import csv_lines
from mailhub.accounts.catalogue.entries import Entry, View
from mailhub.accounts.catalogue.portal import make_portal, write_portal
from mailhub.accounts.catalogue.search import every_entry, note_export, search_directory
from mailhub.accounts.catalogue.vcard import vcards
from mailhub.accounts.organisation import find_agency_row
from mailhub.cli.acting import acting, dry_run_option, json_option, looking, print_json
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.output import output
from mailhub.clock import now_ms

_PAGE = 500
_public_option = click.option("--public", is_flag=True, help="Only what the portal shows.")
_agency_option = click.option("--agency", default="", metavar="CODE", help="That agency and those below it.")


@click.group()
def directory() -> None:
    """The directory of addresses: search, files, the portal's page.

    \b
    Examples:
      mailhub --dir DIR directory search van thu so noi vu
      mailhub --dir DIR directory export --format csv --out danh-ba.csv
      mailhub --dir DIR directory portal --out /var/www/portal
    """


@directory.command("search")
@click.argument("words", nargs=-1, required=True)
@_agency_option
@_public_option
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True)
@json_option
@pass_environment
def directory_search(
    environment: Environment, words: tuple[str, ...], *, agency: str, public: bool, limit: int, as_json: bool
) -> None:
    """Find by any WORDS of name, post, agency and address; marks (dấu) do not matter."""
    with looking(environment) as (connection, actor):
        page = search_directory(
            connection, actor, " ".join(words), view=_view(public), agency=agency, limit=limit, at=now_ms()
        )
    _show(page.entries, as_json=as_json)
    if not page.entries:
        click.echo("Không tìm thấy ai.", err=True)
    elif page.cursor:
        click.echo(f"Còn nữa: chỉ hiện {limit} kết quả đầu (--limit).", err=True)


@directory.command("list")
@_agency_option
@_public_option
@json_option
@pass_environment
def directory_list(environment: Environment, *, agency: str, public: bool, as_json: bool) -> None:
    """List everybody, by name."""
    cursor = ""
    while True:
        with looking(environment) as (connection, actor):
            page = search_directory(
                connection, actor, view=_view(public), agency=agency, cursor=cursor, limit=_PAGE, at=now_ms()
            )
        _show(page.entries, as_json=as_json)
        cursor = page.cursor
        if not cursor:
            return


@directory.command("export")
@click.option("--format", "form", type=click.Choice(["csv", "vcard", "json"]), default="csv", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The file (default: standard output).")
@_agency_option
@_public_option
@pass_environment
def directory_export(environment: Environment, *, form: str, out: Path | None, agency: str, public: bool) -> None:
    """Write the directory as CSV for Excel, vCards (RFC 6350) or JSON. The audit log keeps that you did."""
    view = _view(public)
    with nullcontext(None) if out is None else output(environment) as write:
        with acting(environment) as (connection, actor):
            found = list(every_entry(connection, actor, view=view, agency=agency, at=now_ms()))
            note_export(connection, actor, view=view, agency=agency, entries=len(found), form=form)
        text = "".join(_FORMS[form](found))
        if out is None or write is None:
            click.echo(text, nl=False)
            return
        write(out, text)
    click.echo(f"Đã ghi {len(found)} địa chỉ vào {out}")


@directory.command("portal")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="The folder.")
@dry_run_option
@pass_environment
def directory_portal(environment: Environment, *, out: Path, dry_run: bool) -> None:
    """Write the page of public addresses (HTML without scripts, and JSON) for the province's portal.

    What is public is each account's own listing; blocks are never on it.
    """
    with output(environment) as write:
        with looking(environment) as (connection, _actor):
            name = find_agency_row(connection, "")["name"]
            portal = make_portal(connection, province=name, at=now_ms())
        if not dry_run:
            write_portal(portal, out, write)
    done = "Sẽ ghi" if dry_run else "Đã ghi"
    click.echo(f"{done} {portal.addresses} địa chỉ của {portal.agencies} đơn vị vào {out}")


def _json_lines(found: Iterable[Entry]) -> Iterator[str]:
    for entry in found:
        yield json.dumps(_plain(entry), ensure_ascii=False) + "\n"


_FORMS: dict[str, Callable[[Iterable[Entry]], Iterator[str]]] = {
    "csv": csv_lines,
    "vcard": vcards,
    "json": _json_lines,
}


def _view(public: bool) -> View:
    return View.PUBLIC if public else View.INTERNAL


def _show(found: Iterable[Entry], *, as_json: bool) -> None:
    for entry in found:
        if as_json:
            print_json(_plain(entry))
        else:
            post = f", {entry.title}" if entry.title else ""
            click.echo(f"{entry.address:<40} {entry.name}{post} – {entry.agency}")


def _plain(entry: Entry) -> dict[str, object]:
    return {key: value for key, value in asdict(entry).items() if key != "id"}
