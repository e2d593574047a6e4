"""The signer signs the original with something behind it, and nothing else."""

from __future__ import annotations

import hashlib

import pytest

from mailhub.signer.derived import NotDerived, digest_of
from tests.support.signing_desk import ORIGINAL, update_for

pytestmark = pytest.mark.unit


def test_the_digest_spans_all_but_the_placeholder() -> None:
    update, at, end = update_for(ORIGINAL)
    whole = ORIGINAL + update
    assert digest_of(ORIGINAL, update, (at, end)) == hashlib.sha256(whole[:at] + whole[end:]).digest()


def test_a_placeholder_in_the_original_is_refused() -> None:
    update, at, end = update_for(ORIGINAL)
    for moved in ((5, 5 + end - at), (at - len(ORIGINAL), end - len(ORIGINAL)), (at, at), (end, at), (at, end + 10**6)):
        with pytest.raises(NotDerived):
            digest_of(ORIGINAL, update, moved)


def test_a_placeholder_that_holds_something_is_refused() -> None:
    update, at, end = update_for(ORIGINAL)
    place = at - len(ORIGINAL) + 40
    with pytest.raises(NotDerived, match="zeros"):
        digest_of(ORIGINAL, update[:place] + b"A" + update[place + 1 :], (at, end))
    with pytest.raises(NotDerived, match="zeros"):
        digest_of(ORIGINAL, update, (at + 1, end))


def test_a_byte_range_that_leaves_more_out_is_refused() -> None:
    _, at, end = update_for(ORIGINAL)
    size = len(ORIGINAL) + len(update_for(ORIGINAL)[0])
    for wrong in (
        f"{at - 10} {end} {size - end}",
        f"{at} {end + 5} {size - end - 5}",
        f"{at} {end} {size - end - 20}",
        f"{at} {end} {size - end + 1}",
    ):
        update, at, end = update_for(ORIGINAL, byte_range=wrong)
        with pytest.raises(NotDerived, match="does not span"):
            digest_of(ORIGINAL, update, (at, end))


def test_two_byte_ranges_or_none_are_refused() -> None:
    update, at, end = update_for(ORIGINAL)
    more = update + b"% /ByteRange [0 1 2 3]\n"
    with pytest.raises(NotDerived, match="not one"):
        digest_of(ORIGINAL, more, (at, end))
    with pytest.raises(NotDerived, match="not one"):
        digest_of(ORIGINAL, update.replace(b"/ByteRange", b"/ByteRanje"), (at, end))


def test_no_room_for_a_signature_is_refused() -> None:
    update, at, end = update_for(ORIGINAL, room=64)
    with pytest.raises(NotDerived, match="no room"):
        digest_of(ORIGINAL, update, (at, end))


def test_a_digest_alone_is_nothing_to_sign() -> None:
    for update in (b"", hashlib.sha256(b"anything").digest()):
        with pytest.raises(NotDerived):
            digest_of(ORIGINAL, update, (len(ORIGINAL), len(ORIGINAL) + len(update)))
    with pytest.raises(NotDerived):
        digest_of(b"", *_pair(update_for(b"")))


def _pair(prepared: tuple[bytes, int, int]) -> tuple[bytes, tuple[int, int]]:
    return prepared[0], prepared[1:]
