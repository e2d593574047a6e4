from __future__ import annotations

import pytest

from mailhub.documents.grammar.recognition import Evidence, Found, Recognition
from mailhub.files.sealing.placing import is_agency, person_among
from mailhub.files.signed.facts import CertificateFacts, ChainFacts, Form, SignatureFacts

pytestmark = pytest.mark.unit

PRINTED = Recognition(fields={"signer": Found("TS. Lê Xuân Trường", 0.9, Evidence("test"))})


def by(name: str, field: str = "", *, seen: bool = True, form: Form = Form.PDF) -> SignatureFacts:
    leaf = CertificateFacts(sha256="1" * 64, serial="1", subject="", issuer="", common_name=name)
    box = (1.0, 1.0, 90.0, 40.0) if seen else ()
    return SignatureFacts(field_name=field or name, form=form, chain=ChainFacts(certificates=(leaf,)), box=box)


def chosen(*signatures: SignatureFacts, recognition: Recognition | None = None) -> str:
    found = person_among(signatures, recognition)
    return found.field_name if found is not None else ""


@pytest.mark.parametrize(
    "name",
    [
        "Sở Y tế tỉnh Thử Nghiệm",
        "UBND xã Mẫu",
        "ỦY BAN NHÂN DÂN TỈNH MẪU",
        "Uỷ ban nhân dân xã",
        "Uy ban nhan dan tinh",
        "Văn phòng Tỉnh ủy",
        "Trường THPT Mẫu",
        "Truong THPT Mau",
        "Phòng Nội vụ",
        "HĐND tỉnh",
        "Chi cục Thuế",
    ],
)
def test_agencies_are_known_by_how_their_names_begin(name: str) -> None:
    assert is_agency(name)


@pytest.mark.parametrize(
    "name", ["Nguyễn Hồng Phong", "Lê Xuân Trường", "Trương Văn Ban", "Truong Van Bo", "Võ Thị Sở", "Nguyen Van Phong"]
)
def test_persons_may_be_called_like_a_part_of_an_agency(name: str) -> None:
    assert not is_agency(name)


def test_whose_name_the_document_prints_is_the_person_whoever_signed_first() -> None:
    first, second = by("Nguyễn Văn Nháy"), by("Lê Xuân Trường")
    assert chosen(first, second, recognition=PRINTED) == "Lê Xuân Trường"
    assert chosen(first, second) == "Nguyễn Văn Nháy"


def test_of_two_signatures_of_a_person_the_one_that_is_seen_is_taken() -> None:
    assert chosen(by("Lê Xuân Trường", "A", seen=False), by("Lê Xuân Trường", "B"), recognition=PRINTED) == "B"


def test_agencies_and_timestamps_are_nobody() -> None:
    assert chosen(by("Sở Y tế"), by("Lê Xuân Trường", form=Form.PDF_TIMESTAMP), recognition=PRINTED) == ""
