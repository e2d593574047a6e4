"""Every text that a page asks for is there in both languages, and every text that is there is asked for."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from mailhub.i18n import LANGUAGES, texts

pytestmark = pytest.mark.unit

ADMIN = Path(__file__).parents[2] / "mailhub"
OURS = ("admin", "telling", "reports", "accounts/web")
# An id in quotes; one that ends with a point is put together with what follows at run time.
_IDENT = re.compile(r"""["'](web\.[a-z0-9_.-]+)["']""")
_PLACES = re.compile(r"\{(\w+)[^}]*\}")


@cache
def asked_for() -> dict[str, str]:
    """Each id, or beginning of one, in templates and code, and a file that has it."""
    found: dict[str, str] = {}
    for folder in OURS:
        for path in (ADMIN / folder).rglob("*"):
            if path.suffix in (".py", ".html"):
                # `f"web.x.{y}"` asks for what begins with `web.x.`.
                text = re.sub(r"""f(["'])(web\.[a-z0-9_.-]*)\{[^"']*["']""", r"\1\2\1", path.read_text())
                found |= {ident: str(path.relative_to(ADMIN)) for ident in _IDENT.findall(text)}
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_is_asked_for_is_there(language: str) -> None:
    ids = texts(language).ids()
    missing = [
        f"{ident} ({file})"
        for ident, file in sorted(asked_for().items())
        if ident not in ids and not (ident.endswith((".", "-")) and any(one.startswith(ident) for one in ids))
    ]
    assert not missing, missing


def test_every_text_of_the_web_is_asked_for() -> None:
    asked = asked_for()
    beginnings = tuple(ident for ident in asked if ident.endswith((".", "-")))
    idle = [ident for ident in sorted(texts("vi").ids()) if ident.startswith("web.") and ident not in asked]
    idle = [ident for ident in idle if not ident.startswith(beginnings)]
    assert not idle, idle


def test_both_languages_have_the_same_texts_with_the_same_places() -> None:
    vietnamese, english = texts("vi"), texts("en")
    assert vietnamese.ids() == english.ids()
    for ident in sorted(vietnamese.ids()):
        if ident.startswith(("web.", "telling.", "report")):
            places = [
                {name for form in language.forms(ident) for name in _PLACES.findall(form)}
                for language in (vietnamese, english)
            ]
            assert places[0] == places[1], ident


def test_no_text_was_left_in_the_other_language() -> None:
    """Vietnamese has its marks; a long text that is the same in both was forgotten."""
    vietnamese, english = texts("vi"), texts("en")
    same = [
        ident
        for ident in sorted(vietnamese.ids())
        if ident.startswith("web.") and vietnamese.forms(ident) == english.forms(ident)
    ]
    written = {ident: re.sub(r"\{[^}]*\}|[^\w\s]", " ", vietnamese.forms(ident)[0]) for ident in same}
    assert [ident for ident, text in written.items() if len(text.split()) > 3] == []
    plain = re.compile(r"[a-zA-Z\s.,:;()–-]{30,}")
    assert [ident for ident in same if plain.fullmatch(vietnamese.forms(ident)[0])] == []


@pytest.mark.parametrize("word", ["Bạn ", " bạn ", "khoẻ", "huỷ", "hoả tốc", "khoá"])
def test_wording_keeps_to_the_houses_words(word: str) -> None:
    """wording.md: Ông/Bà, and tone marks where Nghị định 30 prints them."""
    said = [ident for ident in texts("vi").ids() if any(word in form for form in texts("vi").forms(ident))]
    assert not said, said
