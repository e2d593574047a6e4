"""`mailhub incident`: state secrets that turned up in the mail."""

from __future__ import annotations

from contextlib import nullcontext
from io import BytesIO
from pathlib import Path

import click

from mailhub.accounts.action_words import plain_who
from mailhub.cli.acting import (
    acting,
    dry_run_option,
    json_option,
    looking,
    print_json,
    read_password,
    reason_option,
    tell_empty,
)
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.new_file import new_file
from mailhub.clock import iso_time, local_time, now_ms
from mailhub.incidents import acts, reading, sealing
from mailhub.incidents.models import IncidentState, Kept
from mailhub.incidents.reading import IncidentRow
from mailhub.incidents.report_draft import FOUND_IN, KEPT, draft
from mailhub.incidents.service import sealed_folder

STATES = {
    IncidentState.OPEN: "chưa báo cáo",
    IncidentState.REPORTED: "đã báo cáo",
    IncidentState.CLOSED: "đã đóng",
}
MISTAKEN = "nhận diện nhầm, không phải báo cáo"
KEPT_SHORT = {Kept.DESTROYED: "đã hủy", Kept.SEALED: "niêm phong", Kept.OPENED: "đã mở"}


@click.group()
def incident() -> None:
    """State secrets that turned up: their incidents, reports, and what is sealed.

    \b
    Examples:
      mailhub incident list
      mailhub incident report 2026-0001 > du-thao.txt
      mailhub incident report 2026-0001 --file bao-cao.txt
      mailhub incident key make --out /media/usb/officer.key
      mailhub incident open 2026-0001 --reason "xác minh nhận diện nhầm"
      mailhub incident close 2026-0001 --mistaken --reason "bản scan đọc nhầm, đã xem cùng Văn phòng"
    """


@incident.command("list")
@click.option("--state", type=click.Choice([s.value for s in IncidentState]), default=None, help="Only these.")
@json_option
@pass_environment
def list_(environment: Environment, state: str | None, *, as_json: bool) -> None:
    """List incidents, the newest first."""
    with looking(environment) as (connection, actor):
        rows = reading.list_incidents(connection, actor, state=IncidentState(state) if state else None)
    tell_empty(rows, as_json=as_json)
    for row in rows:
        if as_json:
            print_json(_object(row))
            continue
        late = " QUÁ HẠN" if row.is_late(now_ms()) else ""
        click.echo(
            f"{row.number}  {row.code}  {local_time(row.opened_at):%d/%m/%Y %H:%M}  {row.level:<9} "
            f"{KEPT_SHORT[row.kept]:<10} {_state(row)}{late}  {row.times} lần  {row.sender}"
        )


@incident.command()
@click.argument("number")
@json_option
@pass_environment
def show(environment: Environment, number: str, *, as_json: bool) -> None:
    """Show one incident, by its number or the code that the sender was told."""
    with looking(environment) as (connection, actor):
        row = reading.show(connection, actor, number)
    if as_json:
        print_json(_object(row))
        return
    late = " – QUÁ HẠN BÁO CÁO" if row.is_late(now_ms()) else ""
    click.echo(f"Sự cố {row.number} (mã thư {row.code}): {_state(row)}{late}")
    click.echo(f"Phát hiện: {_time(row.opened_at)}; hạn báo cáo: {_time(row.deadline_at)}")
    agency = f" ({row.agency})" if row.agency else ""
    click.echo(f"Người gửi: {row.sender or '(không có)'}{agency}; máy: {row.client}")
    click.echo(f"Người nhận ({len(row.recipients)}): {', '.join(row.recipients)}")
    where = ", ".join(FOUND_IN.get(place, place) for place in row.found_in)
    click.echo(f"Dấu hiệu: {row.level}, tại {where}; {row.size} byte; quy tắc {row.rule}, phiên bản {row.version}")
    click.echo(f"Nội dung: {KEPT[row.kept]}")
    click.echo(f"Số lần gửi: {row.times}; lần cuối {_time(row.last_at)}; đã xóa {row.copies_removed} bản trong hộp thư")
    for place in row.places:
        again = "xong" if place.next_at is None else f"kiểm tra lại {_time(place.next_at)}"
        fault = f"; lỗi: {place.fault}" if place.fault else ""
        click.echo(f"  {place.address}: đã kiểm tra {place.looked} lần, xóa {place.removed} bản; {again}{fault}")
    if row.reported_at is not None:
        click.echo(f"Báo cáo ({_time(row.reported_at)}):")
        click.echo("\n".join(f"  {line}" for line in row.report.splitlines()))
    if row.closed_at is not None:
        click.echo(f"Đóng: {_time(row.closed_at)}, {plain_who(row.closed_by)}. Lý do: {row.closed_reason}")


