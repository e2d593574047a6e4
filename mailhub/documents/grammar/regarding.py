"""The subject of an official letter (công văn): `V/v …` below its number (Nghị định 30/2020 Phụ lục I, ô 5b)."""

from __future__ import annotations

from mailhub.documents.grammar.heading import read_heading
from mailhub.documents.grammar.rows import Row
from mailhub.documents.grammar.sentences import begins_text, double_spaced, is_noise, unfinished
from mailhub.documents.grammar.signs import (
    about,
    is_address,
    is_basis,
    is_creed,
    is_dateline,
    is_motto,
    is_portal,
    is_recipients,
    number_part,
)

_MOST_ROWS = 14


def letter_subject(rows: tuple[Row, ...], top: int, number: int, limit: int) -> tuple[list[Row], int]:
    """The rows of `V/v …` in the header of an official letter, and the first row behind them.

    Some write no V/v: then what stands between the number and `Kính gửi` is the subject.
    """
    for at in range(top, limit):
        if about(rows[at]):
            return _block(rows, at, limit)
    if 0 <= number < limit and any(is_address(row) for row in rows[number:limit]):
        for at in range(number + 1, limit):
            row = rows[at]
            if is_address(row) or is_basis(row):
                break
            if not (_beside(row) or is_noise(row) or row.capitals):
                return _block(rows, at, limit)
    return [], top


def _beside(row: Row) -> bool:
    """Rows of the other column."""
    return is_motto(row) or is_creed(row) or number_part(row) is not None or is_dateline(row)


def _block(rows: tuple[Row, ...], begin: int, limit: int) -> tuple[list[Row], int]:
    taken = [rows[begin]]
    at = begin + 1
    address = next((i for i in range(begin, limit) if is_address(rows[i])), -1)
    while at < limit and len(taken) < _MOST_ROWS:
        row = rows[at]
        if is_address(row) or is_basis(row) or is_recipients(row):
            break
        if _beside(row) or is_noise(row) or is_portal(row):
            at += 1
            continue
        if row.capitals and (read_heading(row) is not None or (row.gap and not taken[-1].capitals)):
            break
        if not 0 <= at < address and _letter_ended(rows, at, taken):
            break
        taken.append(row)
        at += 1
    return taken, at


def _letter_ended(rows: tuple[Row, ...], at: int, taken: list[Row]) -> bool:
    """Whether the block ended, told without the help of `Kính gửi`."""
    row = rows[at]
    if row.gap and not _continues(row, taken[-1]) and not double_spaced(rows, at):
        return True
    if begins_text(row) and row.text[:1].isupper() and len(row.text) > 50:
        return True
    return taken[-1].text.endswith(".") and row.text[:1].isupper()


def _continues(row: Row, last: Row) -> bool:
    return row.text[:1].islower() or unfinished(last.key) or (row.text[:1].isdigit() and len(row.text) < 60)
