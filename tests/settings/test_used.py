"""A setting that nobody reads is a promise that nobody keeps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mailhub
from mailhub.settings import Settings
from mailhub.settings.sections.base import Section

pytestmark = pytest.mark.unit

PACKAGE = Path(mailhub.__file__).parent
SETTINGS = PACKAGE / "settings"
# Neither where a setting is described nor where it is checked: that is not yet a use.
UNUSED = (SETTINGS / "sections", SETTINGS / "checks.py")
CODE = "\n".join(
    path.read_text() for path in PACKAGE.rglob("*.py") if not any(path.is_relative_to(part) for part in UNUSED)
)
NAMES = [
    (section, name)
    for section, field in Settings.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
    for name in field.annotation.model_fields
]


@pytest.mark.parametrize(("section", "name"), NAMES)
def test_every_setting_is_read_by_something(section: str, name: str) -> None:
    by_name = rf'"{name}"'  # listen_address("mx")
    pattern = by_name if section == "listen" else rf"\b(?:{section}|section|settings|rules)\.{name}\b"
    assert re.search(pattern, CODE), f"nothing reads {section}.{name}"
