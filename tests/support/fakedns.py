"""A small authoritative name server for tests and benchmarks: UDP and TCP on one loopback port, in a thread.

    async with FakeDNS({("tinh.gov.vn", "MX"): ["10 mx.tinh.gov.vn."]}) as fake:   # or plain `with`
        await fake.resolver().mx("tinh.gov.vn")

    python -m tests.support.fakedns --port 5353 --records records.json   # {"tinh.gov.vn MX": ["10 mx.tinh.gov.vn."]}

A record of the name "*" answers every name that has no record of that type. TXT values may be given
without quotation marks; long ones are cut into strings of 255 octets.
"""

from __future__ import annotations

import argparse
import json
import selectors
import signal
import socket
import struct
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from mailhub.dns.resolver import Resolver

Records = dict[tuple[str, str], list[str]]


class FakeDNS:
    """The server. `records`, `fail` (names answered SERVFAIL) and `silent` may be changed while it runs."""

    def __init__(self, records: Mapping[tuple[str, str], Sequence[str]] | None = None, *, port: int = 0) -> None:
        self.records: Records = {key: list(values) for key, values in (records or {}).items()}
        self.fail: set[str] = set()
        self.silent = False
        self.ttl = 300
        self.queries: list[tuple[str, str, str]] = []  # (name, type, "udp" or "tcp")
        self.port = port

    def start(self) -> Self:
        """Bind and answer from a thread of its own."""
        self._udp, self._tcp = _bound_pair(self.port)
        self.port = self._udp.getsockname()[1]
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, name="fakedns", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop answering and close the port."""
        self._wake.send(b"x")
        self._thread.join()
        for each in (self._udp, self._tcp, self._wake, self._woken):
            each.close()

    def resolver(self, *, timeout_seconds: float = 5.0) -> Resolver:
        """A resolver with an empty cache that asks this server."""
        return Resolver(["127.0.0.1"], port=self.port, timeout_seconds=timeout_seconds)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.stop()

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector:
            for each in (self._udp, self._tcp, self._woken):
                selector.register(each, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self._woken:
                        return
                    if key.fileobj is self._udp:
                        wire, peer = self._udp.recvfrom(65535)
                        reply = self._answer(wire, "udp")
                        if reply is not None:
                            self._udp.sendto(reply, peer)
                    else:
                        self._serve_tcp()

    def _serve_tcp(self) -> None:
        connection, _ = self._tcp.accept()
        with connection:
            connection.settimeout(2)
            try:
                (size,) = struct.unpack("!H", _read(connection, 2))
                reply = self._answer(_read(connection, size), "tcp")
                if reply is not None:
                    connection.sendall(struct.pack("!H", len(reply)) + reply)
            except OSError:
                return

    def _answer(self, wire: bytes, transport: str) -> bytes | None:
        try:
            query = dns.message.from_wire(wire)
            question = query.question[0]
        except (dns.exception.DNSException, IndexError):
            return None
        name = question.name.to_text(omit_final_dot=True).lower()
        self.queries.append((name, dns.rdatatype.to_text(question.rdtype), transport))
        if self.silent:
            return None
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if name in self.fail:
            response.set_rcode(dns.rcode.SERVFAIL)
        else:
            self._fill(response, question.name, name, dns.rdatatype.to_text(question.rdtype))
        try:
            return response.to_wire(max_size=max(query.payload, 512) if transport == "udp" else 65535)
        except dns.exception.TooBig:
            short = dns.message.make_response(query)
            short.flags |= dns.flags.TC
            return short.to_wire()

    def _fill(self, response: dns.message.Message, owner: dns.name.Name, name: str, rdtype: str) -> None:
        for _ in range(8):
            alias = self.records.get((name, "CNAME"))
            if not alias or rdtype == "CNAME":
                break
            response.answer.append(dns.rrset.from_text(owner, self.ttl, "IN", "CNAME", alias[0]))
            owner = dns.name.from_text(alias[0])
            name = owner.to_text(omit_final_dot=True).lower()
        values = self.records.get((name, rdtype)) or self.records.get(("*", rdtype))
        if values:
            texts = [_quoted(value) if rdtype == "TXT" else value for value in values]
            response.answer.append(dns.rrset.from_text(owner, self.ttl, "IN", rdtype, *texts))
            return
        if not any(known == name or known.endswith(f".{name}") or known == "*" for known, _ in self.records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        soa = f"ns.invalid. hostmaster.invalid. 1 3600 600 86400 {self.ttl}"
        response.authority.append(dns.rrset.from_text(owner, self.ttl, "IN", "SOA", soa))


def _bound_pair(port: int) -> tuple[socket.socket, socket.socket]:
    """A UDP socket and a TCP listener on the same loopback port (0: a free one)."""
    for _ in range(50):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            udp.bind(("127.0.0.1", port))
            tcp.bind(udp.getsockname())
            tcp.listen(16)
            return udp, tcp
        except OSError:
            udp.close()
            tcp.close()
            if port:
                raise
    raise OSError("no port is free for both UDP and TCP")


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise ConnectionError("the client closed early")
        data += more
    return data


def _quoted(text: str) -> str:
    if text.startswith('"'):
        return text
    raw = text.encode()
    pieces = [raw[at : at + 255] for at in range(0, len(raw), 255)] or [b""]
    return " ".join('"' + "".join(_escaped(byte) for byte in piece) + '"' for piece in pieces)


def _escaped(byte: int) -> str:
    if byte in b'"\\':
        return "\\" + chr(byte)
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03d}"


def main() -> None:
    """Serve until SIGTERM or SIGINT; prints the port once it is bound."""
    parser = argparse.ArgumentParser(description="A fake name server on 127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--records", type=Path, required=True)
    options = parser.parse_args()
    given: dict[str, list[str]] = json.loads(options.records.read_text())
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    with FakeDNS(
        {(key.split()[0], key.split()[1]): values for key, values in given.items()}, port=options.port
    ) as fake:
        print(fake.port, flush=True)
        signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()
