"""What the doctor says of the agencies' signatures beside what the signer says of its keys."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import insert

from mailhub.clock import now_ms
from mailhub.ops.checks.signer import check_signer, without_mandate
from mailhub.ops.findings import Ground, Status
from mailhub.sealing.switching import SealingDesk
from mailhub.signatures.models import SealAct
from mailhub.signer.client import SignerClient
from mailhub.signer.orders import KeyStatus, SignerStatus

DESK = SealingDesk(mailbox_id=1, desk="vanthu.syt@tinh.gov.vn", agency_id=1, agency="syt", on_at=0, by="")


def test_a_desk_that_seals_for_an_agency_without_a_mandate_is_named() -> None:
    other = KeyStatus(agency="SYT", desks=(DESK.desk,))  # the code is written as the hub writes it
    (said,) = without_mandate([DESK], SignerStatus(keys=(other,)))
    assert said.status is Status.BROKEN
    assert "[agencies.syt]" in said.seen
    assert not without_mandate([DESK], SignerStatus(keys=(dataclasses.replace(other, agency="syt"),)))


def test_a_timestamp_authority_that_gave_none_is_said_until_it_gives_one(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = KeyStatus(agency="syt", desks=(DESK.desk,), limit=9, not_after=now_ms() * 2)

    async def status(_: SignerClient) -> SignerStatus:
        return SignerStatus(keys=(key,))

    monkeypatch.setattr(SignerClient, "status", status)
    monkeypatch.setattr("mailhub.ops.checks.signer._wanted", lambda _: True)
    signer = ground.settings.signer.model_copy(update={"tsa": "http://tsa.example"})
    there = dataclasses.replace(ground, settings=ground.settings.model_copy(update={"signer": signer}))
    entered(there, 1, timestamped=False)
    assert check_signer(there).status is Status.LOOK
    assert check_signer(ground).status is Status.OK  # none is asked for
    entered(there, 2, timestamped=True)
    assert check_signer(there).status is Status.OK


def entered(ground: Ground, number: int, *, timestamped: bool) -> None:
    row = {"id": number, "agency_id": 1, "desk": DESK.desk, "clerk": "", "path": "2", "kind": "main", "doc_type": "CV"}
    row |= {"number_symbol": "", "original": bytes(32), "outcome": "sealed", "at": number, "timestamped": timestamped}
    with ground.database.write() as connection:
        connection.execute(insert(SealAct).values(row))
