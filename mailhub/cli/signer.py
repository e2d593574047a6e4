"""`mailhub signer`: the process that holds the agencies' keys; its mandates, its journal, its PINs."""

from __future__ import annotations

import asyncio
import os
import pwd
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import click

from mailhub.accounts.act import act
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.cli.acting import acting, dry_run_option, json_option, looking, print_json, reason_option, tell_empty
from mailhub.cli.environment import Environment, pass_environment
from mailhub.clock import iso_time, local_time, now_ms
from mailhub.errors import MailhubError
from mailhub.sealing.holding import why_words
from mailhub.serve.privileges import become, serving_identity
from mailhub.signer.client import SOCKET, SignerClient
from mailhub.signer.deciding import check_certificate
from mailhub.signer.errors import MandateError, SignerError
from mailhub.signer.folder import Folder
from mailhub.signer.journal import Entry, read_journal
from mailhub.signer.keys import KeyRing
from mailhub.signer.mandate import Mandates, load_mandates
from mailhub.signer.orders import KeyStatus, SealRefused, SignerStatus
from mailhub.signer.pins import PinGuard, key_name


class SignerProblem(MailhubError):
    """Something is wrong with the signer's folder, or it does not answer."""


@click.group()
def signer() -> None:
    """The process that signs for the agencies: for whom it may (mandates), what it has signed (journal).

    Its folder, DIR/signer, belongs to the user mailhub-signer: check, journal and unlock are typed as root.

    \b
    mailhub signer check
    mailhub signer mandates
    mailhub signer journal --json
    mailhub signer unlock SYT --reason "đã nhập lại đúng mã PIN"
    """


@signer.command()
@pass_environment
def check(environment: Environment) -> None:
    """Read the mandates and open every key as the signer would; says all that is wrong. A wrong PIN counts.

    Makes the folders in DIR/signer that are missing: keys, pins, seals, trust, and the signer's own.

    \b
    mailhub signer check
    """
    _not_for_others(environment)
    folder = _folder(environment)
    try:
        folder.complete()
        inside = _as_the_signer(environment, folder)
        mandates = load_mandates(inside)
    except MandateError as error:
        for problem in error.problems:
            click.echo(problem, err=True)
        raise SignerProblem(f"{len(error.problems)} lỗi trong {folder.path}") from error
    faults = 0
    ring = KeyRing(inside)
    for mandate in mandates.by_agency.values():
        try:
            certificate = ring.certificate(mandate.key)
            check_certificate(certificate.not_before, certificate.not_after, now_ms())
            ring.sign(mandate.key, b"mailhub signer check")  # of no document: only whether it verifies
            click.echo(
                f"{mandate.agency}: tốt, {certificate.subject}, đến {local_time(certificate.not_after):%d/%m/%Y}"
            )
        except SignerError as error:
            faults += 1
            click.echo(f"{mandate.agency}: {why_words(error.reason.value, 'vi')} ({error.detail})", err=True)
    ring.close()
    if faults:
        raise SignerProblem(f"{faults} khóa chưa dùng được")


@signer.command()
@json_option
@pass_environment
def mandates(environment: Environment, *, as_json: bool) -> None:
    """List what the running signer may sign, and how its keys do.

    \b
    mailhub signer mandates --json
    """
    with looking(environment) as (_, actor):
        _check_right(actor)
    status = _status(environment)
    for one in status.keys:
        if as_json:
            print_json(asdict(one) | {"not_before": iso_time(one.not_before), "not_after": iso_time(one.not_after)})
            continue
        click.echo(_line(one))
    if status.problem:
        raise SignerProblem(f"ủy quyền ký số cũ vẫn có hiệu lực: {status.problem}")


@signer.command()
@click.option("--agency", default="", help="Only this one's.")
@json_option
@pass_environment
def journal(environment: Environment, agency: str, *, as_json: bool) -> None:
    """List every signature, oldest first; the chain of hashes is verified on the way.

    \b
    mailhub signer journal --agency SYT
    """
    _not_for_others(environment)
    found = [one for one in read_journal(_folder(environment).path / "journal") if agency in ("", one.agency)]
    tell_empty(found, as_json=as_json)
    for entry in found:
        if as_json:
            print_json(asdict(entry) | {"at": iso_time(entry.at)})
        else:
            click.echo(_entry(entry))


