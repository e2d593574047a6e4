"""What the signer asks of an order and of what its inspector read, before it lends a key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailhub.files.sealing.values import DocumentFacts, SealKind
from mailhub.files.signed.facts import (
    ChainFacts,
    ChainState,
    Changes,
    Coverage,
    Ess,
    Form,
    Problem,
    RevocationAnswer,
    Signed,
    Status,
    TimestampFacts,
)
from mailhub.signer.deciding import check_document, check_limit, check_order, check_person
from mailhub.signer.errors import SignerError
from mailhub.signer.mandate import Mandate
from mailhub.signer.mandate_file import KeyTable
from mailhub.signer.orders import Refusal
from tests.support.signing_desk import DESK, DOCUMENT, SERIAL, good_signature, order

pytestmark = pytest.mark.unit

MANDATE = Mandate(
    agency="STTTT",
    key=KeyTable(pkcs12="keys/a.p12", pin="pins/a"),
    desks=frozenset({DESK}),
    types=frozenset({"CV", "QĐ"}),
    posts=frozenset({"giam doc", "pho giam doc"}),
    limit=3,
    attachments=True,
    signers=frozenset(),
    issuers=frozenset(),
    seal_png=b"",
    diameter_mm=36,
)
LATER = 1_700_000_100_000
EARLIER = 1_600_000_000_000
TRUSTED = good_signature().chain


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"desk": "vanthu.khac@tinh.gov.vn"}, Refusal.DESK),
        ({"desk": ""}, Refusal.DESK),
        ({"clerk": " "}, Refusal.NO_ACT),
        ({"act": ""}, Refusal.NO_ACT),
        ({"act": "x" * 400}, Refusal.NO_ACT),
        ({"clerk": "nva\ud800@tinh.gov.vn"}, Refusal.MALFORMED),  # no journal could be written with it
        ({"act": "7K4\n{}"}, Refusal.MALFORMED),
        ({"main": "x" * 64}, Refusal.MALFORMED),
        ({"main": "a" * 60_000}, Refusal.MALFORMED),
    ],
)
def test_an_order_names_a_desk_of_the_mandate_and_whose_act_it_is(changes: dict[str, str], reason: Refusal) -> None:
    with pytest.raises(SignerError) as caught:
        check_order(order(**changes), MANDATE)
    assert caught.value.reason is reason


def test_there_is_nothing_without_a_mandate() -> None:
    with pytest.raises(SignerError) as caught:
        check_order(order(), None)
    assert caught.value.reason is Refusal.NO_MANDATE


def test_attachments_need_to_be_in_the_mandate() -> None:
    asked = order(kind=SealKind.ATTACHMENT)
    assert check_order(asked, MANDATE)
    with pytest.raises(SignerError) as caught:
        check_order(asked, replace(MANDATE, attachments=False))
    assert caught.value.reason is Refusal.TYPE


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"doc_type": "GM"}, Refusal.TYPE),
        ({"doc_type": ""}, Refusal.TYPE),
        ({"number_symbol": ""}, Refusal.NO_NUMBER),
        ({"post": "CHÁNH VĂN PHÒNG"}, Refusal.POST),
        ({"post": ""}, Refusal.POST),
    ],
)
def test_type_number_and_post_must_be_surely_read_and_in_the_mandate(changes: dict[str, str], reason: Refusal) -> None:
    with pytest.raises(SignerError) as caught:
        check_document(MANDATE, replace(DOCUMENT, **changes))
    assert caught.value.reason is reason


def test_a_post_is_compared_as_people_mean_it_and_an_issuer_where_one_is_named() -> None:
    check_document(MANDATE, replace(DOCUMENT, post="Phó  Giám đốc"))
    named = replace(MANDATE, issuers=frozenset({"so y te"}))
    check_document(named, replace(DOCUMENT, issuer="SỞ Y TẾ"))
    with pytest.raises(SignerError):
        check_document(named, DocumentFacts(doc_type="CV", number_symbol="1/A", post="GIÁM ĐỐC", issuer="SỞ KHÁC"))


def test_a_good_signature_of_a_person_is_found() -> None:
    assert check_person(MANDATE, Signed(signatures=(good_signature(),)), set()).field_name == "LanhDao"


REVOKED = RevocationAnswer(
    issuer="2" * 64, serial=SERIAL, status=Status.REVOKED, this_update=LATER, revoked_at=LATER, reason="superseded"
)
STAMP = TimestampFacts(at=1_700_000_000_000, valid=True, chain=ChainFacts(state=ChainState.TRUSTED))


@pytest.mark.parametrize(
    "changes",
    [
        {"problems": (Problem.CHANGED,)},
        {"problems": (Problem.FORGED,)},
        {"coverage": Coverage.PART},
        {"changes": Changes.ANNOTATIONS},
        {"changes": Changes.FORBIDDEN},
        {"changes": Changes.UNTOLD},
        {"ess": Ess.DIFFERS},
        {"chain": ChainFacts(state=ChainState.UNTRUSTED, certificates=TRUSTED.certificates)},
        {"chain": ChainFacts(state=ChainState.BROKEN, certificates=TRUSTED.certificates)},
        {"chain": ChainFacts(state=ChainState.TRUSTED)},
        {"claimed_at": 0},
        {"chain": replace(TRUSTED, certificates=(replace(TRUSTED.certificates[0], not_after=EARLIER),))},
        {"chain": replace(TRUSTED, certificates=(replace(TRUSTED.certificates[0], not_before=LATER + 10**9),))},
        {"answers": (REVOKED,)},
        {"answers": (replace(REVOKED, revoked_at=EARLIER),), "timestamp": STAMP},
    ],
)
def test_a_signature_with_anything_wrong_is_not_sealed_over(changes: dict[str, object]) -> None:
    with pytest.raises(SignerError) as caught:
        check_person(MANDATE, Signed(signatures=(good_signature(**changes),)), set())
    assert caught.value.reason is Refusal.PERSON_INVALID


def test_one_bad_signature_beside_a_good_one_is_enough() -> None:
    bad = good_signature(field_name="Khac", problems=(Problem.CHANGED_AFTER,))
    with pytest.raises(SignerError) as caught:
        check_person(MANDATE, Signed(signatures=(good_signature(), bad)), set())
    assert caught.value.reason is Refusal.PERSON_INVALID


def test_a_file_that_is_wrong_as_a_whole_is_not_sealed() -> None:
    with pytest.raises(SignerError) as caught:
        check_person(MANDATE, Signed(signatures=(good_signature(),), problems=(Problem.TRAILING,)), set())
    assert caught.value.reason is Refusal.PERSON_INVALID


@pytest.mark.parametrize(
    "signed",
    [None, Signed(), Signed(signatures=(good_signature(form=Form.PDF_TIMESTAMP),))],
)
def test_nobody_has_signed(signed: Signed | None) -> None:
    with pytest.raises(SignerError) as caught:
        check_person(MANDATE, signed, set())
    assert caught.value.reason is Refusal.NO_PERSON


def test_the_agencys_own_signature_is_no_persons() -> None:
    with pytest.raises(SignerError) as caught:
        check_person(MANDATE, Signed(signatures=(good_signature(),)), {"1" * 64})
    assert caught.value.reason is Refusal.NO_PERSON


def test_another_agencys_signature_is_no_persons_unless_the_mandate_names_it() -> None:
    leaf = replace(TRUSTED.certificates[0], common_name="Sở Y tế tỉnh Lào Cai")
    signed = Signed(signatures=(good_signature(chain=replace(TRUSTED, certificates=(leaf,))),))
    with pytest.raises(SignerError) as caught:
        check_person(MANDATE, signed, set())
    assert caught.value.reason is Refusal.NO_PERSON
    assert check_person(replace(MANDATE, signers=frozenset({"1" * 64})), signed, set())


def test_a_revocation_after_a_proven_time_and_a_hold_do_not_count() -> None:
    later = good_signature(answers=(REVOKED,), timestamp=STAMP)
    held = good_signature(answers=(replace(REVOKED, reason="certificate_hold"),))
    assert check_person(MANDATE, Signed(signatures=(later,)), set())
    assert check_person(MANDATE, Signed(signatures=(held,)), set())


def test_where_the_mandate_names_certificates_no_other_counts() -> None:
    signed = Signed(signatures=(good_signature(),))
    assert check_person(replace(MANDATE, signers=frozenset({"1" * 64})), signed, set())
    with pytest.raises(SignerError) as caught:
        check_person(replace(MANDATE, signers=frozenset({"3" * 64})), signed, set())
    assert caught.value.reason is Refusal.NO_PERSON


def test_the_seal_lies_on_the_signature_that_counts() -> None:
    signed = Signed(signatures=(good_signature(),))
    assert check_person(MANDATE, signed, set(), "LanhDao")
    with pytest.raises(SignerError):
        check_person(MANDATE, signed, set(), "Khac")


def test_above_the_limit_only_what_was_signed_before_is_signed_again() -> None:
    check_limit(MANDATE, 2, known=False)
    check_limit(MANDATE, 3, known=True)
    with pytest.raises(SignerError) as caught:
        check_limit(MANDATE, 3, known=False)
    assert caught.value.reason is Refusal.LIMIT
