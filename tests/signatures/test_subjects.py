"""Person or agency, and whose: by the certificate's words and by our organisation."""

from __future__ import annotations

import pytest

from mailhub.signatures.document_checks import same_agency
from mailhub.signatures.subjects import subscriber_of
from mailhub.signatures.verdict import Subscriber
from tests.signatures.made import PROVINCE, certificate

pytestmark = pytest.mark.unit

PERSONS = (
    "Trần Thị Mẫu",
    "NGUYỄN VĂN AN",
    "Vũ Thị Lộ",
    "Đoàn Văn Hậu",
    "Bàn Văn Phúc",
    "Vu Thi Lo",
    "Nguyen Van An",
    "Ban Thi Hoa",
    "Hà Thị Viện",
    "H'Yim Kđoh",
)
AGENCIES = (
    "Sở Y tế tỉnh Thử Nghiệm",
    "SỞ Y TẾ",
    "So Y te tinh Thu Nghiem",
    "Ủy ban nhân dân tỉnh Thử Nghiệm",
    "UBND xã Thử Nghiệm",
    "Văn phòng Đoàn đại biểu Quốc hội và HĐND tỉnh",
    "Chi cục Thủy lợi",
    "Trung tâm Y tế khu vực Thử Nghiệm",
    "Ban Quản lý các khu công nghiệp",
    "Vụ Tổ chức cán bộ",
    "Đoàn Thanh niên Cộng sản Hồ Chí Minh tỉnh Thử Nghiệm",
    "Hội đồng nhân dân tỉnh Thử Nghiệm",
    "Công ty TNHH Thử Nghiệm",
)


@pytest.mark.parametrize("name", PERSONS)
def test_a_persons_name_is_a_person(name: str) -> None:
    assert subscriber_of(certificate(name, "01")) is Subscriber.PERSON


@pytest.mark.parametrize("name", AGENCIES)
def test_an_agencys_name_is_an_agency(name: str) -> None:
    assert subscriber_of(certificate(name, "01")) is Subscriber.AGENCY


@pytest.mark.parametrize("name", ["", "HSM-01", "mail.tinh.gov.vn", "e-Office 2026"])
def test_what_is_neither_is_not_guessed(name: str) -> None:
    assert subscriber_of(certificate(name, "01")) is Subscriber.UNKNOWN


def test_the_number_of_a_public_authority_tells() -> None:
    assert subscriber_of(certificate("Trần Thị Mẫu", "01", uid="MST:0100000000")) is Subscriber.AGENCY
    assert subscriber_of(certificate("CÔNG TY A", "01", uid="CCCD:001000000000")) is Subscriber.PERSON
    both = certificate("Trần Thị Mẫu", "01", uid="MST:0100000000, CCCD:001000000000")
    assert subscriber_of(both) is Subscriber.PERSON


def test_a_name_that_is_the_organisations_is_the_agencys() -> None:
    assert subscriber_of(certificate(PROVINCE.title(), "01")) is Subscriber.AGENCY


@pytest.mark.parametrize(
    ("issuer", "parent", "name", "organisation", "same"),
    [
        ("SỞ Y TẾ", PROVINCE, "Sở Y tế tỉnh Thử Nghiệm", PROVINCE, True),
        ("SỞ Y TẾ", PROVINCE, "Sở Y tế", PROVINCE, True),
        ("SỞ Y TẾ", "", "Sở Y tế tỉnh Thử Nghiệm", "", True),
        ("SỞ Y TẾ TỈNH THỬ NGHIỆM", "", "So Y te", "UBND tinh Thu Nghiem", True),
        ("UBND TỈNH THỬ NGHIỆM", "", "Ủy ban nhân dân tỉnh Thử Nghiệm", "", True),
        ("SỞ Y TẾ", PROVINCE, "Sở Y tế tỉnh Khác", PROVINCE, False),
        ("SỞ Y TẾ", PROVINCE, "Sở Y tế", "ỦY BAN NHÂN DÂN TỈNH KHÁC", False),
        ("SỞ Y TẾ", PROVINCE, "Sở Nội vụ tỉnh Thử Nghiệm", PROVINCE, False),
        ("SỞ Y TẾ", PROVINCE, "", PROVINCE, False),
    ],
)
def test_a_header_and_a_certificate_name_one_agency(
    issuer: str, parent: str, name: str, organisation: str, same: bool
) -> None:
    assert same_agency(issuer, parent, name, organisation) is same
