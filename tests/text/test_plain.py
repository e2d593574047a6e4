"""Words of people that stand on screens and in logs."""

from __future__ import annotations

import pytest

from mailhub.text.plain import plain_line

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("mất \x1b[2J\x1b]0;x\x07máy", "mất [2J]0;xmáy"),  # a terminal would clear the screen
        ("mất\x9b31mmáy", "mất31mmáy"),  # the same in one octet (ECMA-48 § 5.3)
        ("bỏ\r\nBcc: a@b.vn\u2028x", "bỏ Bcc: a@b.vn x"),
        ("gnoV \u202enăv", "gnoV năv"),
        ("An\u2067B\u200fC\u200bD", "AnBCD"),
        ("Sở Nội vụ – 15/SNV; 😀", "Sở Nội vụ – 15/SNV; 😀"),
        ("", ""),
    ],
)
def test_nothing_of_it_moves_what_stands_around(given: str, shown: str) -> None:
    assert plain_line(given) == shown
