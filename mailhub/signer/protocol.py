"""What passes over the signer's socket.

A question is `PREFIX`, with the descriptor of the document beside it (SCM_RIGHTS, a sealed memfd) when something is to
be signed, then a JSON object of so many octets. The answer is `LENGTH`, a JSON object of so many octets, and behind it
the update and the CMS, whose lengths the object tells.
"""

from __future__ import annotations

import fcntl
import json
import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from mailhub.sandbox.codec import decode, encode
from mailhub.sandbox.errors import BadAnswer
from mailhub.signer.orders import Sealed, SealKind, SealOrder, SealRefused, SignerStatus

T = TypeVar("T")
PREFIX = struct.Struct("!4sI")
LENGTH = struct.Struct("!I")
MAGIC = b"MHK1"
QUESTION_BYTES = 64 * 1024
ANSWER_BYTES = 4 * 2**20
UPDATE_BYTES = 16 * 2**20
CMS_BYTES = 2**20
# What a sealed memfd can no longer do: neither side alters what the other reads (fcntl(2), F_ADD_SEALS).
SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


class Ask(StrEnum):
    """What is asked."""

    SEAL = "seal"
    STATUS = "status"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWords:
    """`SealOrder` without the document."""

    agency: str
    desk: str
    clerk: str
    act: str
    kind: SealKind
    main: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question."""

    ask: Ask
    order: OrderWords | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedWords:
    """`Sealed` without its octets, of which `update` and `cms` say how many follow."""

    update: int
    cms: int
    contents: tuple[int, ...]
    certificate: str
    doc_type: str = ""
    number_symbol: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One of the three."""

    sealed: SealedWords | None = None
    refused: SealRefused | None = None
    status: SignerStatus | None = None


def order_words(order: SealOrder) -> OrderWords:
    """What of `order` is said in words."""
    return OrderWords(
        agency=order.agency, desk=order.desk, clerk=order.clerk, act=order.act, kind=order.kind, main=order.main
    )


def pack_question(question: Question) -> bytes:
    """Prefix and object."""
    body = _dump(question)
    return PREFIX.pack(MAGIC, len(body)) + body


def pack_answer(answer: Sealed | SealRefused | SignerStatus) -> bytes:
    """Length, object, and what follows it."""
    if isinstance(answer, SealRefused):
        return _packed(Answer(refused=answer))
    if isinstance(answer, SignerStatus):
        return _packed(Answer(status=answer))
    words = SealedWords(
        update=len(answer.update),
        cms=len(answer.cms),
        contents=answer.contents,
        certificate=answer.certificate,
        doc_type=answer.doc_type,
        number_symbol=answer.number_symbol,
    )
    return _packed(Answer(sealed=words)) + answer.update + answer.cms


def read_question(body: bytes) -> Question:
    """The question in `body`.

    Raises:
        BadAnswer: it is none.
    """
    return _read(Question, body)


def read_answer(body: bytes) -> Answer:
    """The answer in `body`, lengths checked.

    Raises:
        BadAnswer: it is none.
    """
    answer = _read(Answer, body)
    words = answer.sealed
    if words is not None and not (
        0 < words.update <= UPDATE_BYTES and 0 < words.cms <= CMS_BYTES and len(words.contents) == 2
    ):
        raise BadAnswer("no signature")
    return answer


def _packed(answer: Answer) -> bytes:
    body = _dump(answer)
    return LENGTH.pack(len(body)) + body


def _dump(value: object) -> bytes:
    return json.dumps(encode(value), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _read(kind: type[T], body: bytes) -> T:
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise BadAnswer("not JSON") from None
    return decode(kind, value)
