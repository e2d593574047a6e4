"""How files from outside are opened, and how long mail may wait for it."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mailhub.settings.sections.base import Section
from mailhub.settings.values import about, split_host_port


def _scanner(text: str) -> str:
    if not text:
        return text
    scheme, _, path = text.partition(":")
    if scheme == "unix":
        if PurePosixPath(path).is_absolute():
            return text
    else:
        try:
            host, port = split_host_port(text)
            return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        except ValueError:
            pass
    raise ValueError('must be "unix:/absolute/path", "host:port", or "" for none')


Scanner = Annotated[str, AfterValidator(_scanner)]
Seconds = Annotated[int, Field(ge=1, le=3_600)]


class InspectorSection(Section):
    """How files from outside are opened: in a sandbox, within limits, for so long. / Đọc tệp đính kèm."""

    sandbox: Literal["bubblewrap", "none-files-from-outside-run-unprotected"] = Field(
        default="bubblewrap",
        description="What stands between the hub and a file that attacks its reader. Without bubblewrap the hub does "
        "not start, unless the other value says in so many words that files from outside are opened unprotected.",
        json_schema_extra=about(restart=True),
    )
    quick: Annotated[int, Field(ge=1, le=64)] = Field(
        default=2,
        description="Processes that read files while the sender waits; about one a CPU core.",
        json_schema_extra=about("processes", restart=True),
    )
    slow: Annotated[int, Field(ge=1, le=64)] = Field(
        default=1,
        description="Processes that read scans (OCR) after the mail was accepted; each takes a CPU core for seconds.",
        json_schema_extra=about("processes", restart=True),
    )
    memory_mib: Annotated[int, Field(ge=128, le=65_536)] = Field(
        default=512,
        description="Memory in MiB that opening the files of one message may take; what needs more is unread.",
        json_schema_extra=about("MiB", restart=True),
    )
    budget_seconds: Annotated[int, Field(ge=1, le=60)] = Field(
        default=8,
        description="Seconds after the end of a message within which it is answered; what is not read by then is read "
        "after it was accepted, and the message is held meanwhile.",
        json_schema_extra=about("seconds"),
    )
    latest_minutes: Annotated[float, Field(ge=0, le=1_440)] = Field(
        default=10,
        description="Minutes that a message may be held for its scans; then it goes on, and the trace says that they "
        "are unread. 0 means nothing is held.",
        json_schema_extra=about("minutes", zero="nothing is held"),
    )
    latest_minutes_urgent: Annotated[float, Field(ge=0, le=1_440)] = Field(
        default=2,
        description="The same for messages that call themselves hỏa tốc. 0 means they are not held.",
        json_schema_extra=about("minutes", zero="not held"),
    )
    file_seconds: Seconds = Field(
        default=5,
        description="Seconds that one file may take while the sender waits.",
        json_schema_extra=about("seconds"),
    )
    slow_file_seconds: Seconds = Field(
        default=60,
        description="Seconds that one file may take after the mail was accepted, its OCR included.",
        json_schema_extra=about("seconds"),
    )
    depth: Annotated[int, Field(ge=1, le=10)] = Field(
        default=5,
        description="Archives and mails within each other that are opened.",
        json_schema_extra=about("levels"),
    )
    members: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=1_000,
        description="Files that are opened in all archives of one message together.",
        json_schema_extra=about("files"),
    )
    unpacked_mib: Annotated[int, Field(ge=1, le=16_384)] = Field(
        default=256,
        description="MiB that all archives of one message may unpack to; what is beyond is unread.",
        json_schema_extra=about("MiB"),
    )
    ocr_pages: Annotated[int, Field(ge=1, le=1_000)] = Field(
        default=4,
        description="Scanned pages that are read of one file: first, last, second, last but one.",
        json_schema_extra=about("pages"),
    )
    clamd: Scanner = Field(
        default="",
        examples=["unix:/run/clamav/clamd.ctl"],
        description='The ClamAV daemon that looks for malware, "unix:/path" or "host:port". Empty means that nobody '
        "does, and `mailhub doctor` says so.",
        json_schema_extra=about(),
    )
