"""The kill switch proves each door, goes on after a fault, and gives back what was when the account is restored."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from mailhub.accounts import service
from mailhub.accounts.control.grants import actor_of, grant_role
from mailhub.accounts.directory import Directory
from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.finding import load_mailbox
from mailhub.accounts.life.closings import DOORS, NoClosing, Proof, latest_closing, load_proof, open_closings, proof_of
from mailhub.accounts.life.models import ClosingDoor, DoorState
from mailhub.accounts.life.processes import SeenProcess, born_at, forget_process, note_process, seen_processes
from mailhub.accounts.login.models import AppPassword, Passkey
from mailhub.accounts.models import (
    Delegation,
    DelegationRight,
    GroupOfficer,
    Mailbox,
    MailboxState,
    MailGroup,
    RoleHolder,
)
from mailhub.accounts.rights import Role
from mailhub.accounts.sharing.access import opens
from mailhub.accounts.web import doors as web_doors
from mailhub.accounts.web.models import ApiToken
from mailhub.accounts.web.sessions import Stage, open_session, open_sessions
from mailhub.clock import now_ms
from mailhub.ids import new_id
from mailhub.lifecycle.closing import close_now
from mailhub.lifecycle.doors import redirect_targets
from mailhub.lifecycle.scene import Scene
from mailhub.mailboxes.dovecot import Session
from mailhub.mailboxes.errors import DovecotError
from mailhub.queue.closing import standing_of
from mailhub.store.database import Database
from tests.queue.parts import message, put, recipients
from tests.support.accounts import ROOT, Settings, make_account, make_province

AN, BINH, ROLE = "nva@tinh.gov.vn", "ttb@tinh.gov.vn", "vanthu.snv@tinh.gov.vn"
SCRIPT = 'require ["copy"];\n# redirect "cu@x.vn";\nredirect :copy "chuyen@tinh.gov.vn";\n'
NODE = "node"


class FakeMailboxes:
    """A Dovecot with these users logged in."""

    def __init__(self, *users: str) -> None:
        self.users = list(users)
        self.ended: set[str] = set()
        self.present = True
        self.fault: Exception | None = None
        self.after_look: list[str] = []  # who appears behind the first look

    def is_present(self) -> bool:
        return self.present

    async def sessions(self) -> list[Session]:
        if self.fault is not None:
            raise self.fault
        found = [Session(user, "imap", 1, "192.0.2.1") for user in self.users]
        self.users, self.after_look = self.users + self.after_look, []
        return found

    async def end_sessions(self, users: set[str]) -> bool:
        self.ended |= users
        self.users = [user for user in self.users if user not in users]
        return True


@pytest.fixture
def numbers(database: Database) -> dict[str, int]:
    make_province(database)
    return {address: make_account(database, address, agency="snv", password=None) for address in (AN, BINH)}


@pytest.fixture
def boxes() -> FakeMailboxes:
    return FakeMailboxes(AN, BINH)


@pytest.fixture
def scene(database: Database, boxes: FakeMailboxes) -> Scene:
    return Scene(database=database, mailboxes=boxes, script=lambda _: "", node=NODE, settings=Settings())


def act(database: Database, name: str, address: str = AN, **more: Any) -> None:
    with database.write() as connection:
        getattr(service, name)(connection, ROOT, address, reason="thử", **more)


def closed(scene: Scene, account: int, address: str = AN, *, seconds: float = 5.0) -> Proof:
    """The proof after `seconds` of work, and as many more as it takes a busy machine to look at every door once."""
    with scene.database.read() as connection:
        number = latest_closing(connection, account)
    assert number is not None
    for _ in range(20):
        proof = asyncio.run(close_now(scene, number, address, timeout=seconds))
        if all(line.checked for line in proof.doors):
            break
    return proof


def words(proof: Proof) -> dict[str, tuple[str, str]]:
    return {line.door: (line.state.value, line.checked) for line in proof.doors}


def smtp(scene: Scene, version: int, *, number: int = 0, pid: int | None = None, **more: Any) -> None:
    at = now_ms()
    born = born_at(pid or os.getpid()) or at
    values = {"name": f"{NODE}/smtp-{number}", "pid": pid or os.getpid(), "started_at": born + 50, "beat_at": at}
    with scene.database.write() as connection:
        note_process(connection, SeenProcess(**{**values, **more, "version": version}))


# ------------------------------------------------------------------ the whole


@pytest.mark.parametrize("how", ["suspend_account", "end_account"])
def test_every_door_is_proved(scene: Scene, numbers: dict[str, int], how: str) -> None:
    act(scene.database, how)
    proof = closed(scene, numbers[AN])
    assert proof.done_at is not None
    assert [line.door for line in proof.doors] == list(DOORS)
    assert all(line.state in (DoorState.CLOSED, DoorState.ABSENT) and line.checked for line in proof.doors)
    assert all(line.closed_at is not None for line in proof.doors)
    with scene.database.read() as connection:
        assert not open_closings(connection)


def fill(database: Database, numbers: dict[str, int]) -> None:
    """One of everything that can be closed."""
    with database.write() as connection:
        role = service.add_role_mailbox(connection, ROOT, ROLE, "Văn thư Sở", agency="snv")
        common = {"from_at": 0, "until_at": None}
        connection.execute(insert(RoleHolder).values(id=new_id(), mailbox_id=role, holder_id=numbers[AN], **common))
        pair = {"mailbox_id": numbers[BINH], "delegate_id": numbers[AN], "right": DelegationRight.SEND}
        connection.execute(insert(Delegation).values(id=new_id(), **pair, **common))
        group = service.add_group(connection, ROOT, "nhom@tinh.gov.vn", "Nhóm", agency="snv")
        connection.execute(update(MailGroup).where(MailGroup.id == group).values(owner_id=numbers[AN]))
        connection.execute(insert(GroupOfficer).values(group_id=group, mailbox_id=numbers[AN], task="moderator"))
        row = {"device": "máy tính", "prefix": "p", "digest": b"d", "made_at": 1}
        connection.execute(insert(AppPassword).values(id=new_id(), mailbox_id=numbers[AN], **row))
        open_session(connection, numbers[AN], stage=Stage.FULL, ip="192.0.2.1", agent="Firefox", at=now_ms())
        token = {"token_sha256": b"t", "prefix": "mhub_x", "name": "một cửa", "scopes": "trace:read", "made_at": 1}
        connection.execute(insert(ApiToken).values(id=new_id(), account_id=numbers[AN], expires_at=2**60, **token))
        key = {"credential_id": b"c", "public_key": b"k", "rp_id": "x.vn", "name": "khóa", "made_at": 1}
        connection.execute(insert(Passkey).values(id=new_id(), mailbox_id=numbers[AN], **key))
        grant_role(connection, ROOT, AN, Role.AGENCY_ADMIN, agency="snv", reason="thử")
    put(database, message("a@so.vn", account_id=numbers[AN]))


def opened(database: Database, numbers: dict[str, int]) -> dict[str, object]:
    """What each door answers now, through the function that it uses."""
    directory = Directory(database)
    view, at = directory.account(numbers[AN]), now_ms()
    assert view is not None
    with database.read() as connection:
        mailbox = load_mailbox(connection, numbers[AN])
        assert mailbox is not None
        roles = connection.execute(select(RoleHolder.mailbox_id)).scalars().all()
        found: dict[str, object] = {
            "login": (view.may_login, mailbox.logs_in),
            "send": (view.may_send, view.addresses),
            "roles": [opens(connection, numbers[AN], role, at) for role in roles],
            "delegation": opens(connection, numbers[AN], numbers[BINH], at),
            "rights": actor_of(connection, mailbox, at=at).holds,
            "mail": standing_of(connection, numbers[AN]).waiting,
            "app": connection.execute(select(AppPassword.revoked_at)).all(),
            "tokens": web_doors.api_tokens(connection, numbers[AN], settings=Settings(), at=at),
            "passkeys": web_doors.passkeys(connection, numbers[AN]),
        }
    directory.close()
    return found


@pytest.mark.parametrize("how", ["suspend_account", "end_account"])
def test_restoring_gives_back_what_was_and_not_more(scene: Scene, numbers: dict[str, int], how: str) -> None:
    fill(scene.database, numbers)
    before = opened(scene.database, numbers)
    act(scene.database, how)
    proof = closed(scene, numbers[AN])
    assert proof.done_at is not None
    states = {door: state for door, (state, _) in words(proof).items()}
    assert states == dict.fromkeys(DOORS, "closed") | {"submission-sessions": "absent", "sieve-redirects": "absent"}
    during = opened(scene.database, numbers)
    assert during["login"] == (False, False)
    assert (during["roles"], during["delegation"], during["mail"]) == ([None], None, 0)
    act(scene.database, "restore_account")
    restored = closed(scene, numbers[AN])
    assert restored.act == "restore"
    assert words(restored) == {"queued-mail": ("reopened", "Đã trả lại hàng đợi 1 lượt gửi bị giữ khi khóa")}
    assert opened(scene.database, numbers) == before
    with scene.database.read() as connection:  # but nobody is in again with a cookie of before
        assert not open_sessions(connection, numbers[AN], settings=Settings(), at=now_ms())


def test_suspending_again_goes_on_with_the_open_proof_or_makes_a_new_one(
    scene: Scene, boxes: FakeMailboxes, numbers: dict[str, int]
) -> None:
    boxes.fault = DovecotError("away")
    act(scene.database, "suspend_account")
    first = closed(scene, numbers[AN], seconds=0.4)
    assert first.done_at is None
    act(scene.database, "suspend_account")
    boxes.fault = None
    second = closed(scene, numbers[AN])
    assert (second.closing_id, second.done_at is None) == (first.closing_id, False)
    act(scene.database, "suspend_account")
    third = closed(scene, numbers[AN])
    assert third.closing_id != first.closing_id
    assert third.done_at is not None


def test_what_is_restored_before_it_was_proved_says_so(
    scene: Scene, boxes: FakeMailboxes, numbers: dict[str, int]
) -> None:
    boxes.fault = DovecotError("away")
    act(scene.database, "suspend_account")
    first = closed(scene, numbers[AN], seconds=0.4)
    act(scene.database, "restore_account")
    with scene.database.read() as connection:
        proof = load_proof(connection, first.closing_id, AN)
    assert proof.done_at is not None
    assert {state for state, _ in words(proof).values()} == {"closed", "absent", "reopened"}


def test_who_may_read_the_account_may_read_its_proof(scene: Scene, numbers: dict[str, int]) -> None:
    act(scene.database, "suspend_account")
    with scene.database.read() as connection:
        binh = load_mailbox(connection, numbers[BINH])
        assert binh is not None
        assert proof_of(connection, ROOT, AN).act == "suspend"
        with pytest.raises(NotAllowed):
            proof_of(connection, actor_of(connection, binh, at=now_ms()), AN)
        with pytest.raises(NoClosing):
            proof_of(connection, ROOT, BINH)


# --------------------------------------------------------------- session doors


def test_own_and_shared_sessions_end_and_others_stay(
    scene: Scene, boxes: FakeMailboxes, numbers: dict[str, int]
) -> None:
    boxes.users += [f"{ROLE}*{AN}", f"{AN}*{BINH}", f"{ROLE}*{BINH}", f"x{AN}"]
    boxes.after_look = [AN]  # a login that was verified just before
    act(scene.database, "suspend_account")
    told = words(closed(scene, numbers[AN]))
    assert boxes.users == [BINH, f"{ROLE}*{BINH}", f"x{AN}"]
    assert told["imap-sessions"] == (
        "closed",
        "doveadm who: hai lần liền không thấy phiên nào, đã ngắt 1 tên đăng nhập",
    )
    assert told["shared-sessions"][1].endswith("đã ngắt 2 tên đăng nhập")


@pytest.mark.parametrize("fault", [DovecotError("no answer"), OSError("refused")])
def test_a_dovecot_that_does_not_answer_is_named_and_asked_again(
    scene: Scene, boxes: FakeMailboxes, numbers: dict[str, int], fault: Exception
) -> None:
    boxes.fault = fault
    act(scene.database, "suspend_account")
    proof = closed(scene, numbers[AN], seconds=0.5)
    assert proof.done_at is None
    told = words(proof)
    assert {door for door, (state, _) in told.items() if state == "closing"} == {"imap-sessions", "shared-sessions"}
    assert told["imap-sessions"][1] == f"Chưa hỏi được Dovecot ({fault}); đang thử lại"
    boxes.fault = None
    assert closed(scene, numbers[AN]).done_at is not None
    assert AN not in boxes.users


def test_without_a_dovecot_nobody_has_a_session(scene: Scene, boxes: FakeMailboxes, numbers: dict[str, int]) -> None:
    boxes.present, boxes.fault = False, DovecotError("must not be asked")
    act(scene.database, "suspend_account")
    told = words(closed(scene, numbers[AN]))
    assert told["imap-sessions"] == ("closed", "Dovecot không chạy, không còn tiến trình nào: không thể có phiên IMAP")


def test_every_live_process_has_to_answer(scene: Scene, numbers: dict[str, int]) -> None:
    smtp(scene, 0)
    smtp(scene, 10**9, number=1)
    act(scene.database, "suspend_account")
    proof = closed(scene, numbers[AN], seconds=0.5)
    state, told = words(proof)["submission-sessions"]
    assert (state, told) == ("closing", f"Chưa có trả lời của smtp-0 (tiến trình {os.getpid()}); đang thử lại")
    smtp(scene, proof.version)
    state, told = words(closed(scene, numbers[AN]))["submission-sessions"]
    assert (state, told) == ("closed", "smtp-0, smtp-1 đã ngắt mọi phiên gửi của tài khoản và xác nhận")


def test_a_silent_process_that_lives_is_waited_for(scene: Scene, numbers: dict[str, int]) -> None:
    smtp(scene, 0, beat_at=now_ms() - 60_000)
    act(scene.database, "suspend_account")
    state, told = words(closed(scene, numbers[AN], seconds=0.5))["submission-sessions"]
    assert state == "closing"
    assert "im lặng từ" in told


@pytest.mark.parametrize("who", ["nobody", "another"])
def test_a_dead_process_is_named_and_left_out(scene: Scene, numbers: dict[str, int], who: str) -> None:
    smtp(scene, 10**9)
    gone = 2**22 - 3 if who == "nobody" else os.getpid()  # in the second case the number is another's by now
    smtp(scene, 0, number=1, pid=gone, started_at=1)
    act(scene.database, "suspend_account")
    state, told = words(closed(scene, numbers[AN]))["submission-sessions"]
    assert state == "closed"
    assert "smtp-1 đã dừng" in told


def test_a_process_of_another_machine_is_not_taken_for_dead(scene: Scene, numbers: dict[str, int]) -> None:
    smtp(scene, 0, name="elsewhere/smtp-0", pid=2**22 - 3, started_at=1)
    act(scene.database, "suspend_account")
    assert words(closed(scene, numbers[AN], seconds=0.5))["submission-sessions"][0] == "closing"


def test_a_process_that_left_is_forgotten_unless_it_was_born_again(scene: Scene) -> None:
    smtp(scene, 1)
    with scene.database.write() as connection:
        forget_process(connection, f"{NODE}/smtp-0", os.getpid() + 1)
        assert len(seen_processes(connection)) == 1
        forget_process(connection, f"{NODE}/smtp-0", os.getpid())
        assert not seen_processes(connection)


# --------------------------------------------------------------- computed doors


def test_mail_that_waits_is_held_and_told(scene: Scene, numbers: dict[str, int]) -> None:
    put(scene.database, message("a@so.vn", "b@so.vn", account_id=numbers[AN]))
    act(scene.database, "suspend_account")
    told = words(closed(scene, numbers[AN]))["queued-mail"]
    assert told == ("closed", "Đọc lại hàng đợi: đã giữ lại 2 lượt gửi")
    assert {row.state for row in recipients(scene.database).values()} == {"held"}


def test_the_scripts_targets_are_named(
    scene: Scene, database: Database, boxes: FakeMailboxes, numbers: dict[str, int]
) -> None:
    scripted = replace(scene, script=lambda view: SCRIPT if view.address == AN else "")
    act(database, "suspend_account")
    state, told = words(closed(scripted, numbers[AN]))["sieve-redirects"]
    assert state == "closed"
    assert told.endswith("bộ lọc chuyển tiếp tới chuyen@tinh.gov.vn")


@pytest.mark.parametrize(
    ("script", "targets"),
    [
        ("", []),
        ('redirect "a@b.vn";', ["a@b.vn"]),
        ('if true { redirect :copy "a@b.vn"; redirect "c@d.vn"; redirect "a@b.vn"; }', ["a@b.vn", "c@d.vn"]),
        ('/* redirect "a@b.vn"; */ keep; # redirect "c@d.vn";', []),
        ('vacation "đi công tác";', []),
    ],
)
def test_the_targets_of_a_script(script: str, targets: list[str]) -> None:
    assert redirect_targets(script) == targets


def test_a_row_that_says_closed_is_not_believed_while_a_door_answers_otherwise(
    scene: Scene, numbers: dict[str, int]
) -> None:
    """Restored behind the proof's back: nothing is called closed that is not."""
    act(scene.database, "suspend_account")
    with scene.database.write() as connection:
        connection.execute(update(Mailbox).where(Mailbox.id == numbers[AN]).values(state=MailboxState.ACTIVE))
    proof = closed(scene, numbers[AN], seconds=0.5)
    assert words(proof)["login"] == ("closing", "Tài khoản vẫn còn đăng nhập được; đang thử lại")
    assert proof.done_at is None


