"""How a message stands, in a badge; and the text that is read out to who asks about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mailhub.admin.frame.templating import when
from mailhub.i18n import Texts
from mailhub.queue.mail_head import MailHead, RecipientLine
from mailhub.queue.models import RecipientState
from mailhub.telling.groups import Group
from mailhub.telling.values import Mark

# What is told of several states is the first of these; the badge beside it.
_ORDER: tuple[tuple[str, str, tuple[RecipientState, ...]], ...] = (
    ("destroyed", "bad", (RecipientState.DESTROYED,)),
    ("failed", "bad", (RecipientState.BOUNCED, RecipientState.EXPIRED, RecipientState.REFUSED)),
    ("held", "wait", (RecipientState.HELD,)),
    ("deferred", "warn", (RecipientState.DEFERRED,)),
    ("waiting", "wait", (RecipientState.QUEUED, RecipientState.DELIVERING)),
    ("redirected", "info", (RecipientState.REDIRECTED,)),
    ("delivered", "good", (RecipientState.DELIVERED,)),
    ("withdrawn", "off", (RecipientState.WITHDRAWN,)),
)
_BADGES = {state: (name, badge) for name, badge, states in _ORDER for state in states}


def standing(states: Mapping[RecipientState, int], t: Texts) -> tuple[str, str]:
    """The words and the badge for a message as a whole: `Lỗi 1/14`."""
    total = sum(states.values())
    for name, badge, of in _ORDER:
        number = sum(states.get(state, 0) for state in of)
        if number:
            words = t(f"web.mail.state.{name}")
            return (words if number == total else f"{words} {number}/{total}"), badge
    return t("web.mail.state.none"), "off"


def standings(states: Mapping[RecipientState, int], t: Texts) -> list[tuple[str, str]]:
    """The same in full, what needs a look first: `Chưa gửi được 1/14`, `Đã vào hộp thư 13/14`."""
    counted = ((name, badge, sum(states.get(state, 0) for state in of)) for name, badge, of in _ORDER)
    total = sum(states.values())
    found = [(t(f"web.mail.state.{name}"), badge, number) for name, badge, number in counted if number]
    if len(found) < 2:
        return [standing(states, t)]
    return [(f"{words} {number}/{total}", badge) for words, badge, number in found]


def of_one(state: RecipientState, t: Texts) -> tuple[str, str]:
    """The same for one recipient."""
    name, badge = _BADGES[state]
    return t(f"web.mail.state.{name}"), badge


def what_next(one: RecipientLine, t: Texts) -> str:
    """What a recipient waits for; "" when nothing is to come."""
    if one.state is RecipientState.HELD:
        return t(f"web.mail.held.{one.held_for.value}") if one.held_for else ""
    if one.state is RecipientState.DEFERRED and one.due_at is not None:
        return t("web.mail.next", time=when(one.due_at), number=one.attempts + 1)
    return t("web.mail.on-its-way") if one.waits else ""


def answer_text(head: MailHead, groups: Sequence[Group], t: Texts, *, support: str) -> str:
    """For the caller, or a mail to them: what happened, in order, without anything of the mail's content."""
    lines = [
        t("web.mail.answer.head", code=head.code, time=when(head.at)),
        t("web.mail.answer.from", sender=head.sender or "<>"),
        *[_step(group, t) for group in groups],
        *[f"– {one.address}: {what_next(one, t)}" for one in head.recipients[:20] if one.waits],
    ]
    if support:
        lines.append(t("web.mail.answer.support", support=support))
    return "\n".join(lines)


def _step(group: Group, t: Texts) -> str:
    told = group.first
    to = told.recipient if group.is_one else t.count("web.mail.recipients", len(group.lines))
    line = f"– {when(told.at, seconds=True)} {told.sentence}" + (f": {to}" if to else "")
    # Why it did not arrive is what the caller asks.
    why = "; ".join(told.details) if told.recipient and told.mark in (Mark.BAD, Mark.WARN) else ""
    return f"{line} ({why})" if why else line
