"""A clerk's mail with what the leader signed leaves with the agency's seal; an altered one waits with the reason."""

from __future__ import annotations

import json
import os
import pwd
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

from mailhub.clock import now_ms
from mailhub.files.signed.evidence import check_crl
from mailhub.settings import load
from mailhub.signatures.revocation.keeping import keep_list
from mailhub.store.database import Database, open_database
from tests.integration.conftest import Province, arrives
from tests.support.hub import PASSWORD, RunningHub, transaction, wait_until
from tests.support.pdfs import letter
from tests.support.pki import Pki, pki, sha256  # noqa: F401
from tests.support.rendering import BETWEEN, by_poppler, extent, pdfsig
from tests.support.revocation import pin_official
from tests.support.signed_pdfs import sign, signature_image
from tests.support.signing_desk import MANDATES, furnish

CLERK, READER, DESK = "nva@tinh.gov.vn", "ttb@tinh.gov.vn", "vanthu@tinh.gov.vn"
AGENCY = "UBNDTN"
ISSUER = "Ủy ban nhân dân xã Thử Nghiệm"
SEAL_POINTS = 36 / 25.4 * 72


@dataclass(frozen=True)
class Office:
    """A hub with a desk that seals."""

    hub: RunningHub
    province: Province
    pki: Pki

    def send(self, *files: bytes, subject: str) -> str:
        with self.hub.submission(CLERK) as client:
            return transaction(client, DESK, [READER], mail(*files, subject=subject))

    def story(self, code: str) -> list[tuple[str, dict[str, Any]]]:
        return [(line.kind.value, line.facts) for line in self.province.trace(code)]


@pytest.fixture(scope="module")
def office(pki: Pki) -> Iterator[Office]:  # noqa: F811
    with RunningHub(start=False, signer={"tsa": pki.official.tsa_url}) as hub:
        text = MANDATES.replace("STTTT", AGENCY).replace("vanthu.stttt@tinh.gov.vn", DESK)
        owner = None
        if os.geteuid() == 0:
            user = pwd.getpwnam("mailhub-signer")
            owner = (user.pw_uid, user.pw_gid)
        furnish(
            load(hub.directory / "mailhub.toml").signer_directory,
            pki,
            text.replace("GIÁM ĐỐC", "CHỦ TỊCH"),
            owner=owner,
        )
        database = open_database(load(hub.directory / "mailhub.toml").database_url)
        believe(database, pki)
        database.close()
        province = Province(hub)
        province.people("nva", "ttb")
        province.act("add_agency", AGENCY, ISSUER)
        province.act("add_role_mailbox", DESK, "Văn thư", agency=AGENCY)
        province.act("hold_role", DESK, CLERK)
        hub.cli("seal", "on", DESK)
        hub.start()
        yield Office(hub, province, pki)
        province.close()


def believe(database: Database, pki: Pki) -> None:  # noqa: F811
    """The test authorities are pinned, and their lists of today are here."""
    root, sub = pin_official(database, pki)
    for issuer, name in ((root, "root"), (sub, "sub")):
        der = pki.official.crl(name, datetime.now(UTC))
        facts = check_crl(der, issuer.der, issuer.crl)
        keep_list(database, issuer.sha256, facts, der, source="test", at=now_ms())


@pytest.fixture(scope="module")
def leaders(pki: Pki) -> bytes:  # noqa: F811
    """What the chairwoman signed."""
    return sign(letter(), pki.official.identity("leader"), field="LanhDao", box=BETWEEN, image=signature_image())


def mail(*files: bytes, subject: str) -> bytes:
    found = EmailMessage(policy=SMTP)
    found["From"], found["To"], found["Subject"] = DESK, READER, subject
    found["Message-ID"] = f"<{now_ms()}.{abs(hash(subject))}@client.test>"
    found.set_content("Kính gửi Ông/Bà văn bản kèm theo.\n")
    for number, content in enumerate(files):
        found.add_attachment(content, maintype="application", subtype="pdf", filename=f"van-ban-{number}.pdf")
    return found.as_bytes()


def changed(document: bytes) -> bytes:
    """One digit of what was signed is another, and the page looks the same."""
    at = document.index(b"/CreationDate") + len(b"/CreationDate (D:20")
    return document[:at] + bytes([document[at] ^ 1]) + document[at + 1 :]


def attached(received: bytes) -> list[bytes]:
    parts = [part for part in message_from_bytes(received).walk() if part.get_filename()]
    return [octets for part in parts if isinstance(octets := part.get_payload(decode=True), bytes)]


