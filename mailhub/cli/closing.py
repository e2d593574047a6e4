"""`mailhub account proof`, and what `suspend` and `revoke` print: each door, when it closed, how that was checked."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict

import click

from mailhub.accounts.life.closings import RESTORE, STOP_SENDING, Proof, proof_of
from mailhub.accounts.life.models import DoorState
from mailhub.cli.acting import json_option, looking, print_json
from mailhub.cli.environment import Environment, pass_environment
from mailhub.clock import local_time

DOORS = {
    "login": "Đăng nhập",
    "app-passwords": "Mật khẩu ứng dụng",
    "web-sessions": "Phiên trên trang web",
    "api-tokens": "Mã truy cập của chương trình",
    "passkeys": "Khóa đăng nhập (passkey)",
    "submission-sessions": "Phiên gửi thư",
    "imap-sessions": "Phiên IMAP",
    "shared-sessions": "Phiên hộp thư chung",
    "sieve-redirects": "Chuyển tiếp tự động",
    "queued-mail": "Thư chờ gửi",
    "delegations": "Ủy quyền",
    "role-holdings": "Hộp thư chức danh",
    "group-ownership": "Quyền trong nhóm",
    "admin-rights": "Quyền quản trị",
}
_ACTS = {"suspend": "Tạm khóa", "end": "Thu hồi", STOP_SENDING: "Dừng gửi thư", RESTORE: "Khôi phục"}
_WIDTH = max(map(len, DOORS.values()))


@click.command()
@click.argument("address")
@json_option
@pass_environment
def proof(environment: Environment, address: str, *, as_json: bool) -> None:
    """Show what proves that an account is closed: each door, when it closed, and how that was checked.

    Exit code 1 while a door is still being closed.

    \b
    Examples:
      mailhub --dir DIR account proof nva@tinh.gov.vn
      mailhub --dir DIR account proof nva@tinh.gov.vn --json
    """
    found = _latest(environment, address)
    if as_json:
        print_json(proof_json(found))
    else:
        click.echo("\n".join(proof_text(found)))
    if found.done_at is None:
        sys.exit(1)


def show_closing(environment: Environment, address: str, *, seconds: float | None = None) -> Proof:
    """After `suspend`, `revoke` or `restore` was committed: see its doors closed, for at most `seconds`, and print."""
    # Here and not above: this loads half the mail server, and `account list` is to start without.
    import asyncio

    from mailhub.lifecycle.closing import PROOF_SECONDS, close_now
    from mailhub.serve.closing import closing_scene
    from mailhub.serve.privileges import serving_identity

    begun = _latest(environment, address)
    found = begun
    if begun.done_at is None:
        settings = environment.settings
        scene = closing_scene(settings, environment.database, serving_identity(settings.hub.user))
        limit = PROOF_SECONDS if seconds is None else seconds
        found = asyncio.run(close_now(scene, begun.closing_id, begun.account, timeout=limit))
    click.echo("\n".join(proof_text(found)))
    return found


def proof_text(found: Proof) -> Iterator[str]:
    """A line a door, below a line that says what was done and whether all of it is proved."""
    moment = local_time(found.began_at).strftime("%d/%m/%Y %H:%M:%S")
    yield f"{_ACTS.get(found.act, found.act)} {found.account} lúc {moment}"
    for line in found.doors:
        when = "chưa xong"
        if line.state is DoorState.ABSENT:
            when = "không có"
        elif line.state is DoorState.REOPENED:
            when = "đã mở lại"
        elif line.closed_at is not None:
            when = f"sau {max(0, line.closed_at - found.began_at) / 1000:.1f} s".replace(".", ",")
        yield f"  {DOORS.get(line.door, line.door):<{_WIDTH}}  {when:<10}  {line.checked}".rstrip()
    if found.done_at is None:
        yield f"Chưa xong hết; máy chủ đang thử lại. Xem lại: mailhub account proof {found.account}"
    elif found.act != RESTORE and not any(line.state is DoorState.REOPENED for line in found.doors):
        seconds = f"{max(0, found.done_at - found.began_at) / 1000:.1f}".replace(".", ",")
        yield f"Đã đóng và kiểm tra đủ {len(found.doors)} cửa sau {seconds} s"


def proof_json(found: Proof) -> dict[str, object]:
    """A line of `--json`; moments in ms, `seconds` after the act."""
    shown = asdict(found)
    shown["doors"] = [
        {**asdict(one), "seconds": None if one.closed_at is None else (one.closed_at - found.began_at) / 1000}
        for one in found.doors
    ]
    return shown


def _latest(environment: Environment, address: str) -> Proof:
    with looking(environment) as (connection, actor):
        return proof_of(connection, actor, address)
