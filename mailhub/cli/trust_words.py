"""What is told of pinned certificates: a line, a page, an object for scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mailhub.accounts.action_words import plain_who
from mailhub.clock import iso_time, local_time
from mailhub.files.signed.trusted import Part
from mailhub.signatures.trust.rows import TrustRow
from mailhub.signatures.verdict import Hierarchy
from mailhub.text.fingerprints import spaced

PART_WORDS = {
    Part.ROOT: "chứng thư gốc",
    Part.INTERMEDIATE: "chứng thư trung gian",
    Part.TIMESTAMP: "gốc của dấu thời gian",
}
HIERARCHY_WORDS = {
    Hierarchy.OFFICIAL: "chuyên dùng công vụ",
    Hierarchy.PUBLIC: "công cộng",
    Hierarchy.TEST: "THỬ NGHIỆM",
    Hierarchy.OTHER: "khác",
}


def standing(row: TrustRow) -> str:
    """Where it stands, in a few words."""
    if not row.in_force:
        return "đã ngừng tin cậy"
    if row.waits:
        return "chờ tệp chứng thư"
    return "chưa đối chiếu vân tay" if row.confirmed_at is None else "đã đối chiếu"


def line(row: TrustRow) -> str:
    one = row.pinned
    return (
        f"{one.sha256[:16]}  {PART_WORDS[one.part]:<22} {HIERARCHY_WORDS[one.hierarchy]:<20} "
        f"{standing(row):<24} {one.subject}"
    )


def page(row: TrustRow) -> Iterator[str]:
    """Everything about one."""
    one = row.pinned
    yield f"{one.subject}"
    yield f"Vân tay SHA-256: {spaced(one.sha256)}"
    yield f"{PART_WORDS[one.part].capitalize()}, {HIERARCHY_WORDS[one.hierarchy]}; {standing(row)}"
    yield f"Hỏi thu hồi: OCSP {one.ocsp or '(không có)'}; danh sách {one.crl or '(không có)'}"
    yield f"Nguồn ({one.dated}): {one.source}"
    yield f"Đưa vào: {_time(row.added_at)}, {plain_who(row.added_by)}"
    if row.confirmed_at is not None:
        yield f"Đối chiếu: {_time(row.confirmed_at)}, {plain_who(row.confirmed_by)}"
    if row.ended_at is not None:
        yield f"Ngừng tin cậy: {_time(row.ended_at)}, {plain_who(row.ended_by)}"


def as_object(row: TrustRow) -> dict[str, object]:
    one = row.pinned
    return {
        "sha256": one.sha256,
        "subject": one.subject,
        "part": one.part.value,
        "hierarchy": one.hierarchy.value,
        "waits": row.waits,
        "in_force": row.in_force and not row.waits,
        "ocsp": one.ocsp,
        "crl": one.crl,
        "source": one.source,
        "dated": one.dated,
        "added": iso_time(row.added_at),
        "added_by": row.added_by,
        "confirmed": None if row.confirmed_at is None else iso_time(row.confirmed_at),
        "confirmed_by": row.confirmed_by,
        "ended": None if row.ended_at is None else iso_time(row.ended_at),
        "ended_by": row.ended_by,
    }


def proposal_lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """What exactly two people agree to: with the whole fingerprint, which is what they compare."""
    match facts["do"]:
        case "add":
            kind = f"{PART_WORDS[Part(facts['part'])]}, {HIERARCHY_WORDS[Hierarchy(facts['hierarchy'])]}"
            yield f"Tin cậy {kind}: {facts['name']}"
            yield f"Vân tay SHA-256: {spaced(facts['sha256'])}"
            yield f"Hỏi thu hồi: OCSP {facts['ocsp'] or '(không có)'}; danh sách {facts['crl'] or '(không có)'}"
            yield f"Nguồn ({facts['dated']}): {facts['source']}"
        case "confirm":
            yield "Đã đối chiếu vân tay với công bố của tổ chức chứng thực:"
            yield from (f"– {spaced(one)}" for one in facts["sha256"])
        case "end":
            yield f"Ngừng tin cậy chứng thư có vân tay {spaced(facts['sha256'])}"
        case _:
            yield f"Vân tay SHA-256: {spaced(facts['sha256'])}"
            yield f"Hỏi thu hồi: OCSP {facts['ocsp'] or '(không có)'}; danh sách {facts['crl'] or '(không có)'}"


def _time(at: int) -> str:
    return f"{local_time(at):%H:%M %d/%m/%Y}"