@incident.command()
@click.argument("number")
@click.option("--text", default=None, help="The report that was sent.")
@click.option("--file", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The same, a file.")
@dry_run_option
@pass_environment
def report(environment: Environment, number: str, text: str | None, file: Path | None, *, dry_run: bool) -> None:
    """Print the draft of a report; with --text or --file, keep the report that was sent to the authority.

    The report must not repeat what the message said.
    """
    if text is not None and file is not None:
        raise click.UsageError("either --text or --file")
    if text is None and file is None:
        hub = environment.settings.hub
        with looking(environment) as (connection, actor):
            row = reading.show(connection, actor, number)
        click.echo("\n".join(draft(row, regulation=hub.regulation, hub=hub.domain)))
        return
    told = text if file is None else _read(file)
    with acting(environment, dry_run=dry_run) as (connection, actor):
        acts.report(connection, actor, number, told or "")
    click.echo(f"Đã ghi báo cáo của sự cố {number}")


@incident.command()
@click.argument("number")
@click.option("--mistaken", is_flag=True, help="It was no secret: two people say so, and no report is needed.")
@click.option("--proposal", default="", help="With --mistaken: the code that a second person agreed to.")
@reason_option(required=True)
@dry_run_option
@pass_environment
def close(environment: Environment, number: str, *, mistaken: bool, proposal: str, reason: str, dry_run: bool) -> None:
    """Close an incident that was reported; or, with --mistaken, one that was none.

    \b
    No report is needed for a mistaken one; but nobody lets a secret go alone, so two people say so, the second one
    being another security officer, an approver or an administrator over the sender's agency:
      mailhub incident close 2026-0001 --mistaken --reason "máy đọc nhầm"      prints a code
      mailhub --as ttb@tinh.gov.vn --prove proposal approve CODE              the second person
      mailhub incident close 2026-0001 --mistaken --reason "máy đọc nhầm" --proposal CODE
    From then on the same file, or the same text, is judged by the other rules alone.
    """
    if proposal and not mistaken:
        raise click.UsageError("--proposal goes with --mistaken")
    with acting(environment, dry_run=dry_run) as (connection, actor):
        if not mistaken:
            acts.close(connection, actor, number, reason=reason)
        elif proposal:
            acts.close_mistaken(connection, actor, number, proposal, reason=reason)
        else:
            code = acts.propose_mistaken(connection, actor, number, reason=reason)
    if mistaken and not proposal:
        what = f"đóng sự cố {number} vì nhận diện nhầm"
        again = f'mailhub incident close {number} --mistaken --reason "…" --proposal {code}'
        _tell_proposed(what, code, again, dry_run=dry_run)
        return
    click.echo(f"Đã đóng sự cố {number}" + (f": {MISTAKEN}." if mistaken else ""))
    if mistaken:
        click.echo("Người gửi có thể gửi lại đúng văn bản đó; thư được xét theo các quy tắc khác.")


def _tell_proposed(what: str, code: str, again: str, *, dry_run: bool) -> None:
    """Tell who is needed next. A trial has made no code that anybody could use."""
    if dry_run:
        click.echo(f"Có thể đề nghị {what}; cần người thứ hai đồng ý.")
        return
    click.echo(f"Đã đề nghị {what}. Mã {code}")
    click.echo(f"Người thứ hai: mailhub --as ĐỊA-CHỈ --prove proposal approve {code}")
    click.echo(f"Sau đó: {again}")


@incident.command("open")
@click.argument("number")
@reason_option(required=True)
@click.option("--proposal", default="", help="The code that a second person agreed to.")
@click.option("--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The officer's private key.")
@click.option("--out", type=click.Path(path_type=Path), help="A new file for the message, not on this machine's disks.")
@dry_run_option
@pass_environment
def open_(
    environment: Environment,
    number: str,
    *,
    reason: str,
    proposal: str,
    key: Path | None,
    out: Path | None,
    dry_run: bool,
) -> None:
    """Open what is sealed: propose it, have a second person agree, then do it with the officer's key.

    \b
    mailhub incident open 2026-0001 --reason "xác minh"               prints a code
    mailhub --as ttb@tinh.gov.vn --prove proposal approve CODE        the second person
    mailhub incident open 2026-0001 --reason "xác minh" --proposal CODE --key officer.key --out thu.eml
    The second person is anybody else who is a security officer, an approver or an administrator over the sender's
    agency, and proves it with the own password (and code); they get a letter with the command.
    The last one reads the key's passphrase from standard input, and destroys what is sealed here.
    """
    if not proposal:
        with acting(environment, dry_run=dry_run) as (connection, actor):
            code = acts.propose_opening(connection, actor, number, reason=reason)
        again = f'mailhub incident open {number} --reason "…" --proposal {code} --key KHÓA --out TỆP-MỚI'
        _tell_proposed(f"mở nội dung niêm phong của sự cố {number}", code, again, dry_run=dry_run)
        return
    if key is None or out is None:
        raise click.UsageError("--key and --out are needed beside --proposal")
    passphrase, octets = read_password(), key.read_bytes()
    folder = sealed_folder(environment.settings)
    target = nullcontext(BytesIO()) if dry_run else new_file(environment, out)
    with target as file, acting(environment, dry_run=dry_run) as (connection, actor):
        sealed = acts.open_sealed(
            connection, actor, number, proposal,
            folder=folder, key=octets, passphrase=passphrase, out=file, reason=reason,
        )  # fmt: skip
    if dry_run:
        return
    acts.destroy_sealed(sealed)
    click.echo(f"Đã mở nội dung niêm phong của sự cố {number}: {out}. Trên hệ thống không còn bản nào.")
    click.echo("Xem tệp trên máy không nối mạng, rồi:")
    click.echo(f"  đúng là bí mật nhà nước: mailhub incident report {number}; hủy hoặc bàn giao tệp theo quy định")
    click.echo(f'  nhận diện nhầm: mailhub incident close {number} --mistaken --reason "…"; người gửi gửi lại')


@incident.group()
def key() -> None:
    """The key that secrets found in scans are sealed to."""


@key.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new file for the private key.")
@reason_option(required=False)
@dry_run_option
@pass_environment
def make(environment: Environment, *, out: Path, reason: str, dry_run: bool) -> None:
    """Make the officer's key: the private one, under a passphrase from standard input, into a file for the officer to
    take away; the public one into the hub's keys.

    \b
      mailhub incident key make --out /media/usb/officer.key < passphrase.txt
    """
    passphrase = read_password()
    if len(passphrase) < sealing.LEAST_PASSPHRASE:
        raise click.UsageError(f"the passphrase has at least {sealing.LEAST_PASSPHRASE} characters")
    pem, line = sealing.make_key(passphrase)
    keys = environment.settings.keys_directory
    # The private key lies safely first: a public one without it would destroy what is sealed to it.
    with nullcontext(BytesIO()) if dry_run else new_file(environment, out) as file:
        file.write(pem)
        file.flush()
        with acting(environment, dry_run=dry_run) as (connection, actor):
            if not dry_run:
                acts.install_key(connection, actor, keys, line, reason=reason)
    click.echo(f"Đã tạo khóa của cán bộ phụ trách an toàn thông tin: {out}. Đề nghị cất giữ ngoài máy chủ.")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file}: cannot be read as UTF-8 text") from error


