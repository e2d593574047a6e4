"""The menu: eight words (wording § 1), and below each what the visitor may open. Officials see their own pages, and
managers the reports besides (reference/ux.md § 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailhub.accounts.rights import Action, Actor, Held, Role
from mailhub.admin.frame.access import SIGNED_IN, Access, needs


@dataclass(frozen=True, slots=True)
class Item:
    """`text` is the id of its words; `key` is the keyboard's letter after `g`."""

    text: str
    path: str
    access: Access
    icon: str = ""
    key: str = ""
    below: tuple[Item, ...] = ()


REPORTS = Item("web.menu.reports", "/reports", needs(Action.REPORT_READ), "bar-chart", "b")
MENU: tuple[Item, ...] = (
    Item("web.menu.home", "/", SIGNED_IN, "house", "h"),
    Item(
        "web.menu.accounts",
        "/accounts",
        needs(Action.ACCOUNT_READ),
        "people",
        "c",
        (
            Item("web.menu.accounts.people", "/accounts", needs(Action.ACCOUNT_READ)),
            Item("web.menu.accounts.requests", "/requests", needs(Action.REQUEST_READ)),
            Item("web.menu.accounts.proposals", "/proposals", needs(Action.PROPOSAL_DECIDE)),
            Item("web.menu.accounts.help-desk", "/help-desk", needs(Action.ACCOUNT_WHY)),
            Item("web.menu.accounts.slips", "/slips", needs(Action.ACCOUNT_SLIP)),
            Item("web.menu.accounts.rosters", "/rosters", needs(Action.ROSTER_PLAN)),
            Item("web.menu.accounts.reviews", "/reviews", needs(Action.REVIEW_READ)),
            Item("web.menu.accounts.agencies", "/agencies", needs(Action.ACCOUNT_READ)),
            Item("web.menu.accounts.offices", "/offices", needs(Action.ACCOUNT_READ)),
            Item("web.menu.accounts.groups", "/groups", needs(Action.GROUP_MEMBER, Action.ACCOUNT_READ)),
            Item("web.menu.accounts.rights", "/rights", needs(Action.RIGHT_READ)),
        ),
    ),
    Item(
        "web.menu.mail",
        "/mail",
        needs(Action.TRACE_READ, Action.WORD_READ, Action.QUEUE_READ),
        "envelope",
        "t",
        (
            Item("web.menu.mail.search", "/mail", needs(Action.TRACE_READ)),
            Item("web.menu.mail.waiting", "/waiting", needs(Action.WORD_READ)),
            Item("web.menu.mail.queue", "/queue", needs(Action.QUEUE_READ)),
            Item("web.menu.mail.incidents", "/incidents", needs(Action.INCIDENT_READ)),
        ),
    ),
    Item(
        "web.menu.documents",
        "/documents",
        needs(Action.DOCUMENT_READ),
        "file-earmark-text",
        "v",
        (
            Item("web.menu.documents.search", "/documents", needs(Action.DOCUMENT_READ)),
            Item("web.menu.documents.today", "/documents/today", needs(Action.DOCUMENT_READ)),
            Item("web.menu.documents.undecided", "/documents/undecided", needs(Action.DOCUMENT_CORRECT)),
        ),
    ),
    Item(
        "web.menu.rules",
        "/rules",
        needs(Action.POLICY_READ),
        "sliders",
        "q",
        (
            Item("web.menu.rules.list", "/rules", needs(Action.POLICY_READ)),
            Item("web.menu.rules.exceptions", "/rules/exceptions", needs(Action.USE_READ, Action.POLICY_CHANGE)),
            Item("web.menu.rules.simulation", "/rules/simulation", needs(Action.USE_READ)),
            Item("web.menu.rules.versions", "/rules/versions", needs(Action.POLICY_READ)),
        ),
    ),
    Item(
        "web.menu.signatures",
        "/signatures/verify",
        SIGNED_IN,
        "patch-check",
        "k",
        (
            Item("web.menu.signatures.verify", "/signatures/verify", SIGNED_IN),
            Item("web.menu.signatures.trust", "/signatures/trust", needs(Action.TRUST_READ)),
            Item("web.menu.signatures.certificates", "/signatures/certificates", needs(Action.SUBJECT_CONFIRM)),
            Item("web.menu.signatures.seals", "/signatures/seals", needs(Action.SEAL_READ)),
        ),
    ),
    REPORTS,
    Item(
        "web.menu.system",
        "/system",
        needs(Action.DOCTOR_READ, Action.AUDIT_READ),
        "gear",
        "s",
        (
            Item("web.menu.system.state", "/system", needs(Action.DOCTOR_READ)),
            Item("web.menu.system.dns", "/system/dns", needs(Action.DOCTOR_READ)),
            Item("web.menu.system.keys", "/system/keys", needs(Action.DOCTOR_READ)),
            Item("web.menu.system.audit", "/system/audit", needs(Action.AUDIT_READ)),
            Item("web.menu.system.settings", "/system/settings", needs(Action.DOCTOR_READ)),
        ),
    ),
)
# One's own pages: all that officials have, and beside the menu for everybody else.
OWN: tuple[Item, ...] = (
    Item("web.menu.own.mail", "/me/mail", SIGNED_IN, "send"),
    Item("web.menu.own.words", "/me/words", SIGNED_IN, "envelope-check"),
    Item("web.menu.own.devices", "/me/devices", SIGNED_IN, "phone"),
    Item("web.menu.own.login", "/me/login", SIGNED_IN, "key"),
    Item("web.menu.own.set-up", "/me/set-up", SIGNED_IN, "laptop"),
)


def nearest(items: Sequence[Item], here: str) -> Item | None:
    """The item that the page at path `here` belongs to: the one whose path, or whose path's beginning, it is."""
    fits = [one for one in items if here == one.path or here.startswith((f"{one.path}/", f"{one.path}-"))]
    return max(fits, key=lambda one: len(one.path), default=None)


def is_at(item: Item, here: str) -> bool:
    """Whether the page at path `here` belongs to the item, or to one below it."""
    return nearest((item, *item.below), here) is not None


def menu_for(actor: Actor | None) -> tuple[Item, ...]:
    """The items that `actor` may open, each leading to the first page below it that is open to them."""
    if actor is None:
        return ()
    found, others = [], _but_manager(actor)
    for item in MENU:
        whose = actor if item is REPORTS else others
        below = tuple(one for one in item.below if one.access.admits(whose))
        if not item.access.admits(whose) or (item.below and not below):
            continue
        path = below[0].path if below else item.path
        found.append(Item(item.text, path, item.access, item.icon, item.key, below if len(below) > 1 else ()))
    return tuple(found)


def _but_manager(actor: Actor) -> Actor:
    """The actor by the other roles: figures that a manager may read stand in the reports, not about in the menu."""
    roles = [held for held in actor.holds if held.role is not Role.MANAGER] or [Held(Role.OFFICIAL)]
    return replace(actor, role=roles[0].role, agency_id=roles[0].agency_id, also=tuple(roles[1:]))
