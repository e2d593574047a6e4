"""`[inspector]` in the units of the readers, and how long a message may be held for them."""

from __future__ import annotations

from mailhub.clock import MINUTE
from mailhub.files.facts import Limits, Mode
from mailhub.intake.inspection import InspectedFile
from mailhub.settings import Settings
from mailhub.text.folding import fold


def inspection_limits(settings: Settings, mode: Mode, *, want_text: bool) -> Limits:
    """What one message's files may cost in this mode."""
    inspector = settings.inspector
    return Limits(
        mode=mode,
        depth=inspector.depth,
        members=inspector.members,
        unpacked_bytes=inspector.unpacked_mib * 2**20,
        ocr_pages=inspector.ocr_pages,
        seconds=inspector.file_seconds if mode is Mode.QUICK else inspector.slow_file_seconds,
        want_text=want_text,
    )


def latest_time(settings: Settings, *, now: int, subject: str, files: tuple[InspectedFile, ...]) -> int:
    """Until when a message may be held to be read (architecture § 5).

    What calls itself hỏa tốc waits less. Names and subjects prove nothing, so that this shortens a wait and decides
    nothing else.
    """
    words = [subject, *(name for file in files for name in file.part.names)]
    urgent = any("hoa toc" in fold(word).replace("_", " ").replace("-", " ") for word in words)
    minutes = settings.inspector.latest_minutes_urgent if urgent else settings.inspector.latest_minutes
    return now + int(minutes * MINUTE)
