"""The process that seals for the agencies: who it is, how it is helped, and timestamps.

Not here: for whom it signs what. That is in its own folder, DIR/signer/mandates.toml, which the hub cannot read.
"""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from mailhub.settings.sections.base import Section
from mailhub.settings.values import UserName, about


def _authority(text: str) -> str:
    if not text:
        return text
    try:
        parts = urlsplit(text)
        if parts.scheme in ("http", "https") and parts.hostname and text.isascii() and " " not in text:
            return text
    except ValueError:
        pass
    raise ValueError('must be "http://host/path", or "" for none')


Authority = Annotated[str, AfterValidator(_authority)]


class SignerSection(Section):
    """The process that puts the agencies' signatures on. / Ký số của cơ quan."""

    user: UserName = Field(
        default="mailhub-signer",
        description="The system user that the signer becomes when `mailhub serve` was started as root: the only one "
        "that can read DIR/signer. It must not be [hub] user.",
        json_schema_extra=about(restart=True),
    )
    inspectors: Annotated[int, Field(ge=1, le=16)] = Field(
        default=1,
        description="Processes that open documents for the signer, shut in like those of [inspector].",
        json_schema_extra=about("processes", restart=True),
    )
    seconds: Annotated[int, Field(ge=1, le=300)] = Field(
        default=20,
        description="Seconds that making one document ready for its signature may take.",
        json_schema_extra=about("seconds", restart=True),
    )
    time_style: Literal["vietnam", "iso"] = Field(
        default="vietnam",
        description='How the time of signing is written on attachments: "20/11/2026 16:35:56 +07:00", or with "iso" '
        '"2026-11-20T16:35:56+07:00" (Nghị định 30/2020/NĐ-CP names the parts, not the punctuation).',
        json_schema_extra=about(restart=True),
    )
    tsa: Authority = Field(
        default="",
        examples=["http://tsa.ca.gov.vn"],
        description="The timestamp authority that is asked for each signature (RFC 3161); empty for none.",
        json_schema_extra=about(),
    )
    tsa_seconds: Annotated[float, Field(ge=0.5, le=60)] = Field(
        default=5,
        description="Seconds that the timestamp authority is waited for.",
        json_schema_extra=about("seconds"),
    )
    without_timestamp: Literal["send", "hold"] = Field(
        default="send",
        description='What becomes of a signature for which the authority gives no timestamp: "send" it without, which '
        'the trace says, or "hold" the message.',
        json_schema_extra=about(),
    )
