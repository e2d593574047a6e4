"""What goes over the wall beside the request: octets in files that have no name, and that nobody can alter any more."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache

from mailhub.files.signed.trusted import TrustBundle
from mailhub.sandbox.reading import FileBytes
from mailhub.sandbox.wire import pack_value


@contextmanager
def given(
    octets: Sequence[bytes | memoryview], trust: TrustBundle | None = None
) -> Iterator[tuple[list[int], Callable[[], None]]]:
    """Descriptors for `octets` and for the trust data, and what writes the octets, which may take its time."""
    with ExitStack() as stack:
        descriptors = [stack.enter_context(_memory())]
        if trust is not None:
            descriptors.append(stack.enter_context(_memory()))
            _fill(descriptors[1], [_packed(trust)])
        yield descriptors, lambda: _fill(descriptors[0], octets)


@lru_cache(maxsize=4)
def _packed(trust: TrustBundle) -> bytes:
    return pack_value(trust).encode("ascii")


def octets_in(files: Sequence[FileBytes]) -> list[bytes | memoryview]:
    """As `Reading` says where they lie: each file, and behind it what it signs."""
    return [octets for one in files for octets in (one.data, one.signs) if octets is not None]


@contextmanager
def _memory() -> Iterator[int]:
    """A file that has no name and lies in memory."""
    descriptor = os.memfd_create("files", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _fill(descriptor: int, octets: Sequence[bytes | memoryview]) -> None:
    """Write, and seal: neither side can alter what the other reads."""
    for one in octets:
        rest = memoryview(one)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
