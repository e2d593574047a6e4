"""/waiting: thư chờ duyệt. What waits for a word, why, until when, and what each word does; as if by reply.

Officials have the same pages for what waits for their own word: /me/words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from mailhub.accounts.errors import ReasonMissing
from mailhub.accounts.rights import Action
from mailhub.admin.frame.access import SIGNED_IN, needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.templating import when
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import Cell, Column, Listing, Slice, Wanted
from mailhub.lifecycle.fact_words import until_text
from mailhub.lifecycle.held_words import with_article
from mailhub.mail.reply_word import WordKind
from mailhub.queue.askings import NOT_RETURNED
from mailhub.queue.errors import NotInQueue
from mailhub.queue.own_mail import NoSuchMail
from mailhub.queue.word_list import WaitingWord, list_waiting, show_waiting, speaks_for, waiting_for
from mailhub.queue.words import give
from mailhub.telling.people import written_names

screens = Screens()
ALL, OWN = "/waiting", "/me/words"
KINDS = {"send": WordKind.SEND, "withdraw": WordKind.WITHDRAW}


@screens.get("/waiting", needs(Action.WORD_READ))
def list_all(visit: Visit) -> Response:
    """What the visitor may watch, what waits longest first."""
    return _list(visit, ALL)


@screens.get("/me/words", SIGNED_IN)
def list_own(visit: Visit) -> Response:
    """What waits for one's own word."""
    return _list(visit, OWN)


@screens.get("/waiting/{code}", needs(Action.WORD_READ))
def show_one(visit: Visit) -> Response:
    """One of them, with what each word would do."""
    return _show(visit, ALL)


@screens.get("/me/words/{code}", SIGNED_IN)
def show_own(visit: Visit) -> Response:
    """The same, of one's own."""
    return _show(visit, OWN)


@screens.post("/waiting/{code}/{word}", needs(Action.WORD_GIVE))
def give_word(visit: Visit) -> Response:
    """POST reason: send it, or withdraw it."""
    return _give(visit, ALL)


@screens.post("/me/words/{code}/{word}", SIGNED_IN)
def give_own_word(visit: Visit) -> Response:
    """The same, of one's own."""
    return _give(visit, OWN)


def _list(visit: Visit, place: str) -> Response:
    def fetch(wanted: Wanted) -> Slice[WaitingWord]:
        with visit.reading() as (connection, actor):
            if place == OWN:
                found = waiting_for(connection, speaks_for(connection, actor.account_id, visit.at))
            else:
                found = list_waiting(connection, actor, at=visit.at)
        rows = [row for row in found if row.message_id > wanted.after_number]
        more = len(rows) > wanted.limit
        rows = rows[: wanted.limit]
        return Slice(rows, str(rows[-1].message_id) if more else "", len(found))

    return show(visit, _listing(visit, fetch, place), "mail/waiting.html", own=place == OWN)


def _listing(visit: Visit, fetch: Callable[[Wanted], Slice[WaitingWord]], place: str) -> Listing[WaitingWord]:
    t = visit.t
    return Listing(
        name="thu-cho-duyet",
        columns=[
            Column("subject", "web.mail.subject", lambda row: Cell(
                row.subject or t("web.mail.no-subject"), href=f"{place}/{row.code}", value=row.subject, note=row.code)),
            Column("sender", "web.mail.sender", lambda row: Cell(row.sender or "<>")),
            Column("to", "web.mail.to", lambda row: Cell(", ".join(written_names(row.facts, t)))),
            Column("why", "web.waiting.why", lambda row: Cell(why(row, visit.language, short=True))),
            Column("owner", "web.waiting.owner", lambda row: Cell(row.owner)),
            Column("until", "web.waiting.until", lambda row: Cell(when(row.until), at=row.until), tight=True),
        ],
        fetch=fetch,
        searches=False,
        empty="web.waiting.empty",
    )  # fmt: skip


def why(row: WaitingWord, language: str, *, short: bool = False) -> str:
    """The reason with the article that it stands on, in the language; `short`: its first sentence, for a list."""
    article = str(row.facts.get(f"because_{language}") or row.facts.get("because_vi") or row.rule)
    reason = str(row.facts.get(language) or row.facts.get("vi") or "")
    return with_article(reason.partition(". ")[0] if short else reason, article)


def _show(visit: Visit, place: str, *, status: int = 200) -> Response:
    with visit.reading() as (connection, actor):
        found = list(show_waiting(connection, actor, visit.path["code"], at=visit.at))
        if place == OWN:
            hands = speaks_for(connection, actor.account_id, visit.at)
            found = [(one, may_give) for one, may_give in found if one.owner_id in hands]
    if not found:
        raise NoSuchMail("nothing waits under this code")
    shown: list[dict[str, Any]] = [
        {
            "row": one,
            "to": written_names(one.facts, visit.t),
            "why": why(one, visit.language),
            "until": until_text(one.until, visit.t, "letter.day-over"),
            "returns": one.facts.get("asked") not in NOT_RETURNED,
        }
        for one, _ in found
    ]
    return visit.page(
        "mail/word.html",
        status=status,
        words=shown,
        first=found[0][0],
        may_give=any(may_give for _, may_give in found),
        needs_reason=any(one.reason_needed for one, _ in found),
        place=place,
    )


def _give(visit: Visit, place: str) -> Response:
    kind, form = KINDS.get(visit.path["word"]), visit.form
    if kind is None:
        raise NoSuchMail("no such word")
    reason = form.text("reason", longest=500)
    if not form:
        return _show(visit, place, status=422)
    try:
        with visit.writing() as (connection, actor):
            if place == OWN:  # others' words are given at the other address
                hands = speaks_for(connection, actor.account_id, visit.at)
                found = show_waiting(connection, actor, visit.path["code"], at=visit.at)
                if not any(one.owner_id in hands for one, _ in found):
                    raise NoSuchMail("nothing waits under this code")
            given = give(connection, actor, visit.path["code"], kind, reason=reason, at=visit.at)
    except ReasonMissing:
        form.mend("reason", "web.waiting.reason-needed")
        return _show(visit, place, status=422)
    except NotInQueue:
        raise NoSuchMail("nothing waits under this code") from None
    return visit.go(place, f"web.waiting.did.{kind.value}", code=given.code, number=len(given.recipients))
