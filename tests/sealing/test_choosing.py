"""Which files of a desk's mail are sealed, which stop it, which go as they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mailhub.files.signed.facts import Problem
from mailhub.sealing.choosing import Passed, choose
from mailhub.sealing.reasons import Refused
from mailhub.signatures.verdict import NOT_SIGNED, Subscriber, Verdict
from mailhub.signer.orders import SealKind
from tests.sealing.parts import judged, paper, recognised

pytestmark = pytest.mark.unit

PERSON, AGENCY, NOBODY = Subscriber.PERSON, Subscriber.AGENCY, Subscriber.UNKNOWN
ANNEX = {"recognition": recognised("PL", ""), "judged": NOT_SIGNED}


def test_what_the_leader_signed_is_sealed() -> None:
    found = choose([paper()])
    assert [(one.paper.path, one.kind) for one in found.orders] == [("2", SealKind.MAIN)]
    assert not found.refused


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"judged": judged(Verdict.INVALID, PERSON)}, Refused.ALTERED),
        ({"judged": judged(Verdict.INVALID, PERSON, AGENCY)}, Refused.ALTERED),
        ({"judged": replace(judged(Verdict.INVALID), reasons=(Problem.TIME,))}, Refused.UNREAD),
        ({"judged": judged(Verdict.UNKNOWN, PERSON)}, Refused.UNVERIFIED),
        ({"judged": judged(Verdict.UNTRUSTED, PERSON)}, Refused.UNTRUSTED),
        ({"judged": judged(Verdict.VALID, NOBODY)}, Refused.NO_PERSON),
        ({"read": False, "recognition": None}, Refused.UNREAD),
        ({"judged": judged(Verdict.INVALID, PERSON), "ours": None, "recognition": None}, Refused.ALTERED),
        ({"blocked": Refused.SIGNED_PART}, Refused.SIGNED_PART),
        ({"blocked": Refused.ARCHIVED}, Refused.ARCHIVED),
    ],
)
def test_what_stops_the_mail(changes: dict[str, Any], why: Refused) -> None:
    found = choose([paper(**changes)])
    assert [reason for _, reason in found.refused] == [why]
    assert not found.orders


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"judged": NOT_SIGNED}, Passed.NOT_SIGNED),
        ({"judged": judged(Verdict.VALID, PERSON, AGENCY)}, Passed.SEALED),
        ({"judged": judged(Verdict.UNKNOWN, AGENCY)}, Passed.SEALED),
        ({"ours": False}, Passed.OTHER_AGENCY),
        ({"ours": False, "judged": judged(Verdict.INVALID, PERSON)}, Passed.OTHER_AGENCY),
        ({"recognition": recognised(number="")}, Passed.NO_NUMBER),
        ({"ours": None}, Passed.NO_ISSUER),
        ({"judged": NOT_SIGNED, "blocked": Refused.FORWARDED}, Passed.NOT_SIGNED),
    ],
)
def test_what_goes_as_it_is_and_is_told(changes: dict[str, Any], why: Passed) -> None:
    found = choose([paper(**changes)])
    assert [reason for _, reason in found.passed] == [why]
    assert (found.orders, found.refused) == ((), ())


@pytest.mark.parametrize(
    "changes",
    [{"type": "docx"}, {"recognition": None, "judged": NOT_SIGNED}, {"ours": False, "judged": NOT_SIGNED}, ANNEX],
)
def test_what_is_nobodys_business(changes: dict[str, Any]) -> None:
    found = choose([paper(**changes)])
    assert (found.orders, found.refused, found.passed) == ((), (), ())


def test_annexes_follow_their_document_and_are_shown_by_text() -> None:
    found = choose([paper("2", **ANNEX), paper("3")])
    assert [(one.paper.path, one.kind) for one in found.orders] == [("3", SealKind.MAIN), ("2", SealKind.ATTACHMENT)]


def test_an_annex_that_cannot_be_replaced_stops_the_mail_of_its_document() -> None:
    found = choose([paper("2"), paper("3/1", **ANNEX, blocked=Refused.ARCHIVED)])
    assert [reason for _, reason in found.refused] == [Refused.ARCHIVED]
