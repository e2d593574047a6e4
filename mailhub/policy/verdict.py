"""What a rule says of a message: nothing (None), or a refusal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule's no. Doors put it into their own words (`smtp/replies.py`).

    `rule` names the rule, `kind` what is wrong, both from closed lists in the rule's module. `detail` quotes what
    was found, an address or a domain: a stranger's words, to be cleaned before they are shown.
    """

    rule: str
    kind: str
    detail: str = ""
