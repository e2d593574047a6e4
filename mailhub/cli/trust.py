"""`mailhub trust`: whose signatures are believed, and what two people change about that."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from mailhub.cli.acting import acting, dry_run_option, json_option, looking, print_json, reason_option, tell_empty
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.trust_subject import subject
from mailhub.cli.trust_words import as_object, line, page
from mailhub.clock import local_time, now_ms
from mailhub.files.signed.trusted import Part
from mailhub.signatures.trust import service
from mailhub.signatures.trust.catalogue import find_shipped
from mailhub.signatures.trust.certificate_files import CertificateFile, check_part, read_certificates
from mailhub.signatures.trust.changes import Add, Change, Confirm, End, Readdress
from mailhub.signatures.trust.errors import BadCertificate, NoSuchCertificate
from mailhub.signatures.trust.pinned import Pinned
from mailhub.signatures.verdict import Hierarchy
from mailhub.text.fingerprints import digits_of, spaced

proposal_option = click.option("--proposal", default="", help="The code that a second person agreed to.")


@click.group()
def trust() -> None:
    """Certificates that signatures are checked against, pinned by their fingerprints.

    \b
    Two people change them: the first command prints a code, a second person agrees, then it is done:
      mailhub trust confirm f04ba4b459a7c9a1 --reason "đối chiếu với ca.gov.vn"
      mailhub --as ttb@tinh.gov.vn --prove proposal approve CODE
      mailhub trust confirm f04ba4b459a7c9a1 --reason "đối chiếu với ca.gov.vn" --proposal CODE
    """


trust.add_command(subject)


@trust.command("list")
@click.option("--ended", is_flag=True, help="Those that are no longer believed as well.")
@json_option
@pass_environment
def list_(environment: Environment, *, ended: bool, as_json: bool) -> None:
    """List the pinned certificates, roots before what they completed."""
    with looking(environment) as (connection, actor):
        rows = service.list_trust(connection, actor, ended=ended)
    tell_empty(rows, as_json=as_json)
    for row in rows:
        if as_json:
            print_json(as_object(row))
        else:
            click.echo(line(row))


@trust.command()
@click.argument("fingerprint")
@json_option
@pass_environment
def show(environment: Environment, fingerprint: str, *, as_json: bool) -> None:
    """Show one certificate, by its SHA-256 or the beginning of it."""
    with looking(environment) as (connection, actor):
        row = service.show_trust(connection, actor, fingerprint)
    if as_json:
        print_json(as_object(row))
        return
    for told in page(row):
        click.echo(told)


@trust.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--part",
    type=click.Choice([one.value for one in Part]),
    default=None,
    help="What it is believed for; timestamp: a root for timestamps alone.",
)
@click.option("--hierarchy", type=click.Choice([one.value for one in Hierarchy]), default=None, help="Whose it is.")
@click.option("--ocsp", default="", help="Where the status of what it issues is asked (OCSP).")
@click.option("--crl", default="", help="Where its list of revoked certificates lies.")
@click.option("--source", default="", help="Where the certificate comes from.")
@click.option("--dated", default="", help="When that was, 2026-11-21 (default: today).")
@click.option("--only", default="", metavar="FINGERPRINT", help="Of a file with several: the one that is meant.")
@reason_option(required=True)
@proposal_option
@dry_run_option
@pass_environment
def add(
    environment: Environment,
    file: Path,
    *,
    part: str | None,
    hierarchy: str | None,
    ocsp: str,
    crl: str,
    source: str,
    dated: str,
    only: str,
    reason: str,
    proposal: str,
    dry_run: bool,
) -> None:
    """Believe a certificate: FILE in PEM, DER or PKCS#7 (.p7b).

    A certificate whose fingerprint is pinned already and only waits for its file needs no second person, nor options.

    \b
      mailhub trust add cp.crt --reason "tải từ ca.gov.vn"
      mailhub trust add goc.pem --part root --hierarchy public --crl http://…/x.crl --source … --reason …
    """
    every = _those(read_certificates(file.read_bytes()), only)
    filled = _fill_in(environment, every, dry_run=dry_run)
    for one in filled:
        click.echo(f"Đã bổ sung tệp chứng thư: {one.subject}")
    if filled:
        return
    if len(every) != 1:
        raise BadCertificate(f"{file}: {len(every)} certificates; say which by --only: {_named(every)}")
    pinned = _pinned(every[0], part=part, hierarchy=hierarchy, ocsp=ocsp, crl=crl, source=source, dated=dated)
    check_part(every[0], pinned.part, at=now_ms())
    click.echo(f"{pinned.subject}\nVân tay SHA-256: {spaced(pinned.sha256)}")
    told = {"part": pinned.part, "hierarchy": pinned.hierarchy, "ocsp": pinned.ocsp, "crl": pinned.crl}
    told |= {"source": pinned.source, "dated": pinned.dated, "only": only}
    again = shlex.join(
        ["add", str(file), *(word for key, value in told.items() if value for word in (f"--{key}", value))]
    )
    _carry_out(environment, Add(pinned), again, reason=reason, proposal=proposal, dry_run=dry_run)


@trust.command()
@click.argument("fingerprints", nargs=-1, required=True, metavar="FINGERPRINT…")
@reason_option(required=True)
@proposal_option
@dry_run_option
@pass_environment
def confirm(
    environment: Environment, fingerprints: tuple[str, ...], *, reason: str, proposal: str, dry_run: bool
) -> None:
    """Say that the fingerprints were compared with what the authority itself publishes, out of band."""
    change = Confirm(tuple(sorted(_full(environment, one) for one in fingerprints)))
    words = f"confirm {' '.join(one[:16] for one in change.sha256)}"
    _carry_out(environment, change, words, reason=reason, proposal=proposal, dry_run=dry_run)


@trust.command()
@click.argument("fingerprint")
@reason_option(required=True)
@proposal_option
@dry_run_option
@pass_environment
def end(environment: Environment, fingerprint: str, *, reason: str, proposal: str, dry_run: bool) -> None:
    """Believe a certificate no longer. Verdicts that were given stay as they were."""
    change = End(_full(environment, fingerprint))
    _carry_out(environment, change, f"end {change.sha256[:16]}", reason=reason, proposal=proposal, dry_run=dry_run)


@trust.command()
@click.argument("fingerprint")
@click.option("--ocsp", default=None, help="Where the status of what it issues is asked; '' for nowhere.")
@click.option("--crl", default=None, help="Where its list of revoked certificates lies; '' for nowhere.")
@reason_option(required=True)
@proposal_option
@dry_run_option
@pass_environment
def address(
    environment: Environment,
    fingerprint: str,
    *,
    ocsp: str | None,
    crl: str | None,
    reason: str,
    proposal: str,
    dry_run: bool,
) -> None:
    """Ask an issuer elsewhere whether its certificates are revoked."""
    with looking(environment) as (connection, actor):
        now = service.show_trust(connection, actor, fingerprint).pinned
    change = Readdress(now.sha256, now.ocsp if ocsp is None else ocsp, now.crl if crl is None else crl)
    words = shlex.join(["address", now.sha256[:16], "--ocsp", change.ocsp, "--crl", change.crl])
    _carry_out(environment, change, words, reason=reason, proposal=proposal, dry_run=dry_run)


def _carry_out(
    environment: Environment, change: Change, words: str, *, reason: str, proposal: str, dry_run: bool
) -> None:
    """Propose it, or do what was agreed to."""
    code = ""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        if proposal:
            service.make_change(connection, actor, change, proposal, reason=reason)
        else:
            code = service.propose_change(connection, actor, change, reason=reason)
    if proposal:
        click.echo("Đã thực hiện." if not dry_run else "Có thể thực hiện.")
    elif dry_run:
        click.echo("Có thể đề nghị; cần người thứ hai đồng ý.")
    else:
        click.echo(f"Đã đề nghị. Mã {code}")
        click.echo(f"Người thứ hai: mailhub --as ĐỊA-CHỈ --prove proposal approve {code}")
        click.echo(f'Sau đó: mailhub trust {words} --reason "…" --proposal {code}')


def _full(environment: Environment, fingerprint: str) -> str:
    with looking(environment) as (connection, actor):
        return service.show_trust(connection, actor, fingerprint).pinned.sha256


def _fill_in(environment: Environment, every: tuple[CertificateFile, ...], *, dry_run: bool) -> list[CertificateFile]:
    """Those of the file whose fingerprint waited for them, filled in."""
    filled = []
    for one in every:
        try:
            with acting(environment, dry_run=dry_run) as (connection, actor):
                service.fill_in(connection, actor, one)
        except NoSuchCertificate:
            continue
        filled.append(one)
    return filled


def _those(every: tuple[CertificateFile, ...], only: str) -> tuple[CertificateFile, ...]:
    wanted = digits_of(only)
    return tuple(one for one in every if one.sha256.startswith(wanted))


def _named(every: tuple[CertificateFile, ...]) -> str:
    return "; ".join(f"{one.sha256[:16]} {one.subject}" for one in every) or "none"


def _pinned(
    one: CertificateFile, *, part: str | None, hierarchy: str | None, ocsp: str, crl: str, source: str, dated: str
) -> Pinned:
    """As the options say it; what they leave out is as it ships, when the fingerprint does."""
    known = find_shipped(one.sha256)
    if known is None and (part is None or hierarchy is None or not source):
        raise click.UsageError("--part, --hierarchy and --source are needed for a certificate that does not ship")
    return Pinned(
        sha256=one.sha256,
        der=one.der,
        part=Part(part) if part else known.part if known else Part.ROOT,
        hierarchy=Hierarchy(hierarchy) if hierarchy else known.hierarchy if known else Hierarchy.OTHER,
        subject=one.subject,
        ocsp=ocsp or (known.ocsp if known else ""),
        crl=crl or (known.crl if known else ""),
        source=source or (known.source if known else ""),
        dated=dated or (known.dated if known and not source else f"{local_time(now_ms()):%Y-%m-%d}"),
    )
