"""What somebody typed: kept as it was, read field by field, with what to mend beside each."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from starlette.datastructures import FormData, UploadFile

from mailhub.errors import MailhubError

T = TypeVar("T")
LONGEST_FIELD = 100_000


class Mend(MailhubError):
    """What was typed does not do; `text` is the id of the words that say why."""

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text)
        self.text, self.values = text, values


@dataclass(slots=True)
class Form:
    """`typed` is shown again as it was; `wrong` maps a field to (text id, values) of what to mend there.

    A field "" is the form as a whole.
    """

    typed: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, UploadFile] = field(default_factory=dict)
    wrong: dict[str, tuple[str, Mapping[str, object]]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return not self.wrong

    def text(self, name: str, *, required: bool = False, longest: int = 500) -> str:
        """One line or several, NFC, without control characters and outer blanks; too long is told, not cut."""
        raw = self.typed.get(name, "")
        value = unicodedata.normalize("NFC", raw).replace("\r\n", "\n").strip()
        value = "".join(c for c in value if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
        if required and not value:
            self.mend(name, "web.form.required")
        elif len(value) > longest:
            self.mend(name, "web.form.too-long", longest=longest)
            return value[:longest]
        return value

    def secret(self, name: str) -> str:
        """A password, exactly as typed."""
        return self.typed.get(name, "")

    def day(self, name: str, *, required: bool = False) -> date | None:
        """A date: `2026-11-22` as browsers send it, or `22/11/2026` as people type it."""
        raw = self.text(name, required=required, longest=20)
        if not raw:
            return None
        for form in ("%Y-%m-%d", "%d/%m/%Y"):
            try:
                return datetime.strptime(raw, form).date()  # noqa: DTZ007 - a day, not a moment
            except ValueError:
                continue
        self.mend(name, "web.form.not-a-day")
        return None

    def number(self, name: str, *, least: int = 0, most: int = 2**53, required: bool = False) -> int | None:
        """A whole number between `least` and `most`."""
        raw = self.text(name, required=required, longest=20)
        if not raw:
            return None
        if not raw.isascii() or not raw.removeprefix("-").isdigit() or not least <= int(raw) <= most:
            self.mend(name, "web.form.not-a-number", least=least, most=most)
            return None
        return int(raw)

    def choice(self, name: str, among: Sequence[str], *, required: bool = True) -> str:
        """One of the values that the page offered."""
        value = self.text(name, required=required)
        if value and value not in among:
            self.mend(name, "web.form.not-a-choice")
            return ""
        return value

    def chosen(self, name: str) -> bool:
        """Whether a box was ticked."""
        return bool(self.typed.get(name))

    def several(self, name: str) -> list[str]:
        """Every value of a field that may come more than once."""
        return list(self.lists.get(name, ()))

    def mend(self, name: str, text: str, **values: object) -> None:
        """Say what to mend at a field; the first word about it stays."""
        self.wrong.setdefault(name, (text, values))

    def trying(self, name: str, read: Callable[[str], T], *kinds: type[Exception], text: str) -> T | None:
        """The field as `read` understands it; one of `kinds` becomes the words `text` beside it."""
        try:
            return read(self.text(name))
        except kinds as error:
            self.mend(name, text, detail=str(error))
            return None


def read_form(data: FormData) -> Form:
    """The form as it came over HTTP; of a field that came twice `typed` has the last value."""
    typed: dict[str, str] = {}
    lists: dict[str, list[str]] = {}
    files: dict[str, UploadFile] = {}
    for name, value in data.multi_items():
        if isinstance(value, UploadFile):
            if value.filename:
                files[name] = value
            continue
        if len(value) <= LONGEST_FIELD:
            typed[name] = value
            lists.setdefault(name, []).append(value)
    return Form(typed, lists, files)


def is_storable(form: Form) -> bool:
    """Whether everything typed is text that can be kept and shown again."""
    names = [file.filename or "" for file in form.files.values()]
    return all(map(is_text, (*form.files, *names))) and all(
        is_text(text) for name, values in form.lists.items() for text in (name, *values)
    )


def is_text(text: str) -> bool:
    """No NUL, which PostgreSQL keeps nowhere, and no half of a surrogate pair, which UTF-8 cannot write (a multipart
    form may name a charset that makes them)."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return "\0" not in text