def test_a_crash_between_the_last_door_and_the_end_is_mended(scene: Scene, numbers: dict[str, int]) -> None:
    act(scene.database, "suspend_account")
    with scene.database.write() as connection:
        connection.execute(update(ClosingDoor).values(state=DoorState.CLOSED, closed_at=1))
    assert closed(scene, numbers[AN]).done_at is not None


def test_an_opening_by_order_keeps_no_proof_waiting_and_is_not_told(scene: Scene, numbers: dict[str, int]) -> None:
    with scene.database.write() as connection:
        row = {"mailbox_id": numbers[AN], "delegate_id": numbers[BINH], "right": DelegationRight.READ, "by_order": True}
        connection.execute(insert(Delegation).values(id=new_id(), from_at=now_ms() - 1, because="QĐ 77", **row))
    act(scene.database, "suspend_account")
    proof = closed(scene, numbers[AN])
    assert proof.done_at is not None
    assert words(proof)["delegations"] == ("absent", "Không có ủy quyền hộp thư nào")
    with scene.database.read() as connection:
        assert opens(connection, numbers[BINH], numbers[AN], now_ms()) is not None
    act(scene.database, "suspend_account", BINH)
    with scene.database.read() as connection:
        assert opens(connection, numbers[BINH], numbers[AN], now_ms()) is None
