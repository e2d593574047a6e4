"""The signer of a running hub: a process and a user of its own, its own inspector, a real PDF."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailhub.signer.client import SignerClient
from mailhub.signer.folder import Folder
from mailhub.signer.journal import read_journal
from mailhub.signer.orders import Refusal, Sealed, SealKind, SealRefused, SignerStatus, assemble
from mailhub.signer.pins import PinGuard
from tests.support.hub import RunningHub, wait_until
from tests.support.inspector import needs_sandbox
from tests.support.pdfs import letter, typeset
from tests.support.pki import Pki
from tests.support.rendering import pdfsig
from tests.support.signed_pdfs import LEADER_BOX, sign, signature_image
from tests.support.signing_desk import MANDATES, furnish, hash_of, order, put

ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="only root starts processes of several users")
NOBODY = 65534
ANNEX = """
#set page(paper: "a4", margin: (top: 20mm, bottom: 20mm, left: 30mm, right: 15mm))
#set text(font: "Liberation Serif", size: 14pt, lang: "vi")
#align(center)[*PHỤ LỤC I*]
#align(center)[*DANH SÁCH THIẾT BỊ*]
#align(center)[_(Kèm theo Công văn số 87/UBND-VX ngày 05 tháng 4 năm 2026 của Ủy ban nhân dân xã Thử Nghiệm)_]
1. Máy tính. 2. Máy in.
"""


@pytest.fixture(scope="module")
def hub(pki: Pki) -> Iterator[RunningHub]:
    needs_sandbox()
    one = RunningHub(mailboxes=False, start=False)
    furnish(one.directory / "signer", pki, MANDATES.replace('"GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"', '"*"'), owner=owner())
    with one:
        one.start()
        yield one


def owner() -> tuple[int, int] | None:
    if not ROOT:
        return None
    entry = pwd.getpwnam("mailhub-signer")
    return entry.pw_uid, entry.pw_gid


def client(hub: RunningHub) -> SignerClient:
    return SignerClient(hub.directory / "run" / "signer")


@pytest.fixture(scope="module")
def signed_letter(pki: Pki) -> bytes:
    leader = pki.official.identity("leader")
    return sign(letter(), leader, field="LanhDao", box=LEADER_BOX, image=signature_image())


def as_user(uid: int, act: Callable[[], str]) -> str:
    """What `act` gives when that user does it."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            said = act()
        except Exception as error:
            said = type(error).__name__
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(pid, 0)
    with os.fdopen(reader) as file:
        return file.read()


def test_a_leaders_letter_gets_the_agencys_signature(hub: RunningHub, signed_letter: bytes, pki: Pki) -> None:
    sealed = asyncio.run(client(hub).seal(order(original=signed_letter)))
    assert isinstance(sealed, Sealed), sealed
    assert (sealed.doc_type, sealed.number_symbol) == ("CV", "87/UBND-VX")
    assert sealed.certificate == pki.official.identity("agency").sha256
    assert pdfsig(assemble(signed_letter, sealed)) == ["Signature is Valid."] * 2
    annex = order(kind=SealKind.ATTACHMENT, original=typeset(ANNEX), main=hash_of(signed_letter))
    attached = asyncio.run(client(hub).seal(annex))
    assert isinstance(attached, Sealed), attached
    assert pdfsig(assemble(annex.original, attached)) == ["Signature is Valid."]
    another = asyncio.run(client(hub).seal(replace(annex, original=letter("88"))))
    assert isinstance(another, SealRefused), "a letter that nobody signed went as an annex of another"
    assert another.reason is Refusal.TYPE


def test_an_altered_or_unsigned_letter_does_not(hub: RunningHub, signed_letter: bytes) -> None:
    place = signed_letter.index(b"stream", 200) + 20
    altered = signed_letter[:place] + bytes([signed_letter[place] ^ 1]) + signed_letter[place + 1 :]
    for original in (altered, letter(), b"%PDF-1.7 nonsense", b"\0" * 10_000):
        answer = asyncio.run(client(hub).seal(order(original=original, act="another")))
        assert isinstance(answer, SealRefused)
        assert answer.reason in (Refusal.NOT_PREPARED, Refusal.PERSON_INVALID, Refusal.NO_PERSON), answer


@needs_root
def test_no_other_user_reads_a_key_or_reaches_the_inspector(hub: RunningHub) -> None:
    """The hub's own user owns the folder above."""
    signer = hub.directory / "signer"

    def reach() -> str:
        names = ("keys/stttt.p12", "pins/stttt", "mandates.toml", "run/inspect", "journal")
        found = []
        for path in (*(signer / name for name in names), signer):
            try:
                os.stat(path / "." if path.is_dir() else path)  # noqa: PTH116
                os.listdir(signer)  # noqa: PTH208
                found.append(str(path))
            except PermissionError:
                continue
        return " ".join(found) or "nothing"

    for uid in (pwd.getpwnam("mailhub").pw_uid, NOBODY):
        assert as_user(uid, reach) == "nothing"
    assert (signer / "keys/stttt.p12").stat().st_uid == pwd.getpwnam("mailhub-signer").pw_uid


