"""The lines of a trace about what is attached, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from mailhub.clock import local_time
from mailhub.documents.type_names import type_name
from mailhub.queue.models import EventKind

INSPECTION = "inspection"
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
    readings = {name: _READ_BY.get(f.get("text", ""), "") for f in facts.get("files", []) for name in f["names"][:1]}
    for document in facts.get("documents", []):
        yield _document(document, readings.get(document.get("file", ""), ""))
    for file in facts.get("files", []):
        yield from _remarks(file)
    if facts.get("malware") == "found":
        yield "PHÁT HIỆN MÃ ĐỘC"
    for problem in facts.get("unreadable", []):
        yield f"không đọc hết thư: {problem}"


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
    extra += ["cần kiểm tra: " + ", ".join(document["unsure"])] if document.get("unsure") else []
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
        yield f"phần {name} có lỗi: {problem}"
    for inner in file.get("inside", []):
        yield from _faults(f"{name}/{inner['name']}", inner)


def _faults(name: str, told: dict[str, Any]) -> Iterator[str]:
    if told.get("unreadable"):
        yield f"không đọc được {name}: {told['unreadable']}"
    for danger in told.get("dangers", []):
        yield f"cảnh báo {name}: {danger}"
