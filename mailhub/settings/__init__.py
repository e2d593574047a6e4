"""What an administrator may choose: `mailhub.toml`, read whole, checked whole, replaced whole.

`sections/` holds every setting with its words; `docs/settings.md` is rendered from it.
"""

from mailhub.settings.errors import Problem, SettingsError
from mailhub.settings.load import load, parse
from mailhub.settings.reload import LiveSettings, ReloadOutcome
from mailhub.settings.render import render_settings
from mailhub.settings.schema import Settings
from mailhub.settings.sections import DkimKey
from mailhub.settings.values import STANDARD_PORTS, HostPort, Service

SETTINGS_FILE = "mailhub.toml"  # in the directory of a hub

__all__ = [
    "SETTINGS_FILE",
    "STANDARD_PORTS",
    "DkimKey",
    "HostPort",
    "LiveSettings",
    "Problem",
    "ReloadOutcome",
    "Service",
    "Settings",
    "SettingsError",
    "load",
    "parse",
    "render_settings",
]
