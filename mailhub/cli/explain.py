"""A recognised file told to people, in Vietnamese: what it is, where that was seen, by which rule, what is unsure."""

from __future__ import annotations

from collections.abc import Iterator

from mailhub.cli import explain_words as words
from mailhub.cli.classified import Classified, broken_promise, is_no_page
from mailhub.documents.grammar.explanations import explain
from mailhub.documents.grammar.labels import LABELS
from mailhub.documents.grammar.recognition import LINE, NOT_A_DOCUMENT, Found, Recognition, State
from mailhub.documents.type_names import type_name
from mailhub.files.facts import FileFacts, Unreadable

_NAME = 20  # the column of names
_MOST_LINES = 12  # of a list
# People ask for these too: that they were not seen is said.
_WORTH_MISSING = ("parent_issuer", "signer_authority", "signer_post")


def as_row(one: Classified) -> str:
    """One line: the file and the document that it is."""
    return f"{one.file}\t{headline(one.main)}"


def headline(facts: FileFacts) -> str:
    """`Quyết định số 15/QĐ-UBND ngày 05/03/2026 của … – trích yếu`, as far as it is sure."""
    recognition = facts.recognition
    if recognition is None:
        if facts.unreadable:
            return f"không đọc được ({_why_unread(facts, facts.unreadable)})"
        if facts.members:
            return f"{len(facts.members)} tệp bên trong"
        if is_no_page(facts):
            return words.NO_PAGE
        return words.NO_LETTERS if facts.pages else "không có chữ để đọc"
    parts = [type_name(recognition.doc_type)]
    if recognition.state is State.DRAFT:
        parts.append("(dự thảo)")
    for field, lead in (("number_symbol", "số"), ("issue_date", "ngày"), ("issuer", "của")):
        if value := recognition.value(field):
            parts.append(f"{lead} {_shown(field, value)}")
    if (above := recognition.value("parent_issuer")) and recognition.value("issuer"):
        parts.append(f"({above})")
    marks = [value for name in ("urgency", "secrecy") if (value := recognition.value(name))]
    return " ".join([*parts, *(f"[{mark}]" for mark in marks)])


def _why_unread(facts: FileFacts, unreadable: Unreadable) -> str:
    why = words.UNREADABLE[unreadable]
    promised = broken_promise(facts)
    return f"{why}; {words.BROKEN_PROMISE.format(promised)}" if promised else why


def as_lines(one: Classified) -> Iterator[str]:
    """The whole explanation of a file, of what is within it too."""
    yield f"{one.file}: {headline(one.main)}"
    yield "=" * min(100, len(one.file) + 2 + len(headline(one.main)))
    yield from _file(one)
    if one.main.recognition is not None:
        yield from _recognition(one.main.recognition, secret=one.main.unreadable is Unreadable.SECRET)
    elif one.main.needs_ocr:
        yield "  Chưa đọc các trang là ảnh, nên chưa biết là văn bản gì (bỏ --quick để đọc bằng OCR)."
    if one.facts.members:
        yield "  Các tệp bên trong:"
        yield from _members(one.facts, one.main, "    ")


def _file(one: Classified) -> Iterator[str]:
    facts = one.facts
    pages = f", {facts.pages} trang" if facts.pages else ""
    yield _pair("Tệp", f"{words.FILE_TYPES.get(facts.type, facts.type)}, {facts.size:,} byte{pages}")
    if one.within:
        yield _pair("Văn bản chính", f"“{one.within}” bên trong")
    if one.main.recognition is not None:
        yield _pair("Chữ lấy từ", words.SOURCES[one.main.source] + _missing_pages(one.main))
    if facts.unreadable is Unreadable.SECRET:
        yield _pair("Văn bản mật", "không đưa nội dung ra ngoài vùng cách ly")
    elif facts.unreadable:
        yield _pair("Không đọc hết", _why_unread(facts, facts.unreadable))
    for danger in facts.dangers:
        yield _pair("CẢNH BÁO", words.DANGERS[danger.kind] + (f" ({danger.detail})" if danger.detail else ""))


def _missing_pages(facts: FileFacts) -> str:
    return "; còn trang là ảnh chưa đọc" if facts.needs_ocr else ""


def _recognition(recognition: Recognition, *, secret: bool) -> Iterator[str]:
    yield from _table(recognition, secret=secret)
    yield from _why(recognition)
    yield from _uncertain(recognition)
    yield from _lists(recognition)


