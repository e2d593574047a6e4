"""Lines of keys in TOML as people and programs write it."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailhub.settings.catalogue import toml_value
from mailhub.settings.scan import key_lines

pytestmark = pytest.mark.unit

ODD = '''\
# [not.a.section]
top = 1 # = [x]
dotted.key."with space" = 2

  [ limits ] # spaces are allowed
recipients=3
text = """
[hub]
domain = "inside a string"
"""
raw = \'\'\'
x = \'\'\'\'
after = "a # b \\" c"
list = [
  1, # one ]
  # two = 2
  [2, 3],

  "]",
]
inline = { a = 1, b = { c = "}" }, d = [ { e = 1 } ] }

[[dkim.keys]]
domain = 'a'
[dkim.keys.more]
x = 1
[[dkim.keys]]

domain = 'b'
when = 2026-01-01 07:00:00
["quoted.table"]
'single' = 1
empty = ""
empty_raw = \'\'
last = 1.5e3'''


def lines_of(text: str) -> dict[str, int]:
    return {"/".join(str(part) for part in path): line for path, line in key_lines(text).items()}


def test_odd_layouts_are_followed() -> None:
    tomllib.loads(ODD)
    assert lines_of(ODD) == {
        "top": 2,
        "dotted": 3,
        "dotted/key": 3,
        "dotted/key/with space": 3,
        "limits": 5,
        "limits/recipients": 6,
        "limits/text": 7,
        "limits/raw": 11,
        "limits/after": 13,
        "limits/list": 14,
        "limits/list/0": 15,
        "limits/list/1": 17,
        "limits/list/1/0": 17,
        "limits/list/1/1": 17,
        "limits/list/2": 19,
        "limits/inline": 21,
        "limits/inline/a": 21,
        "limits/inline/b": 21,
        "limits/inline/b/c": 21,
        "limits/inline/d": 21,
        "limits/inline/d/0": 21,
        "limits/inline/d/0/e": 21,
        "dkim/keys": 23,
        "dkim/keys/0": 23,
        "dkim/keys/0/domain": 24,
        "dkim/keys/0/more": 25,
        "dkim/keys/0/more/x": 26,
        "dkim/keys/1": 27,
        "dkim/keys/1/domain": 29,
        "dkim/keys/1/when": 30,
        "quoted.table": 31,
        "quoted.table/single": 32,
        "quoted.table/empty": 33,
        "quoted.table/empty_raw": 34,
        "quoted.table/last": 35,
    }


def test_line_ends_of_windows_do_not_shift_the_lines() -> None:
    assert lines_of(ODD.replace("\n", "\r\n")) == lines_of(ODD)


def test_an_empty_file_has_no_lines() -> None:
    assert key_lines("") == {}
    assert key_lines("# only\n\n") == {}


SCALARS = st.one_of(st.booleans(), st.integers(-(2**60), 2**60), st.text(st.characters(exclude_categories=["Cs"])))
VALUES: st.SearchStrategy[Any] = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3), max_leaves=6)


@settings(database=None)  # a checkout that belongs to another user cannot be written to
@given(st.dictionaries(st.text("abc=#[]{}\"'\\ \n.", max_size=5), VALUES, max_size=5))
def test_every_key_is_found_on_the_line_it_was_written_on(data: dict[str, Any]) -> None:
    text = "".join(f"{toml_value(key)} = {toml_value(value)} # c\n" for key, value in data.items())
    assert tomllib.loads(text) == data
    found = key_lines(text)
    assert {path[0]: line for path, line in found.items() if len(path) == 1} == {
        key: place for place, key in enumerate(data, 1)
    }
