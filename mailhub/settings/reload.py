"""Settings that change while the hub runs: a good file is taken, a wrong one leaves everything as it was (mox)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mailhub.settings.catalogue import all_settings, sections
from mailhub.settings.errors import SettingsError
from mailhub.settings.load import checked, load
from mailhub.settings.schema import Settings


@dataclass(frozen=True, slots=True)
class ReloadOutcome:
    """What a reload did. Names are `section.field`, in the order of the schema."""

    changed: list[str] = field(default_factory=list)  # in force from now on
    needs_restart: list[str] = field(default_factory=list)  # in the file, but not in force before a restart
    error: SettingsError | None = None  # nothing was taken


class LiveSettings:
    """The settings in force. `current` may be read from any thread at any time: it is replaced whole, never altered."""

    def __init__(self, path: Path) -> None:
        """Load the file at `path`.

        Raises:
            SettingsError: it is wrong; there is nothing older to fall back on.
        """
        self._path = path
        self._current = load(path)

    @property
    def current(self) -> Settings:
        return self._current

    def reload(self) -> ReloadOutcome:
        """Read the file again and take what can change while the hub runs."""
        try:
            wanted = load(self._path)
            changed = _differences(self._current, wanted)
            settings = checked(_merged(self._current, wanted), self._path, {})
        except SettingsError as error:
            return ReloadOutcome(error=error)
        self._current = settings
        return ReloadOutcome(
            changed=[name for name, restart in changed if not restart],
            needs_restart=[name for name, restart in changed if restart],
        )


def _differences(old: Settings, new: Settings) -> list[tuple[str, bool]]:
    """The settings that differ, each with whether it needs a restart."""
    return [
        (setting.heading, setting.restart)
        for setting in all_settings().values()
        if len(setting.table) == 1 and _value(old, setting.path) != _value(new, setting.path)
    ]


def _value(settings: Settings, path: tuple[str, ...]) -> Any:
    section, name = path
    return getattr(getattr(settings, section), name)


def _merged(old: Settings, new: Settings) -> Settings:
    """`new`, but with `old`'s value of every setting that a reload cannot apply."""
    kept: dict[str, dict[str, Any]] = {name: {} for name in sections()}
    for setting in all_settings().values():
        if setting.restart:
            kept[setting.table[0]][setting.attribute] = _value(old, setting.path)
    parts = {name: getattr(new, name).model_copy(update=values) for name, values in kept.items()}
    return new.model_copy(update={**parts, "directory": old.directory})