def _state(row: IncidentRow) -> str:
    return f"{STATES[row.state]} ({MISTAKEN})" if row.mistaken else STATES[row.state]


def _time(at: int) -> str:
    return local_time(at).strftime("%H:%M %d/%m/%Y")


def _object(row: IncidentRow) -> dict[str, object]:
    return {
        "number": row.number,
        "code": row.code,
        "opened": iso_time(row.opened_at),
        "deadline": iso_time(row.deadline_at),
        "state": row.state.value,
        "late": row.is_late(now_ms()),
        "sender": row.sender,
        "agency": row.agency,
        "client": row.client,
        "door": row.door,
        "recipients": list(row.recipients),
        "size": row.size,
        "level": row.level,
        "found_in": list(row.found_in),
        "rule": row.rule,
        "version": row.version,
        "kept": row.kept.value,
        "times": row.times,
        "last": iso_time(row.last_at),
        "copies_removed": row.copies_removed,
        "searched": [
            {"mailbox": p.address, "times": p.looked, "removed": p.removed, "fault": p.fault,
             "next": None if p.next_at is None else iso_time(p.next_at)} for p in row.places
        ],
        "report": row.report,
        "closed_by": row.closed_by,
        "closed_reason": row.closed_reason,
        "mistaken": row.mistaken,
    }  # fmt: skip
