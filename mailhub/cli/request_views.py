"""How requests look on the command line: as JSON for scripts, in words for people."""

from __future__ import annotations

from collections.abc import Iterator

from mailhub.accounts.life.models import RequestState
from mailhub.accounts.life.request_rows import RequestRow
from mailhub.accounts.life.story_words import REQUESTS, moment, who
from mailhub.clock import iso_time

STATES = {
    RequestState.OPEN: "Chờ duyệt",
    RequestState.APPROVED: "Đã duyệt",
    RequestState.REFUSED: "Không duyệt",
    RequestState.WITHDRAWN: "Đã rút",
    RequestState.LAPSED: "Hết hạn",
}


def request_json(row: RequestRow) -> dict[str, object]:
    """What `request list --json` and `request show --json` print."""
    return {
        "code": row.code,
        "kind": row.kind,
        "state": row.state,
        "agency": row.agency,
        "address": row.address,
        "name": row.name,
        "details": row.details,
        "because": row.basis,
        "requested_by": row.requested_by,
        "requested": iso_time(row.requested_at),
        "decided_by": row.decided_by,
        "decided": None if row.decided_at is None else iso_time(row.decided_at),
        "answer": row.answer,
    }


def request_text(row: RequestRow) -> Iterator[str]:
    """What `request show` prints."""
    yield f"{row.code}: {REQUESTS[row.kind]}, {STATES[row.state]}"
    yield f"Tài khoản: {row.address} ({row.name}), đơn vị {row.agency}"
    wanted = row.details
    for key, label in (("agency", "Chuyển đến"), ("on", "Từ ngày"), ("title", "Chức vụ"), ("handover", "Bàn giao cho")):
        if wanted.get(key):
            yield f"{label}: {wanted[key]}"
    if wanted.get("override"):
        yield f"Không phải người trùng tên vì: {wanted['override']}"
    if row.basis:
        yield f"Căn cứ: {row.basis}"
    yield f"Đề nghị: {who(row.requested_by)}, {moment(row.requested_at)}"
    if row.decided_by is not None and row.decided_at is not None:
        yield f"Trả lời: {who(row.decided_by)}, {moment(row.decided_at)}" + (f": {row.answer}" if row.answer else "")
