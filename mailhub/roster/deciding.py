"""What a list changes: each of its rows becomes an act on the directory, or says why it does not. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from mailhub.accounts.models import Rank
from mailhub.roster.differences import differences, values_of
from mailhub.roster.doubts import Doubts
from mailhub.roster.entries import Entry
from mailhub.roster.errors import TooFewRows
from mailhub.roster.findings import Finding, remark
from mailhub.roster.matching import Candidate, Matches, match
from mailhub.roster.present import Present, Snapshot
from mailhub.roster.table import repeated_rows
from mailhub.text.folding import fold

_KEEPS_UP = 0.5  # a list that claims to be whole must hold at least this share of those who are there


class RowAct(StrEnum):
    """What a row does."""

    CREATE = "create"
    CHANGE = "change"
    MOVE = "move"  # another agency, and what else is new
    END = "end"
    SAME = "same"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """One row's act. `line` 0: it is not in the file. `fresh`: field → (before, after), as people read them.

    `doubt`: somebody there may be the same person, so that the row waits for a person's word.
    """

    act: RowAct
    line: int
    sheet: str = ""
    name: str = ""
    address: str = ""
    mailbox_id: int | None = None
    revision: int | None = None
    agency_id: int | None = None
    wanted: dict[str, Any] = field(default_factory=dict)
    fresh: dict[str, tuple[str, str]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    doubt: str = ""
    rank: Rank | None = None  # of somebody who ends: how long the mailbox is kept
    cells: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the plan has to know of the settings and of whoever plans."""

    today: date
    complete: bool
    movable: frozenset[int] | None  # agencies from which the actor may fetch somebody; None: all
    digest: Callable[[str], bytes]  # of a personal identifier
    address: Callable[[str, int], str]  # the next free address for a name in an agency; takes it


def decide(entries: Sequence[Entry], now: Snapshot, rules: Rules) -> list[PlannedRow]:
    """Every row of the file, in its order, and then those who are to end because the file leaves them out.

    Raises:
        TooFewRows: the file claims to be whole and cannot be.
    """
    candidates, wrong = _candidates(entries, now, rules)
    matches = match([one for _, one in candidates], now.people, now.addresses, now.scope)
    doubts = Doubts(now, matches)
    by_place: dict[int, PlannedRow] = dict(wrong)
    for number, (place, one) in enumerate(candidates):
        who, fault = matches.found.get(number), matches.faults.get(number)
        if fault is not None:
            by_place[place] = wrong_row(one.entry, fault)
        elif who is not None:
            by_place[place] = _of_known(one, who, now, rules)
        else:
            by_place[place] = _of_new(one, now, rules, doubts)
    lost = []
    if rules.complete:
        lost = [who for who in _left_out(matches, by_place, now) if who.mailbox_id not in doubts.suspected]
        _check_whole(by_place, matches, now, lost)
    rows = [by_place[place] for place in sorted(by_place)]
    return [*rows, *(_absent(who) for who in lost)]


def _candidates(
    entries: Sequence[Entry], now: Snapshot, rules: Rules
) -> tuple[list[tuple[int, Candidate]], dict[int, PlannedRow]]:
    """Entries that can be applied, by their place in the file, and the rows of those that cannot."""
    repeats = repeated_rows(entries)
    found: list[tuple[int, Candidate]] = []
    wrong: dict[int, PlannedRow] = {}
    for place, entry in enumerate(entries):
        unit = now.units.resolve(entry)
        if isinstance(unit, Finding):
            entry = entry.with_findings(unit)
            unit = now.units.base
        if place in repeats:
            entry = entry.with_findings(repeats[place])
        if entry.is_wrong:
            wrong[place] = wrong_row(entry)
            continue
        stated = bool(entry.unit or entry.unit_code or entry.sections or unit != now.units.base)
        digest = rules.digest(entry.identifier) if entry.identifier else None
        found.append((place, Candidate(entry, unit if stated else None, digest)))
    return found, wrong


def _of_new(one: Candidate, now: Snapshot, rules: Rules, doubts: Doubts) -> PlannedRow:
    entry, agency = one.entry, one.agency_id or now.units.base
    findings = entry.findings
    if entry.ends_on is not None and entry.ends_on <= rules.today:
        return same_row(entry, None, remark("đã nghỉ và không có hộp thư: không phải làm gì"))
    doubt = doubts.about(one, agency)
    address = entry.address or rules.address(entry.name, agency)
    wanted = values_of(one) | {"agency": agency, "address": address, "proposed": not entry.address}
    if entry.ends_on is not None:
        wanted["ends_on"] = entry.ends_on.isoformat()
    return PlannedRow(
        act=RowAct.CREATE,
        line=entry.line,
        sheet=entry.sheet,
        name=entry.name,
        address=address,
        agency_id=agency,
        wanted=wanted,
        findings=findings,
        doubt=doubt,
        cells=entry.cells,
    )


