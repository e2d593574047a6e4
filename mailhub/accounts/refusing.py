"""How somebody who has no right to something is told so: what, why, whom to ask. The code of the action comes last,
for scripts."""

from __future__ import annotations

from mailhub.accounts.action_words import ACTION_WORDS, plain_who
from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.rights import RIGHTS, Action, Actor, Reach


def refusal(actor: Actor, action: Action, name: str = "", *, what: str = "") -> NotAllowed:
    """The error to raise. `name` is what was acted upon; `what` says the act where the action's words are too wide."""
    held = {RIGHTS[one.role].get(action) for one in actor.holds}
    if held & {Reach.ALL, Reach.SUBTREE}:
        why, ask = "ngoài phạm vi đơn vị được giao", "quản trị của đơn vị đó hoặc quản trị hệ thống thư"
    elif Reach.SELF in held:
        why, ask = "chỉ được thực hiện với phần của chính mình", "quản trị của đơn vị"
    else:
        why, ask = "quyền này chưa được giao", "quản trị hệ thống thư của tỉnh"
    about = f" đối với {name}" if name else ""
    return NotAllowed(
        f"{plain_who(actor.name)} không có quyền {what or ACTION_WORDS[action]}{about}: {why}; "
        f"đề nghị {ask} thực hiện ({action})"
    )
