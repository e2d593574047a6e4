"""Whose a certificate is, by our own organisation; on both engines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert

from mailhub.accounts import service
from mailhub.documents.grammar.recognition import Evidence, Family, Found, Recognition, State
from mailhub.files.signed.facts import ChainFacts, Signed
from mailhub.registry.matching import load_agencies
from mailhub.signatures.context import KnownSigner
from mailhub.signatures.judging import judge
from mailhub.signatures.matching import document_words, known_signers
from mailhub.signatures.models import KnownSubject
from mailhub.signatures.verdict import Caution, Subscriber
from mailhub.store.database import Database
from tests.signatures.made import GOOD, LEADERS, answer, certificate, context, signature
from tests.support.accounts import ROOT, make_province

HEALTH = "Sở Y tế tỉnh Minh Họa"
ABOVE = "ỦY BAN NHÂN DÂN TỈNH MINH HỌA"
NOTHING = KnownSigner()


@pytest.fixture
def province(database: Database) -> Database:
    make_province(database)
    with database.write() as connection:
        service.create_account(connection, ROOT, "vanthu.syt@tinh.gov.vn", "Văn thư Sở Y tế", agency="syt")
        service.create_account(connection, ROOT, "lanlt@tinh.gov.vn", "Lê Thị Lan", agency="snv-vp")
    return database


def by(name: str, **leaf: Any) -> Signed:
    path = ChainFacts(certificates=(certificate(name, "07" * 32, **{"organisation": ABOVE, **leaf}),))
    return Signed(signatures=(replace(LEADERS, chain=path),))


def found(database: Database, signed: Signed) -> KnownSigner:
    with database.read() as connection:
        return known_signers(connection, signed).get("07" * 32, NOTHING)


def recognised(**fields: str) -> Recognition:
    made = {name: Found(value, 0.9, Evidence("test")) for name, value in fields.items()}
    return Recognition(fields=made, family=Family.ADMINISTRATIVE, state=State.ISSUED)


def test_an_address_of_ours_tells_the_agency_whatever_the_name_says(province: Database) -> None:
    renamed = found(province, by("Sở Y tế và Dân số cũ", email="vanthu.syt@tinh.gov.vn"))
    assert (renamed.agency, renamed.line) == ("syt", ("syt", "tinh"))
    person = found(province, by("Lê Thị Lan", email="lanlt@tinh.gov.vn"))
    assert (person.agency, person.subscriber) == ("snv-vp", None)
    assert found(province, by("Lê Thị Lan", email="lan@elsewhere.example")) == NOTHING


def test_a_name_tells_it_only_below_the_organisation_that_the_certificate_names(province: Database) -> None:
    assert found(province, by(HEALTH)).agency == "syt"
    assert found(province, by("Sở Y tế")).agency == "syt"
    assert found(province, by("Sở Y tế", organisation="ỦY BAN NHÂN DÂN TỈNH KHÁC")) == NOTHING
    assert found(province, by("Sở Y tế", organisation="")) == NOTHING


def test_a_persons_units_tell_the_agency(province: Database) -> None:
    assert found(province, by("Trần Thị Mẫu", units=("Sở Nội vụ", "Văn phòng Sở Nội vụ"))).agency == "snv-vp"
    assert found(province, by("Trần Thị Mẫu", units=("Sở Nội vụ", "Lãnh đạo Sở"))).agency == "snv"


def test_what_a_person_confirmed_goes_before_everything(province: Database) -> None:
    row = {
        "certificate": "07" * 32,
        "subscriber": "agency",
        "name": "Sở Y tế",
        "agency_id": None,
        "confirmed_by": "console:test",
        "confirmed_at": 1,
        "reason": "",
    }
    with province.write() as connection:
        connection.execute(insert(KnownSubject).values(row))
    known = found(province, by("Lê Thị Lan", email="lanlt@tinh.gov.vn"))
    assert (known.subscriber, known.confirmed, known.agency) == (Subscriber.AGENCY, True, "")


def test_a_documents_issuer_is_found_among_ours(province: Database) -> None:
    with province.read() as connection:
        tree = load_agencies(connection)
        letter = recognised(doc_type="CV", issuer="SỞ Y TẾ", parent_issuer="UBND TỈNH MINH HỌA", number_symbol="1/SYT")
        words = document_words(connection, letter, tree)
        assert words is not None
        assert (words.agencies, words.state, words.number) == (("syt",), True, "1/SYT")
        firm = document_words(connection, recognised(doc_type="CV", issuer="CÔNG TY TNHH A"), tree)
        assert firm is not None
        assert not firm.state
        copy = document_words(connection, recognised(doc_type="QĐ", issuer="SỞ Y TẾ", copy_form="SY"), tree)
        assert copy is not None
        assert copy.agency_only
        assert document_words(connection, recognised(), tree) is None


def test_the_agency_of_another_department_is_a_caution(province: Database) -> None:
    theirs = signature("Sở Nội vụ tỉnh Minh Họa", "02" * 32)
    file = Signed(signatures=(LEADERS, theirs))
    with province.read() as connection:
        letter = recognised(doc_type="CV", issuer="SỞ Y TẾ", parent_issuer="UBND TỈNH MINH HỌA")
        words = document_words(connection, letter, load_agencies(connection))
        known = known_signers(connection, file)
    judged = judge(file, (*GOOD, answer(theirs)), context(document=words, signers=known))
    assert Caution.OTHER_AGENCY in judged.warnings
