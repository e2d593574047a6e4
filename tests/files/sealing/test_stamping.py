"""A timestamp comes into the signature only when every reader will believe it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from asn1crypto import cms, tsp

from mailhub.files.sealing.requests import request_for
from mailhub.files.sealing.stamping import put_timestamp
from mailhub.files.sealing.values import CannotSeal, StampPlan, StampProblem
from mailhub.files.signed.reader import read_signed
from mailhub.files.signed.trusted import NO_TRUST, TrustBundle
from tests.files.sealing.conftest import Prepare, answer_of
from tests.support.pki import Identity, Pki
from tests.support.rendering import filled, pdfsig, signature_over


@pytest.fixture(scope="module")
def signature(agency: Identity) -> bytes:
    return signature_over(hashlib.sha256(b"a document").digest(), agency)


def test_the_token_goes_into_the_signature_and_nothing_else_of_it_changes(
    pki: Pki, trust: TrustBundle, signature: bytes
) -> None:
    asked = request_for(signature)
    stamped, made = put_timestamp(signature, answer_of(pki.official, asked.der), StampPlan(nonce=asked.nonce), trust)
    assert stamped.problem is None, stamped
    assert abs(stamped.at - datetime.now(UTC).timestamp() * 1000) < 60_000
    before, after = (cms.ContentInfo.load(one)["content"] for one in (signature, made))
    info, same = after["signer_infos"][0], before["signer_infos"][0]
    assert info["signed_attrs"].dump() == same["signed_attrs"].dump()
    assert info["signature"].native == same["signature"].native
    assert after["certificates"].dump() == before["certificates"].dump()
    assert [one["type"].native for one in info["unsigned_attrs"]] == ["signature_time_stamp_token"]


def test_a_sealed_file_with_a_timestamp_is_valid_and_shows_its_time(
    pki: Pki, trust: TrustBundle, prepared: Prepare, signed: bytes, agency: Identity
) -> None:
    made = prepared(signed)
    assert not isinstance(made, CannotSeal)
    file = filled(signed, *made, agency)
    begin, end = made[0].contents
    signature = cms.ContentInfo.load(bytes.fromhex(file[begin:end].decode())).dump()
    asked = request_for(signature)
    stamped, fresh = put_timestamp(signature, answer_of(pki.official, asked.der), StampPlan(nonce=asked.nonce), trust)
    file = file[:begin] + fresh.hex().encode().ljust(end - begin, b"0") + file[end:]
    found = read_signed(memoryview(file), "pdf", trust, 5.0)
    assert found is not None
    timestamp = found.signatures[-1].timestamp
    assert timestamp is not None
    assert (timestamp.valid, timestamp.at) == (True, stamped.at)
    assert pdfsig(file) == ["Signature is Valid."] * 2


def problem(signature: bytes, answer: bytes, nonce: str, trust: TrustBundle, **plan: int) -> StampProblem | None:
    stamped, made = put_timestamp(signature, answer, StampPlan(nonce=nonce, **plan), trust)
    assert not made
    return stamped.problem


def test_the_answer_to_another_request_is_refused(pki: Pki, trust: TrustBundle, signature: bytes) -> None:
    first, second = request_for(signature), request_for(signature)
    assert first.nonce != second.nonce
    answer = answer_of(pki.official, first.der)
    assert problem(signature, answer, second.nonce, trust) is StampProblem.OTHER_NONCE


def test_a_timestamp_of_something_else_is_refused(
    pki: Pki, trust: TrustBundle, signature: bytes, agency: Identity
) -> None:
    asked = request_for(signature_over(hashlib.sha256(b"another").digest(), agency))
    answer = answer_of(pki.official, asked.der)
    assert problem(signature, answer, asked.nonce, trust) is StampProblem.OTHER_IMPRINT


def test_an_authority_that_nobody_pinned_is_refused(pki: Pki, trust: TrustBundle, signature: bytes) -> None:
    asked = request_for(signature)
    assert problem(signature, answer_of(pki.forged, asked.der), asked.nonce, trust) is StampProblem.UNTRUSTED
    assert problem(signature, answer_of(pki.official, asked.der), asked.nonce, NO_TRUST) is StampProblem.UNTRUSTED


def test_an_altered_token_is_refused(pki: Pki, trust: TrustBundle, signature: bytes) -> None:
    asked = request_for(signature)
    response = tsp.TimeStampResp.load(answer_of(pki.official, asked.der))
    info = response["time_stamp_token"]["content"]["signer_infos"][0]
    info["signature"] = bytes(reversed(info["signature"].native))
    assert problem(signature, response.dump(force=True), asked.nonce, trust) is StampProblem.NOT_VALID


def test_a_no_is_a_no(trust: TrustBundle, signature: bytes) -> None:
    status = tsp.PKIStatusInfo({"status": "rejection", "fail_info": {"bad_alg"}}).dump()
    no = b"\x30" + bytes((len(status),)) + status
    assert problem(signature, no, "1", trust) is StampProblem.REFUSED


@pytest.mark.parametrize("answer", [b"", b"<html>503</html>", b"\x30\x80", bytes(5000)])
def test_what_is_no_answer_is_refused(trust: TrustBundle, signature: bytes, answer: bytes) -> None:
    assert problem(signature, answer, "1", trust) is StampProblem.MALFORMED


def test_a_token_that_would_not_fit_is_left_out(pki: Pki, trust: TrustBundle, signature: bytes) -> None:
    asked = request_for(signature)
    answer = answer_of(pki.official, asked.der)
    assert problem(signature, answer, asked.nonce, trust, most_bytes=4000) is StampProblem.TOO_LARGE


def test_a_second_timestamp_is_not_put_into_the_same_signature(pki: Pki, trust: TrustBundle, signature: bytes) -> None:
    asked = request_for(signature)
    answer = answer_of(pki.official, asked.der)
    _, made = put_timestamp(signature, answer, StampPlan(nonce=asked.nonce), trust)
    assert problem(made, answer, asked.nonce, trust) is StampProblem.CMS


@pytest.mark.parametrize("signature", [b"", b"\x30\x03\x02\x01\x01"])
def test_what_is_no_signature_gets_none(trust: TrustBundle, signature: bytes) -> None:
    assert problem(signature, b"", "1", trust) is StampProblem.CMS
