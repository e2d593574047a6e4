"""What a rule says to whoever wrote the message, in Vietnamese and in English, and the places in it to be filled."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter

from mailhub.i18n import LANGUAGES
from mailhub.policy.rules.rule import Action
from mailhub.policy.rules.tables import Table
from mailhub.policy.rules.vocabulary import nearest
from mailhub.text.folding import clean

PLACEHOLDERS = ("document", "recipients", "domain", "count", "files", "links", "agency")

_LONGEST = 2_000
# These never say anything to anybody, or only put a message into a folder.
_SILENT = (Action.COUNT, Action.ALLOW, Action.TAG)


def read_message(table: Table, action: Action) -> Mapping[str, str]:
    """The texts by language; both are needed wherever the rule can speak."""
    inner = table.table("message", "message")
    if inner is None:
        if "message" not in table.data and action not in _SILENT:
            table.problem("message", "message is missing", 'write message = { vi = "…", en = "…" }')
        return {}
    texts: dict[str, str] = {}
    for language in LANGUAGES:
        value = inner.get(language)
        if not isinstance(value, str) or not value.strip():
            if value is not None or action not in _SILENT:
                inner.problem(language, f"{language} must be the text that people read, in quotes")
            continue
        if fault := _fault(value):
            inner.problem(language, f"{language}: {fault[0]}", fault[1])
        texts[language] = clean(value).strip()
    inner.finish()
    return texts


def _fault(text: str) -> tuple[str, str] | None:
    """What is wrong with the places to be filled in: only plain `{names}` of the list."""
    if len(text) > _LONGEST:
        return f"it is longer than {_LONGEST} characters", ""
    if any(not letter.isprintable() and letter != "\n" for letter in text):
        return "it has control characters", ""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        return "a brace has no partner", "a brace that is meant as such is written twice, {{ or }}"
    for _, name, form, conversion in parts:
        if name is not None and (name not in PLACEHOLDERS or form or conversion):
            return f"{{{name}}} is not known here", nearest(name, PLACEHOLDERS)
    return None
