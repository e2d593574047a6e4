"""`mailhub verify`: are the signatures in these files good? Needs no hub; with one it knows more."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from mailhub.cli.acting import json_option, print_json
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.given_files import STANDARD_INPUT, bytes_of, every_file, printable, standard_input
from mailhub.cli.verifying import evidence_of, knowledge, pinned_of
from mailhub.ops.verifying import Verified, verify_file
from mailhub.sandbox.errors import InspectorBusy, InspectorUnavailable
from mailhub.sandbox.pool import FileBytes
from mailhub.signatures.report import as_lines, as_object

_MOST_EARLY = 512 * 2**20  # octets of files that are held before their turn


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path())
@json_option
@click.option(
    "--trust",
    "trusted",
    multiple=True,
    metavar="PEM",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Believe the certificates in this file too, for this command alone.",
)
@click.option(
    "--revocation",
    "evidence",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An OCSP response or a CRL (DER or PEM) to judge by; it is verified first.",
)
@click.option("--english", is_flag=True, help="What people read in English instead of Vietnamese.")
@pass_environment
@click.pass_context
def verify(
    context: click.Context,
    environment: Environment,
    files: tuple[str, ...],
    *,
    as_json: bool,
    trusted: tuple[Path, ...],
    evidence: tuple[Path, ...],
    english: bool,
) -> None:
    """Verify the digital signatures in FILES: PDF (PAdES and older), S/MIME messages (.eml), and what is attached to
    messages or lies in archives. Folders stand for all in them, - is standard input.

    For each file a verdict (VALID, INVALID, UNKNOWN, UNTRUSTED, NOT_SIGNED), one reason and one thing to do; with
    --json an object a line: file, verdict, reasons, warnings, signatures [signer, kind, chain, time, revocation,
    covers, changes, …], then more. Of a message or an archive the worst verdict is told, each file's own in `members`.

    Without --dir nobody is asked whether a certificate was revoked: what the file and --revocation do not prove is
    UNKNOWN, never VALID. With --dir DIR that hub's trust data, answers and settings count as well.

    Files are opened in a sandbox, without network. Exit code 0 when all were judged, whatever the verdict; 1 when a
    file cannot be opened; the others are done.

    \b
    Examples:
      mailhub verify quyet-dinh.pdf thu-den.eml
      mailhub --dir /var/lib/mailhub verify --json van-ban-den/ > ket-qua.jsonl
      mailhub verify --trust rootca.pem --revocation rootca.crl --revocation ca.crl cong-van.pdf
    """
    if "" in files:
        raise click.UsageError("the name of a file is empty")
    wanted = list(every_file(files))
    typed = standard_input() if STANDARD_INPUT in wanted else b""
    hub = environment if _is_given(context, "directory") else None
    pinned, given = pinned_of(trusted), evidence_of(evidence)
    early = _read_early(wanted, typed) if hub is not None and hub.steps_down else {}
    failed = False
    with knowledge(hub, pinned, given) as (inspector, known):
        for path in wanted:
            try:
                file = early.pop(path, None) or bytes_of(path, typed)
                found = asyncio.run(verify_file(file, inspector, known))
            except (OSError, InspectorBusy, InspectorUnavailable) as error:
                said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
                click.echo(f"mailhub: {printable(path)}: {said}", err=True)
                failed = True
                continue
            _print(printable(path), found, as_json=as_json, language="en" if english else "vi", hub=bool(hub))
    if failed:
        sys.exit(1)


def _read_early(paths: Sequence[Path], typed: bytes) -> dict[Path, FileBytes]:
    """Before root becomes the hub's user, who may not read what root may: the first files, as far as memory allows.
    What cannot be opened now cannot be opened later either, and is said in its turn."""
    found: dict[Path, FileBytes] = {}
    room = _MOST_EARLY
    for path in paths:
        with suppress(OSError):
            file = bytes_of(path, typed)
            room -= len(file.data)
            if room < 0:
                break
            found[path] = file
    return found


def _print(name: str, found: Sequence[Verified], *, as_json: bool, language: str, hub: bool) -> None:
    first, *members = found
    if as_json:
        print_json({"file": name, **as_object(first.judged), "members": [_member(one) for one in members]})
        return
    shown = members or [first]
    for one in shown:
        click.echo(" › ".join((name, *one.path)))
        for line in as_lines(one.judged, language, hub=hub):
            click.echo(f"  {line}")
        click.echo()


def _member(one: Verified) -> dict[str, Any]:
    return {"file": "/".join(one.path), **as_object(one.judged)}


def _is_given(context: click.Context, name: str) -> bool:
    """Whether an option of `mailhub` itself was given, and is not its default."""
    source = context.parent.get_parameter_source(name) if context.parent else None
    return source in (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)
