"""A staff list as a file: opened in the sandbox only, and the original kept with its hash."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from mailhub.files.facts import CellRows, Limits, Unreadable
from mailhub.roster.errors import UnreadableFile
from mailhub.roster.table import Sheet
from mailhub.sandbox.pool import FileBytes, Inspector
from mailhub.store.sealing import Sealer

_SECONDS = 60.0
_SEALED = "roster-file"  # what the key is derived for
_WHY = {
    Unreadable.ENCRYPTED: "tệp có mật khẩu: mở bằng Excel, bỏ mật khẩu rồi lưu lại",
    Unreadable.DAMAGED: "tệp bị hỏng: mở bằng Excel, lưu lại thành .xlsx rồi thử lại",
    Unreadable.TOO_LARGE: "tệp quá lớn, hoặc có ô ở rất xa: xóa các dòng, cột trống rồi lưu lại; tối đa 60.000 dòng",
    Unreadable.UNSUPPORTED: "không phải bảng tính: cần .xlsx, .xls, .ods, .csv, hoặc dán từ Excel vào đầu vào chuẩn",
    Unreadable.EMPTY: "tệp rỗng",
    Unreadable.TIME: "đọc tệp quá lâu: lưu lại thành .xlsx hoặc .csv rồi thử lại",
    Unreadable.MEMORY: "tệp cần quá nhiều bộ nhớ: lưu lại thành .csv rồi thử lại",
}


async def read_sheets(file: FileBytes, inspector: Inspector) -> list[Sheet]:
    """Every visible sheet of the file.

    Raises:
        UnreadableFile: it says what to do. InspectorBusy, InspectorUnavailable.
    """
    pieces = await inspector.cells(file, Limits(seconds=_SECONDS), timeout=2 * _SECONDS)
    return sheets_of(pieces)


def sheets_of(pieces: Iterable[CellRows]) -> list[Sheet]:
    """The sheets that were read piece by piece; hidden ones hold drafts and lists of choices.

    Raises:
        UnreadableFile
    """
    rows: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for piece in pieces:
        if piece.unreadable is not None:
            raise UnreadableFile(_WHY.get(piece.unreadable, "không đọc được tệp: lưu lại thành .xlsx hoặc .csv"))
        if not piece.hidden:
            sheet = rows[piece.sheet]
            sheet += [()] * (piece.first - 1 - len(sheet))
            sheet += piece.rows
    return [Sheet(name, found) for name, found in rows.items()]


def keep_original(folder: Path, data: bytes | memoryview, sealer: Sealer) -> bytes:
    """Keep the file below `folder` under its SHA-256, sealed: staff lists hold personal identifiers. Gives the hash.

    Raises:
        OSError: the folder cannot be written.
    """
    digest = hashlib.sha256(data).digest()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / digest.hex()
    if path.exists():
        return digest
    fresh = folder / f".{digest.hex()[:16]}.{secrets.token_hex(4)}"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(sealer.seal(_SEALED, bytes(data), digest.hex()))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return digest


def read_original(folder: Path, digest: bytes, sealer: Sealer) -> bytes:
    """The file as it was given, byte for byte.

    Raises:
        UnreadableFile: it is not there any more. StoreUnavailable: it was changed, or sealed under another key.
    """
    try:
        return sealer.unseal(_SEALED, (folder / digest.hex()).read_bytes(), digest.hex())
    except OSError as error:
        raise UnreadableFile(f"the original of this list cannot be read: {error.strerror}") from error
