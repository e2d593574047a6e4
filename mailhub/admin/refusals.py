"""What services refuse, in the reader's language.

Services say in English why they do not do something (`mailhub/errors.py`); programs and logs keep those words. On the
web the same line is looked up among the texts `web.refused.…`: their English form is the line itself with its
`{places}`, so the other languages are found by it, and a line that nobody translated is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from mailhub.i18n import Texts, texts

_PREFIX = "web.refused."
_PLACE = re.compile(r"\{(\w+)\}")
# Words of our own that stand in a place: the ids by which people read them.
_WORDS = {
    "state": ("web.account.state.{}", "web.request.state.{}"),
    "stands": ("web.proposal.state.{}",),
    "role": ("web.account.role.{}",),
    "act": ("web.rights.action.account.{}",),
}


def in_words(t: Texts, line: str) -> str:
    """`line` as `t` says it; itself when it is in no catalogue."""
    if t is texts("en"):
        return line
    for pattern, ident in _lines():
        found = pattern.fullmatch(line)
        if found is not None:
            return t(ident, **{name: _word(t, name, value) for name, value in found.groupdict().items()})
    return line


def told(t: Texts, wrong: tuple[str, Mapping[str, object]]) -> str:
    """What `Form.mend` noted at a field: its text, with a service's line (`detail`) in the reader's language."""
    ident, values = wrong
    if "detail" in values:
        values = {**values, "detail": in_words(t, str(values["detail"]))}
    return t(ident, **values)


def _word(t: Texts, name: str, value: str) -> str:
    known = t.ids()
    for one in _WORDS.get(name, ()):
        if one.format(value) in known:
            return t(one.format(value))
    return value


@cache
def _lines() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Every English line as a pattern, those with the most fixed letters first."""
    english = texts("en")
    made = []
    for ident in english.ids():
        if ident.startswith(_PREFIX):
            (line,) = english.forms(ident)
            fixed = _PLACE.split(line)
            pattern = "".join(f"(?P<{part}>.+?)" if n % 2 else re.escape(part) for n, part in enumerate(fixed))
            made.append((sum(map(len, fixed[::2])), re.compile(pattern), ident))
    return tuple((pattern, ident) for _, pattern, ident in sorted(made, key=lambda one: (-one[0], one[2])))