def _table(recognition: Recognition, *, secret: bool) -> Iterator[str]:
    code = recognition.doc_type
    yield _pair("Loại văn bản", f"{type_name(code)} ({code}), {words.FAMILIES[recognition.family]}")
    yield _pair("Tình trạng", _state(recognition))
    absent = []
    for name, title in words.FIELDS.items():
        found = recognition.fields.get(name)
        if name == "doc_type" or (found is None and name in words.SELDOM):
            continue
        if found is None:
            absent.append(title.lower())
        elif found.given:
            yield _pair(title, _shown(name, found.value))
        else:
            yield _pair(title, "(có thấy nhưng chưa đủ chắc, xem dưới)")
    if code == NOT_A_DOCUMENT:
        yield _pair(
            "Không đọc tiếp", "không phải văn bản hành chính nên không lấy số, ngày, cơ quan, trích yếu, người ký"
        )
        return
    absent += [words.FIELDS[name].lower() for name in _WORTH_MISSING if name not in recognition.fields]
    lists = {"nơi gửi (Kính gửi)": recognition.addressees, "nơi nhận": recognition.recipients}
    absent += [name for name, found_there in lists.items() if not found_there]
    if absent:
        # Of a secret document its words are not taken out of the sandbox.
        yield _pair("Không đưa ra" if secret else "Không thấy", ", ".join(absent))


def _state(recognition: Recognition) -> str:
    """The state, and what speaks for it."""
    parts = {"số": "number_symbol", "ngày": "issue_date", "người ký": "signer"}
    there = [name for name, field in parts.items() if recognition.value(field)]
    missing = [name for name in parts if name not in there]
    drafted = [found.evidence.text for found in recognition.labels if found.value == "du_thao" and found.given]
    reasons = [f"ghi “{drafted[0]}”"] if drafted else []
    reasons += [f"có {', '.join(there)}"] if there else []
    reasons += [f"không đọc được {', '.join(missing)}"] if missing else []
    seen = recognition.state_evidence
    if seen is not None and seen.line >= 0 and not drafted:
        reasons.insert(0, f"{seen.rule}: “{seen.text}”")
    return f"{words.STATES[recognition.state]} ({'; '.join(reasons)})"


def _why(recognition: Recognition) -> Iterator[str]:
    given = [(name, found) for name, found in recognition.fields.items() if found.given]
    if given:
        yield "  Vì sao:"
    for name, found in given:
        yield f"    - {words.FIELDS.get(name, name)}: {_evidence(found)} (chắc {found.confidence:.0%})"
    for label in recognition.labels:
        if label.given:
            yield f"    - Nhãn “{LABELS.get(label.value, label.value)}”: {_evidence(label)}"


def _evidence(found: Found) -> str:
    seen = found.evidence
    where = f"trang {seen.page}, dòng {seen.line + 1}" if seen.page and seen.line >= 0 else ""
    place = ": ".join(part for part in (where, words.seen_in_words(seen.rule, seen.text)) if part)
    return explain(seen.rule) + (f" [{place}]" if place else "")


def _uncertain(recognition: Recognition) -> Iterator[str]:
    unsure = [(name, found) for name, found in recognition.fields.items() if not found.given]
    if unsure or recognition.doubts:
        yield "  Chưa chắc:"
    for name, found in unsure:
        maybe = f"có thể là “{_shown(name, found.value)}”, {_evidence(found)}"
        why_not = f"chỉ chắc {found.confidence:.0%}, dưới mức {LINE:.0%} nên không nêu"
        yield f"    - {words.FIELDS.get(name, name)}: {maybe}; {why_not}"
    for doubt in recognition.doubts:
        yield f"    - {words.DOUBTS.get(doubt.kind, doubt.kind)}" + (f": {doubt.detail}" if doubt.detail else "")


def _lists(recognition: Recognition) -> Iterator[str]:
    for title, items in (("Kính gửi", recognition.addressees), ("Nơi nhận", recognition.recipients)):
        if items:
            more = f" … (còn {len(items) - _MOST_LINES})" if len(items) > _MOST_LINES else ""
            yield f"  {title}: " + "; ".join(items[:_MOST_LINES]) + more


def _members(facts: FileFacts, main: FileFacts, indent: str) -> Iterator[str]:
    for number, member in enumerate(facts.members, 1):
        mark = " ← văn bản chính" if member is main else ""
        alarms = dict.fromkeys(words.DANGERS[danger.kind] for danger in member.dangers)
        alarm = "".join(f"; CẢNH BÁO: {words_of_it}" for words_of_it in alarms)
        yield f"{indent}{number}. {member.name or 'nội dung thư'} ({member.type}): {headline(member)}{mark}{alarm}"
        yield from _members(member, main, indent + "   ")


def _shown(field: str, value: str) -> str:
    if field == "issue_date" and len(value) == 10:
        year, month, day = value.split("-")
        return f"{day}/{month}/{year}"
    if field == "signer_authority":
        return ", ".join(
            f"{mark} ({words.AUTHORITIES[mark]})" if mark in words.AUTHORITIES else mark for mark in value.split(" / ")
        )
    return value


def _pair(name: str, value: str) -> str:
    return f"  {name:<{_NAME}}{value}"
