"""`mailhub seal`: the agency's signature on a document, and at which desks it is put on by itself."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mailhub.cli.acting import acting, dry_run_option, json_option, looking, print_json, reason_option, tell_empty
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.new_file import new_file
from mailhub.cli.seal_judging import Judge, check_clerk
from mailhub.cli.verifying import knowledge
from mailhub.clock import iso_time, local_time
from mailhub.errors import MailhubError
from mailhub.registry.matching import load_agencies
from mailhub.sandbox.pool import FileBytes
from mailhub.sealing import switching
from mailhub.sealing.acts import Wanted, list_acts
from mailhub.sealing.commanding import wanted_by
from mailhub.sealing.holding import untimed_words, why_words
from mailhub.sealing.reasons import NotSealed

if TYPE_CHECKING:  # most of these commands ask nobody over the network
    from mailhub.sealing.ordering import SealedFile

MOST_OCTETS = 64 * 2**20


class NotSealedNow(MailhubError):
    """The file did not get the signature."""


class _WithFile(click.Group):
    """`mailhub seal FILE …` is `mailhub seal file FILE …`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = bool(args) and args[0] in self.commands
        return super().resolve_command(ctx, args if known else ["file", *args])


@click.group("seal", cls=_WithFile)
def seal() -> None:
    """The agency's digital signature on documents that go out (off until it is switched on for a desk).

    What a clerk sends as a desk that seals is signed by itself: every PDF that the leader signed. `seal FILE` does the
    same for a single file. The keys are the signer's (mailhub signer check); this program never sees them.

    \b
    mailhub seal on vanthu.syt@tinh.gov.vn
    mailhub --as nva@tinh.gov.vn --prove seal file cong-van.pdf --desk vanthu.syt@tinh.gov.vn --out cong-van.signed.pdf
    mailhub seal list
    mailhub seal acts --json
    mailhub seal off vanthu.syt@tinh.gov.vn --reason "thay thiết bị ký số"
    """


@seal.command("on")
@click.argument("desk")
@click.option("--agency", default="", metavar="CODE", help="Whose signature; left out: the desk's own agency's.")
@reason_option(required=False)
@dry_run_option
@pass_environment
def on(environment: Environment, desk: str, *, agency: str, reason: str, dry_run: bool) -> None:
    """Have what is sent as DESK (a role mailbox) get its agency's signature."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        found = switching.switch_on(connection, actor, desk, agency=agency, reason=reason)
    click.echo(f"Đã bật ký số của cơ quan {found.agency} cho văn bản gửi từ {found.desk}")


@seal.command("off")
@click.argument("desk")
@reason_option(required=True)
@dry_run_option
@pass_environment
def off(environment: Environment, desk: str, *, reason: str, dry_run: bool) -> None:
    """Let what is sent as DESK go without its agency's signature from now on."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        switching.switch_off(connection, actor, desk, reason=reason)
    click.echo(f"Đã tắt ký số của cơ quan cho {desk}")


@seal.command("list")
@json_option
@pass_environment
def list_(environment: Environment, *, as_json: bool) -> None:
    """List the desks that seal."""
    with looking(environment) as (connection, actor):
        rows = switching.list_desks(connection, actor)
    for row in rows:
        if as_json:
            print_json(asdict(row) | {"on_at": iso_time(row.on_at)})
        else:
            day = local_time(row.on_at).strftime("%d/%m/%Y")
            click.echo(f"{row.desk}  cơ quan {row.agency}  từ {day}  {row.by}")
    tell_empty(rows, as_json=as_json)


@seal.command("acts")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@json_option
@pass_environment
def acts(environment: Environment, *, limit: int, as_json: bool) -> None:
    """List the signatures that were asked for, newest first: by whom, on what, and what came of it."""
    with acting(environment) as (connection, actor):  # reading them leaves a row in the audit log
        rows = list_acts(connection, actor, limit=limit)
    for row in rows:
        if as_json:
            print_json({key: value for key, value in asdict(row).items() if key != "id"} | {"at": iso_time(row.at)})
            continue
        moment = local_time(row.at).strftime("%d/%m/%Y %H:%M:%S")
        said = "đã ký" if row.outcome == "sealed" else f"chưa ký: {why_words(row.outcome, 'vi')}"
        code = row.sealed_code or row.code
        click.echo(f"{moment}  {row.desk}  {row.clerk}  {row.number_symbol or '-'}  {said}  {code}".rstrip())
    tell_empty(rows, as_json=as_json)


@seal.command("file")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--desk", required=True, metavar="ADDRESS", help="The desk; it must seal (mailhub seal on).")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Where the signed file goes; new.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@dry_run_option
@pass_environment
def file_(environment: Environment, file: Path, *, desk: str, out: Path, as_json: bool, dry_run: bool) -> None:
    """Put the agency's signature on FILE, a PDF that the leader signed; the hub has to be serving.

    A clerk asks for it, with the own password: --as ADDRESS --prove.
    """
    original = file.read_bytes()
    if len(original) > MOST_OCTETS:
        raise click.UsageError(f"{file}: more than {MOST_OCTETS // 2**20} MiB")
    if dry_run:
        with acting(environment, dry_run=True) as (connection, actor):
            wanted_by(connection, actor, desk, file.name, original)
            check_clerk(actor)
        return
    with new_file(environment, out) as target, knowledge(environment, (), ()) as (inspector, known):
        with looking(environment) as (connection, actor):
            wanted = wanted_by(connection, actor, desk, file.name, original)
            check_clerk(actor)
            judge = Judge(inspector, known, load_agencies(connection))
        content = FileBytes(file.name, "application/pdf", original, wanted.original.hex())
        why = asyncio.run(judge.why_not(content, wanted.desk))
        if why:
            raise NotSealedNow(f"{file}: chưa ký số: {why}")
        done = asyncio.run(_sealed(environment, wanted, original))
        if isinstance(done, NotSealed):
            detail = f" ({done.detail})" if done.detail not in ("", done.word) else ""
            raise NotSealedNow(f"{file}: chưa ký số: {why_words(done.word, 'vi')}{detail}")
        target.write(done.content)
    _tell(out, done, as_json=as_json)


def _tell(out: Path, done: SealedFile, *, as_json: bool) -> None:
    if as_json:
        told: dict[str, Any] = {"file": str(out), "sha256": sha256(done.content).hexdigest()}
        print_json(told | {"certificate": done.certificate, "timestamped": not done.untimed})
        return
    click.echo(f"Đã ký số của cơ quan: {out}")
    if done.untimed:
        click.echo(f"  không có dấu thời gian: {untimed_words(done.untimed, 'vi')}")


async def _sealed(environment: Environment, wanted: Wanted, original: bytes) -> SealedFile | NotSealed:
    from mailhub.serve.sealing import sealer_of
    from mailhub.signatures.trust.bundle import TrustKeeper

    keeper = TrustKeeper(environment.database)
    try:
        return await sealer_of(lambda: environment.settings, environment.database, keeper).seal(wanted, original)
    finally:
        keeper.close()
