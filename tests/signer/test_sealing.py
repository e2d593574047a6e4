"""One order from the first check to the journal; the inspector's part is played."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from typing import Any

import pytest
from asn1crypto import cms

from mailhub.clock import DAY, now_ms
from mailhub.files.sealing.values import DocumentFacts, SealKind
from mailhub.files.signed.facts import Problem, Signed
from mailhub.signer.folder import Folder
from mailhub.signer.journal import read_journal
from mailhub.signer.keys import verifies
from mailhub.signer.orders import Refusal, Sealed, SealOrder, SealRefused, assemble
from mailhub.signer.sealing import SigningDesk
from tests.support.pki import Pki
from tests.support.signing_desk import (
    AGENCY,
    CLERK,
    DESK,
    DOCUMENT,
    MANDATES,
    ORIGINAL,
    FakePreparer,
    desk_of,
    good_signature,
    hash_of,
    order,
    put,
    update_for,
)

SIGNED = Signed(signatures=(good_signature(),))


def seal(desk: SigningDesk, asked: SealOrder | None = None) -> Sealed:
    answer = asyncio.run(desk.seal(asked or order()))
    assert isinstance(answer, Sealed), answer
    return answer


def refusal(desk: SigningDesk, asked: SealOrder | None = None) -> Refusal:
    answer = asyncio.run(desk.seal(asked or order()))
    assert isinstance(answer, SealRefused), "it was signed"
    return answer.reason


def journal_of(folder: Folder) -> list[str]:
    return [entry.original for entry in read_journal(folder.path / "journal")]


def test_what_was_asked_for_rightly_is_signed_as_pades_wants_it(folder: Folder, pki: Pki) -> None:
    sealed = seal(desk_of(folder))
    file = assemble(ORIGINAL, sealed)
    assert file.startswith(ORIGINAL)
    content = cms.ContentInfo.load(sealed.cms)["content"]
    (info,) = content["signer_infos"]
    attributes = {one["type"].native: one["values"] for one in info["signed_attrs"]}
    start, end = sealed.contents
    around = hashlib.sha256(file[: start - 1] + file[end + 1 :]).digest()
    assert attributes["message_digest"][0].native == around
    assert "signing_time" not in attributes  # EN 319 142-1: /M tells it
    assert "signing_certificate_v2" in attributes
    certificate = pki.official.identity("agency").certificate.dump()
    assert verifies(certificate, info["signature"].native, info["signed_attrs"].untag().dump())
    assert sealed.certificate == hash_of(certificate)
    assert (sealed.doc_type, sealed.number_symbol) == ("CV", "87/STTTT-VP")
    assert {one.chosen.dump() for one in content["certificates"]} == {certificate, pki.official.sub.dump()}


def test_every_signature_stands_in_the_journal_before_it_is_given(folder: Folder) -> None:
    sealed = seal(desk_of(folder))
    (entry,) = read_journal(folder.path / "journal")
    assert (entry.agency, entry.desk, entry.clerk, entry.act) == (AGENCY, DESK, CLERK, "7K4-QW2-M9")
    assert (entry.original, entry.cms) == (hash_of(ORIGINAL), hash_of(sealed.cms))
    assert (entry.certificate, entry.number_symbol) == (sealed.certificate, "87/STTTT-VP")


def test_a_journal_that_cannot_be_written_means_no_signature(folder: Folder) -> None:
    desk = desk_of(folder)
    (folder.path / "journal").rmdir()
    assert refusal(desk) is Refusal.JOURNAL


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"agency": "SYT"}, Refusal.NO_MANDATE),
        ({"desk": "vanthu.syt@tinh.gov.vn"}, Refusal.DESK),
        ({"clerk": ""}, Refusal.NO_ACT),
        ({"act": ""}, Refusal.NO_ACT),
        ({"kind": SealKind.ATTACHMENT}, Refusal.NO_MAIN),
        ({"kind": SealKind.ATTACHMENT, "main": "a" * 64}, Refusal.NO_MAIN),
    ],
)
def test_what_the_order_itself_tells_costs_no_inspector(
    folder: Folder, changes: dict[str, object], reason: Refusal
) -> None:
    preparer = FakePreparer(signed=SIGNED)
    assert refusal(desk_of(folder, preparer), order(**changes)) is reason
    assert preparer.asked == 0
    assert journal_of(folder) == []


@pytest.mark.parametrize(
    ("preparer", "reason"),
    [
        (FakePreparer(document=replace(DOCUMENT, doc_type="GM"), signed=SIGNED), Refusal.TYPE),
        (FakePreparer(document=DocumentFacts(), signed=SIGNED), Refusal.TYPE),
        (FakePreparer(document=replace(DOCUMENT, post="KẾ TOÁN TRƯỞNG"), signed=SIGNED), Refusal.POST),
        (FakePreparer(), Refusal.NO_PERSON),
        (
            FakePreparer(signed=Signed(signatures=(good_signature(problems=(Problem.CHANGED,)),))),
            Refusal.PERSON_INVALID,
        ),
        (FakePreparer(signed=SIGNED, spoil=hashlib.sha256(b"another file").digest()), Refusal.NOT_DERIVED),
        (FakePreparer(signed=SIGNED, spoil=update_for(ORIGINAL + b"longer")[0]), Refusal.NOT_DERIVED),
    ],
)
def test_what_the_inspector_read_must_be_in_the_mandate(
    folder: Folder, preparer: FakePreparer, reason: Refusal
) -> None:
    assert refusal(desk_of(folder, preparer)) is reason
    assert journal_of(folder) == []


def test_the_one_above_the_limit_is_refused_until_the_next_day_and_across_restarts(folder: Folder) -> None:
    at = now_ms()
    desk = desk_of(folder, at=at)
    for number in range(3):
        seal(desk, order(original=ORIGINAL + bytes([48 + number])))
    another = order(original=ORIGINAL + b"more")
    assert refusal(desk, another) is Refusal.LIMIT
    assert refusal(desk_of(folder, at=at), another) is Refusal.LIMIT
    assert seal(
        desk_of(folder, at=at), order(original=ORIGINAL + b"0")
    )  # the same again: after a crash of the worker's
    assert seal(desk_of(folder, at=at + DAY), another)


def test_orders_at_the_same_time_do_not_pass_the_limit_together(folder: Folder) -> None:
    desk = desk_of(folder)

    async def many() -> list[Sealed | SealRefused]:
        orders = [order(original=ORIGINAL + str(number).encode()) for number in range(8)]
        return await asyncio.gather(*map(desk.seal, orders))

    answers = asyncio.run(many())
    assert sum(isinstance(one, Sealed) for one in answers) == 3
    assert len(journal_of(folder)) == 3


def test_an_attachment_goes_with_the_document_that_the_same_act_had_sealed(folder: Folder) -> None:
    desk = desk_of(folder)
    seal(desk)
    attachment = order(kind=SealKind.ATTACHMENT, original=ORIGINAL + b"annex", main=hash_of(ORIGINAL))
    plain = desk_of(folder, FakePreparer(document=DocumentFacts(doc_type="PL")))  # an annex is signed by nobody
    assert seal(plain, attachment).number_symbol == "87/STTTT-VP"
    assert refusal(plain, replace(attachment, act="other")) is Refusal.NO_MAIN
    changed = Signed(signatures=(good_signature(problems=(Problem.CHANGED,)),))
    bad = FakePreparer(document=DocumentFacts(doc_type="PL"), signed=changed)
    assert refusal(desk_of(folder, bad), replace(attachment, original=ORIGINAL + b"x")) is Refusal.PERSON_INVALID


@pytest.mark.parametrize("doc_type", ["CV", "GM"])
def test_a_document_of_its_own_is_no_attachment(folder: Folder, doc_type: str) -> None:
    """Else whoever has one document sealed has any other sealed, of any type and signed by nobody."""
    desk = desk_of(folder)
    seal(desk)
    other = desk_of(folder, FakePreparer(document=DocumentFacts(doc_type=doc_type)))
    asked = order(kind=SealKind.ATTACHMENT, original=ORIGINAL + b"other", main=hash_of(ORIGINAL))
    assert refusal(other, asked) is Refusal.TYPE


def test_an_order_that_began_under_other_mandates_is_not_signed(folder: Folder) -> None:
    preparer = FakePreparer(signed=SIGNED)
    desk = desk_of(folder, preparer)
    put(folder, "mandates.toml", MANDATES.replace("vanthu.stttt@", "vanthu.khac@").encode())
    prepare = preparer.prepare

    async def meanwhile(*wanted: Any) -> Any:
        await desk.reload()
        return await prepare(*wanted)

    desk.preparer = FakePreparer(signed=SIGNED)
    desk.preparer.prepare = meanwhile  # type: ignore[method-assign,assignment]
    assert refusal(desk) is Refusal.BUSY
    assert refusal(desk) is Refusal.DESK
    assert journal_of(folder) == []


def test_an_agencys_certificate_that_has_expired_signs_nothing(folder: Folder) -> None:
    assert refusal(desk_of(folder, at=now_ms() + 40 * 365 * DAY)) is Refusal.EXPIRED


def test_a_key_that_cannot_be_opened_is_said_and_found_later(folder: Folder) -> None:
    path = folder.path / "keys/stttt.p12"
    octets = path.read_bytes()
    path.unlink()
    desk = desk_of(folder)
    assert refusal(desk) is Refusal.KEY
    status = asyncio.run(desk.status())
    assert "No such file" in status.keys[0].problem
    put(folder, "keys/stttt.p12", octets)
    assert seal(desk)
    assert asyncio.run(desk.status()).keys[0].problem == ""


def test_a_key_is_opened_once(folder: Folder) -> None:
    desk = desk_of(folder)
    seal(desk)
    (folder.path / "keys/stttt.p12").unlink()
    (folder.path / "pins/stttt").unlink()
    assert seal(desk, order(original=ORIGINAL + b"2"))


def test_new_mandates_come_with_a_reload_and_broken_ones_do_not(folder: Folder) -> None:
    desk = desk_of(folder)
    put(folder, "mandates.toml", MANDATES.replace("limit_a_day = 3", "limit = 3").encode())
    asyncio.run(desk.reload())
    assert "mandates.toml:7" in asyncio.run(desk.status()).problem
    assert seal(desk)
    put(folder, "mandates.toml", MANDATES.replace("vanthu.stttt@", "vanthu.khac@").encode())
    asyncio.run(desk.reload())
    assert asyncio.run(desk.status()).problem == ""
    assert refusal(desk) is Refusal.DESK


def test_the_status_tells_what_an_administrator_needs_and_no_secret(folder: Folder, pki: Pki) -> None:
    desk = desk_of(folder)
    seal(desk)
    status = asyncio.run(desk.status())
    (key,) = status.keys
    assert (key.agency, key.today, key.limit, key.store) == (AGENCY, 1, 3, "pkcs12")
    assert key.certificate == pki.official.identity("agency").sha256
    assert status.entries == 1
    assert status.head == list(read_journal(folder.path / "journal"))[-1].hash
