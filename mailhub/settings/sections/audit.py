"""Who else keeps the end of the audit log."""

from __future__ import annotations

from pydantic import Field

from mailhub.settings.sections.base import Section
from mailhub.settings.values import MailAddresses, about


class AuditSection(Section):
    """The log of who changed or looked at what. / Nhật ký quản trị."""

    witnesses: MailAddresses = Field(
        default=(),
        examples=[["vanthu@thanhtra.tinh.gov.vn", "nhatky@co-quan-khac.gov.vn"]],
        description="Addresses that get the signed head of the log each day. With it, whoever rewrites the log here "
        "is found out there. `mailhub doctor` says when there is none.",
        json_schema_extra=about(),
    )
