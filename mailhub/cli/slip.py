"""`mailhub slip`: the sheets of paper with which officials get into their accounts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import click

from mailhub.accounts.login import codes
from mailhub.accounts.login.slip_lists import LeftOut, OpenSlip, Slip, candidates, issue_slips, list_slips
from mailhub.cli.acting import acting, dry_run_option, json_option, looking, print_json, reason_option
from mailhub.cli.environment import Environment, pass_environment
from mailhub.clock import iso_time, local_time, now_ms

AT_ONCE = 50  # codes in one transaction


@click.group()
def slip() -> None:
    """Slips: one printed page a person, with a code that sets a password once.

    \b
    Examples:
      mailhub --dir DIR slip make nva@tinh.gov.vn --out phieu-nva.pdf
      mailhub --dir DIR slip make --agency snv --only-new --out phieu-snv.pdf
      mailhub --dir DIR slip list --agency snv
      mailhub --dir DIR slip take-back nva@tinh.gov.vn --reason "in nhầm"
    """


@slip.command()
@click.argument("addresses", metavar="[ADDRESS]...", nargs=-1)
@click.option("--agency", default="", metavar="CODE", help="Everybody of this agency and those below it.")
@click.option("--only-new", is_flag=True, help="With --agency: only accounts that have no password yet.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The PDF, a new file.")
@reason_option(required=False)
@dry_run_option
@pass_environment
def make(
    environment: Environment,
    addresses: tuple[str, ...],
    *,
    agency: str,
    only_new: bool,
    out: Path,
    reason: str,
    dry_run: bool,
) -> None:
    """Make codes and print them: a list to sign for each unit, then a page a person. Older slips stop working.

    The codes are in the PDF and nowhere else; only its owner can read the file. Remove it once it is printed.

    \b
    Examples:
      mailhub --dir DIR slip make nva@tinh.gov.vn ttb@tinh.gov.vn --out phieu.pdf
      mailhub --dir DIR slip make --agency snv --only-new --out phieu-snv.pdf
    """
    if bool(addresses) == bool(agency):
        raise click.UsageError("give either addresses or --agency CODE")
    if only_new and not agency:
        raise click.UsageError("--only-new goes with --agency")
    _print(environment, addresses, agency=agency, only_new=only_new, out=out, reason=reason, dry_run=dry_run)


def _print(
    environment: Environment,
    addresses: Sequence[str],
    *,
    agency: str,
    only_new: bool,
    out: Path,
    reason: str,
    dry_run: bool,
) -> None:
    from mailhub.lifecycle.slips import as_pdf, hub_of, private_file

    at = now_ms()
    # The file comes first: root may write where the hub's user, whom the database makes of it, may not.
    with nullcontext(None) if dry_run else private_file(out) as write:
        if agency:
            with looking(environment) as (connection, actor):
                addresses = candidates(connection, actor, agency, only_new=only_new)
        made, left = _issue(environment, addresses, at=at, reason=reason, dry_run=dry_run)
        if write is not None and made:
            write(as_pdf(made, hub_of(environment.settings), at=at, lists=bool(agency) or len(made) > 1))
    _tell(made, left, out, dry_run=dry_run)


@slip.command("list")
@click.option("--agency", default="", metavar="CODE", help="Only this agency and those below it.")
@json_option
@pass_environment
def list_(environment: Environment, *, agency: str, as_json: bool) -> None:
    """List the slips that still work: whose, until when, and whether a mail client uses the code."""
    with looking(environment) as (connection, actor):
        rows = list_slips(connection, actor, at=now_ms(), agency=agency)
    for row in rows:
        if as_json:
            print_json(_json(row))
        else:
            until = f"{local_time(row.expires_at):%H:%M %d/%m/%Y}"
            state = "chưa dùng, đến" if row.used_at is None else "đang dùng trong ứng dụng thư, đến"
            click.echo(f"{row.address:<40} {state} {until}  {row.name}, {row.agency}")


@slip.command("take-back")
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@reason_option(required=True)
@dry_run_option
@pass_environment
def take_back(environment: Environment, addresses: tuple[str, ...], *, reason: str, dry_run: bool) -> None:
    """End the codes of accounts, and the mail client that one of them opened. Passwords stay.

    \b
    Example:
      mailhub --dir DIR slip take-back nva@tinh.gov.vn --reason "mất phiếu"
    """
    with acting(environment, dry_run=dry_run) as (connection, actor):
        ended = [codes.take_back(connection, actor, one, at=now_ms(), reason=reason) for one in addresses]
    for address, number in zip(addresses, ended, strict=True):
        click.echo(f"Đã thu hồi phiếu của {address}" if number else f"{address} không có phiếu còn hiệu lực")


def _issue(
    environment: Environment, wanted: Sequence[str], *, at: int, reason: str, dry_run: bool
) -> tuple[list[Slip], list[LeftOut]]:
    made: list[Slip] = []
    left: list[LeftOut] = []
    rules, size = environment.settings.accounts, max(1, len(wanted)) if dry_run else AT_ONCE
    for start in range(0, len(wanted), size):
        batch = wanted[start : start + size]
        with acting(environment, dry_run=dry_run) as (connection, actor):
            slips, out = issue_slips(connection, actor, batch, at=at, settings=rules, reason=reason)
        made += slips
        left += out
    return made, left


def _tell(made: Sequence[Slip], left: Sequence[LeftOut], out: Path, *, dry_run: bool) -> None:
    for one in left:
        click.echo(f"Không lập phiếu cho {one.address}: {one.why}", err=True)
    if made and dry_run:
        click.echo(f"Sẽ lập {len(made)} phiếu.")
    elif made:
        click.echo(f"Đã lập {len(made)} phiếu: {out}. In xong, đề nghị xóa tệp này.")
    else:
        click.echo("Không có phiếu nào được lập.")
    if left:
        raise click.exceptions.Exit(1)


def _json(row: OpenSlip) -> dict[str, object]:
    shown = asdict(row)
    for key in ("made_at", "expires_at", "used_at"):
        shown[key] = None if shown[key] is None else iso_time(shown[key])
    return shown
