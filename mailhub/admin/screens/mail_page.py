"""/mail/{code}: where a message went, in words, and what may be done about it (reference/ux § 3)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.mail_words import answer_text, of_one, standings, what_next
from mailhub.documents.type_names import type_name
from mailhub.ids import read_code
from mailhub.incidents.reading import incidents_named
from mailhub.queue.mail_head import MailHead, RecipientLine, head_of
from mailhub.queue.models import EventKind, HeldFor, RecipientState
from mailhub.queue.own_mail import NoSuchMail
from mailhub.queue.timeline import Line, trace_message
from mailhub.telling.groups import Group, grouped
from mailhub.telling.lines import tell
from mailhub.telling.rules import tells_secret
from mailhub.telling.values import Mark, Told

screens = Screens()
FAILED = "failed"
_TROUBLE = frozenset({
    RecipientState.DEFERRED, RecipientState.HELD, RecipientState.BOUNCED, RecipientState.EXPIRED,
    RecipientState.REFUSED, RecipientState.DESTROYED,
})  # fmt: skip
_ICONS = {
    Mark.DONE: "check-circle",
    Mark.WARN: "exclamation-triangle",
    Mark.BAD: "exclamation-octagon",
    Mark.WAIT: "hourglass-split",
}


@screens.get("/mail/{code}", needs(Action.TRACE_READ))
def show_mail(visit: Visit) -> Response:
    """The timeline; `?show=failed` (of whom it did not reach) or `?show=ADDRESS` a part of it. htmx asks for it again
    while somebody waits."""
    code = read_code(visit.path["code"])
    if code is None:
        raise NoSuchMail("no such code")
    again = is_again(visit)
    with visit.reading() if again else visit.writing() as (connection, actor):
        head = head_of(connection, actor, code)
        lines, first = whole_story(connection, actor, code, again=again)
        told = _told(connection, actor, lines, visit.language)
        acts = may(actor, Action.QUEUE_CHANGE, Subject(kind="queue", name="queue"))
        asked = waits_for_word(head) and needs(Action.WORD_READ).admits(actor)
        accounts = may(actor, Action.ACCOUNT_READ, Subject(kind="account", name=""))
        papers = needs(Action.DOCUMENT_READ).admits(actor)
    if head is None and not lines:
        raise NoSuchMail("no such mail")
    values = story_values(visit, head, told) | {
        "code": code,
        "acts": acts,
        "accounts": accounts,
        "asked": asked,
        "papers": papers,
    }
    if again:
        return story_again(visit, values)
    sealed_as = "" if first else _named(lines, "sealed_as")
    if sealed_as and head is not None and set(head.states) == {RecipientState.REDIRECTED}:
        values["states"] = [(visit.t("web.mail.sealed"), "good")]
    return visit.page("mail/mail.html", sealed_from=first, sealed_as=sealed_as, **values)


def is_again(visit: Visit) -> bool:
    """Whether the page asks what is new."""
    return visit.is_part and "live" in visit.query


def story_again(visit: Visit, values: dict[str, Any]) -> Response:
    """The story for a page that shows it already. Nothing at all while it is the same, so that what somebody opened to
    read stays open."""
    if visit.query.get("live") == values["version"]:
        return Response(status_code=204)
    return visit.page("mail/story.html", **values)


def whole_story(connection: Connection, actor: Actor, code: str, *, again: bool) -> tuple[list[Line], str]:
    """The timeline. That of a sealed copy begins with the mail in whose place it went; the code of that, else ""."""
    lines = trace_message(connection, actor, code, again=again).lines
    first = _named(lines, "derived_from")
    if not first:
        return lines, ""
    before = trace_message(connection, actor, first, again=again).lines
    return sorted(
        [*before, *(one for one in lines if not _is_said(one, first))], key=lambda one: (one.at, one.id)
    ), first


def _named(lines: Sequence[Line], key: str) -> str:
    """The other code that a line about sealing names."""
    return next((str(one.facts[key]) for one in lines if one.kind is EventKind.SEALED and one.facts.get(key)), "")


def _is_said(line: Line, first: str) -> bool:
    """That the copy came, and was sealed: the first mail's lines say so."""
    return line.kind in (EventKind.RECEIVED, EventKind.SEALED) and line.facts.get("derived_from") == first


def waits_for_word(head: MailHead | None) -> bool:
    """Whether somebody's word would let it go."""
    return head is not None and any(one.held_for is HeldFor.WORD and one.waits for one in head.recipients)


def story_values(visit: Visit, head: MailHead | None, told: Sequence[Told]) -> dict[str, Any]:
    """What the timeline's template needs, officials' own included."""
    shown = visit.query.get("show", "")
    troubled = {one.address for one in head.recipients if one.state in _TROUBLE} if head is not None else set()
    groups = grouped(told) if not shown else [Group((one,)) for one in told if _fits(one, shown, troubled)]
    waiting = [one for one in head.recipients if one.waits] if head is not None else []
    t, settings = visit.t, visit.site.settings
    return {
        "head": head,
        "groups": groups,
        "shown": shown,
        "failed": len(troubled),
        "waiting": [
            one for one in waiting if shown in ("", one.address) or (shown == FAILED and one.address in troubled)
        ],
        "version": _version(told, waiting),
        "icons": _ICONS,
        "states": standings(head.states, t) if head is not None else [(t("web.mail.state.refused"), "bad")],
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


def _fits(one: Told, shown: str, troubled: Collection[str]) -> bool:
    if shown == FAILED:
        return one.recipient in troubled or (not one.recipient and one.mark is not Mark.DONE)
    return one.recipient in ("", shown)


def _version(told: Sequence[Told], waiting: Sequence[RecipientLine]) -> str:
    """The same as long as the story is."""
    state = [one.key for one in told], [(one.id, one.state, one.held_for, one.due_at) for one in waiting]
    return sha256(repr(state).encode()).hexdigest()[:16]
