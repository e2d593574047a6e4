"""What authorities answer is opened in the sandbox: right answers come out whole, anything else as a problem."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailhub.files.signed.answers import revoked_lines
from mailhub.files.signed.facts import Status
from mailhub.sandbox.local import LocalPool
from mailhub.sandbox.pool import Inspector
from mailhub.signatures.revocation.checking import InspectorChecker
from mailhub.signatures.revocation.errors import NotBelieved
from tests.support.inspector import needs_sandbox
from tests.support.pki import Pki, sha256


@pytest.fixture(scope="module")
def inspector() -> Iterator[Inspector]:
    """A zygote for all tests of this module."""
    needs_sandbox()
    with LocalPool() as one:
        yield one


async def test_an_ocsp_answer_is_checked_by_a_child(inspector: Inspector, pki: Pki) -> None:
    checker, leaf = InspectorChecker(inspector), pki.official.identity("compromised")
    issuer, answer = pki.official.sub.dump(), pki.official.ocsp(leaf.certificate)
    found = await checker.ocsp(answer, issuer, leaf.serial)
    assert found.answer is not None
    assert (found.answer.issuer, found.answer.serial) == (sha256(pki.official.sub), leaf.serial)
    assert found.answer.status is Status.REVOKED
    for der, serial in ((answer, "5"), (answer[:-40] + b"x" * 40, leaf.serial), (b"", leaf.serial)):
        refused = await checker.ocsp(der, issuer, serial)
        assert refused.answer is None
        assert refused.problem


async def test_a_list_comes_out_with_all_its_lines(inspector: Inspector, pki: Pki) -> None:
    checker, issuer = InspectorChecker(inspector), pki.official.sub.dump()
    found = await checker.crl(pki.official.crl(), issuer, pki.official.crl_url)
    assert found.problem == ""
    assert found.issuer == sha256(pki.official.sub)
    serials = {line.serial for line in revoked_lines(found)}
    assert len(serials) == found.count
    assert pki.official.identity("compromised").serial in serials
    for der in (pki.forged.crl(), b"\x30\x82", b""):
        refused = await checker.crl(der, issuer, pki.official.crl_url)
        assert refused.problem
        assert refused.lines == ""


async def test_without_an_inspector_nothing_is_believed(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> None:
    nobody = InspectorChecker(Inspector(tmp_path_factory.mktemp("none") / "inspector"))
    with pytest.raises(NotBelieved):
        await nobody.crl(pki.official.crl(), pki.official.sub.dump(), "")
