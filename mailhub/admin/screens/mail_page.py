"""/mail/{code}: where a message went, in words, and what may be done about it (reference/ux § 3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.mail_words import answer_text, of_one, standing, what_next
from mailhub.documents.type_names import type_name
from mailhub.ids import read_code
from mailhub.incidents.reading import incidents_named
from mailhub.queue.mail_head import MailHead, head_of
from mailhub.queue.models import HeldFor
from mailhub.queue.own_mail import NoSuchMail
from mailhub.queue.timeline import Line, trace_message
from mailhub.telling.groups import Group, grouped
from mailhub.telling.lines import tell
from mailhub.telling.rules import tells_secret
from mailhub.telling.values import Mark, Told

screens = Screens()
FAILED = "failed"
_ICONS = {
    Mark.DONE: "check-circle",
    Mark.WARN: "exclamation-triangle",
    Mark.BAD: "exclamation-octagon",
    Mark.WAIT: "hourglass-split",
}


@screens.get("/mail/{code}", needs(Action.TRACE_READ))
def show_mail(visit: Visit) -> Response:
    """The timeline; `?show=failed` or `?show=ADDRESS` a part of it. htmx asks for it again while somebody waits."""
    code = read_code(visit.path["code"])
    if code is None:
        raise NoSuchMail("no such code")
    again = visit.is_part and "live" in visit.query
    with visit.reading() if again else visit.writing() as (connection, actor):
        head = head_of(connection, actor, code)
        lines = trace_message(connection, actor, code, again=again).lines
        told = _told(connection, actor, lines, visit.language)
        acts = may(actor, Action.QUEUE_CHANGE, Subject(kind="queue", name="queue"))
        asked = waits_for_word(head) and needs(Action.WORD_READ).admits(actor)
        accounts = may(actor, Action.ACCOUNT_READ, Subject(kind="account", name=""))
    if head is None and not lines:
        raise NoSuchMail("no such mail")
    values = story_values(visit, head, told) | {"code": code, "acts": acts, "accounts": accounts, "asked": asked}
    return visit.page("mail/story.html" if again else "mail/mail.html", **values)


def waits_for_word(head: MailHead | None) -> bool:
    """Whether somebody's word would let it go."""
    return head is not None and any(one.held_for is HeldFor.WORD and one.waits for one in head.recipients)


def story_values(visit: Visit, head: MailHead | None, told: Sequence[Told]) -> dict[str, Any]:
    """What the timeline's template needs, officials' own included."""
    shown = visit.query.get("show", "")
    groups = grouped(told) if not shown else [Group((one,)) for one in told if _fits(one, shown)]
    failed = sum(one.mark is Mark.BAD for one in told)
    t, settings = visit.t, visit.site.settings
    return {
        "head": head,
        "groups": groups,
        "shown": shown,
        "failed": failed,
        "icons": _ICONS,
        "state": standing(head.states, t) if head is not None else (t("web.mail.state.refused"), "bad"),
        "of_one": of_one,
        "doc_name": lambda code: type_name(code) if code else "",
        "titles": {rule: title for one in told for rule, title in one.titles.items()},
        "what_next": what_next,
        "live": head is not None and head.waits and not shown,
        "answer": "" if head is None else answer_text(head, grouped(told), t, support=settings.hub.support),
    }


def _told(connection: Connection, actor: Actor, lines: Sequence[Line], language: str) -> list[Told]:
    secrets = {line.message for line in lines if tells_secret(line.kind, line.facts)}
    named = incidents_named(connection, actor, secrets) if secrets else {}
    return [tell(line, language, named=named.get(line.message)) for line in lines]


def _fits(one: Told, shown: str) -> bool:
    if shown == FAILED:
        return one.mark in (Mark.BAD, Mark.WARN)
    return one.recipient in ("", shown)