@signer.command()
@click.argument("agency")
@reason_option(required=True)
@dry_run_option
@pass_environment
def unlock(environment: Environment, agency: str, reason: str, *, dry_run: bool) -> None:
    """Let the PIN of AGENCY's key be tried again, after the right one was put into its file.

    \b
    mailhub signer unlock SYT --reason "đã nhập lại đúng mã PIN"
    """
    folder = _folder(environment)
    mandate = _mandates(folder).by_agency.get(agency)
    if mandate is None:
        known = ", ".join(_mandates(folder).by_agency)
        raise SignerProblem(f"cơ quan {agency} chưa có ủy quyền ký số; có: {known}")
    name, guard = key_name(mandate.key), PinGuard(folder.path)
    before = guard.wrong(name)
    with (
        _afterwards(lambda: guard.right(name), skip=dry_run),
        acting(environment, dry_run=dry_run) as (connection, actor),
        act(connection, actor, reason=reason) as doing,
    ):
        doing.check(Action.SEAL_SWITCH, Subject(kind="signer", name=agency))
        doing.before, doing.after = {"wrong_pins": before}, {"wrong_pins": 0}
    click.echo(f"{agency}: {before} lần sai mã PIN đã xóa, lần ký tới sẽ thử mã trong {mandate.key.pin}")


@contextmanager
def _afterwards(work: Callable[[], None], *, skip: bool) -> Iterator[None]:
    """Do `work` as whoever typed, once the block has gone well: root steps down when the database is opened."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writer)
        code = 0
        if os.read(reader, 1):
            try:
                work()
            except MailhubError as error:
                click.echo(f"mailhub: {error}", err=True)
                code = 1
        os._exit(code)
    os.close(reader)
    try:
        yield
        if not skip:
            os.write(writer, b"1")
    finally:
        os.close(writer)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status:
        raise SignerProblem("số lần sai mã PIN chưa xóa được")


def _folder(environment: Environment) -> Folder:
    """As the signer sees it.

    Raises:
        SignerProblem: whoever types may not look in.
    """
    settings = environment.settings
    uid = os.geteuid()
    if uid == 0:
        try:
            uid = pwd.getpwnam(settings.signer.user).pw_uid
        except KeyError:
            raise SignerProblem(f"chưa có người dùng hệ thống {settings.signer.user}: make install") from None
        if (environment.directory / "mailhub.toml").stat().st_uid == 0:  # a trial that root runs alone
            uid = 0
    folder = Folder(settings.signer_directory, uid)
    try:
        folder.check()
    except MandateError as error:
        user = pwd.getpwuid(uid).pw_name
        raise SignerProblem(f"{error} → install -d -m 700 -o {user} -g {user} {folder.path}") from error
    return folder


def _as_the_signer(environment: Environment, folder: Folder) -> Folder:
    """From here on with the signer's rights: a token or a file that only root can open is no use to it."""
    if os.geteuid() != 0 or folder.uid == 0:
        return folder
    entry = os.open(folder.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    os.fchdir(entry)  # the folder above lets no other user through
    os.close(entry)
    become(replace(serving_identity(environment.settings.signer.user), with_groups=True))
    return Folder(Path(), folder.uid)


def _not_for_others(environment: Environment) -> None:
    """Who may look into the folder is told by the folder: no right of an account opens it.

    Raises:
        SignerProblem
    """
    if environment.as_address:
        raise SignerProblem("thư mục của tiến trình ký số chỉ root và mailhub-signer xem được: bỏ --as")


def _mandates(folder: Folder) -> Mandates:
    return load_mandates(folder)


def _status(environment: Environment) -> SignerStatus:
    status = asyncio.run(SignerClient(environment.settings.run_directory / SOCKET).status())
    if isinstance(status, SealRefused):
        raise SignerProblem(f"{why_words(status.reason.value, 'vi')} ({status.detail})")
    return status


def _check_right(actor: Actor) -> None:
    if not may(actor, Action.SEAL_READ, Subject(kind="signer", name="")):
        raise refusal(actor, Action.SEAL_READ)


def _line(one: KeyStatus) -> str:
    state = one.problem or f"chứng thư đến {local_time(one.not_after):%d/%m/%Y}"
    return (
        f"{one.agency}  {', '.join(one.desks)}  {', '.join(one.types)}  {one.today}/{one.limit} hôm nay  "
        f"{one.store}  {state}"
    )


def _entry(entry: Entry) -> str:
    return (
        f"{entry.number}  {local_time(entry.at):%d/%m/%Y %H:%M:%S}  {entry.agency}  {entry.number_symbol}  "
        f"{'văn bản' if entry.kind == 'main' else 'phụ lục'}  {entry.clerk} ({entry.desk})  {entry.act}  "
        f"{entry.original[:16]}"
    )
