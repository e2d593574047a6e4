"""The demonstration's signatures: the leader signs before the clerk sends; what arrives bears the agency's seal."""

from __future__ import annotations

from mailhub.ops.demo_signing import LEADERS_KEY, PIN
from mailhub.ops.documents import OfficialLetter
from mailhub.ops.errors import ShowFailed
from mailhub.ops.showcase_words import grouped
from mailhub.settings import Settings


def signed_by_leader(settings: Settings, letter: OfficialLetter, pdf: bytes) -> bytes:
    """The letter as its leader signs it; unsigned in a demonstration that has no key."""
    key = settings.directory / LEADERS_KEY
    if not key.exists():
        return pdf
    from mailhub.files.sealing.demonstrating import sign_as_leader

    return sign_as_leader(pdf, key.read_bytes(), PIN, post=letter.title, name=letter.signer)


def what_arrived(name: str, sent: bytes, got: bytes | None) -> str:
    """What became of a file on its way, in words.

    Raises:
        ShowFailed: it is not there, or not what was sent.
    """
    if got == sent:
        return f"{grouped(len(sent))} byte, nguyên vẹn từng byte / byte for byte"
    if got is None or not got.startswith(sent) or not name.endswith(".pdf"):
        raise ShowFailed(f"tệp {name} không còn nguyên vẹn")
    return f"{grouped(len(got))} byte, đã ký số của cơ quan; bản gốc nguyên vẹn bên trong / sealed by the agency"
