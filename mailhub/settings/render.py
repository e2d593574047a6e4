"""Writing `mailhub.toml`: every setting with its value and, above it, what it is for."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mailhub.settings.catalogue import Setting, fields_of, sections, toml_value
from mailhub.settings.load import parse
from mailhub.settings.sections import DkimKey, Section

_WIDTH = 100
_HEAD = """\
# The settings of this mailhub. / Cấu hình của mailhub.
#
# After a change: `systemctl reload mailhub`, or SIGHUP to `mailhub serve`. A wrong file is refused with the line
# and what would be right, and the settings in force stay. What is marked [restart] waits for the next start.
# Sau khi sửa: `systemctl reload mailhub`. Nếu tệp sai, mailhub báo dòng sai và giữ nguyên cấu hình đang chạy;
# mục ghi [restart] chỉ có hiệu lực sau khi khởi động lại.
#
# Relative paths begin at the directory of this file. Every value below is the default unless it says otherwise.
"""


def render_settings(
    domain: str,
    hostname: str,
    base_port: int = 0,
    dkim_keys: Sequence[DkimKey] = (),
    **overrides: Mapping[str, Any],
) -> str:
    """The text of a `mailhub.toml` with every setting and its comment.

    `overrides` are sections: `render_settings("tinh.gov.vn", "mail.tinh.gov.vn", delivery={"smarthost": "relay:25"})`.

    Raises:
        SettingsError: a value given cannot be right.
    """
    given: dict[str, dict[str, Any]] = {name: dict(values) for name, values in overrides.items()}
    given.setdefault("hub", {}).update(domain=domain, hostname=hostname, base_port=base_port)
    parts = [_HEAD]
    for name, model in sections().items():
        parts.append(_section(name, model, given.pop(name, {}), dkim_keys))
    parts += [f"[{name}]" for name in given]  # an unknown section, for the check below to name
    text = "\n".join(parts)
    parse(text, Path("/mailhub/mailhub.toml"))
    return text


def example_settings() -> str:
    """The text of `config/mailhub.toml`."""
    return render_settings("tinh.gov.vn", "mail.tinh.gov.vn")


def _section(name: str, model: type[Section], given: dict[str, Any], dkim_keys: Sequence[DkimKey]) -> str:
    lines = [f"[{name}]", f"# {model.__doc__}"]
    for setting in fields_of((name,), model):
        if setting.path == ("dkim", "keys"):
            lines += ["", *_comment(setting.description), *_dkim_tables(dkim_keys)]
            continue
        value = given.pop(setting.name, setting.example if setting.required else setting.default)
        lines += ["", *_about(setting, value), f"{setting.name} = {toml_value(value)}"]
    lines += [f"{key} = {toml_value(value)}" for key, value in given.items()]  # unknown: parse() will say so
    return "\n".join([*lines, ""])


def _about(setting: Setting, value: Any) -> list[str]:
    words = setting.description
    if setting.restart:
        words += " [restart]"
    lines = _comment(words)
    if not setting.required and value != setting.default:
        lines.append(f"# Default: {toml_value(setting.default)}")
    elif not setting.required and setting.info.examples:
        lines.append(f"# Example: {setting.name} = {toml_value(setting.info.examples[0])}")
    return lines


def _dkim_tables(keys: Sequence[DkimKey]) -> list[str]:
    """A table a key; without keys, one of examples behind comment signs."""
    lines: list[str] = []
    for key in keys:
        lines += ["[[dkim.keys]]"]
        for setting in fields_of(("dkim", "keys"), DkimKey):
            lines.append(f"{setting.name} = {toml_value(getattr(key, setting.attribute))}")
        lines.append("")
    if keys:
        return lines[:-1]
    lines.append("# [[dkim.keys]]")
    for setting in fields_of(("dkim", "keys"), DkimKey):
        lines += ["# " + line for line in _comment(setting.description)]
        lines.append(f"# {setting.name} = {toml_value(setting.example)}")
    return lines


def _comment(words: str) -> list[str]:
    return ["# " + line for line in textwrap.wrap(words, _WIDTH, break_long_words=False, break_on_hyphens=False)]
