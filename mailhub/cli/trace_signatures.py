"""A verdict about digital signatures that was kept, for `mailhub document` and for scripts."""

from __future__ import annotations

from typing import Any

from mailhub.clock import iso_time, local_time
from mailhub.signatures.keeping import KeptVerdict
from mailhub.signatures.report import as_object
from mailhub.signatures.words import one_line


def verdict_json(one: KeptVerdict) -> dict[str, Any]:
    """A verdict that was kept, for `--json`."""
    return {"message": one.code, "part": one.path, "time": iso_time(one.at), **as_object(one.judged)}


def verdict_text(one: KeptVerdict) -> str:
    """The same for people."""
    when = local_time(one.at).strftime("%H:%M %d/%m/%Y")
    again = ", kiểm tra lại" if one.again else ""
    return f"Chữ ký số (thư {one.code}, {when}{again}): {one_line(one.judged)}"
