"""How staff lists and their rows are said on pages: signs of reference/ux § 5, badges, what changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mailhub.admin.listing.values import Cell
from mailhub.admin.refusals import in_words
from mailhub.i18n import Texts
from mailhub.roster.deciding import RowAct
from mailhub.roster.findings import Finding
from mailhub.roster.keeping import ImportRow, ImportState, KeptRow, RowState

SIGNS = {
    RowAct.CREATE: "+",
    RowAct.CHANGE: "~",
    RowAct.MOVE: "→",
    RowAct.END: "–",
    RowAct.SAME: "=",
    RowAct.WRONG: "!",
}
_ACT_BADGES = {
    RowAct.CREATE: "good",
    RowAct.CHANGE: "wait",
    RowAct.MOVE: "wait",
    RowAct.END: "warn",
    RowAct.SAME: "off",
    RowAct.WRONG: "bad",
}
_ROW_BADGES = {
    RowState.PLANNED: "off",
    RowState.DOUBT: "warn",
    RowState.DONE: "good",
    RowState.FAILED: "bad",
    RowState.CONFLICT: "bad",
    RowState.UNDONE: "off",
    RowState.KEPT: "warn",
}
STATE_BADGES = {
    ImportState.PLANNED: "wait",
    ImportState.APPLYING: "warn",
    ImportState.APPLIED: "good",
    ImportState.UNDOING: "warn",
    ImportState.UNDONE: "off",
}
# What the plan calls the fields that it compares (roster/differences.py, deciding.py).
_FIELDS = {
    "họ tên": "name",
    "chức vụ": "title",
    "điện thoại": "phone",
    "địa chỉ khôi phục": "recovery",
    "ngày sinh": "birth",
    "loại lao động": "employment",
    "số định danh": "identifier",
    "đơn vị": "unit",
    "ngừng sử dụng": "ends",
}
_OURS = ("loại lao động", "địa chỉ khôi phục", "ngừng sử dụng")  # fields whose values are words of the plan
_TO_DO = (RowAct.SAME, RowAct.WRONG)  # acts without a state of their own


def act_words(t: Texts, act: RowAct) -> str:
    """`+ tạo mới`."""
    return f"{SIGNS[act]} {t(f'web.rosters.act.{act.value}')}"


def act_cell(t: Texts, row: KeptRow) -> Cell:
    """The sign with its words."""
    return Cell(act_words(t, row.act), badge=_ACT_BADGES[row.act])


def state_cell(t: Texts, row: KeptRow) -> Cell:
    """What became of the row; nothing for those with which nothing is done."""
    if row.act in _TO_DO:
        return Cell("")
    return Cell(t(f"web.rosters.row.{row.state.value}"), badge=_ROW_BADGES[row.state])


def person_cell(row: KeptRow) -> Cell:
    """Who it is about."""
    return Cell(row.wanted["name"], note=row.wanted["address"])


def change_cell(t: Texts, row: KeptRow) -> Cell:
    """Each field with what it was and what it becomes: `chức vụ: Chuyên viên → Trưởng phòng`."""
    return Cell("; ".join(_changes(t, row)))


def _changes(t: Texts, row: KeptRow) -> Iterator[str]:
    for name, (before, after) in row.wanted["fresh"].items():
        label = t(f"web.rosters.field.{_FIELDS[name]}") if name in _FIELDS else name
        if name in _OURS:
            before, after = in_words(t, before), in_words(t, after)
        yield f"{label}: {after}" if not before else f"{label}: {before} → {after or t('web.rosters.blank')}"
    if row.act is RowAct.CREATE:
        values: Mapping[str, object] = row.wanted["values"]
        if values.get("title"):
            yield f"{t('web.rosters.field.title')}: {values['title']}"


def remark_cell(t: Texts, row: KeptRow) -> Cell:
    """What is wrong, in doubt, or was mended; faults stand first."""
    found = findings_of(row)
    told = [in_words(t, row.problem)] if row.problem and row.act is not RowAct.WRONG else []
    told += [finding_words(t, one) for one in found if one.fault]
    remarks = [finding_words(t, one) for one in found if not one.fault]
    return Cell("; ".join(told), note="; ".join(remarks))


def finding_words(t: Texts, one: Finding) -> str:
    """`Cột C (Ngày sinh): ngày không có thật → sửa lại`."""
    where = t("web.rosters.column", column=one.column, label=one.label) + ": " if one.column else ""
    return where + in_words(t, one.what) + (f" → {in_words(t, one.todo)}" if one.todo else "")


def findings_of(row: KeptRow) -> list[Finding]:
    """What was found in the row's cells."""
    return [Finding(*one) for one in row.wanted["findings"]]


def line_cell(t: Texts, row: KeptRow) -> Cell:
    """The row as Excel counts, with its sheet."""
    if not row.line:
        return Cell(t("web.rosters.not-in-file"))
    return Cell(str(row.line), note=row.wanted["sheet"], value=row.line)


def counts_words(one: ImportRow) -> str:
    """`+41 ~118 →3 –27 =9121 !5`."""
    return "  ".join(f"{SIGNS[act]}{one.summary.get(act.value, 0)}" for act in RowAct)


def percent(part: int, whole: int) -> str:
    """`0,29 %`."""
    share = 100 * part / whole if whole else 0.0
    return f"{share:.2f}".replace(".", ",") + " %"
