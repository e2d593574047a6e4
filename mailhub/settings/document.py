"""Renders `docs/settings.md` and `config/mailhub.toml` from the schema: `python -m mailhub.settings.document`.

With `--check` nothing is written, and the exit code is 1 when a file is not as the schema says.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

from mailhub.settings.catalogue import ARRAYS, Setting, fields_of, sections, toml_value
from mailhub.settings.render import example_settings
from mailhub.settings.values import HIGHEST_COUNT

_HEAD = """\
# Settings

Everything an administrator may choose stands in `mailhub.toml`, in the hub's directory. `mailhub init` writes the file
with all settings in it; `config/mailhub.toml` is the same for reading. Only `hub.domain` and `hub.hostname` have no
default. Relative paths begin at the hub's directory.

The file is checked whole before anything starts. What is wrong is named with file, line, value and what would be right:

    mailhub.toml:12: [limits] recipients = -4: must be 0 or more (0 = no limit)

`systemctl reload mailhub`, or SIGHUP to `mailhub serve`, reads the file again. If it is wrong, the settings in force
stay as they were. Settings that take effect "after a restart" are reported and wait for the next start.

This page is rendered from `mailhub/settings/sections/` by `python -m mailhub.settings.document`; a test fails when
the two differ.
"""


def render_document() -> str:
    """The text of `docs/settings.md`."""
    parts = [_HEAD]
    for name, model in sections().items():
        parts.append(f"## [{name}]\n\n{model.__doc__}\n")
        for setting in fields_of((name,), model):
            parts.append(_entry(setting))
            if entry := ARRAYS.get(setting.path):
                parts += [_entry(inner) for inner in fields_of(setting.path, entry)]
    return "\n".join(parts)


def documents(root: Path) -> dict[Path, str]:
    """The rendered files below `root`, by path."""
    return {root / "docs/settings.md": render_document(), root / "config/mailhub.toml": example_settings()}


def main(arguments: list[str], root: Path) -> int:
    """Write the documents, or with `--check` compare them; the exit code."""
    stale = {
        path: text
        for path, text in documents(root).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    if "--check" in arguments:
        for path in stale:
            print(f"{path} is not as the schema says; run python -m mailhub.settings.document", file=sys.stderr)
        return 1 if stale else 0
    for path, text in stale.items():
        path.write_text(text, encoding="utf-8")
    return 0


def _entry(setting: Setting) -> str:
    facts = []
    if setting.required:
        facts.append(f"Required, for example `{toml_value(setting.example)}`")
    else:
        facts.append(f"Default: `{toml_value(setting.default)}`")
        if setting.info.examples:
            facts.append(f"Example: `{toml_value(setting.info.examples[0])}`")
    facts += [f"Allowed: {allowed}"] if (allowed := _allowed(setting)) else []
    facts += [f"Unit: {setting.unit}"] if setting.unit else []
    facts.append("Takes effect: after a restart" if setting.restart else "Takes effect: on reload")
    return f"### {setting.heading}\n\n{setting.description}\n\n" + "\n".join(f"- {fact}" for fact in facts) + "\n"


def _allowed(setting: Setting) -> str:
    choices = [choice for choice in get_args(setting.info.annotation) if isinstance(choice, str)]
    low, high = setting.bounds
    if choices:
        return " or ".join(f"`{toml_value(choice)}`" for choice in choices)
    if low is None:
        return ""
    zero = f" (0 = {setting.zero})" if setting.zero else ""
    return f"{low} or more{zero}" if high in (None, HIGHEST_COUNT) else f"{low} to {high}{zero}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).resolve().parents[2]))
