"""What each action is called where people read it: one table, for refusals and for the story of an account."""

from __future__ import annotations

from mailhub.accounts.rights import Action

ACTION_WORDS: dict[Action, str] = {
    Action.DOMAIN_ADD: "thêm tên miền",
    Action.DOMAIN_END: "ngừng tên miền",
    Action.DOMAIN_HOME: "đổi nơi lưu hộp thư của tên miền",
    Action.DOMAIN_JOIN: "sáp nhập tên miền",
    Action.AGENCY_ADD: "thêm đơn vị",
    Action.AGENCY_CHANGE: "thay đổi thông tin đơn vị",
    Action.AGENCY_END: "kết thúc hoạt động của đơn vị",
    Action.AGENCY_POOL: "đặt dung lượng chung của đơn vị",
    Action.AGENCY_BLOCK: "lập khối riêng",
    Action.ACCOUNT_CREATE: "cấp tài khoản",
    Action.ACCOUNT_CHANGE: "thay đổi thông tin tài khoản",
    Action.ACCOUNT_QUOTA: "đổi dung lượng",
    Action.ACCOUNT_MOVE: "chuyển đơn vị",
    Action.ACCOUNT_LEAVE: "đăng ký nghỉ",
    Action.ACCOUNT_SUSPEND: "tạm khóa",
    Action.ACCOUNT_RESTORE: "khôi phục",
    Action.ACCOUNT_END: "thu hồi",
    Action.ACCOUNT_HOLD: "giữ nguyên trạng",
    Action.ACCOUNT_ARCHIVE: "lưu trữ",
    Action.ACCOUNT_ERASE: "xóa dữ liệu, chỉ giữ địa chỉ",
    Action.ACCOUNT_PASSWORD: "đặt mật khẩu",
    Action.ACCOUNT_UNLOCK: "mở khóa đăng nhập",
    Action.ACCOUNT_SLIP: "cấp phiếu mật khẩu",
    Action.ACCOUNT_RECOVER: "khôi phục mật khẩu",
    Action.ACCOUNT_HOME: "đổi nơi lưu hộp thư",
    Action.ACCOUNT_READ: "xem tài khoản",
    Action.ACCOUNT_WHY: "xem nhật ký đăng nhập",
    Action.ACCOUNT_OPEN: "mở hộp thư theo quyết định",
    Action.APP_PASSWORD: "đổi mật khẩu ứng dụng",
    Action.SECOND_FACTOR: "đổi xác thực hai lớp",
    Action.SECOND_FACTOR_RESET: "gỡ xác thực hai lớp",
    Action.REQUEST_MAKE: "gửi đề nghị",
    Action.REQUEST_DECIDE: "duyệt đề nghị",
    Action.REQUEST_READ: "xem đề nghị",
    Action.REVIEW_OPEN: "mở đợt rà soát",
    Action.REVIEW_CLOSE: "đóng đợt rà soát",
    Action.REVIEW_ANSWER: "trả lời rà soát",
    Action.REVIEW_READ: "xem đợt rà soát",
    Action.ROSTER_PLAN: "đối chiếu danh sách nhân sự",
    Action.ROSTER_APPLY: "áp dụng danh sách nhân sự",
    Action.ROSTER_UNDO: "hoàn tác danh sách nhân sự",
    Action.PROPOSAL_DECIDE: "cho ý kiến về đề xuất cần hai người",
    Action.RIGHT_GRANT: "giao quyền quản trị",
    Action.RIGHT_TAKE: "thôi giao quyền quản trị",
    Action.RIGHT_READ: "xem quyền quản trị",
    Action.ALIAS_ADD: "thêm địa chỉ phụ",
    Action.ALIAS_REMOVE: "bỏ địa chỉ phụ",
    Action.GROUP_ADD: "lập nhóm thư",
    Action.GROUP_CHANGE: "thay đổi nhóm thư",
    Action.GROUP_MEMBER: "thêm, bớt thành viên nhóm thư",
    Action.GROUP_MODERATE: "duyệt thư gửi nhóm",
    Action.ROLE_ADD: "mở hộp thư đơn vị",
    Action.ROLE_HOLD: "giao hoặc thôi phụ trách hộp thư đơn vị",
    Action.DELEGATE: "đổi ủy quyền",
    Action.DIRECTORY_READ: "xem danh bạ",
    Action.SYSTEM_ADDRESS: "đặt địa chỉ hệ thống",
    Action.AUDIT_READ: "xem nhật ký quản trị",
    Action.QUEUE_READ: "xem hàng đợi thư",
    Action.QUEUE_CHANGE: "xử lý hàng đợi thư",
    Action.TRACE_READ: "tra đường đi của thư",
    Action.DOCTOR_READ: "kiểm tra tình trạng hệ thống",
    Action.DOCUMENT_READ: "xem văn bản",
    Action.DOCUMENT_TEXT: "tìm trong toàn văn",
    Action.DOCUMENT_CORRECT: "sửa thông tin văn bản",
    Action.DOCUMENT_EXPORT: "xuất dữ liệu văn bản",
}


def plain_who(actor: str) -> str:
    """An actor's name without what only the log needs: `nva@… (console:root)` → `nva@…`."""
    name = actor.partition(" (")[0]
    if name.startswith("mailhub:"):
        return "hệ thống (tự động)"
    return "quản trị máy chủ" if name.startswith("console:") else name
