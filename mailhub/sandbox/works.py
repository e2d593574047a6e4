"""Pieces of work in the sandbox that are no reading of a message's files: by name, a dataclass and octets in,
dataclasses and octets out. The table is closed; what a piece is told and answers is plain, and decoded strictly on
both sides.

A piece is a function `(argument: A, octets: Sequence[memoryview], trust: TrustSource) -> Iterator[object]`: what it
yields that is `bytes` goes out as octets, all others are answers, dataclasses of one class. Lists in them are cut at
`LIST_ITEMS`: whoever has more yields several answers. What it raises is a fault that the client is told of.
Asked for with `Inspector.work` (`pool.py`).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, get_type_hints

from mailhub.files.reader import TrustSource
from mailhub.sandbox.wire import answer_line, octets_lines, read_value

ANSWERS = "answers"  # OCSP answers and revocation lists are checked
PREPARE = "prepare"  # a seal's update to a PDF
COMPARE = "compare"  # another child looks at such an update
STAMP = "stamp"  # a timestamp's answer is checked, and put into a CMS

WORKS: Mapping[str, str] = {
    ANSWERS: "mailhub.files.signed.answering:work",
    PREPARE: "mailhub.files.sealing.working:work",
    COMPARE: "mailhub.files.sealing.comparing:work",
    STAMP: "mailhub.files.sealing.stamping:work",
}


def lines(
    table: Mapping[str, str], name: str, argument: str, octets: Sequence[memoryview], trust: TrustSource
) -> Iterator[bytes]:
    """Do it, and give the lines of its answer as they come.

    Raises:
        BadAnswer: there is no such work, or the argument is not its own.
    """
    work = function_of(table[name])
    kind = get_type_hints(work)["argument"]
    for item in work(read_value(kind, argument), octets, trust):
        if isinstance(item, bytes):
            yield from octets_lines(item)
        else:
            yield answer_line(item)


def function_of(place: str) -> Callable[..., Iterator[Any]]:
    """The function at `module:name`; the zygote has loaded the module long since."""
    module, _, name = place.partition(":")
    function: Callable[..., Iterator[Any]] = getattr(importlib.import_module(module), name)
    return function
