"""A group is opened, by hand or by a rule whose members the preview names."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts import service
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.sharing.officers import find_group
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.forms import Form
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.organisation.acts import ActForm, Doing, Field, Run, carry_out, show_form
from mailhub.admin.organisation.group_forms import group_fields, reached, senders_of, with_rule
from mailhub.admin.organisation.rule_form import rule_text, view_of

screens = Screens()


@screens.get("/groups/new", needs(Action.GROUP_ADD))
def new_group(visit: Visit) -> Response:
    """The form of a new group."""
    return show_form(visit, _new_page(visit))


@screens.post("/groups/new", needs(Action.GROUP_ADD))
def add_group(visit: Visit) -> Response:
    """Open it; the preview says who a rule reaches."""

    def read(form: Form) -> Run[str]:
        address, name, agency = form.text("address"), form.text("name", longest=200), form.text("agency")
        rule, owner, senders = rule_text(visit, form), form.text("owner"), senders_of(form)
        moderated = form.chosen("moderated")

        def run(connection: Connection, actor: Actor) -> str:
            service.add_group(
                connection, actor, address, name, agency=agency, rule=rule, owner=owner, senders=senders,
                moderated=moderated, at=visit.at,
            )  # fmt: skip
            return find_group(connection, address).address

        return run

    def foresee(connection: Connection, _: Actor, address: str) -> Sequence[str]:
        return reached(visit, connection, address)

    done = Doing(read=read, foresee=foresee, done=lambda made: (f"/groups/{made}", "web.groups.new.done", {}))
    return carry_out(visit, _new_page(visit), done)


@screens.post("/groups-rule", needs(Action.GROUP_ADD, Action.GROUP_CHANGE))
def look_at_rule(visit: Visit) -> Response:
    """Who would belong by the rule that is being put together; changes nothing."""
    form = visit.form
    view = view_of(visit, "", agency=form.text("agency"), group=form.text("group", longest=320))
    return visit.page("groups/rule_preview.html", view=view, form=form)


def _new_page(visit: Visit) -> ActForm:
    t = visit.t
    address = Field("address", "web.groups.address", required=True, help="web.groups.new.address-help")
    agency = Field("agency", "web.rosters.agency", kind="agency", help="web.offices.new.agency-help")
    page = ActForm(
        title=t("web.groups.new"),
        path="/groups/new",
        back="/groups",
        button=t("web.groups.new.button"),
        fields=[address, agency, *group_fields(visit, None)],
        crumbs=((t("web.menu.accounts.groups"), "/groups"),),
    )
    return with_rule(visit, page, None)
