"""The lines of a trace about what is attached, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from mailhub.cli.explain_words import DANGERS, FIELDS, UNREADABLE
from mailhub.clock import local_time
from mailhub.documents.type_names import type_name
from mailhub.files.facts import Unreadable
from mailhub.mail.parts import PartProblem
from mailhub.queue.models import EventKind

INSPECTION = "inspection"
_UNREADABLE = {reason.value: words for reason, words in UNREADABLE.items()}
_DANGERS = {kind.value: words for kind, words in DANGERS.items()}
_WAITS = {
    "scanned pages": "trang quét, chờ nhận dạng chữ",
    "not read in time": "chưa kịp đọc",
    "to be sealed": "chờ ký số của cơ quan",
}
_PROBLEMS = {
    PartProblem.TOO_DEEP.value: "lồng nhau quá nhiều lớp",
    PartProblem.TOO_MANY.value: "quá nhiều phần",
    PartProblem.TOO_LARGE.value: "quá lớn",
    PartProblem.NO_BOUNDARY.value: "không có dấu phân cách các phần",
    PartProblem.UNFINISHED.value: "bị cắt, thiếu phần cuối",
    PartProblem.BAD_ENCODING.value: "mã hóa truyền tải sai",
    PartProblem.AMBIGUOUS.value: "hai cách đọc cho hai kết quả",
    PartProblem.HIDDEN_CHARACTERS.value: "tên có ký tự ẩn",
}
_READ_BY = {"text": "", "ocr": ", đọc từ bản quét", "none": ""}
_STATES = {"draft": "dự thảo", "issued": "đã phát hành", "unknown": ""}


def words_for(kind: EventKind, facts: dict[str, Any]) -> str | None:
    """What stands in place of the kind's usual words; None when those fit."""
    if facts.get("for") != INSPECTION:
        return None
    if kind is EventKind.HELD:
        until = local_time(int(facts["until"])).strftime("%H:%M:%S")
        return f"Chờ đọc tệp kèm theo, tự gửi tiếp muộn nhất lúc {until}"
    if kind is EventKind.RELEASED:
        unread = facts.get("reason") != "read"
        return "Hết thời gian đọc tệp, gửi tiếp" if unread else "Đã đọc xong, tự gửi tiếp"
    return None


def inspected_parts(facts: dict[str, Any]) -> Iterator[str]:
    """What was recognised and why, then what is remarkable about the files."""
    for document in facts.get("documents", []):
        yield _document(document, _READ_BY.get(document.get("text", ""), ""))
    for file in facts.get("files", []):
        yield from _remarks(file)
    if facts.get("malware") == "found":
        yield "PHÁT HIỆN MÃ ĐỘC"
    for problem in facts.get("unreadable", []):
        yield f"không đọc hết thư: {_PROBLEMS.get(problem, problem)}"


def _document(document: dict[str, Any], reading: str) -> str:
    words = type_name(document["doc_type"]) if document.get("doc_type") else "Văn bản chưa rõ loại"
    if number := document.get("number_symbol"):
        words += f" số {number}"
    if issued := document.get("issue_date"):
        words += f" ngày {date.fromisoformat(issued).strftime('%d/%m/%Y')}"
    if issuer := document.get("issuer"):
        words += f" của {issuer}"
    extra = [document[key] for key in ("urgency", "secrecy") if document.get(key)]
    extra += [state] if (state := _STATES.get(document.get("state", ""), "")) else []
    extra += (
        ["cần kiểm tra: " + ", ".join(FIELDS.get(name, name).lower() for name in document["unsure"])]
        if document.get("unsure")
        else []
    )
    seen = dict.fromkeys(reason.split(": ", 2)[-1] for reason in document.get("why", [])[:3])
    why = "; ".join(f"“{words}”" for words in seen)
    place = f"tệp {document['file']}" if document.get("file") else "tệp kèm"
    return words + "".join(f", {e}" for e in extra) + f" ({place}{reading}{': ' + why if why else ''})"


def _remarks(file: dict[str, Any]) -> Iterator[str]:
    name = (file.get("names") or [file.get("part", "")])[0] if file.get("names") else file.get("part", "")
    if file.get("unread"):
        yield f"chưa đọc được {name}"
    yield from _faults(name, file)
    for problem in file.get("problems", []):
        yield f"phần {name} có lỗi: {_PROBLEMS.get(problem, problem)}"
    for inner in file.get("inside", []):
        yield from _faults(f"{name}/{inner['name']}", inner)


def _faults(name: str, told: dict[str, Any]) -> Iterator[str]:
    problem = told.get("unreadable")
    if problem and problem != Unreadable.SECRET.value:  # that its words are not kept is no fault
        yield f"không đọc được {name}: {_UNREADABLE.get(problem, problem)}"
    for danger in told.get("dangers", []):
        kind, colon, detail = danger.partition(": ")
        yield f"CẢNH BÁO {name}: {_DANGERS.get(kind, kind)}{' (' + detail + ')' if colon else ''}"


def held_for(what: str) -> str:
    """`scan.pdf: scanned pages` in Vietnamese."""
    name, _, why = what.rpartition(": ")
    return f"{name}: {_WAITS.get(why, why)}" if name else what
