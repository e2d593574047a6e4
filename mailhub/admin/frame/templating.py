"""Templates and what they have at hand. Everything is escaped; nothing undefined passes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from mailhub.admin.frame.assets import address_of
from mailhub.admin.frame.menu import OWN, menu_for
from mailhub.clock import local_time

if TYPE_CHECKING:
    from mailhub.admin.frame.visit import Visit


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
    )
    made.globals |= {"asset": address_of}
    made.filters |= {"when": when, "day": day, "number": number, "iso": iso}
    return made


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
