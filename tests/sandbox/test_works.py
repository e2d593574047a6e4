"""Pieces of work in the sandbox: told in plain values, answered in plain values, and never believed further."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from mailhub.files.signed.facts import ChainFacts, ChainState, SignatureFacts, Signed
from mailhub.files.signed.trusted import Part, TrustBundle, TrustedCertificate
from mailhub.sandbox.errors import BadAnswer, WorkFailed
from mailhub.sandbox.local import LocalPool
from mailhub.sandbox.pool import Inspector
from mailhub.sandbox.wire import End, read_value
from mailhub.sandbox.works import WORKS
from tests.support.inspector import obedient_pool
from tests.support.readers.obedient import Order, Told


@dataclass(frozen=True, slots=True)
class Other:
    """Nothing that the work answers."""

    name: int


@pytest.fixture(scope="module")
def pool() -> Iterator[LocalPool]:
    one = obedient_pool()
    one.start()
    yield one
    one.stop()


@pytest.fixture
def inspector(pool: LocalPool) -> Inspector:
    return pool.inspector


async def test_octets_go_in_and_come_back_whole(inspector: Inspector) -> None:
    given = [bytes(range(256)) * 8_000, b"", b"end"]
    done = await inspector.work("obey", Order("double", 2), given, Told, timeout=30)
    assert done.octets == given[0] * 2 + b"endend"
    assert done.answers == ()


async def test_answers_come_one_by_one(inspector: Inspector) -> None:
    heard: list[Told] = []
    done = await inspector.work("obey", Order("count", 3_000), [], Told, timeout=30, on_answer=heard.append)
    assert [one.number for one in heard] == list(range(3_000))
    assert done.answers == ()


async def test_the_trust_data_arrive_in_a_descriptor_of_their_own(inspector: Inspector) -> None:
    trust = TrustBundle(
        version="v1", certificates=(TrustedCertificate(sha256="ab", part=Part.ROOT, der="QQ==" * 20_000),)
    )
    assert (await inspector.work("obey", Order("trust"), [b"x"], Told, timeout=30, trust=trust)).answers == (
        Told("v1", 1),
    )
    assert (await inspector.work("obey", Order("trust"), [], Told, timeout=30)).answers == (Told("", 0),)


@pytest.mark.parametrize(("word", "end"), [("crash", End.CRASHED), ("raise", End.CRASHED), ("loop", End.TIME)])
async def test_work_that_breaks_off_says_how(inspector: Inspector, word: str, end: End) -> None:
    with pytest.raises(WorkFailed) as failed:
        await inspector.work("obey", Order(word), [], Told, timeout=2 if word == "loop" else 30)
    assert failed.value.end == end


async def test_more_octets_than_were_allowed_are_no_answer(inspector: Inspector) -> None:
    with pytest.raises(BadAnswer):
        await inspector.work("obey", Order("double", 50), [b"x" * 10_000], Told, timeout=30, most_octets=100_000)


async def test_an_answer_of_another_shape_is_not_believed(inspector: Inspector) -> None:
    with pytest.raises(BadAnswer):
        await inspector.work("obey", Order("count"), [], Other, timeout=30)


async def test_work_that_is_not_in_the_table_is_refused(inspector: Inspector) -> None:
    with pytest.raises(WorkFailed):
        await inspector.work("os:system", Order("count"), [], Told, timeout=30)


def test_every_piece_of_work_lies_with_the_readers_of_files() -> None:
    assert all(place.startswith("mailhub.files.") for place in WORKS.values())


def test_a_trusted_chain_without_a_certificate_is_no_answer() -> None:
    from mailhub.files.signed.encoding import check_signed

    signed = Signed(signatures=(SignatureFacts(chain=ChainFacts(state=ChainState.TRUSTED)),))
    with pytest.raises(BadAnswer):
        check_signed(signed)
    assert read_value(Signed, "{}") == Signed()
