"""How mail is judged, and what becomes of what must not be here at all."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mailhub.settings.sections.base import Section
from mailhub.settings.values import MailAddresses, OneLine, about


class PolicySection(Section):
    """The rules of `policy.toml`: how long is waited, what is kept. / Quy tắc gửi, nhận."""

    reply_to: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,40}$")] = Field(
        default="thuchoduyet",
        description="The local part, in the hub's own domain, to which officials answer GỬI or HỦY. Nobody can have an "
        "account of that name; only logged-in senders reach it.",
        json_schema_extra=about(restart=True),
    )
    hold_hours: Annotated[int, Field(ge=1, le=720)] = Field(
        default=24,
        description="Hours that a held message waits for a word, where its rule says nothing else; then it goes back "
        "to its sender. Saturdays and Sundays are not counted.",
        json_schema_extra=about("hours"),
    )
    digest_hour: Annotated[int, Field(ge=1, le=23)] = Field(
        default=8,
        description="The hour of a working day at which each person is told what waits for their word.",
        json_schema_extra=about("hour of the day"),
    )
    night: Annotated[str, Field(pattern=r"^([01]\d|2[0-3])-([01]\d|2[0-3])$")] = Field(
        default="22-05",
        description='What counts as night for rules about it: from which hour to which, "22-05".',
        json_schema_extra=about(),
    )
    second_person: bool = Field(
        default=True,
        description="Whether rules that hold or refuse more mail than those in force wait for a second person's "
        "agreement when they are activated on the web. Lowering a stage, or going back to rules that hold less, never "
        "waits; nor do commands on the server.",
        json_schema_extra=about(),
    )
    decisions_kept_days: Annotated[int, Field(ge=1, le=3_650)] = Field(
        default=400,
        description="Days that judged messages' facts are kept, for rehearsals and reports.",
        json_schema_extra=about("days"),
    )
    names_kept_days: Annotated[int, Field(ge=1, le=3_650)] = Field(
        default=400,
        description="Days that figures about private mail name people; after that they are kept by agency only.",
        json_schema_extra=about("days"),
    )
    correspondents_kept_days: Annotated[int, Field(ge=30, le=3_650)] = Field(
        default=1_100,
        description="Days without mail after which it is forgotten that somebody outside wrote to a mailbox here.",
        json_schema_extra=about("days"),
    )


class SecretsSection(Section):
    """What is done when a state secret turns up. / Xử lý khi phát hiện dấu hiệu bí mật nhà nước."""

    found_by_ocr: Literal["seal", "destroy"] = Field(
        default="seal",
        description="What becomes of a message in which only the reading of a scan found the mark, since that may err: "
        "sealed to the security officer's key (`mailhub incident key`), or destroyed. Without a key it is destroyed.",
        json_schema_extra=about(),
    )
    report_hours: Annotated[int, Field(ge=1, le=720)] = Field(
        default=24,
        description="Hours within which an incident is to be reported to the authority.",
        json_schema_extra=about("hours"),
    )
    officers: MailAddresses = Field(
        default=(),
        examples=[["attt@tinh.gov.vn"]],
        description="Who is told of incidents, beside those with the role security_officer.",
        json_schema_extra=about(),
    )
    contact: OneLine = Field(
        default="",
        description="Whom an official calls when a message was refused as a secret: name and telephone. Empty: "
        "`[hub] support`.",
        json_schema_extra=about(),
    )
    phone: Annotated[str, Field(pattern=r"^[0-9+. ]{0,20}$")] = Field(
        default="",
        description="The telephone number in the SMTP reply to such a message, digits only.",
        json_schema_extra=about(),
    )
