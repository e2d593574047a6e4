"""`DIR/policy.toml` and the version in force, kept one: what commands and pages write there after an activation."""

from __future__ import annotations

from pathlib import Path

from mailhub.screening.rules import versions
from mailhub.screening.rules.errors import FileDiffers, FileNotWritten, PolicyFileFault
from mailhub.screening.rules.policy_file import POLICY_FILE, keep_beside, read_text, write_text
from mailhub.store.database import Database


def put_file(database: Database, directory: Path, text: str) -> Path | None:
    """Make the file say what is in force; gives where what it said before lies now, if that never was in force.

    Raises:
        FileNotWritten
    """
    path = directory / POLICY_FILE
    kept = None
    try:
        there = read_text(path)
        if there == text:
            return None
        if there is not None:
            with database.read() as connection:
                known = versions.number_of(connection, there)
                now = versions.in_force(connection)
            if not known:
                kept = keep_beside(path, now.number if now else 0)
        write_text(path, text)
    except PolicyFileFault as error:
        raise FileNotWritten(
            f"đã áp dụng, nhưng không ghi được {POLICY_FILE} (in force, but the file could not be written): {error}"
        ) from error
    return kept


def check_file_is_in_force(database: Database, directory: Path) -> None:
    """Before rules are written by a program.

    Raises:
        FileDiffers, PolicyFileFault
    """
    there = read_text(directory / POLICY_FILE)
    with database.read() as connection:
        now = versions.in_force(connection)
        if there is None or now is None or there == now.text or versions.number_of(connection, there):
            return
    raise FileDiffers(
        f"{POLICY_FILE} có thay đổi chưa áp dụng (holds changes that are not in force): áp dụng trước bằng `mailhub "
        f'policy activate --reason "…"`, hoặc bỏ chúng bằng `mailhub policy back --to {now.number} --reason "…"` '
        "(nội dung được giữ lại bên cạnh)"
    )
