"""`mailhub revocation`: which certificates are revoked, as far as we know, and how that is kept fresh."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from io import BytesIO
from pathlib import Path

import click

from mailhub.cli.acting import acting, dry_run_option, json_option, looking, print_json, reason_option, tell_empty
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.new_file import new_file
from mailhub.cli.policy_inspector import inspector_of
from mailhub.clock import iso_time, local_time, now_ms
from mailhub.signatures.revocation import mirror, mirror_key, service
from mailhub.signatures.revocation.carrying import take_bundle
from mailhub.signatures.revocation.checking import InspectorChecker
from mailhub.signatures.revocation.errors import BadBundle, RevocationError
from mailhub.signatures.revocation.refreshing import Fetched, Refresher
from mailhub.signatures.revocation.service import Freshness
from mailhub.signatures.trust.bundle import TrustKeeper


@click.group()
def revocation() -> None:
    """What authorities say of revoked certificates: lists, their age, and a mirror for closed networks.

    \b
    A connected hub fills a closed one:
      mailhub revocation key                                   on the connected hub: prints its public key
      mailhub revocation export --out thu-hoi.bundle --reason "chuyển vào mạng kín"
      mailhub revocation import thu-hoi.bundle                 in the closed network, [signatures] mirror_keys set
    """


@revocation.command("list")
@json_option
@pass_environment
def list_(environment: Environment, *, as_json: bool) -> None:
    """Every issuer that is asked, how fresh its list is, and which address does not answer."""
    with looking(environment) as (connection, actor):
        rows = service.show_freshness(connection, actor)
    tell_empty(rows, as_json=as_json)
    for row in rows:
        if as_json:
            print_json(_object(row))
            continue
        click.echo(f"{row.issuer[:16]}  {row.subject}")
        click.echo(f"  {_list_words(row)}; OCSP {row.ocsp or '(không có)'}")
        for problem in row.problems:
            click.echo(f"  không trả lời: {problem}")


@revocation.command()
@dry_run_option
@pass_environment
def fetch(environment: Environment, *, dry_run: bool) -> None:
    """Fetch every list now. By itself the hub does so each `[signatures] crl_hours`."""
    if not environment.settings.signatures.online:
        raise RevocationError("[signatures] online is false: bring a mirror's bundle in (mailhub revocation import)")
    with inspector_of(environment) as inspector:
        with acting(environment, dry_run=dry_run) as (connection, actor):
            service.begin_fetch(connection, actor)
        if dry_run:
            return
        settings, keeper = environment.settings, TrustKeeper(environment.database)
        refresher = Refresher(lambda: settings, environment.database, keeper, InspectorChecker(inspector))
        _tell(asyncio.run(refresher.run_once(everything=True)))


@revocation.command()
@dry_run_option
@pass_environment
def key(environment: Environment, *, dry_run: bool) -> None:
    """Make the key that bundles for closed networks are signed with, once, and print its public half."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.begin_key(connection, actor)
    keys = environment.settings.keys_directory
    if not dry_run:
        mirror_key.make_key(keys)
        click.echo(mirror.public_key_of(mirror_key.load_key(keys)))


@revocation.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new file for the bundle.")
@reason_option(required=True)
@dry_run_option
@pass_environment
def export(environment: Environment, *, out: Path, reason: str, dry_run: bool) -> None:
    """Write every list into one signed file, to be carried into a network without a way out."""
    with nullcontext(BytesIO()) if dry_run else new_file(environment, out) as file:
        settings = environment.settings
        with acting(environment, dry_run=dry_run) as (connection, actor):
            lists = service.begin_export(connection, actor, reason=reason)
        signed_by = mirror_key.load_key(settings.keys_directory)
        file.write(mirror.write_bundle(signed_by, lists, by=settings.hub.domain, at=now_ms()))
    click.echo(f"{len(lists)} danh sách" + ("" if dry_run else f": {out}"))


@revocation.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@dry_run_option
@pass_environment
def import_(environment: Environment, file: Path, *, dry_run: bool) -> None:
    """Bring in a mirror's bundle: signed by one of `[signatures] mirror_keys`, not too old, nothing older than before.

    Each list is checked against its own issuer again.
    """
    if file.stat().st_size > mirror.MOST_OCTETS:
        raise BadBundle(f"{file}: larger than {mirror.MOST_OCTETS // 2**20} MiB")
    octets, section, at = file.read_bytes(), environment.settings.signatures, now_ms()
    bundle = mirror.read_bundle(octets, section.mirror_keys, at=at, days=section.mirror_days)
    with inspector_of(environment) as inspector:
        with acting(environment, dry_run=dry_run) as (connection, actor):
            service.begin_import(connection, actor, bundle)
        click.echo(f"Gói của {bundle.by}, lập lúc {local_time(bundle.made_at):%H:%M %d/%m/%Y}")
        if dry_run:
            return
        keeper = TrustKeeper(environment.database)
        checker = InspectorChecker(inspector)
        _tell(asyncio.run(take_bundle(environment.database, checker, keeper.current(), bundle, at=at)))


def _tell(done: Sequence[Fetched]) -> None:
    """A line a list.

    Raises:
        RevocationError: none could be used.
    """
    for one in done:
        what = f"không dùng được: {one.problem}" if one.problem else f"{one.count} chứng thư bị thu hồi"
        click.echo(f"{one.issuer[:16]}  {one.url}: {what}")
    if done and all(one.problem for one in done):
        raise RevocationError("không cập nhật được danh sách nào (no list could be used)")


def _list_words(row: Freshness) -> str:
    if not row.this_update:
        return f"danh sách {row.crl}: chưa có" if row.crl else "không có danh sách"
    until = f", có hiệu lực đến {local_time(row.next_update):%H:%M %d/%m/%Y}" if row.next_update else ""
    return f"danh sách {local_time(row.this_update):%H:%M %d/%m/%Y}{until}: {row.count} bị thu hồi ({row.source})"


def _object(row: Freshness) -> dict[str, object]:
    return {
        "issuer": row.issuer,
        "subject": row.subject,
        "ocsp": row.ocsp,
        "crl": row.crl,
        "number": row.number,
        "this_update": iso_time(row.this_update) if row.this_update else None,
        "next_update": iso_time(row.next_update) if row.next_update else None,
        "fetched": iso_time(row.fetched_at) if row.fetched_at else None,
        "source": row.source,
        "revoked": row.count,
        "problems": list(row.problems),
    }
