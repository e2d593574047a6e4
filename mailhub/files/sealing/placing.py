"""Whose signature a seal lies on, and where that is: by the person's visible signature, else by the printed name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from unicodedata import normalize

import pypdfium2 as pdfium

from mailhub.documents.grammar.recognition import Recognition
from mailhub.files.columns import lines_of
from mailhub.files.pdf_words import page_text
from mailhub.files.sealing.geometry import Box, Frame
from mailhub.files.signed.facts import Form, SignatureFacts
from mailhub.text.folding import fold
from mailhub.text.lines import Line

# How names of subscribers begin that are no persons (reference/signatures § 3.1); the signer decides, this only points.
# At the beginning only, and with their marks where the name has any: Phong is a given name, and Trương a family's.
_AGENCY = re.compile(
    r"(ubnd|u[ỷy] ban|ủy ban|hđnd|hội đồng|sở|văn phòng|ban|trung tâm|chi cục|cục|tổng cục|phòng|trường|bệnh viện|viện"
    r"|học viện|công ty|tổng công ty|bộ|thanh tra|kho bạc|bảo hiểm|tòa án|toà án|tỉnh ủy|huyện ủy|thành ủy|đảng ủy)\b"
)
_AGENCY_BARE = re.compile(
    r"(ubnd|uy ban|hdnd|hoi dong|so|van phong|ban|trung tam|chi cuc|cuc|tong cuc|phong|benh vien|vien|hoc vien"
    r"|truong (thpt|thcs|tieu|mam|dai|cao)|cong ty|tong cong ty|bo|thanh tra|kho bac|bao hiem|toa an|tinh uy"
    r"|huyen uy|thanh uy)\b"
)
# What lies between a signer's post and name (points): the decree leaves room for a signature.
_LEAST_ROOM, _MOST_ROOM = 24.0, 160.0


@dataclass(frozen=True, slots=True)
class Spot:
    """A place for a seal: on which page (from 0), beside what, in shown points."""

    page: int
    person: Box


def person_among(signatures: tuple[SignatureFacts, ...], recognition: Recognition | None) -> SignatureFacts | None:
    """The signature that is most likely the competent person's: whose name the document prints, visible ones first,
    else the first one whose subscriber is no agency by its name."""
    printed = fold(_value(recognition, "signer"))
    found = [one for one in signatures if one.form is Form.PDF]
    named = [one for one in found if printed and _is(_name(one), printed)]
    others = [one for one in found if _name(one) and not is_agency(one.chain.certificates[0].common_name)]
    for candidates in (named, others):
        if candidates:
            return max(candidates, key=lambda one: bool(one.box))
    return None


def is_agency(name: str) -> bool:
    """Whether a common name looks like an agency's."""
    plain = " ".join(normalize("NFC", name).casefold().split())
    return bool((_AGENCY_BARE if plain.isascii() else _AGENCY).match(plain))


def _name(signature: SignatureFacts) -> str:
    return fold(signature.chain.certificates[0].common_name) if signature.chain.certificates else ""


def _is(name: str, printed: str) -> bool:
    """A degree may be printed before a name."""
    return bool(name) and (name == printed or printed.endswith(f" {name}"))


def _value(recognition: Recognition | None, field: str) -> str:
    return (recognition.value(field) or "") if recognition is not None else ""


def by_printed_name(octets: memoryview, recognition: Recognition | None, frames: list[Frame]) -> Spot | None:
    """Where the person's signature would be: between the post and the name (PL I phần I mục II.7d), as wide as the
    name. None unless name and post are each found once, one below the other, with room between."""
    signer, post = fold(_value(recognition, "signer")), fold(_value(recognition, "signer_post"))
    if recognition is None or not signer or not post:
        return None
    page = recognition.fields["signer"].evidence.page - 1
    if not 0 <= page < len(frames):
        return None
    lines = _lines(octets, page)
    names = [line for line in lines if fold(line.text) == signer]
    posts = [line for line in lines if fold(line.text).endswith(post)]
    if len(names) != 1 or len(posts) != 1:
        return None
    return _between(posts[0], names[0], page, frames[page])


def _between(post: Line, name: Line, page: int, frame: Frame) -> Spot | None:
    upper, lower = _box(post, frame), _box(name, frame)
    if upper is None or lower is None:
        return None
    room = upper[1] - lower[3]
    beside = upper[0] > lower[2] or upper[2] < lower[0]
    if beside or not _LEAST_ROOM <= room <= _MOST_ROOM:
        return None
    return Spot(page, (lower[0], lower[3], lower[2], upper[1]))


def _box(line: Line, frame: Frame) -> Box | None:
    if line.left is None or line.right is None or line.top is None or line.bottom is None:
        return None
    return (
        line.left * frame.width,
        (1 - line.bottom) * frame.height,
        line.right * frame.width,
        (1 - line.top) * frame.height,
    )


def _lines(octets: memoryview, page: int) -> list[Line]:
    document = pdfium.PdfDocument(bytes(octets))
    try:
        found = page_text(document[page])
        return lines_of(found.words, found.width, found.height, page=page + 1)
    except pdfium.PdfiumError:
        return []
    finally:
        document.close()
