"""Whose paper a report is: the agency that issues it, the one above it, and the place of its seat.

Nghị định 30/2020/NĐ-CP, Phụ lục I phần I mục II.2 (cơ quan ban hành, cơ quan chủ quản) and II.4 (địa danh).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import Connection, select

from mailhub.accounts.models import Agency
from mailhub.accounts.tree import find_agency, path_of
from mailhub.settings import Settings
from mailhub.text.plain import plain_line

# "UBND xã Tân Lập", "Sở Nội vụ tỉnh Lào Cai": the seat is called by the name of the unit ("Tân Lập", "Lào Cai").
_PLACE = re.compile(r"\b(?:[Tt]ỉnh|[Tt]hành phố|[Tt]hị xã|[Tt]hị trấn|[Hh]uyện|[Xx]ã|[Pp]hường|[Đđ]ặc khu)\s+(\w.*)$")
_COMMITTEE = re.compile(r"^ủy ban nhân dân\b|^uỷ ban nhân dân\b", re.IGNORECASE)
_SHORT = "UBND"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """`superior` and `place` are "" where they are not known: staff write them in."""

    superior: str = ""
    agency: str
    place: str = ""
    regulation: str = ""  # the province's own, as the reports' ground ([hub] regulation)


def letterhead_of(connection: Connection, agency: str, settings: Settings) -> Letterhead:
    """The letterhead of the agency with that code; of the province itself for "".

    Raises:
        NoSuchAgency
    """
    numbers = [step.id for step in path_of(connection, find_agency(connection, agency))]
    found = connection.execute(select(Agency.id, Agency.name).where(Agency.id.in_(numbers)))
    by_number = {row.id: plain_line(row.name) for row in found}
    names = [by_number[number] for number in numbers]
    seat = next((place for name in names if (place := _place_of(name))), "")
    return Letterhead(
        superior=_superior(names),
        agency=names[0],
        place=seat or _place_of(settings.hub.province) or settings.hub.province,
        regulation=settings.hub.regulation,
    )


def _superior(names: list[str]) -> str:
    """The agency directly above, in its usual short form; a people's committee stands alone."""
    if len(names) < 2 or _COMMITTEE.match(names[0]) or names[0].startswith(_SHORT):
        return ""
    return _COMMITTEE.sub(_SHORT, names[1])


def _place_of(name: str) -> str:
    """The proper name behind "tỉnh", "xã" and their like; "" when there is none ("Phòng Văn hóa - Xã hội")."""
    found = _PLACE.search(name)
    return found[1] if found is not None and found[1][0].isupper() else ""
