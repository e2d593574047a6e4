"""The roles of administration as people read them (wording.md § 1)."""

from __future__ import annotations

from mailhub.accounts.rights import Role

ROLE_WORDS: dict[str, str] = {
    Role.SYSTEM_ADMIN: "Quản trị hệ thống của tỉnh",
    Role.AGENCY_ADMIN: "Quản trị đơn vị",
    Role.APPROVER: "Người duyệt",
    Role.HELP_DESK: "Hỗ trợ người dùng",
    Role.SECURITY_OFFICER: "Cán bộ an toàn thông tin",
    Role.CLERK: "Văn thư",
    Role.MANAGER: "Lãnh đạo xem báo cáo",
    Role.AUDITOR: "Kiểm tra, kiểm toán",
}
