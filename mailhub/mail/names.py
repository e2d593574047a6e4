"""What an attachment is called, by every reading that mail programs give its header.

The names that officials send come in raw UTF-8, in encoded words within quotes (RFC 2047 § 5 forbids it, Outlook
and webmail do it), cut in pieces (RFC 2231 § 3), percent-encoded where that means nothing, decomposed by macOS,
and as Windows paths. The first reading is what people see; the others are for whoever judges the attachment.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from mailhub.mail.encoded import codec_of, decode_words
from mailhub.mail.parameters import Parameter
from mailhub.text.legacy import to_unicode

_MOST_READINGS = 8
_LONGEST_RAW = 1000
_LONGEST_VALUE = 8192  # octets decoded of one parameter, from each end
_HEAD, _TAIL = 400, 99  # kept of a longer name: its ending matters most
_PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}")
# C0, DEL, C1, halves of surrogate pairs, soft hyphen, marks and overrides of direction, zero-width characters.
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")
_LINE_SPACE = re.compile("[\t\r\n]+")


class Names(NamedTuple):
    """`names` without repetition; `raw` is the first one's parameter; `hidden`: characters were taken out."""

    names: tuple[str, ...] = ()
    raw: bytes = b""
    hidden: bool = False


def read_names(dispositions: Sequence[list[Parameter]], types: Sequence[list[Parameter]]) -> Names:
    """The names that the parameters of Content-Disposition and Content-Type fields give.

    Content-Disposition goes first (RFC 2183 § 2.3), `filename*` before `filename` (as RFC 6266 § 4.3 has it for the
    web), earlier fields before later ones.
    """
    found: dict[str, None] = {}
    raw, hidden = b"", False
    for value, text in islice(_texts(dispositions, types), 4 * _MOST_READINGS):
        for name, unclean in clean_names(text):
            if name and len(found) < _MOST_READINGS:
                raw = raw or value[:_LONGEST_RAW]
                hidden = hidden or unclean
                found[name] = None
    return Names(tuple(found), raw, hidden)


def clean_names(text: str) -> list[tuple[str, bool]]:
    """A name fit to show and to judge, in NFC; then the whole of it where it was a path. True where it hid something.

    Trailing dots and spaces go, because Windows drops them when it saves the file.
    """
    text = _LINE_SPACE.sub(" ", text)
    shown = _HIDDEN.sub("", text)
    hidden = shown != text
    whole = _shortened(shown).strip().rstrip(". ")
    base = re.split(r"[/\\]", whole)[-1].strip()
    return [(name, hidden) for name in dict.fromkeys((base, whole)) if name]


def text_readings(value: bytes) -> list[str]:
    """What raw octets of a name say: encoded words, UTF-8, or a Vietnamese charset from before Unicode."""
    value = _ends(value)
    if b"=?" in value:
        return [decode_words(value)]
    try:
        return [value.decode("utf-8")]
    except UnicodeDecodeError:
        return [_legacy(value)]


def _texts(dispositions: Sequence[list[Parameter]], types: Sequence[list[Parameter]]) -> Iterator[tuple[bytes, str]]:
    for fields, names in ((dispositions, ("filename",)), (types, ("name",)), (types, ("filename",)),
                          (dispositions, ("name",))):  # fmt: skip
        for parameters in fields:
            for name in names:
                yield from _of_parameter([found for found in parameters if found.name == name])


def _of_parameter(found: list[Parameter]) -> Iterator[tuple[bytes, str]]:
    """Every reading of the parameters of one name, those of RFC 2231 first."""
    if not found:
        return
    whole = [one for one in found if one.section is None]
    for one in whole:
        if one.extended:
            yield from ((one.value, text) for text in _extended(one.value))
    pieces = [one for one in found if one.section is not None]
    for joined in _joinings(pieces):
        yield from _joined(joined)
    for one in whole:
        if not one.extended:
            for value in (one.value, *one.others):
                yield from ((value, text) for text in _plain(value))


def _joinings(pieces: list[Parameter]) -> Iterator[list[Parameter]]:
    """Pieces in the order of their numbers: up to the first gap, then all; of repeated ones the first, then last."""
    if not pieces:
        return
    first = {one.section: one for one in reversed(pieces)}
    last = {one.section: one for one in pieces}
    seen: list[list[Parameter]] = []
    for chosen in (first, last):
        ordered = [chosen[number] for number in sorted(chosen, key=lambda number: number or 0)]
        unbroken = [one for at, one in enumerate(ordered) if one.section == at]
        for joining in (unbroken, ordered):
            if joining and joining not in seen:
                seen.append(joining)
                yield joining


def _joined(pieces: list[Parameter]) -> Iterator[tuple[bytes, str]]:
    """Only pieces marked with a star are percent-encoded, and only the first may name a charset (RFC 2231 § 4.1)."""
    raw = b"".join(one.value for one in pieces)
    if not any(one.extended for one in pieces):
        yield from ((raw, text) for text in _plain(raw))
        return
    charset, first = _charset(pieces[0].value) if pieces[0].extended else ("", pieces[0].value)
    values = [first, *(one.value for one in pieces[1:])]
    octets = b"".join(
        unquote_to_bytes(value) if one.extended else value for value, one in zip(values, pieces, strict=True)
    )
    yield from ((raw, text) for text in _decoded(octets, charset))


def _extended(value: bytes) -> list[str]:
    charset, rest = _charset(value)
    return _decoded(unquote_to_bytes(_ends(rest)), charset)


def _charset(value: bytes) -> tuple[str, bytes]:
    """`charset'language'rest` (RFC 2231 § 4); a value without its two quotes is all rest."""
    pieces = value.split(b"'", 2)
    if len(pieces) < 3:
        return "", value
    return pieces[0].decode("ascii", "replace"), pieces[2]


def _decoded(octets: bytes, charset: str) -> list[str]:
    """Octets in their charset; then as text, where the charset is a lie or the octets hold encoded words."""
    octets = _ends(octets)
    codec = codec_of(charset)
    readings = [octets.decode(codec, "replace")] if codec else []
    if codec != "utf-8" or b"=?" in octets or "\ufffd" in readings[0]:
        readings.extend(text_readings(octets))
    if len(readings) > 1 and "\ufffd" in readings[0]:
        readings.sort(key=lambda text: text.count("\ufffd"))
    return readings


def _plain(value: bytes) -> list[str]:
    """A parameter without a star; percent-encoding in it means nothing, yet some programs undo it."""
    readings = text_readings(value)
    if _PERCENT.search(value):
        readings.extend(text_readings(unquote_to_bytes(_ends(value))))
    return readings


def _legacy(value: bytes) -> str:
    """Octets that are no UTF-8: TCVN3 where that makes Vietnamese words, else Windows-1258."""
    value = value[:_LONGEST_RAW]
    return to_unicode(value.decode("cp1252", "replace")) or value.decode("cp1258", "replace")


def _ends(value: bytes) -> bytes:
    return value if len(value) <= 2 * _LONGEST_VALUE else value[:_LONGEST_VALUE] + value[-_LONGEST_VALUE:]


def _shortened(text: str) -> str:
    """Cut, then normalise: putting marks in order takes time with the square of a run's length."""
    if len(text) > _HEAD + _TAIL:
        text = f"{text[:_HEAD]}…{text[-_TAIL:]}"
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def first_distinct(values: Iterable[str]) -> tuple[str, ...]:
    """`values` without what is empty or repeated, in their order."""
    return tuple(dict.fromkeys(value for value in values if value))
