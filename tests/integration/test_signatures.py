"""In a network where nobody can be asked, what a document brings with it is enough, and what it does not bring is said
to be unknown (Thông tư 15/2025/TT-BKHCN Điều 6)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.inspector import needs_sandbox
from tests.support.pki import Pki, pem, pki  # noqa: F401
from tests.support.signed_pdfs import signed_by

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def told(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:  # noqa: F811
    """What became of the messages in a hub without a network."""
    needs_sandbox()
    alone = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    if subprocess.run([*alone, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine gives no network namespace")
    folder = tmp_path_factory.mktemp("alone")
    authority = pki.official
    files = {
        "ltv.pdf": signed_by(pki, "leader", "agency", timestamp=authority, ltv=authority),
        "thuong.pdf": signed_by(pki, "leader", "agency"),
        "khong-ky.pdf": signed_by(pki),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    for name, certificate in (("root", authority.root), ("sub", authority.sub)):
        (folder / name).write_bytes(pem(certificate))
    order = {"root": str(folder / "root"), "sub": str(folder / "sub")}
    order |= {"files": {name: str(folder / name) for name in files}}  # type: ignore[dict-item]
    (folder / "order").write_text(json.dumps(order))
    command = [*alone, sys.executable, "-m", "tests.support.without_network", str(folder / "order")]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_a_document_that_brings_its_answers_verifies_completely(told: dict[str, Any]) -> None:
    found = told["ltv.pdf"]
    assert found["rows"] == [["VALID", "both"]]
    (one,) = found["signatures"]
    assert [signer["revocation"] for signer in one["signers"]] == ["good", "good"]
    assert "X-Mailhub-Signature: hop-le" in found["arrived"]
    assert "Chữ ký số của tệp ltv.pdf: Hợp lệ" in found["trace"]


def test_a_document_without_them_is_unknown_and_never_valid(told: dict[str, Any]) -> None:
    found = told["thuong.pdf"]
    assert found["rows"] == [["UNKNOWN", "none"]]
    assert "X-Mailhub-Signature: chua-xac-minh-duoc" in found["arrived"]
    assert "Chưa xác minh được" in found["trace"]


def test_nothing_is_said_of_a_document_that_nobody_signed(told: dict[str, Any]) -> None:
    found = told["khong-ky.pdf"]
    assert (found["rows"], found["signatures"]) == ([], None)
    assert "X-Mailhub-Signature" not in found["arrived"]
    assert "Chữ ký số" not in found["trace"]
