"""A submission under a former address, as it leaves: envelope and author's fields say the one of today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mailhub.mail.headers import Field, read_fields
from mailhub.mail.rewriting import rewritten
from mailhub.queue.records import Cuts


@dataclass(frozen=True, slots=True)
class Leaving:
    """`fields` and `sender` as they leave; `cuts` and `below` make the stored message so. `former`: what was said."""

    fields: Sequence[Field]
    sender: str
    cuts: Cuts = ()
    below: bytes = b""
    former: tuple[str, ...] = ()


def as_of_today(fields: Sequence[Field], sender: str, renamed: Mapping[str, str]) -> Leaving:
    """What leaves for what a client said; `renamed` are the account's former addresses (`AccountView.renamed`)."""
    made = rewritten(fields, renamed)
    today = renamed.get(sender.casefold(), sender)
    if not made.cuts and today == sender:
        return Leaving(fields, sender)
    below = made.above if made.above.endswith(b"\n") or not made.above else made.above + b"\r\n"  # after BDAT
    gone = set(made.cuts)
    kept = [field for field in fields if (field.start, field.end) not in gone]
    said = sender.casefold().encode() + b"".join(f.raw.lower() for f in fields if (f.start, f.end) in gone)
    former = tuple(sorted(old for old in renamed if old.encode() in said))
    return Leaving([*read_fields(below), *kept], today, made.cuts, below, former)