@needs_root
def test_the_hubs_user_may_ask_and_nobody_else(hub: RunningHub) -> None:
    def ask() -> str:
        answer = asyncio.run(client(hub).status())
        return answer.keys[0].agency if isinstance(answer, SignerStatus) else answer.reason

    assert as_user(pwd.getpwnam("mailhub").pw_uid, ask) == "STTTT"
    assert as_user(NOBODY, ask) == Refusal.UNAVAILABLE


@needs_root
def test_its_process_is_its_users_and_closed_to_others(hub: RunningHub) -> None:
    uid, pid = pwd.getpwnam("mailhub-signer").pw_uid, hub.children()["signer"]
    assert f"Uid:\t{uid}\t{uid}\t{uid}" in Path(f"/proc/{pid}/status").read_text()
    assert as_user(uid, lambda: os.readlink(f"/proc/{pid}/cwd")) == "PermissionError"  # noqa: PTH115 - not dumpable


def test_mandates_are_read_again_at_a_reload(hub: RunningHub, pki: Pki) -> None:
    folder = Folder(hub.directory / "signer", os.geteuid())
    before = (folder.path / "mandates.toml").read_bytes()
    put(folder, "mandates.toml", b"nonsense", owner())
    hub.reload()

    def problem() -> str:
        status = asyncio.run(client(hub).status())
        assert isinstance(status, SignerStatus)
        return status.problem

    assert "is not TOML" in str(wait_until(problem, "a broken file is told"))
    put(folder, "mandates.toml", before, owner())
    hub.reload()
    wait_until(lambda: problem() == "", "a good file is taken")


def test_the_journal_tells_what_was_signed(hub: RunningHub, signed_letter: bytes) -> None:
    asyncio.run(client(hub).seal(order(original=signed_letter)))
    entries = list(read_journal(hub.directory / "signer" / "journal"))
    assert hash_of(signed_letter) in {entry.original for entry in entries}


def test_the_commands_tell_mandates_keys_and_journal(hub: RunningHub, signed_letter: bytes) -> None:
    asyncio.run(client(hub).seal(order(original=signed_letter)))
    (mandate,) = [json.loads(line) for line in hub.cli("signer", "mandates", "--json").stdout.splitlines()]
    assert (mandate["agency"], mandate["limit"], mandate["problem"]) == ("STTTT", 3, "")
    entries = [json.loads(line) for line in hub.cli("signer", "journal", "--json").stdout.splitlines()]
    assert hash_of(signed_letter) in {entry["original"] for entry in entries}
    assert "STTTT: tốt" in hub.cli("signer", "check").stdout
    told = map(json.loads, hub.cli("doctor", "--json", check=False).stdout.splitlines())
    findings = {one["name"]: one for one in told}
    assert findings["signer"]["status"] == "ok"


def test_check_names_what_is_wrong_and_unlock_lets_the_pin_be_tried_again(hub: RunningHub) -> None:
    folder = Folder(hub.directory / "signer", os.geteuid())
    right = (folder.path / "pins/stttt").read_bytes()
    put(folder, "pins/stttt", b"wrong", owner())
    refused = hub.cli("signer", "check", check=False)
    assert (refused.returncode, "mã PIN" in refused.stderr) == (1, True)
    for command in ("check", "journal"):  # root's, whoever is named: no right of an account opens the folder
        named = hub.cli("--as", "nva@tinh.gov.vn", "signer", command, check=False)
        assert (named.returncode, named.stdout, "bỏ --as" in named.stderr) == (1, "", True)
    assert "wrong" not in refused.stdout.replace("wrong PIN", "")
    assert PinGuard(folder.path).wrong("file keys/stttt.p12") == 1
    put(folder, "pins/stttt", right, owner())
    unlock = ("signer", "unlock", "STTTT", "--reason", "đã nhập lại mã PIN")
    hub.cli(*unlock, "--dry-run")
    assert PinGuard(folder.path).wrong("file keys/stttt.p12") == 1
    hub.cli(*unlock)
    assert PinGuard(folder.path).wrong("file keys/stttt.p12") == 0
    assert (folder.path / "state/tries.json").stat().st_uid == folder.path.stat().st_uid
    assert "đã nhập lại mã PIN" in hub.cli("audit", "list", "--json").stdout
    assert hub.cli("signer", "check").returncode == 0


@needs_root
def test_check_sees_with_the_signer_s_rights_and_makes_the_folders_that_are_missing(hub: RunningHub) -> None:
    folder = hub.directory / "signer"
    (folder / "state/tries.json").unlink(missing_ok=True)
    (folder / "state").rmdir()
    (folder / "keys").chmod(0)  # root could still read it
    os.chown(folder / "keys", 0, 0)
    try:
        blind = hub.cli("signer", "check", check=False)
    finally:
        (folder / "keys").chmod(0o700)
        os.chown(folder / "keys", *(owner() or (0, 0)))
    assert (blind.returncode, "keys/stttt.p12" in blind.stderr) == (1, True)
    assert (folder / "state").stat().st_uid == (owner() or (0, 0))[0]
    assert "STTTT: tốt" in hub.cli("signer", "check").stdout
