"""Small `policy.toml`s for tests of what follows from rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

BECAUSE = 'because = { clause = "Chỉ thị 77/2014/CT-UBND, khoản 1a" }'


def rule(ident: str, when: str, *, stage: str = "block", action: str = "refuse", **more: Any) -> str:
    """One rule; `when` is TOML of its conditions, `more` other keys as TOML values."""
    lines = [f'[[rule]]\nid = "{ident}"\ntitle = "Quy tắc {ident}"\n{BECAUSE}\nstage = "{stage}"\naction = "{action}"']
    more.setdefault("message", '{ vi = "Không đúng quy định.", en = "Against the rules." }')
    lines += [f"{key} = {value}" for key, value in more.items()]
    return "\n".join([*lines, f"[rule.when]\n{when}", ""])


SECRET = rule("bi-mat", 'message.secrecy = { not = "" }', action="secret")


# For tests of what comes before the rules: mail goes as it would without any.
NOTHING = rule("khong-gi", 'recipient.domain = "khong.example"', stage="shadow", action="count")


def write_book(directory: Path, *rules: str) -> None:
    """Make these the hub's rules, before it starts."""
    (directory / "policy.toml").write_text("\n".join(rules))
