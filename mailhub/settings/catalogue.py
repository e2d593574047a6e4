"""A walk over the schema: every setting with its words, for messages, documents and reloads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from mailhub.settings.schema import Settings
from mailhub.settings.sections import DkimKey, Section

NOT_SECTIONS = {"directory"}  # known from the place of the file, never written in it
# Arrays of tables: the section and field that hold them, and what an entry is.
ARRAYS: dict[tuple[str, ...], type[Section]] = {("dkim", "keys"): DkimKey}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as people write and read about it."""

    table: tuple[str, ...]  # ("limits",) or ("dkim", "keys")
    name: str  # as written in the file
    attribute: str  # as the model calls it; differs where the name is a word of Python
    info: FieldInfo

    @property
    def path(self) -> tuple[str, ...]:
        return (*self.table, self.name)

    @property
    def heading(self) -> str:
        """`limits.recipients`, as docs/settings.md and a reload's outcome name it."""
        return ".".join(self.path)

    @property
    def description(self) -> str:
        return self.info.description or ""

    @property
    def required(self) -> bool:
        return self.info.is_required()

    @property
    def default(self) -> Any:
        return None if self.info.default is PydanticUndefined else self.info.default

    @property
    def example(self) -> Any:
        """A value that is right: an example of the schema, or the default; None when neither says anything."""
        if self.info.examples:
            return self.info.examples[0]
        return self.default if self.default not in ("", ()) else None

    @property
    def unit(self) -> str:
        return str(self._about["unit"])

    @property
    def zero(self) -> str:
        """What 0 means, or ""."""
        return str(self._about["zero"]) or ("no limit" if self.table == ("limits",) else "")

    @property
    def restart(self) -> bool:
        return bool(self._about["restart"])

    @property
    def secret(self) -> bool:
        return bool(self._about["secret"])

    @property
    def bounds(self) -> tuple[int | None, int | None]:
        """The smallest and largest number allowed."""
        low = next((rule.ge for rule in self.info.metadata if hasattr(rule, "ge")), None)
        high = next((rule.le for rule in self.info.metadata if hasattr(rule, "le")), None)
        return low, high

    @property
    def _about(self) -> dict[str, Any]:
        extra = self.info.json_schema_extra
        assert isinstance(extra, dict), f"{self.heading} lacks about()"
        return extra


def sections() -> dict[str, type[Section]]:
    """The sections by the names they have in the file, in order."""
    found = {}
    for name, info in Settings.model_fields.items():
        if name not in NOT_SECTIONS:
            assert isinstance(info.annotation, type)
            assert issubclass(info.annotation, Section)
            found[name] = info.annotation
    return found


def fields_of(table: tuple[str, ...], model: type[Section]) -> list[Setting]:
    """The settings of one section or array entry."""
    return [
        Setting(table=table, name=str(info.validation_alias or attribute), attribute=attribute, info=info)
        for attribute, info in model.model_fields.items()
    ]


@cache
def all_settings() -> dict[tuple[str, ...], Setting]:
    """Every setting by its path, those of array entries without an index, in the order of the schema."""
    return {setting.path: setting for setting in _walk()}


def find(location: Sequence[str | int]) -> Setting | None:
    """The setting at, or around, a place in the file: indexes are skipped, and the longest path that exists wins."""
    names = tuple(part for part in location if isinstance(part, str))
    return next((found for end in range(len(names), 0, -1) if (found := all_settings().get(names[:end]))), None)


def toml_value(value: Any) -> str:
    """`value` as TOML writes it. Strings of JSON are strings of TOML, save DEL (TOML 1.0, "String")."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, date):
        return f'"{value.isoformat()}"'
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml_value(item)}" for key, item in value.items()) + "}"
    return '""' if value is None else str(value)


def _walk() -> Iterator[Setting]:
    for name, model in sections().items():
        for setting in fields_of((name,), model):
            yield setting
            if entry := ARRAYS.get((name, setting.name)):
                yield from fields_of(setting.path, entry)
