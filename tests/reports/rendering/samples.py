"""A report with every kind of cell in it, and with words that would like to be something else."""

from __future__ import annotations

from datetime import date

from mailhub.reports.periods import month
from mailhub.reports.rendering.letterhead import Letterhead
from mailhub.reports.values import (
    SUPPRESSED,
    Chart,
    ChartKind,
    Column,
    Headline,
    Met,
    Report,
    ReportKind,
    Row,
    Section,
    Share,
    Table,
    Unit,
)

MADE_AT = 1_794_700_800_000  # 15/11/2026 in Vietnam
HEAD = Letterhead(superior="UBND tỉnh Thử Nghiệm", agency="Sở Nội vụ", place="Thử Nghiệm", regulation="")
# What a name may look like to a spreadsheet, to XML, to typst, to a terminal.
HOSTILE = (
    '=HYPERLINK("http://x.example/","x")',
    "+84 912 345 678",
    "@SUM(A1:A9)",
    "-2+3",
    "<b>Phòng</b> & ]]> <script>alert(1)</script>",
    '#eval("1") $x$ *đậm* _nghiêng_ \\ `raw` [x] @nhãn',
    "Sở\u202eVN\u200b \x07\x1b[31mNội\x00 vụ\r\nDòng hai",
)


def sample(*, wide: bool = False, names: tuple[str, ...] = HOSTILE, public: bool = False) -> Report:
    """October 2026 of the Department of Home Affairs; with `wide`, a table that no upright page holds."""
    return Report(
        kind=ReportKind.USAGE,
        language="vi",
        title="Tình hình sử dụng hộp thư cá nhân trong công vụ",
        period=month(2026, 10),
        period_words="tháng 10 năm 2026 (từ ngày 15/9/2026 đến ngày 14/10/2026)",
        agency="snv",
        agency_name="Sở Nội vụ",
        made_at=MADE_AT,
        public=public,
        sections=(
            Section(
                key="overall",
                title="Kết quả chung",
                headlines=(
                    Headline(
                        key="sent",
                        title="Thư gửi đến hộp thư cá nhân",
                        definition="Số thư do hộp thư công vụ gửi đến địa chỉ của nhà cung cấp thư cá nhân.",
                        unit=Unit.NUMBER,
                        value=12_345,
                        before=13_579,
                    ),
                    Headline(
                        key="issued",
                        title="Tỷ lệ cán bộ được cấp hộp thư",
                        definition="Số người có hộp thư trên tổng số người có mặt.",
                        unit=Unit.SHARE,
                        value=Share(1_302, 1_400),
                        before=Share(1_190, 1_400),
                        target=93.0,
                        met=Met.MET,
                    ),
                ),
                paragraphs=("Số thư gửi đến hộp thư cá nhân giảm so với kỳ trước.",),
            ),
            Section(key="agencies", title="Theo đơn vị", tables=(_by_agency(names), *((_wide(),) if wide else ()))),
        ),
        notes=("Hệ thống không thấy thư gửi thẳng giữa hai hộp thư cá nhân.",),
    )


def _by_agency(names: tuple[str, ...]) -> Table:
    columns = (
        Column(key="agency", title="Đơn vị", unit=Unit.TEXT, label=True),
        Column(key="sent", title="Số thư", unit=Unit.NUMBER, definition="Thư đã gửi, mỗi thư tính một lần."),
        Column(key="share", title="Tỷ lệ", unit=Unit.SHARE, definition="Trên tổng số thư gửi ra ngoài."),
        Column(key="last", title="Lần cuối", unit=Unit.DAY),
        Column(key="wait", title="Chờ", unit=Unit.DURATION),
        Column(key="met", title="Đạt", unit=Unit.MET),
    )
    rows = tuple(
        Row(
            key=f"a{number}",
            cells=(name, 2_701 + number, Share(37 + number, 451), date(2026, 10, 3), 3_905_000, Met.MISSED),
            filters=(("agency", f"a{number}"),),
        )
        for number, name in enumerate(names)
    )
    small = Row(key="small", cells=("Phòng nhỏ", SUPPRESSED, Share(0, 0), None, None, Met.MET))
    total = Row(key="total", cells=("Cộng", 4_242, Share(61, 977), None, None, None))
    return Table(
        key="by-agency",
        title="Số thư đến hộp thư cá nhân: theo đơn vị [1/2]?",
        columns=columns,
        rows=(*rows, small),
        definition="Mỗi dòng là một đơn vị và các đơn vị trực thuộc.",
        total=total,
        chart=Chart(kind=ChartKind.BAR, label="agency", series=("sent",)),
        cut=3,
    )


def _wide() -> Table:
    columns = tuple(
        Column(key=f"c{number}", title=f"Nhà cung cấp gmail{number}.example.com", unit=Unit.NUMBER)
        for number in range(12)
    )
    label = Column(key="agency", title="Đơn vị", unit=Unit.TEXT, label=True)
    rows = tuple(
        Row(key=f"r{row}", cells=(f"Đơn vị thứ {row}", *(1_000 * row + number for number in range(12))))
        for row in range(3)
    )
    return Table(key="wide", title="Theo nhà cung cấp", columns=(label, *columns), rows=rows)