def test_it_leaves_sealed_in_the_right_place_and_both_signatures_are_valid(office: Office, leaders: bytes) -> None:
    code = office.send(leaders, subject="ban hanh cong van")
    received = arrives(office.hub, READER, "ban hanh cong van")
    (sealed,) = attached(received)
    assert sealed.startswith(leaders)
    assert len(sealed) > len(leaders)
    # The recipient's trace and header say so.
    told = dict(office.story(code))["sealed"]
    story = office.story(told["sealed_as"])
    assert [kind for kind, _ in story][:3] == ["received", "sealed", "inspected"]
    (verdict,) = next(facts for kind, facts in story if kind == "inspected")["signatures"]
    assert (verdict["verdict"], verdict["complete"]) == ("VALID", "both")
    assert [one["by"] for one in verdict["signers"]] == ["claimed", "timestamp"]
    assert b"X-Mailhub-Signature" in received.partition(b"\r\n\r\n")[0]
    # The desk has the sealed copy, and the first message nobody has.
    copies = wait_until(lambda: office.hub.mails(f"{DESK}*{CLERK}", folder="Sent"), "the copy in Sent")
    assert attached(copies[0]) == [sealed]
    # Real size, a third into the leader's signature from its left (Nghị định 30/2020/NĐ-CP PL I).
    left, bottom, right, top = extent(by_poppler(sealed), "red")
    x0, y0, x1, y1 = BETWEEN
    assert abs(right - (x0 + (x1 - x0) / 3)) < 3
    assert abs((right - left) - SEAL_POINTS) < 5
    assert abs((bottom + top) / 2 - (y0 + y1) / 2) < 3
    assert pdfsig(sealed) == ["Signature is Valid."] * 2
    file = office.hub.directory.parent / "sealed.pdf"
    file.write_bytes(sealed)
    said = json.loads(office.hub.cli("verify", "--json", str(file)).stdout)
    assert (said["verdict"], len(said["signatures"])) == ("VALID", 2)


def test_an_altered_document_waits_with_the_reason_and_goes_on_the_desks_word(office: Office, leaders: bytes) -> None:
    altered = changed(leaders)
    code = office.send(altered, subject="van ban bi sua")
    line = wait_until(lambda: dict(office.story(code)).get("sealed", {}), "the line")
    assert [file["outcome"] for file in line["files"]] == ["altered"]
    asked = message_from_bytes(arrives(office.hub, f"{DESK}*{CLERK}", code), policy=SMTP).get_body(("plain",))
    assert asked is not None
    assert "đã bị thay đổi sau khi ký" in asked.get_content().replace("\n", " ")
    assert "GỬI thì thư được gửi nguyên trạng" in asked.get_content().replace("\n", " ")
    assert not [mail for mail in office.hub.mails(READER) if b"van ban bi sua" in mail]
    office.hub.cli("word", "send", code, "--reason", "da doi chieu ban giay")
    (unsealed,) = attached(arrives(office.hub, READER, "van ban bi sua"))
    assert unsealed == altered


def test_what_nobody_signed_goes_as_it_is_with_a_line(office: Office) -> None:
    code = office.send(letter(), subject="chua ai ky")
    (same,) = attached(arrives(office.hub, READER, "chua ai ky"))
    assert same == letter()
    assert [file["outcome"] for file in dict(office.story(code))["sealed"]["files"]] == ["not signed"]


def test_the_command_seals_a_file_and_the_record_names_who(office: Office, leaders: bytes, tmp_path: Path) -> None:
    file, out = tmp_path / "cong-van.pdf", tmp_path / "sealed.pdf"
    file.write_bytes(leaders)
    tmp_path.chmod(0o755)
    asks = ("seal", str(file), "--desk", DESK, "--out", str(out))
    assert "--prove" in office.hub.cli(*asks, check=False).stderr  # a clerk asks for it, whoever is root
    office.hub.cli("right", "grant", CLERK, "clerk", "--agency", AGENCY, "--reason", "văn thư")
    assert "--prove" in office.hub.cli("--as", CLERK, *asks, check=False).stderr
    clerk = ("--as", CLERK, "--prove")
    office.hub.cli(*clerk, *asks, stdin=f"{PASSWORD}\n")
    assert out.read_bytes().startswith(leaders)
    (act, *_) = [json.loads(line) for line in office.hub.cli("seal", "acts", "--json").stdout.splitlines()]
    assert (act["outcome"], act["number_symbol"], act["clerk"]) == ("sealed", "87/UBND-VX", f"{CLERK} (console:root)")
    file.write_bytes(changed(leaders))
    other = office.hub.cli(*clerk, *asks[:-1], f"{out}1", stdin=f"{PASSWORD}\n", check=False)
    assert "đã bị thay đổi sau khi ký" in other.stderr
    assert not Path(f"{out}1").exists()
    refused = office.hub.cli("--as", READER, "seal", str(file), "--desk", DESK, "--out", f"{out}2", check=False)
    assert refused.returncode == 1
    assert not Path(f"{out}2").exists()
