"""The words that people read, in Vietnamese and in English.

Messages have ids (`notice.delay.body`), not source texts: Vietnamese and English are both translations, so that
neither goes stale unseen, and wording.md can be changed without touching code. The `.po` files of a language (one a
part of mailhub) are read as they are, when it is first asked for: a checkout works without a build step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from mailhub.errors import MailhubError

LANGUAGES = ("vi", "en")


class NoSuchText(MailhubError):
    """The catalogue of a language has no text with this id."""


class Texts:
    """One language. Call it with an id and the values of its placeholders."""

    def __init__(self, catalogs: Sequence[Catalog]) -> None:
        self._plurals = max(catalog.num_plurals for catalog in catalogs)
        found = [(_id_of(message.id), message.string) for catalog in catalogs for message in catalog if message.id]
        self._texts = dict(found)
        if len(self._texts) < len(found):
            twice = sorted(ident for ident, number in Counter(ident for ident, _ in found).items() if number > 1)
            raise ValueError(f"texts in two files: {', '.join(twice[:5])}")
        self._ids = frozenset(self._texts)

    def __call__(self, ident: str, /, **values: object) -> str:
        """The text, its `{placeholders}` filled in.

        Raises:
            NoSuchText: the id is not in the catalogue.
        """
        return self._form(ident, 0).format(**values)

    def count(self, ident: str, number: int, /, **values: object) -> str:
        """The text in the grammatical number of `number`, which fills `{number}`.

        Raises:
            NoSuchText: the id is not in the catalogue.
        """
        form = 0 if self._plurals == 1 or number == 1 else 1
        return self._form(ident, form).format(number=number, **values)

    def ids(self) -> frozenset[str]:
        """Every id of this language."""
        return self._ids

    def forms(self, ident: str) -> tuple[str, ...]:
        """The text as it stands in the catalogue, one for each grammatical number."""
        text = self._texts.get(ident)
        if not text:
            raise NoSuchText(ident)
        return (text,) if isinstance(text, str) else tuple(text)

    def _form(self, ident: str, number: int) -> str:
        forms = self.forms(ident)
        return forms[min(number, len(forms) - 1)]


@cache
def texts(language: str) -> Texts:
    """The catalogue of `language`, "vi" or "en".

    Raises:
        NoSuchText: there is no such catalogue.
    """
    if language not in LANGUAGES:
        raise NoSuchText(language)
    folder = Path(__file__).parent / language / "LC_MESSAGES"
    return Texts([_read(path, language) for path in sorted(folder.glob("*.po"))])


def _read(path: Path, language: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language, charset="utf-8")


def _id_of(ident: str | tuple[str, ...] | list[str]) -> str:
    return ident if isinstance(ident, str) else ident[0]


__all__ = ["LANGUAGES", "NoSuchText", "Texts", "texts"]
