"""The web: sessions, tokens, names, uploads."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from mailhub.settings.sections.base import Section
from mailhub.settings.values import Domain, RoleNames, about, as_tuple


class WebSection(Section):
    """The pages for officials and administrators, and the tokens of programs. / Trang web."""

    names: Annotated[tuple[Domain, ...], BeforeValidator(as_tuple)] = Field(
        default=(),
        examples=[["thu.tinh.gov.vn"]],
        description="Further names by which browsers reach the web, beside [hub] hostname. Requests for other names "
        "are refused; a passkey is good for the name at which it was made.",
        json_schema_extra=about(),
    )
    language: Literal["vi", "en"] = Field(
        default="vi",
        description="The language of pages for whoever has chosen none.",
        json_schema_extra=about(),
    )
    idle_minutes: Annotated[int, Field(ge=1, le=720)] = Field(
        default=30,
        description="Minutes without a click after which a session is locked: the password is asked for again, and "
        "what was typed stays.",
        json_schema_extra=about("minutes"),
    )
    session_hours: Annotated[int, Field(ge=1, le=720)] = Field(
        default=12,
        description="Hours after which a session ends, used or not.",
        json_schema_extra=about("hours"),
    )
    passkey_roles: RoleNames = Field(
        default=(),
        examples=[["system_admin", "security_officer"]],
        description="Roles for which a code from the phone is not enough: they log in with a passkey (WebAuthn), which "
        "no forged page can ask for. The first time they come with a code, and make one.",
        json_schema_extra=about(),
    )
    token_days: Annotated[int, Field(ge=1, le=3650)] = Field(
        default=365,
        description="The most days for which a program's token may be made.",
        json_schema_extra=about("days"),
    )
    api_per_minute: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=600,
        description="Requests a minute that one token may make of the API; more are answered 429.",
        json_schema_extra=about("requests a minute"),
    )
    upload_mib: Annotated[int, Field(ge=1, le=1024)] = Field(
        default=50,
        description="The largest file in MiB that a page takes (a staff list, a document to verify).",
        json_schema_extra=about("MiB"),
    )
