"""What tests of revocation share: a checker without a sandbox, trust data of the test hierarchies, a closed door."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

from mailhub.accounts.act import bump_version
from mailhub.files.signed.answers import CrlFacts, OcspFacts
from mailhub.files.signed.evidence import check_crl, check_ocsp
from mailhub.files.signed.trusted import Part
from mailhub.settings import Settings
from mailhub.settings.sections import SignaturesSection
from mailhub.signatures.trust import rows
from mailhub.signatures.trust.pinned import Pinned
from mailhub.signatures.verdict import Hierarchy
from mailhub.store.database import Database
from tests.support.pki import Authority, Pki, sha256


class DirectChecker:
    """Checks in this very process: the answers come from the tests' own authorities."""

    async def ocsp(self, der: bytes, issuer: bytes, serial: str) -> OcspFacts:
        return check_ocsp(der, issuer, serial)

    async def crl(self, der: bytes, issuer: bytes, address: str) -> CrlFacts:
        return check_crl(der, issuer, address)


def settings(**values: Any) -> Settings:
    """Settings with this `[signatures]`, for parts that read nothing else."""
    section = SignaturesSection.model_validate({"ocsp_seconds": 5, **values})
    return cast(Settings, SimpleNamespace(signatures=section))


def pinned_of(authority: Authority, hierarchy: Hierarchy = Hierarchy.OFFICIAL) -> tuple[Pinned, Pinned]:
    """Root and issuing authority, with the addresses at which the tests' server answers for them."""
    root = Pinned(
        sha256=sha256(authority.root), der=authority.root.dump(), part=Part.ROOT, hierarchy=hierarchy,
        subject="CN=root", ocsp=authority.root_ocsp_url, crl=authority.root_crl_url, source="test", dated="2026-11-22",
    )  # fmt: skip
    sub = replace(
        root, sha256=sha256(authority.sub), der=authority.sub.dump(), part=Part.INTERMEDIATE, subject="CN=sub",
        ocsp=authority.ocsp_url, crl=authority.crl_url,
    )  # fmt: skip
    return root, sub


def pin(database: Database, *every: Pinned, at: int = 1) -> None:
    """Believe these, as two people would have it."""
    with database.write() as connection:
        for one in every:
            rows.put(connection, one, by="test", at=at, confirmed_by="test, test")
        bump_version(connection)


def pin_official(database: Database, pki: Pki) -> tuple[Pinned, Pinned]:
    both = pinned_of(pki.official)
    pin(database, *both)
    return both


@dataclass
class Ear:
    """A listening socket that counts who connects."""

    port: int
    heard: list[object] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


@contextmanager
def listening() -> Iterator[Ear]:
    """A port of the "local network" at which nobody should ever call."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ear = Ear(server.getsockname()[1])

        def listen() -> None:
            while True:
                try:
                    connection, peer = server.accept()
                except OSError:
                    return
                ear.heard.append(peer)
                connection.close()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield ear
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


@contextmanager
def redirecting_to(url: str) -> Iterator[str]:
    """An address that sends whoever asks elsewhere."""
    answer = f"HTTP/1.1 302 Found\r\nLocation: {url}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
    with _serving(lambda one: one.sendall(answer)) as address:
        yield address


@contextmanager
def silent() -> Iterator[str]:
    """An address at which somebody listens and says nothing."""
    with _serving(None) as address:
        yield address


@contextmanager
def pouring(octets: int) -> Iterator[str]:
    """An address that answers with so many octets, and does not say beforehand how many."""
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"

    def pour(one: socket.socket) -> None:
        with suppress(OSError):
            one.sendall(head + b"x" * octets)

    with _serving(pour) as address:
        yield address


@contextmanager
def _serving(answer: Callable[[socket.socket], object] | None) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept: list[socket.socket] = []

        def listen() -> None:
            while True:
                try:
                    one, _ = server.accept()
                except OSError:
                    return
                one.settimeout(5)
                one.recv(65_536)
                if answer is None:
                    kept.append(one)
                    continue
                with one:
                    answer(one)

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)
        for one in kept:
            one.close()
    thread.join()
