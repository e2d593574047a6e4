"""Templates and what they have at hand. Everything is escaped; nothing undefined passes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from mailhub.accounts.rights import Action
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.assets import address_of
from mailhub.admin.frame.menu import OWN, is_at, menu_for, nearest
from mailhub.admin.refusals import in_words, told
from mailhub.clock import local_time

if TYPE_CHECKING:
    from mailhub.admin.frame.visit import Visit

_COMMON_NAME = re.compile(r"(?:^|[,+])CN=((?:\\.|[^,+\\])+)")
_ESCAPED = re.compile(r"\\(.)")
# Controls, and what turns the direction of writing (Unicode § 23.2): "fdp.exe" would be read as "exe.pdf".
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def render(visit: Visit, template: str, values: Mapping[str, object]) -> str:
    """The page as text. Templates see `visit`, `t` (words), `menu`, and `values`."""
    page = environment().get_template(template)
    return page.render(visit=visit, t=visit.t, menu=menu_for(visit.actor), own_items=OWN, **values)


@cache
def environment() -> Environment:
    """The one environment of the process."""
    made = Environment(
        loader=PackageLoader("mailhub.admin"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=seen,
    )
    made.globals |= {"asset": address_of, "is_at": is_at, "nearest": nearest, "may": may}
    made.globals |= {"told": told, "in_words": in_words}
    made.filters |= {"when": when, "day": day, "number": number, "iso": iso, "common_name": common_name}
    return made


def seen(value: object) -> object:
    """What a template shows of a value: in place of what turns or hides the words around it stands a mark."""
    return _UNSEEN.sub("\ufffd", value) if isinstance(value, str) and _UNSEEN.search(value) else value


def may(visit: Visit, *actions: str) -> bool:
    """Whether a page that needs one of these rights is there for the visitor: else no link leads to it."""
    return needs(*map(Action, actions)).admits(visit.actor)


def preload_templates() -> None:
    """Read and compile every template."""
    made = environment()
    for name in made.list_templates(extensions=["html"]):
        made.get_template(name)


def when(at_ms: int | None, *, seconds: bool = False) -> str:
    """`22/11/2026 14:05`, in Vietnam's time; "" for no moment."""
    if at_ms is None:
        return ""
    return local_time(at_ms).strftime("%d/%m/%Y %H:%M:%S" if seconds else "%d/%m/%Y %H:%M")


def iso(at_ms: int) -> str:
    """For `<time datetime>`."""
    return local_time(at_ms).isoformat(timespec="seconds")


def day(value: date | None) -> str:
    """`22/11/2026`; "" for none."""
    return "" if value is None else value.strftime("%d/%m/%Y")


def number(value: int) -> str:
    """`1.234.567`, as Vietnamese is written."""
    return f"{value:,}".replace(",", ".")


def common_name(subject: str) -> str:
    """`CN=RootCA G2,O=Ban Cơ yếu Chính phủ,C=VN` → `RootCA G2`; the whole when there is no CN (RFC 4514 § 2.3)."""
    found = _COMMON_NAME.search(subject)
    return _ESCAPED.sub(r"\1", found[1]) if found else subject
