"""Where each key of a TOML file stands, so that a problem can name its line.

`tomllib` tells values but not places. This reader follows the same text after tomllib has accepted it, so it only needs
to know where strings, tables and arrays begin and end (TOML 1.0), and may take for granted that they do.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\r\n]+")
_STRINGS = {
    '"""': re.compile(r'"""(?:\\.|[^\\])*?"""(?:"{0,2})', re.DOTALL),
    "'''": re.compile(r"'''.*?'''(?:'{0,2})", re.DOTALL),
    '"': re.compile(r'"(?:\\.|[^"\\\n])*"'),
    "'": re.compile(r"'[^'\n]*'"),
}


def key_lines(text: str) -> dict[Path, int]:
    """The line, counted from 1, of every table and key of `text`, which must be valid TOML.

    A path holds keys and, in an array of tables, the table's index: `("dkim", "keys", 0, "file")`.
    """
    scanner = _Scanner(text)
    scanner.document()
    return scanner.lines


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self._tables: dict[Path, int] = {}  # how often each [[array]] was opened
        self._line = 1
        self._counted = 0

    def document(self) -> None:
        table: Path = ()
        while self._skip(_BLANK) < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Path:
        line = self._line_here()
        array = self.text.startswith("[[", self.at)
        self.at += 2 if array else 1
        table = self._enter(self._key())
        self.at = self.text.index("]", self.at) + (2 if array else 1)
        if array:
            index = self._tables.get(table, 0)
            self._tables[table] = index + 1
            self._note(table, line)
            table = (*table, index)
        self._note(table, line)
        return table

    def _enter(self, names: list[str]) -> Path:
        """A header's name as a path: on the way, an array of tables means its newest table (TOML 1.0)."""
        path: Path = ()
        for place, name in enumerate(names):
            path = (*path, name)
            if path in self._tables and place < len(names) - 1:
                path = (*path, self._tables[path] - 1)
        return path

    def _pair(self, table: Path) -> None:
        line = self._line_here()
        path = table
        for name in self._key():
            path = (*path, name)
            self._note(path, line)
        self.at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path)

    def _key(self) -> list[str]:
        names = [self._name()]
        while self.text.startswith(".", self._skip(_SPACE)):
            self.at += 1
            names.append(self._name())
        return names

    def _name(self) -> str:
        self._skip(_SPACE)
        quote = self.text[self.at]
        if quote in "\"'":
            return _unquoted(self._string())
        return self._match(_BARE_KEY)

    def _value(self, path: Path) -> None:
        first = self.text[self.at]
        if first in "\"'":
            self._string()
        elif first == "[":
            for index in self._items("]"):
                self._note((*path, index), self._line_here())
                self._value((*path, index))
        elif first == "{":
            for _ in self._items("}"):
                self._pair(path)
        else:
            self._match(_SCALAR)

    def _items(self, end: str) -> Iterator[int]:
        """Stand before each item of an array or inline table in turn; the caller reads it."""
        self.at += 1
        index = 0
        while self.text[self._skip(_BLANK)] != end:
            yield index
            index += 1
            if self.text[self._skip(_BLANK)] == ",":
                self.at += 1
        self.at += 1

    def _string(self) -> str:
        quote = self.text[self.at : self.at + 3]
        return self._match(_STRINGS.get(quote) or _STRINGS[quote[0]])

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise ValueError(f"not TOML at offset {self.at}")
        self.at = found.end()
        return found.group()

    def _skip(self, pattern: re.Pattern[str]) -> int:
        self._match(pattern)
        return self.at

    def _note(self, path: Path, line: int) -> None:
        self.lines.setdefault(path, line)

    def _line_here(self) -> int:
        self._line += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._line


def _unquoted(text: str) -> str:
    """A quoted key as it is meant; keys with escapes are rare enough to ask tomllib."""
    return str(next(iter(tomllib.loads(f"{text} = 0"))))
