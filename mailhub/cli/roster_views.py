"""How staff lists are shown: for people as in reference/ux § 5, and as JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mailhub.clock import iso_time, local_time
from mailhub.roster.deciding import PlannedRow, RowAct
from mailhub.roster.findings import Finding
from mailhub.roster.keeping import ImportRow, ImportState, KeptRow, RowState
from mailhub.roster.planning import Plan
from mailhub.text.cells import safe_cell

ACT_WORDS = {
    RowAct.CREATE: "tạo mới",
    RowAct.CHANGE: "thay đổi",
    RowAct.MOVE: "chuyển đơn vị",
    RowAct.END: "thu hồi",
    RowAct.SAME: "không đổi",
    RowAct.WRONG: "lỗi",
}
_SIGNS = {
    RowAct.CREATE: "+",
    RowAct.CHANGE: "~",
    RowAct.MOVE: ">",
    RowAct.END: "-",
    RowAct.SAME: "=",
    RowAct.WRONG: "!",
}
STATE_WORDS = {
    RowState.PLANNED: "chưa áp dụng",
    RowState.DOUBT: "chờ quyết định",
    RowState.DONE: "đã áp dụng",
    RowState.FAILED: "lỗi",
    RowState.CONFLICT: "đã thay đổi sau khi lập kế hoạch",
    RowState.UNDONE: "đã hoàn tác",
    RowState.KEPT: "giữ lại",
}
IMPORT_WORDS = {
    ImportState.PLANNED: "đã lập kế hoạch",
    ImportState.APPLYING: "đang áp dụng",
    ImportState.APPLIED: "đã áp dụng",
    ImportState.UNDOING: "đang hoàn tác",
    ImportState.UNDONE: "đã hoàn tác",
}
_NEED = "Nội dung cần sửa"


def number(value: int) -> str:
    """Thousands apart by a blank, as people write here beside decimals with a comma."""
    return f"{value:,}".replace(",", " ")


def percent(value: float) -> str:
    """`0,29 %`."""
    return f"{value:.2f}".replace(".", ",") + " %"


def plan_text(plan: Plan, at: int, *, dry_run: bool) -> Iterator[str]:
    """The whole plan, in lines."""
    rows = sum(1 for row in plan.rows if row.line)
    code = "" if dry_run else f"   Mã: {plan.code}"
    day = f"{local_time(at):%d/%m/%Y}"
    yield f"Tệp: {plan.source.name} ({number(rows)} dòng)   Đơn vị: {plan.agency or 'toàn tỉnh'}   Ngày: {day}{code}"
    yield " " + "   ".join(
        f"{_SIGNS[one]} {number(plan.counts[one])} {ACT_WORDS[one]}{_kept(plan, one)}" for one in RowAct
    )
    if plan.counts[RowAct.END]:
        yield f" ⚠ thu hồi {percent(plan.ends_percent)} số hộp thư (ngưỡng {plan.limit} %)"
    if plan.doubts:
        yield f" ⚠ {plan.doubts} người nghi trùng: không áp dụng cho đến khi có người quyết định"
    for office in plan.offices:
        yield f" ⚠ hộp thư đơn vị (chức danh) {office} sẽ không còn người phụ trách"
    if plan.table.unknown:
        yield f" Cột không dùng: {', '.join(plan.table.unknown)} (chỉ rõ bằng --column 'TIÊU ĐỀ=trường')"
    for row in plan.rows:
        if row.act is not RowAct.SAME or row.findings:
            yield from row_text(row)
    if not dry_run:
        yield _next_step(plan)


def _kept(plan: Plan, act: RowAct) -> str:
    if act is not RowAct.END or not plan.months:
        return ""
    return " (lưu " + " · ".join(f"{months} tháng: {count}" for months, count in sorted(plan.months.items())) + ")"


def _next_step(plan: Plan) -> str:
    if not sum(plan.counts[one] for one in RowAct if one not in (RowAct.SAME, RowAct.WRONG)):
        return "Không có gì phải áp dụng."
    second = " (vượt ngưỡng: cần người thứ hai đồng ý)" if plan.above_limit else ""
    return f"Áp dụng: mailhub roster apply {plan.code}{second}"


def row_text(row: PlannedRow) -> Iterator[str]:
    """What a row does, then what there is to say about it."""
    fresh = "; ".join(f"{name}: {old or '(trống)'} → {new}" for name, (old, new) in row.fresh.items())
    words = "  ".join(filter(None, (row.name, row.address and f"<{row.address}>", fresh)))
    yield f" {_SIGNS[row.act]} {where(row.line, row.sheet)}: {words}"
    if row.doubt:
        yield f"     ? {row.doubt}"
    for one in row.findings:
        yield f"     {'!' if one.fault else '·'} {one}"


def where(line: int, sheet: str) -> str:
    """`dòng 12`, with the sheet when there is one; those who are not in the file have no row."""
    if not line:
        return "không có trong tệp"
    return f"dòng {line} ({sheet})" if sheet else f"dòng {line}"


def plan_json(plan: Plan, *, dry_run: bool) -> dict[str, Any]:
    """The plan without its rows."""
    return {
        "import": plan.code,
        "agency": plan.agency,
        "file": plan.source.name,
        "sha256": plan.source.digest.hex(),
        "complete": plan.source.complete,
        **{one.value: plan.counts[one] for one in RowAct},
        "doubts": plan.doubts,
        "live": plan.live,
        "ends_percent": round(plan.ends_percent, 2),
        "limit_percent": plan.limit,
        "second_person": plan.above_limit,
        "offices_without_holder": list(plan.offices),
        "columns": plan.table.columns,
        "unknown_columns": list(plan.table.unknown),
        "dry_run": dry_run,
    }


def row_json(row: PlannedRow) -> dict[str, Any]:
    """One row of a plan."""
    return {
        "line": row.line,
        "sheet": row.sheet,
        "act": row.act.value,
        "name": row.name,
        "address": row.address,
        "changes": {name: list(pair) for name, pair in row.fresh.items()},
        "doubt": row.doubt,
        "findings": [finding_json(one) for one in row.findings],
    }


def finding_json(one: Finding) -> dict[str, Any]:
    """One finding."""
    found = {"fault": one.fault, "column": one.column, "label": one.label, "what": one.what}
    return found | {"to_do": one.todo}


def faults_csv(plan: Plan) -> str:
    """The faulty rows as the file has them, headers and all, with what to mend: mended, it can be planned itself."""
    file = io.StringIO()
    writer = csv.writer(file)
    sheets = dict.fromkeys(row.sheet for row in plan.rows if row.act is RowAct.WRONG)
    for sheet in sheets:
        labels = plan.table.labels.get(sheet, {})
        width = max(labels, default=-1) + 1
        writer.writerow(["Dòng", *(_once(labels, place) for place in range(width)), _NEED])
        for row in plan.rows:
            if row.act is RowAct.WRONG and row.sheet == sheet:
                cells = [*row.cells[:width], *[""] * (width - len(row.cells))]
                need = "; ".join(str(one) for one in row.findings if one.fault)
                writer.writerow([row.line, *map(safe_cell, cells), safe_cell(need)])
    return file.getvalue()


def _once(labels: Mapping[int, str], place: int) -> str:
    return safe_cell(labels.get(place, ""))


def import_text(one: ImportRow) -> str:
    """An import in one line."""
    counts = "  ".join(f"{_SIGNS[act]}{one.summary.get(act.value, 0)}" for act in RowAct)
    when = f"{local_time(one.planned_at):%d/%m/%Y %H:%M}"
    return f"{one.code}  {when}  {one.agency:<12} {IMPORT_WORDS[one.state]:<16} {counts}  {one.file_name}"


def counts_json(states: Mapping[tuple[RowAct, RowState], int]) -> dict[str, int]:
    """How many rows of each act have come how far."""
    return {f"{act.value}/{state.value}": count for (act, state), count in sorted(states.items())}


def import_json(one: ImportRow) -> dict[str, Any]:
    """An import."""
    moments = {"applied_at": one.applied_at, "undone_at": one.undone_at}
    return {
        "import": one.code,
        "state": one.state.value,
        "agency": one.agency,
        "file": one.file_name,
        "sha256": one.file_digest.hex(),
        **{act.value: one.summary.get(act.value, 0) for act in RowAct},
        "doubts": one.summary.get("doubts", 0),
        "planned_by": one.planned_by,
        "planned_at": iso_time(one.planned_at),
        "applied_by": one.applied_by,
        **{name: None if at is None else iso_time(at) for name, at in moments.items()},
        "proposal": one.proposal_code,
    }


def show_text(one: ImportRow, states: Mapping[tuple[RowAct, RowState], int]) -> Iterator[str]:
    """An import, how far it has come, and what waits."""
    yield import_text(one)
    yield f"  SHA-256 của tệp gốc: {one.file_digest.hex()}"
    yield f"  lập kế hoạch: {one.planned_by}" + (f"   áp dụng: {one.applied_by}" if one.applied_by else "")
    if one.proposal_code:
        yield f"  người thứ hai: đề nghị {one.proposal_code}"
    for act in RowAct:
        told = [f"{STATE_WORDS[state]}: {count}" for (kind, state), count in sorted(states.items()) if kind is act]
        if told and act not in (RowAct.SAME, RowAct.WRONG):
            yield f"  {_SIGNS[act]} {ACT_WORDS[act]}: {' · '.join(told)}"
    if one.state in (ImportState.APPLYING, ImportState.UNDOING):
        verb = "apply" if one.state is ImportState.APPLYING else "undo"
        yield f"  chưa xong: chạy tiếp bằng mailhub roster {verb} {one.code}"


def kept_text(row: KeptRow) -> Iterator[str]:
    """One row of an import as it stands."""
    wanted = row.wanted
    state = "" if row.act in (RowAct.SAME, RowAct.WRONG) else f"  [{STATE_WORDS[row.state]}]"
    words = f"{wanted['name']}  <{wanted['address']}>" if wanted["address"] else wanted["name"]
    yield f"{_SIGNS[row.act]} {where(row.line, wanted['sheet'])}: {words}{state}"
    if row.problem and row.act is not RowAct.WRONG:
        yield f"    ! {row.problem}"
    for one in findings_of(row):
        yield f"    {'!' if one.fault else '·'} {one}"


def kept_json(row: KeptRow) -> dict[str, Any]:
    """The same for machines."""
    wanted = row.wanted
    return {
        "number": row.number,
        "line": row.line,
        "sheet": wanted["sheet"],
        "act": row.act.value,
        "state": row.state.value,
        "name": wanted["name"],
        "address": wanted["address"],
        "changes": wanted["fresh"],
        "problem": row.problem,
        "findings": [finding_json(one) for one in findings_of(row)],
    }


def findings_of(row: KeptRow) -> list[Finding]:
    """What was found in the row's cells."""
    return [Finding(*one) for one in row.wanted["findings"]]


def results_text(counts: Mapping[str, int]) -> str:
    """`đã áp dụng: 41 · lỗi: 2`."""
    states: Iterable[tuple[RowState, int]] = ((state, counts.get(state.value, 0)) for state in RowState)
    return " · ".join(f"{STATE_WORDS[state]}: {number(count)}" for state, count in states if count) or "không có gì"
