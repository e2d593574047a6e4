"""A second factor's key as a picture that a phone reads."""

from __future__ import annotations

from dataclasses import dataclass

import segno

from mailhub.accounts.login.second_factor import SetUp


@dataclass(frozen=True, slots=True)
class Drawn:
    """`picture` is a data: URI of an SVG; `key` is typed in by hand, in groups of four."""

    picture: str
    key: str

    def __repr__(self) -> str:  # a traceback must not show the key
        return "Drawn()"


def draw(made: SetUp) -> Drawn:
    """The picture of a key, black on white whatever the page's colours: cameras want it so."""
    picture = segno.make_qr(made.uri).svg_data_uri(border=4, scale=4, dark="#000", light="#fff")
    return Drawn(picture, " ".join(made.key[start : start + 4] for start in range(0, len(made.key), 4)))
