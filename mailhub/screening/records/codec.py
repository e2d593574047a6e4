"""Facts as a row keeps them: compact JSON without a word of the content, and back again.

Recipients with equal facts stand together once. What has its default is left out. Of a message that bears a secret's
mark only the bare facts stay (registry/secret.py: time, type, level, size). Nothing here is named: no subject, no
file name, and of a file's ending only what is plainly one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar, get_type_hints

from mailhub.policy.facts import AttachmentFacts, DocumentFacts, Facts, MessageFacts, RecipientFacts, SenderFacts

T = TypeVar("T")
_ENDING = re.compile(r"[a-z0-9]{1,10}")
_ODD = "?"  # an ending that is none, and may be words
_REMEMBERED = 4_096
compact = json.JSONEncoder(separators=(",", ":")).encode  # made once: `dumps` makes one each time


def dump(facts: Facts, *, missing: frozenset[str] = frozenset()) -> str:
    """The facts as text. `missing` names recipient facts that were not looked up, because no rule asked.

    ASCII, so that any stranger's octets can be stored.
    """
    kept = bare(facts) if is_secret(facts) else facts
    row: dict[str, Any] = {"at": kept.at, "m": _packed(kept.message), "s": _packed(kept.sender)}
    row["r"] = [[_packed(one), addresses] for one, addresses in groups_of(kept.recipients).items()]
    if kept.documents:
        row["d"] = [_packed(one) for one in kept.documents]
    if kept.attachments:
        row["f"] = [_packed(_plain_ending(one)) for one in kept.attachments]
    if missing:
        row["missing"] = sorted(missing)
    return compact(row)


def load(text: str) -> Facts:
    """The facts that `dump` wrote; of a later version's, what this one knows.

    Raises:
        ValueError: it is no such text.
    """
    return load_with_missing(text)[0]


def load_with_missing(text: str) -> tuple[Facts, frozenset[str]]:
    """The same, with the recipient facts that were not looked up.

    Raises:
        ValueError: it is no such text.
    """
    try:
        row = json.loads(text)
        recipients: dict[str, RecipientFacts] = {}
        for packed, addresses in row["r"]:
            recipients.update(dict.fromkeys(addresses, _recipient(_key(packed))))
        facts = Facts(
            message=_unpacked(MessageFacts, row["m"]),
            sender=_sender(_key(row["s"])),
            recipients=recipients,
            documents=tuple([_unpacked(DocumentFacts, one) for one in row.get("d", ())]),
            attachments=tuple([_unpacked(AttachmentFacts, one) for one in row.get("f", ())]),
            at=row["at"],
        )
        return facts, frozenset(row.get("missing", ()))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"these are no facts: {error}") from error


def groups_of(recipients: Mapping[str, RecipientFacts]) -> dict[RecipientFacts, list[str]]:
    """The addresses by what they have in common."""
    found: dict[RecipientFacts, list[str]] = {}
    for address, facts in recipients.items():
        found.setdefault(facts, []).append(address)
    return found


def is_secret(facts: Facts) -> bool:
    """Whether the message, or a document in it, bears a secret's mark."""
    return bool(facts.message.secrecy) or any(document.secrecy for document in facts.documents)


def bare(facts: Facts) -> Facts:
    """What may be kept of a secret: who to whom, when, how large, which type and level; nothing that was read in it."""
    documents = [DocumentFacts(type=one.type, secrecy=one.secrecy, by=one.by) for one in facts.documents]
    files = [AttachmentFacts(type=one.type, size=one.size, depth=one.depth) for one in facts.attachments]
    message = replace(facts.message, links=frozenset())
    return replace(facts, message=message, documents=tuple(documents), attachments=tuple(files), named={})


def _plain_ending(file: AttachmentFacts) -> AttachmentFacts:
    known = not file.extension or _ENDING.fullmatch(file.extension)
    return file if known else replace(file, extension=_ODD)


# ------------------------------------------------------------ one dataclass


def _packed(value: Any) -> dict[str, Any]:
    found = {}
    for name, default in _DEFAULTS[type(value)]:
        one = getattr(value, name)
        if one != default:
            found[name] = sorted(one) if isinstance(one, frozenset) else one
    return found


def _unpacked(kind: type[T], packed: Mapping[str, Any]) -> T:
    readers = _READERS[kind]
    given = {name: value for name, value in packed.items() if name in readers}
    for name in given.keys() & _SPECIAL[kind]:
        given[name] = readers[name](given[name])
    return kind(**given)


def _key(packed: Mapping[str, Any]) -> str:
    return compact(packed)


@lru_cache(maxsize=_REMEMBERED)  # people write to the same kinds of people
def _recipient(text: str) -> RecipientFacts:
    return _unpacked(RecipientFacts, json.loads(text))


@lru_cache(maxsize=_REMEMBERED)
def _sender(text: str) -> SenderFacts:
    return _unpacked(SenderFacts, json.loads(text))


def _reader(hint: Any) -> Callable[[Any], Any] | None:
    """What makes the value again of what JSON keeps of it; None: it is the same."""
    kind = getattr(hint, "__origin__", hint)
    if kind in (frozenset, tuple):
        return kind  # type: ignore[no-any-return]
    return hint if isinstance(hint, type) and issubclass(hint, StrEnum) else None


def _default_of(one: Any) -> Any:
    return one.default if one.default is not MISSING else MISSING


_KINDS = (MessageFacts, SenderFacts, RecipientFacts, DocumentFacts, AttachmentFacts)
_DEFAULTS = {kind: tuple((one.name, _default_of(one)) for one in fields(kind)) for kind in _KINDS}
_READERS: dict[type, dict[str, Any]] = {
    kind: {name: _reader(hint) for name, hint in get_type_hints(kind).items()} for kind in _KINDS
}
_SPECIAL = {kind: {name for name in readers if readers[name] is not None} for kind, readers in _READERS.items()}
