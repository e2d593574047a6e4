"""How documents are printed: a line, a JSON object, everything about one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mailhub.cli.explain_words import DOUBTS, FIELDS
from mailhub.clock import iso_time, local_time
from mailhub.documents.grammar.explanations import explain, rule_id
from mailhub.documents.grammar.recognition import Found, Recognition
from mailhub.registry.records import CorrectionLine, DocumentLine, DocumentReport

_FIELDS = (
    "doc_type",
    "number_symbol",
    "issue_date",
    "issuer",
    "parent_issuer",
    "subject",
    "signer",
    "signer_authority",
    "urgency",
    "secrecy",
)
STATES = {"issued": "đã ban hành", "draft": "dự thảo", "unknown": "chưa rõ"}
NONE = "(không có)"
ERASES = (
    "CẢNH BÁO: đánh dấu {level} sẽ xóa vĩnh viễn nội dung đã ghi của văn bản (số, trích yếu, người ký, tên tệp, "
    "toàn văn); bản ghi chỉ còn loại, độ mật, thời điểm, mã băm. Bỏ dấu sau này không khôi phục được."
)
WOULD_ERASE = "Nếu thực hiện, nội dung đã ghi của văn bản sẽ bị xóa vĩnh viễn."
ERASED = "Đã xóa vĩnh viễn nội dung đã ghi của văn bản; chỉ đọc lại được khi tệp ấy được gửi lại sau khi bỏ dấu mật."
COMES_BACK = "Bỏ dấu mật: nội dung đã xóa không tự trở lại; bản ghi được đọc lại khi chính tệp ấy được gửi lại."
LINKS = {"same": "Cùng văn bản", "pair": "Bản đi kèm", "draft": "Bản dự thảo", "issued": "Bản ban hành",
         "sealed": "Tệp đã ký số của cơ quan", "unsealed": "Tệp trước khi ký số"}  # fmt: skip


def line_json(line: DocumentLine) -> dict[str, Any]:
    """A document in a list."""
    return {
        "id": str(line.id),
        "sha256": line.sha256.hex(),
        **{name: getattr(line, name) or None for name in _FIELDS},
        "state": line.state,
        "family": line.family,
        "labels": list(line.labels),
        "confidence": line.confidence,
        "unsure": list(line.unsure),
        "first_seen": iso_time(line.first_seen_at),
        "corrected": None if line.corrected_at is None else iso_time(line.corrected_at),
    }


def line_text(line: DocumentLine) -> str:
    """`QĐ    15/QĐ-UBND    20/11/2026  UBND tỉnh …: Về việc …`."""
    day = "/".join(reversed(line.issue_date.split("-"))) if line.issue_date else "–"
    marks = " ".join(f"[{mark}]" for mark in (line.urgency, line.secrecy) if mark)
    draft = "(dự thảo)" if line.state == "draft" else ""
    what = ": ".join(text for text in (line.issuer, line.subject) if text)
    parts = (f"{line.doc_type or '?':<5} {line.number_symbol or '–':<20} {day:<10}", marks, draft, what, f"#{line.id}")
    return "  ".join(part for part in parts if part)


def report_json(report: DocumentReport) -> dict[str, Any]:
    """Everything about one document."""
    read = report.recognition or Recognition()
    return {
        **line_json(report.line),
        "agency": report.agency or None,
        "file": {"type": report.file.type, "size": report.file.size, "pages": report.file.pages,
                 "source": report.file.source.value, "read": iso_time(report.read_at)},
        "fields": {name: _found_json(found) for name, found in _fields(report)},
        "doubts": [{"kind": doubt.kind, "detail": doubt.detail} for doubt in read.doubts],
        "addressees": list(read.addressees),
        "recipients": list(read.recipients),
        "seen": [
            {"time": iso_time(one.at), "message": one.code, "part": one.path, "names": list(one.names)}
            for one in report.seen
        ],
        "links": [{"kind": link.kind, **line_json(link.line)} for link in report.links],
        "corrections": [
            {"time": iso_time(one.at), "by": one.by, "reason": one.reason, **correction_json(one)}
            for one in report.corrections
        ],
        "full_text_kept": report.has_text,
    }  # fmt: skip


def report_text(report: DocumentReport) -> Iterator[str]:
    """Everything about one document, for people."""
    line = report.line
    corrected = {one.field for one in report.corrections}
    yield f"Văn bản {line.id}  ({STATES.get(line.state, line.state)})"
    for name in _FIELDS:
        if value := getattr(line, name):
            yield f"  {FIELDS[name]:<17} {value}" + ("  (đã sửa)" if name in corrected else "")
    if report.agency:
        yield f"  {'Đơn vị của tỉnh':<17} {report.agency}"
    if line.labels:
        yield f"  {'Nhãn':<17} {', '.join(line.labels)}"
    yield f"Tệp: {report.file.type}, {report.file.size} byte, {report.file.pages} trang, sha256 {line.sha256.hex()}"
    yield from _evidence(report)
    yield from (f"{LINKS[link.kind]}: {line_text(link.line)}" for link in report.links)
    for seen in report.seen:
        names = ", ".join(seen.names) or "(không giữ tên)"
        yield f"Đã thấy: {_moment(seen.at)}  thư {seen.code}  phần {seen.path}  {names}"
    for one in report.corrections:
        reason = f"  ({one.reason})" if one.reason else ""
        old, new = one.before or NONE, one.corrected or NONE
        yield f"Đã sửa: {_moment(one.at)}  {one.by}  {FIELDS.get(one.field, one.field)}: {old} → {new}{reason}"


def correction_json(line: CorrectionLine) -> dict[str, Any]:
    """A person's answer, what was recognised, and what held before it."""
    return {
        "id": str(line.document_id),
        "field": line.field,
        "recognised": line.recognised or None,
        "before": line.before or None,
        "corrected": line.corrected or None,
    }


def correction_text(line: CorrectionLine) -> str:
    """`#2501…  signer: Trần Thị Bình → Lê Thị Hoa`."""
    return f"#{line.document_id}  {line.field}: {line.before or NONE} → {line.corrected or NONE}"


def _evidence(report: DocumentReport) -> Iterator[str]:
    """What was recognised: value, how sure, by which rule, from which words."""
    for name, found in _fields(report):
        said = "" if found.given else "  (không đủ chắc, không dùng)"
        where = f", trang {found.evidence.page}" if found.evidence.page else ""
        seen = f": “{found.evidence.text}”" if found.evidence.text else ""
        rule = explain(found.evidence.rule)
        yield f"  {FIELDS[name]}: {found.value}{said} – {rule}{where}{seen} (chắc {found.confidence:.0%})"
    for doubt in report.recognition.doubts if report.recognition else ():
        yield f"  Nghi vấn: {DOUBTS.get(doubt.kind, doubt.kind)} {doubt.detail}".rstrip()


def _fields(report: DocumentReport) -> list[tuple[str, Found]]:
    return list(report.recognition.fields.items()) if report.recognition is not None else []


def _found_json(found: Found) -> dict[str, Any]:
    return {
        "value": found.value,
        "confidence": found.confidence,
        "given": found.given,
        "rule": rule_id(found.evidence.rule),
        "page": found.evidence.page,
        "text": found.evidence.text,
    }


def _moment(at: int) -> str:
    return local_time(at).strftime("%d/%m/%Y %H:%M")
