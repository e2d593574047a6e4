"""What one part's header says of it: type, encoding, names, and what the part is to its reader."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailhub.mail.headers import read_fields, unfold
from mailhub.mail.names import first_distinct, read_names
from mailhub.mail.parameters import Parameter, split_field
from mailhub.mail.parts import PartProblem, Role

_SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})
_MESSAGES = frozenset({"message/rfc822", "message/global", "message/news"})
_REPORTS = frozenset(
    {
        "message/delivery-status", "message/disposition-notification", "message/feedback-report",
        "message/tracking-status", "message/global-delivery-status", "message/global-disposition-notification",
        "message/global-headers", "text/rfc822-headers",
    }
)  # fmt: skip
_READ_AS_TEXT = frozenset(
    {"text/plain", "text/html", "text/enriched", "text/richtext", "text/calendar", "text/x-amp-html",
     "text/watch-html", "text/x-watch-html"}
)  # fmt: skip
_AS_IT_IS = frozenset({"", "7bit", "8bit", "binary"})
_LONGEST_CHARSET = 200
_LONGEST_ID = 1000
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(slots=True)
class PartHeader:
    """A header read. `boundary` is that of a multipart, b"" when there is none to find parts by."""

    types: tuple[str, ...]
    encoding: str = "7bit"
    names: tuple[str, ...] = ()
    raw_name: bytes = b""
    charset: str = ""
    disposition: str = ""
    content_id: str = ""
    boundary: bytes = b""
    problems: tuple[PartProblem, ...] = ()

    @property
    def multipart(self) -> bool:
        return self.types[0].startswith("multipart/")

    @property
    def walkable_message(self) -> bool:
        """A message whose octets lie here as they are; one in base64 is a file like others (RFC 2046 § 5.2.1)."""
        return self.types[0] in _MESSAGES and self.encoding in _AS_IT_IS


def read_part_header(block: bytes, default: str) -> PartHeader:
    """The header `block` of a part whose type is `default` when it names none (RFC 2046 § 5.1.5). Never raises."""
    values: dict[bytes, list[bytes]] = {}
    for field in read_fields(block):
        name = field.name
        if name[:8].lower() == b"content-":
            values.setdefault(name[8:].lower(), []).append(unfold(field.raw))
    if not values:
        return PartHeader((default,))
    types = [split_field(value) for value in values.get(b"type", ())]
    dispositions = [split_field(value) for value in values.get(b"disposition", ())]
    encodings = first_distinct(split_field(value)[0] for value in values.get(b"transfer-encoding", ()))
    header = PartHeader(_types(types, default), encodings[0] if encodings else "7bit")
    header.disposition = next((word for word, _ in dispositions if word), "")
    if b"id" in values:
        header.content_id = _UNSEEN.sub("", values[b"id"][0][:_LONGEST_ID].decode("utf-8", "replace")).strip(" <>")
    _add_parameters(header, types, dispositions)
    if len(encodings) > 1 or _divided_otherwise(header) or _boundaries_differ(types):
        header.problems += (PartProblem.AMBIGUOUS,)
    return header


def role_of(header: PartHeader, parent: str) -> Role:
    """What a part in a container of type `parent` ("" for the message itself) is to its reader."""
    kind = header.types[0]
    attached = bool(header.names) or header.disposition == "attachment"
    if header.multipart:
        return Role.CONTAINER
    if header.walkable_message:
        return Role.MESSAGE
    if kind in _SIGNATURES:
        return Role.SIGNATURE
    if all(one.startswith("image/") for one in header.types) and _shown_inline(header, parent):
        return Role.INLINE
    if attached:
        return Role.ATTACHMENT
    if kind in _REPORTS and len(header.types) == 1 and header.encoding in _AS_IT_IS:  # encoded, it may be any file
        return Role.REPORT
    if all(one in _READ_AS_TEXT for one in header.types):
        return Role.TEXT
    alternative = parent == "multipart/alternative" and all(one.startswith("text/") for one in header.types)
    return Role.TEXT if alternative else Role.ATTACHMENT


def _shown_inline(header: PartHeader, parent: str) -> bool:
    """Pictures of an HTML body: within multipart/related (RFC 2387), or with an id to be shown by (RFC 2392)."""
    return parent == "multipart/related" or bool(header.content_id and header.disposition != "attachment")


def _divided_otherwise(header: PartHeader) -> bool:
    """Whether a reader that believes another type, or the encoding, finds other parts than we do."""
    holders = [one.startswith(("multipart/", "message/")) for one in header.types]
    return (len(holders) > 1 and any(holders)) or (header.multipart and header.encoding not in _AS_IT_IS)


def _types(fields: list[tuple[str, list[Parameter]]], default: str) -> tuple[str, ...]:
    """Every type declared; "text/plain" for one that cannot be (RFC 2045 § 5.2)."""
    if not fields:
        return (default,)
    read = [word if word.count("/") == 1 and word[0] != "/" else "text/plain" for word, _ in fields]
    return first_distinct(read)


def _add_parameters(
    header: PartHeader,
    types: list[tuple[str, list[Parameter]]],
    dispositions: list[tuple[str, list[Parameter]]],
) -> None:
    of_types = [parameters for _, parameters in types if parameters]
    of_dispositions = [parameters for _, parameters in dispositions if parameters]
    if of_types:
        charset = _whole(of_types[0], "charset")[:_LONGEST_CHARSET].decode("ascii", "replace").lower()
        header.charset = _UNSEEN.sub("", charset)
        if header.multipart:
            header.boundary = _whole(of_types[0], "boundary").rstrip(b" \t")
    names = read_names(of_dispositions, of_types)
    header.names, header.raw_name = names.names, names.raw
    if names.hidden:
        header.problems += (PartProblem.HIDDEN_CHARACTERS,)


def _whole(parameters: list[Parameter], name: str) -> bytes:
    """The value of a parameter that is plain ASCII, whole or in pieces (RFC 2231 § 3); b"" when it is absent."""
    found = [one for one in parameters if one.name == name]
    whole = next((one for one in found if one.section is None), None)
    if whole is not None:
        return whole.value.split(b"'", 2)[-1] if whole.extended else whole.value
    pieces = sorted({one.section or 0: one.value for one in reversed(found)}.items())
    return b"".join(value for _, value in pieces)


def _boundaries_differ(types: list[tuple[str, list[Parameter]]]) -> bool:
    values = {
        one.value for _, parameters in types for one in parameters if one.name == "boundary" and one.section is None
    }
    return len(values) > 1
