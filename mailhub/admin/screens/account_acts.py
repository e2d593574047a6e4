"""/accounts/{address}/ACT: each act on an account as a page of its own that says what will happen, and then does it.

The page carries the revision that was seen: when somebody else has changed the account meanwhile nothing is done, and
what was typed stays. What the act changed is said on the page that follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from mailhub.accounts.errors import AccountError, ChangedMeanwhile, NotAllowed, ReasonMissing
from mailhub.accounts.finding import load_mailbox
from mailhub.accounts.life.concurrency import check_unchanged
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.forms import Form
from mailhub.admin.frame.routes import Handler, Screens
from mailhub.admin.frame.templating import when
from mailhub.admin.frame.visit import Visit
from mailhub.admin.people.acts import AccountAct, Doing, Standing
from mailhub.admin.people.standing import ACTS, differences, read_standing, standing_for
from mailhub.admin.people.words import who

screens = Screens()
CONFIRM = "confirm"


def show_act(visit: Visit, act: AccountAct, *, status: int = 200) -> Response:
    """The act's page."""
    with visit.reading() as (connection, actor):
        standing = standing_for(connection, actor, act, visit.path["address"], at=visit.at)
    if not act.fits(standing):
        return _not_now(visit, act, standing)
    return visit.page("accounts/act.html", status=status, act=act, standing=standing, box=standing.mailbox)


def do_act(visit: Visit, act: AccountAct) -> Response:
    """What was typed, done; or the page again with what to mend."""
    with visit.reading() as (connection, actor):
        standing = standing_for(connection, actor, act, visit.path["address"], at=visit.at)
    form, t = visit.form, visit.t
    values = {one.name: one.read(form, t, standing) for one in act.asked(standing)}
    expect = form.number("expect", required=True)
    if act.danger and form.text(CONFIRM).casefold() != standing.mailbox.address:
        form.mend(CONFIRM, "web.act.confirm.wrong", address=standing.mailbox.address)
    if not form or expect is None:
        return show_act(visit, act, status=422)
    try:
        changed = _carry_out(visit, act, values, expect)
    except ChangedMeanwhile as error:
        when_words = when(error.when) if error.when else ""
        form.mend("", "web.act.changed-meanwhile", who=who(t, error.who), when=when_words)
        return show_act(visit, act, status=409)
    except AccountError as error:  # NotAllowed too: who stands here may see the account, and is told what not
        beside(form, error)
        return show_act(visit, act, status=422)
    address, told = changed
    if not address:  # it went where the actor sees nothing
        return visit.go("/accounts", "web.act.done", act=t(f"web.act.{act.key}"), changes="")
    tail = f"/{act.leads}" if act.leads else ""
    return visit.go(f"/accounts/{address}{tail}", "web.act.done", act=t(f"web.act.{act.key}"), changes=told)


def beside(form: Form, error: AccountError) -> None:
    """Say an error of the service in the form."""
    if isinstance(error, ReasonMissing):
        form.mend("reason", "web.form.required")
    else:
        form.mend("", "web.form.refused", detail=str(error))


def _carry_out(visit: Visit, act: AccountAct, values: Mapping[str, Any], expect: int) -> tuple[str, str]:
    """The act in its transaction; gives the address as it is afterwards ("" when it is out of sight), and what
    changed."""
    at = visit.at
    with visit.writing() as (connection, actor):
        before = standing_for(connection, actor, act, visit.path["address"], at=at)
        check_unchanged(connection, before.mailbox, expect)
        doing = Doing(
            connection=connection,
            actor=actor,
            standing=before,
            values=values,
            expect=expect,
            settings=visit.site.settings,
            at=at,
        )
        act.run(doing)
        box = load_mailbox(connection, before.mailbox.id)
        assert box is not None
        try:
            after = read_standing(connection, actor, box.address, at=at)
        except NotAllowed:
            return "", ""
    return box.address, differences(visit.t, before, after)


def _not_now(visit: Visit, act: AccountAct, standing: Standing) -> Response:
    """The account has become another meanwhile: the act fits it no longer."""
    return visit.page("accounts/not_now.html", status=422, act=act, standing=standing, box=standing.mailbox)


def _get(act: AccountAct) -> Handler:
    return lambda visit: show_act(visit, act)


def _post(act: AccountAct) -> Handler:
    return lambda visit: do_act(visit, act)


for _act in ACTS:
    _path = f"/accounts/{{address}}/{_act.key}"
    screens.get(_path, needs(_act.action))(_get(_act))
    screens.post(_path, needs(_act.action))(_post(_act))
