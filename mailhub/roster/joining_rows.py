"""What the rows of a map mean: somebody who is here gets another name, everybody else a new account. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from mailhub.accounts.addresses import split
from mailhub.accounts.models import MailboxState
from mailhub.accounts.system import SYSTEM_LOCALS
from mailhub.roster.deciding import PlannedRow, RowAct, same_row, wrong_row
from mailhub.roster.differences import values_of
from mailhub.roster.doubts import Doubts
from mailhub.roster.entries import Entry
from mailhub.roster.findings import Finding, remark
from mailhub.roster.matching import Candidate, Matches
from mailhub.roster.present import Present, Snapshot
from mailhub.roster.table import repeated_rows
from mailhub.roster.writing import UNNAMED_OFFICE
from mailhub.text.folding import fold

# Which office it is, by the words of the kind, of the name, or of the old address.
_OFFICES = (
    ("van-thu", re.compile(r"van ?thu\b.*|vt")),
    ("mot-cua", re.compile(r"(?:bo phan )?mot ?cua\b.*|.*\bphuc vu hanh chinh\b.*|tiep nhan\b.*")),
    ("lanh-dao", re.compile(r"(?:ban |thuong truc )?lanh ?dao\b.*")),
    (UNNAMED_OFFICE, re.compile(r"(?:hop thu|bo phan|phong|ban|so|ubnd|uy ban|trung tam|tiep cong dan|doan the)\b.*")),
)
_OFFICE_KINDS = re.compile(r".*\b(?:don vi|chuc danh|dung chung|tap the|co quan|role|chung|phong)\b.*")
_PERSON_KINDS = re.compile(r".*\b(?:ca nhan|can bo|cong chuc|vien chuc|nguoi|personal|person)\b.*|")


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRules:
    """What the plan has to know. `home`: the old server, for those who are new here; None: they live here at once."""

    domain: str
    home: str | None
    today: date
    digest: Callable[[str], bytes]  # of a personal identifier
    address: Callable[[str, int], str]  # the next free address for a name in an agency; takes it
    office_address: Callable[[str, int], str]  # the same for an office, by its old local part


def decide_joins(entries: Sequence[Entry], now: Snapshot, rules: JoinRules) -> list[PlannedRow]:
    """Every row of the map, in its order."""
    deciding = _Deciding(entries, now, rules)
    return [deciding.row(place, entry) for place, entry in enumerate(entries)]


class _Deciding:
    def __init__(self, entries: Sequence[Entry], now: Snapshot, rules: JoinRules) -> None:
        self._now, self._rules = now, rules
        self._repeats = repeated_rows(entries)
        self._doubts = Doubts(now, Matches())
        self._people = {one.mailbox_id: one for one in now.people}
        self._by_digest = {one.digest: one for one in now.people if one.digest is not None}
        self._formers: dict[str, int] = {}  # old address → the row that has it

    def row(self, place: int, entry: Entry) -> PlannedRow:
        unit = self._now.units.resolve(entry)
        if isinstance(unit, Finding):
            entry, unit = entry.with_findings(unit), self._now.units.base
        if (repeated := self._repeats.get(place)) is not None:
            entry = entry.with_findings(repeated)
        office, more = office_of(entry)
        entry = entry.with_findings(*more)
        if entry.former:
            first = self._formers.setdefault(entry.former, entry.line)
            if first != entry.line:
                entry = entry.with_findings(Finding(f"trùng địa chỉ cũ với dòng {first}", "bỏ bớt một dòng"))
        if entry.is_wrong:
            return wrong_row(entry)
        if split(entry.former)[0] in SYSTEM_LOCALS:
            return same_row(entry, None, remark("địa chỉ hệ thống: tên miền nào cũng tự có"))
        digest = self._rules.digest(entry.identifier) if entry.identifier else None
        candidate = Candidate(entry, unit, digest)
        who = self._by_digest.get(digest) if digest is not None and not office else None
        if (owner := self._now.addresses.get(entry.former)) is not None:
            return self._already(entry, owner, who, office)
        if who is not None:
            return self._known(entry, who)
        if entry.ends_on is not None and entry.ends_on <= self._rules.today:
            return same_row(entry, None, remark("đã nghỉ: không nhập"))
        return self._new(candidate, unit, office)

    def _already(self, entry: Entry, owner: int, who: Present | None, office: str) -> PlannedRow:
        """The old address leads somewhere here already: an earlier map, or by hand."""
        there = self._people.get(owner)
        if who is not None and there is who:
            return same_row(entry, who, remark(f"đã là địa chỉ khác của {who.address}"))
        if office and owner and there is None:
            return same_row(entry, None, remark("đã là địa chỉ của một hộp thư đơn vị ở đây"))
        if who is None and there is not None and not entry.identifier and there.folded == fold(entry.name):
            return same_row(entry, there, remark(f"đã là địa chỉ khác của {there.address}"))
        named = "một người ở khối khác" if there and there.agency_id in self._now.hidden else there and there.name
        return wrong_row(
            entry, Finding(f"{entry.former} đã là của {named or 'một hộp thư khác'} ở đây", "kiểm tra lại dòng này")
        )

    def _known(self, entry: Entry, who: Present) -> PlannedRow:
        """The same person, by identifier: mail to the old address arrives in the mailbox that is here."""
        if who.agency_id in self._now.hidden:
            return wrong_row(entry, Finding("người này đã có hộp thư ở khối khác", "liên hệ quản trị của khối đó"))
        if not who.is_live:
            what = "đang chờ duyệt" if who.state is MailboxState.REQUESTED else "đã thu hồi"
            return wrong_row(entry, Finding(f"người này có hộp thư {who.address}, {what}", "xử lý hộp thư đó trước"))
        notes = [remark("đã có hộp thư ở đây: thư đến địa chỉ cũ vào hộp thư này ngay khi áp dụng")]
        if entry.address and self._now.addresses.get(entry.address) != who.mailbox_id:
            notes.append(remark(f"địa chỉ mới trong tệp là {entry.address}; giữ địa chỉ đang dùng {who.address}"))
        return PlannedRow(
            act=RowAct.CHANGE,
            line=entry.line,
            sheet=entry.sheet,
            name=entry.name,
            address=who.address,
            mailbox_id=who.mailbox_id,
            revision=who.revision,
            agency_id=who.agency_id,
            wanted={"former": entry.former},
            fresh={"địa chỉ khác": ("", entry.former)},
            findings=(*entry.findings, *notes),
            cells=entry.cells,
        )

    def _new(self, one: Candidate, agency: int, office: str) -> PlannedRow:
        entry, rules = one.entry, self._rules
        if entry.address in self._now.addresses:
            return wrong_row(entry, Finding(f"{entry.address} đã có người dùng", "để trống để hệ thống đặt địa chỉ"))
        if office:
            address = entry.address or rules.office_address(split(entry.former)[0], agency)
        else:
            address = entry.address or rules.address(entry.name, agency)
        if split(address)[1] == rules.domain:
            todo = "ghi địa chỉ mới ở tên miền còn lại, hoặc đặt tên miền khác cho đơn vị (mailhub agency)"
            return wrong_row(entry, Finding(f"địa chỉ mới {address} vẫn thuộc tên miền cũ", todo))
        wanted: dict[str, Any] = {"name": entry.name} if office else values_of(one)
        wanted |= {"agency": agency, "address": address, "proposed": not entry.address and not office}
        wanted |= {"former": entry.former, "home": rules.home}
        if office:
            wanted["office"] = office
        if entry.ends_on is not None and not office:
            wanted["ends_on"] = entry.ends_on.isoformat()
        return PlannedRow(
            act=RowAct.CREATE,
            line=entry.line,
            sheet=entry.sheet,
            name=entry.name,
            address=address,
            agency_id=agency,
            wanted=wanted,
            fresh={"địa chỉ": (entry.former, address)},
            findings=entry.findings,
            doubt="" if office else self._doubts.about(one, agency),
            cells=entry.cells,
        )


def office_of(entry: Entry) -> tuple[str, list[Finding]]:
    """Which office's mailbox the row is ('' = a person's), by its kind, else by its words; and what to tell of that."""
    kind = fold(entry.kind)
    words = (kind, fold(entry.name), fold(split(entry.former)[0]).replace(".", " "))
    found = next((office for office, shape in _OFFICES for one in words if one and shape.fullmatch(one)), "")
    if kind and _PERSON_KINDS.fullmatch(kind):
        return "", []
    if kind and not (_OFFICE_KINDS.fullmatch(kind) or found):
        return "", [Finding(f"chưa rõ loại hộp thư “{entry.kind[:40]}”", "ghi “cá nhân” hoặc “đơn vị”")]
    if kind:
        return found or UNNAMED_OFFICE, []
    if found and not entry.identifier and entry.birth is None and entry.birth_year is None and not entry.title:
        return found, [remark("hiểu là hộp thư đơn vị, không của riêng ai", "nếu không phải: thêm cột “Loại hộp thư”")]
    return "", []
