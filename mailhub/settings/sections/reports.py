"""What reports count and how: when a period closes, what counts as regular use, what was aimed at."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from mailhub.settings.sections.base import Section
from mailhub.settings.values import AtLeastOne, about, as_tuple

# "2026 tinh issued 100": from which year on, the tier of agencies (`*`: all), what is measured, per cent.
_TARGET = re.compile(r"\d{4} (?:\*|[\w-]{1,20}) (?:issued|used|communes|certificates) (?:100|\d{1,2})(?:\.\d)?")


def _target(text: str) -> str:
    if not _TARGET.fullmatch(text):
        raise ValueError(
            'must be "YEAR LEVEL MEASURE PERCENT": LEVEL tinh, xa or *, MEASURE issued, used, communes or certificates'
        )
    return text


class ReportsSection(Section):
    """What the reports count, and when a period closes. / Báo cáo."""

    closing_day: Annotated[int, Field(ge=1, le=31)] = Field(
        default=14,
        description="The last day of a month's figures: with 14, October is counted from 15/09 to 14/10 (Nghị định "
        "09/2019/NĐ-CP Điều 12). 31 makes calendar months.",
        json_schema_extra=about("day of the month"),
    )
    suppress_below: Annotated[int, Field(ge=1, le=100)] = Field(
        default=5,
        description="In public versions, numbers of messages from 1 up to the one below this are not said, nor others "
        "from which they could be worked out. 1 says everything.",
        json_schema_extra=about("messages"),
    )
    regular_days: AtLeastOne = Field(
        default=4,
        description="Days in 30 on which somebody logs in or sends, from which on a mailbox counts as regularly used; "
        "longer and shorter periods in proportion.",
        json_schema_extra=about("days in 30"),
    )
    targets: Annotated[tuple[Annotated[str, AfterValidator(_target)], ...], BeforeValidator(as_tuple)] = Field(
        default=("2015 * issued 100", "2015 * communes 100", "2015 * certificates 40"),
        examples=[["2026 tinh issued 100", "2026 xa used 80"]],
        description='What is aimed at, each "YEAR LEVEL MEASURE PERCENT": from that year on, for agencies of the tier '
        "LEVEL (tinh, xa; * for all together). MEASURE: issued (staff with a mailbox), used (staff who use it "
        "regularly), communes (communes with an active mailbox), certificates (agencies that sign with a valid "
        "certificate).",
        json_schema_extra=about(),
    )
    ends_soon_days: AtLeastOne = Field(
        default=30,
        description="Days before its end within which an exception to a rule is named in the report.",
        json_schema_extra=about("days"),
    )
