"""`mailhub trust` and `mailhub revocation`: two people, and data carried from one network into another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.settings import SETTINGS_FILE, load
from mailhub.signatures.trust import rows
from mailhub.signatures.trust.catalogue import shipped
from mailhub.store.database import open_database
from tests.support.hub import PASSWORD, RunningHub
from tests.support.pki import Pki, pem, pki, sha256

__all__ = ["pki"]

G2 = "f04ba4b459a7c9a1"
SECOND = "ttb@tinh.gov.vn"


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    """A hub that does not run, with a second person."""
    with RunningHub(start=False, passwords={"second_factor_roles": []}) as one:
        one.account(SECOND, "Trần Thị B")
        one.cli("right", "grant", SECOND, "approver", "--reason", "thử")
        database = open_database(load(one.directory / SETTINGS_FILE).database_url)
        with database.write() as connection:  # nobody asks the real authorities from here
            for shipped_one in shipped():
                rows.change(connection, shipped_one.sha256, crl="")
        database.close()
        yield one


def said(hub: RunningHub, *words: str) -> str:
    """What a command prints."""
    return hub.cli(*words).stdout


def agree(hub: RunningHub, said: str) -> str:
    """The second person's agreement to what was proposed; gives the code."""
    found = re.search(r"Mã (\S+)", said)
    assert found is not None
    hub.cli("--as", SECOND, "--prove", "proposal", "approve", found[1], stdin=PASSWORD + "\n")
    return found[1]


def objects(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_new_hub_lists_what_ships(hub: RunningHub) -> None:
    found = {str(one["sha256"])[:16]: one for one in objects(said(hub, "trust", "list", "--json"))}
    assert found[G2]["in_force"] is True
    assert found[G2]["confirmed"] is None
    assert found["75e969c07ba35c29"]["waits"] is True


def test_a_root_is_added_and_its_list_carried_in_from_a_mirror(hub: RunningHub, pki: Pki, tmp_path: Path) -> None:
    file = tmp_path / "goc.pem"
    file.write_bytes(pem(pki.official.root))
    words: tuple[str, ...] = (
        "trust",
        "add",
        str(file),
        "--part",
        "root",
        "--hierarchy",
        "test",
        "--crl",
        pki.official.root_crl_url,
    )
    words += ("--source", "thử nghiệm", "--reason", "thử")
    code = agree(hub, said(hub, *words))
    fingerprint = sha256(pki.official.root).upper()
    assert ":".join(fingerprint[at : at + 2] for at in range(0, 64, 2)) in said(hub, "proposal", "show", code)
    said(hub, *words, "--proposal", code)
    assert "đã đối chiếu" in said(hub, "trust", "list")
    key = said(hub, "revocation", "key").strip()
    hub.set("signatures", "online", True)
    assert "0 chứng thư bị thu hồi" in said(hub, "revocation", "fetch")
    bundle = tmp_path / "thu-hoi.bundle"
    said(hub, "revocation", "export", "--out", str(bundle), "--reason", "chuyển vào mạng kín")
    hub.set("signatures", "online", False)
    refused = hub.cli("revocation", "import", str(bundle), check=False)
    assert (refused.returncode, "mirror_keys is empty" in refused.stderr) == (1, True)
    hub.set("signatures", "mirror_keys", [key])
    assert "bị thu hồi" in said(hub, "revocation", "import", str(bundle))
    rows = {str(one["issuer"]): one for one in objects(said(hub, "revocation", "list", "--json"))}
    assert str(rows[sha256(pki.official.root)]["source"]).startswith("mirror: tinh.gov.vn")


def test_an_administrator_confirms_whose_certificate_it_is(hub: RunningHub) -> None:
    words = ("trust", "subject", "confirm", "AB" * 32, "--as-agency", "--name", "Sở Y tế", "--reason", "văn bản cấp")
    said(hub, *words)
    assert [(one["name"], one["subscriber"]) for one in objects(said(hub, "trust", "subject", "list", "--json"))] == [
        ("Sở Y tế", "agency")
    ]
    said(hub, "trust", "subject", "forget", "ab" * 32, "--reason", "nhầm")
    assert said(hub, "trust", "subject", "list", "--json") == ""
