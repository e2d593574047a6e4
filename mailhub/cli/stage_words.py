"""What people call the stages of a rule (wording § 1). Light, since `mailhub trace` needs it at once."""

from __future__ import annotations

from mailhub.policy.rules.rule import Stage

STAGES = {
    Stage.SHADOW: "Ghi nhận",
    Stage.WARN: "Nhắc",
    Stage.HOLD: "Chờ duyệt",
    Stage.BLOCK: "Không cho gửi",
}
