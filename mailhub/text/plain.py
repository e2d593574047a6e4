"""Words that people gave, as they may stand on a screen, on paper and in a line of a log."""

from __future__ import annotations


def plain_line(text: str) -> str:
    """`text` on one line, without what is not seen and moves what is: control characters of terminals, marks that
    turn the direction of writing (Unicode § 23.2), blanks without width. Letters, marks and emoji stay.

    Whoever reads a clerk's words in a terminal must not have it written over, nor read them in another order.
    """
    if text.isprintable():
        return text
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())