def _of_known(one: Candidate, who: Present, now: Snapshot, rules: Rules) -> PlannedRow:
    """Somebody who is there: as before, changed, moved or ended."""
    entry = one.entry
    if (fault := _out_of_reach(who, now, rules)) is not None:
        return wrong_row(entry, fault)
    if entry.ends_on is not None:
        return _ending(entry, who, rules)
    if not who.is_live:
        return _not_live(entry, who)
    fresh, wanted = differences(one, who)
    agency = one.agency_id if one.agency_id is not None else who.agency_id
    if agency not in now.scope or (one.agency_id is None and who.agency_id not in now.scope):
        agency = now.units.base
    act = RowAct.CHANGE if fresh else RowAct.SAME
    if agency != who.agency_id:
        act = RowAct.MOVE
        fresh["đơn vị"] = (now.agency_names.get(who.agency_id, ""), now.agency_names.get(agency, ""))
        wanted["agency"] = agency
    notes = entry.findings
    if entry.address and now.addresses.get(entry.address) != who.mailbox_id:
        notes = (*notes, remark(f"địa chỉ trong tệp là {entry.address}; giữ địa chỉ đang dùng {who.address}"))
    return PlannedRow(
        act=act,
        line=entry.line,
        sheet=entry.sheet,
        name=entry.name,
        address=who.address,
        mailbox_id=who.mailbox_id,
        revision=who.revision,
        agency_id=agency,
        wanted=wanted,
        fresh=fresh,
        findings=notes,
        cells=entry.cells,
    )


def _out_of_reach(who: Present, now: Snapshot, rules: Rules) -> Finding | None:
    if who.agency_id in now.scope:
        return None
    if who.agency_id in now.hidden or (rules.movable is not None and who.agency_id not in rules.movable):
        todo = "đề nghị quản trị hệ thống của tỉnh làm thủ tục chuyển"
        return Finding("người này đã có hộp thư ở đơn vị khác", todo)
    return None


def _not_live(entry: Entry, who: Present) -> PlannedRow:
    if who.state.value == "requested":
        return wrong_row(entry, Finding(f"{who.address} đang chờ duyệt", "duyệt yêu cầu trước (mailhub request)"))
    todo = f"nếu người này trở lại: mailhub account restore {who.address}"
    return wrong_row(entry, Finding(f"{who.address} đã thu hồi", todo))


def _ending(entry: Entry, who: Present, rules: Rules) -> PlannedRow:
    assert entry.ends_on is not None
    if not who.is_live or who.ends_on == entry.ends_on:
        return same_row(entry, who)
    day = f"{entry.ends_on:%d/%m/%Y}"
    wanted = {"ends_on": entry.ends_on.isoformat()} if entry.ends_on > rules.today else {}
    return PlannedRow(
        act=RowAct.END,
        line=entry.line,
        sheet=entry.sheet,
        name=entry.name,
        address=who.address,
        mailbox_id=who.mailbox_id,
        revision=who.revision,
        agency_id=who.agency_id,
        wanted=wanted,
        fresh={"ngừng sử dụng": ("", day)},
        rank=who.rank,
        findings=entry.findings,
        cells=entry.cells,
    )


def _absent(who: Present) -> PlannedRow:
    return PlannedRow(
        act=RowAct.END,
        line=0,
        name=who.name,
        address=who.address,
        mailbox_id=who.mailbox_id,
        revision=who.revision,
        agency_id=who.agency_id,
        fresh={"ngừng sử dụng": ("", "không có trong danh sách")},
        rank=who.rank,
    )


def same_row(entry: Entry, who: Present | None, *more: Finding) -> PlannedRow:
    return PlannedRow(
        act=RowAct.SAME,
        line=entry.line,
        sheet=entry.sheet,
        name=entry.name,
        address=who.address if who else "",
        mailbox_id=who.mailbox_id if who else None,
        findings=(*entry.findings, *more),
        cells=entry.cells,
    )


def wrong_row(entry: Entry, *more: Finding) -> PlannedRow:
    findings = (*entry.findings, *more)
    return PlannedRow(
        act=RowAct.WRONG, line=entry.line, sheet=entry.sheet, name=entry.name, findings=findings, cells=entry.cells
    )


def _left_out(matches: Matches, rows: dict[int, PlannedRow], now: Snapshot) -> list[Present]:
    """Those of the directory whom the list does not name, not even in a row that is wrong."""
    named = {fold(row.name) for row in rows.values() if row.act is RowAct.WRONG}
    in_doubt = {one.address for one in now.people if one.folded in named}
    return [one for one in _live(now) if one.mailbox_id not in matches.taken and one.address not in in_doubt]


def _live(now: Snapshot) -> Iterator[Present]:
    return (one for one in now.people if one.is_live and one.agency_id in now.scope)


def _check_whole(rows: dict[int, PlannedRow], matches: Matches, now: Snapshot, lost: list[Present]) -> None:
    """Stop a list that claims to be whole and is empty, cut short, or another agency's."""
    live = sum(1 for _ in _live(now))
    if not lost:
        return
    if not matches.found and not any(row.act is RowAct.CREATE for row in rows.values()):
        raise TooFewRows("tệp không có ai: không thu hồi hộp thư nào theo tệp này")
    kept = live - len(lost)
    if kept < _KEEPS_UP * live:
        raise TooFewRows(
            f"tệp chỉ có {kept} trong số {live} người đang có hộp thư; danh sách đầy đủ phải có ít nhất một nửa. "
            "Kiểm tra lại tệp, hoặc đối chiếu lại mà không ghi là danh sách đầy đủ"
        )
