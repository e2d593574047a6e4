"""Small texts of rules to put in force."""

from __future__ import annotations

PRIVATE = "thu-ca-nhan"


def rule(ident: str = PRIVATE, *, stage: str = "hold", title: str = "Gửi đến hộp thư cá nhân", more: str = "") -> str:
    """A rule about recipients with private mailboxes."""
    return f"""
[[rule]]
id = "{ident}"
title = "{title}"
because = {{ clause = "Chỉ thị 77/2014/CT-UBND, khoản 1a", article = "" }}
stage = "{stage}"
action = "refuse"
message = {{ vi = "Người nhận dùng hộp thư cá nhân.", en = "The recipient uses a private mailbox." }}
{more}
[rule.when]
message.origin = "own"
recipient.class = ["private-mail"]
"""


def exception(
    who: str, *, to: str = "*", until: str = "2030-01-01", ident: str = PRIVATE, why: str = "có lý do", by: str = "GĐ"
) -> str:
    """An exception from a rule."""
    return (
        f'\n[[exception]]\nrule = "{ident}"\nwho = "{who}"\nto = "{to}"\nwhy = "{why}"\nuntil = {until}\nby = "{by}"\n'
    )
