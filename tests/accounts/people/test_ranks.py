"""What a post counts as."""

from __future__ import annotations

import pytest

from mailhub.accounts.models import Rank
from mailhub.accounts.people.ranks import POSTS, rank_of, why_rank

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "title",
    [
        "Chủ tịch UBND tỉnh",
        "Phó Chủ tịch UBND xã",
        "PCT UBND xã",
        "Giám đốc",
        "Phó Giám đốc Sở Nội vụ",
        "PGĐ",
        "Quyền Giám đốc Sở Y tế",
        "Q. Giám đốc",
        "Bí thư Đảng ủy",
        "Phó Bí thư Thường trực Tỉnh ủy",
        "Chánh Thanh tra tỉnh",
        "Chánh Văn phòng UBND tỉnh",
        "Phó Bí thư Đảng ủy, Chủ tịch UBND xã",
        "Chuyên viên kiêm Phó Chủ tịch HĐND",
        "CHỦ TỊCH",
        "Trưởng Ban Tổ chức Tỉnh ủy",
    ],
)
def test_leaders(title: str) -> None:
    assert rank_of(title) is Rank.LEADER


@pytest.mark.parametrize(
    "title",
    [
        "Trưởng phòng",
        "Phó Trưởng phòng Kinh tế",
        "PTP",
        "Chánh Văn phòng Sở",
        "Phó Chánh Văn phòng Sở Nội vụ",
        "Chánh Thanh tra Sở",
        "Giám đốc Trung tâm Phục vụ hành chính công xã",
        "Hiệu trưởng",
        "Chỉ huy trưởng Ban CHQS xã",
        "Chi cục trưởng",
    ],
)
def test_heads_of_units(title: str) -> None:
    assert rank_of(title) is Rank.HEAD


@pytest.mark.parametrize(
    "title",
    [
        "",
        "Chuyên viên",
        "Văn thư",
        "Thư ký Chủ tịch UBND tỉnh",
        "Lái xe Giám đốc",
        "Nguyên Chủ tịch UBND tỉnh",
        "Trợ lý Giám đốc",
        "Bí thư Chi bộ",
        "Chủ tịch Công đoàn cơ sở",
        "Chủ tịchx",
        "Trưởng thôn",
    ],
)
def test_a_title_that_only_names_a_leader_is_staff(title: str) -> None:
    assert rank_of(title) is Rank.STAFF


def test_every_line_has_a_reason_and_can_be_reached() -> None:
    for post in POSTS:
        assert why_rank(post.words) == post.because, post.words
